// SPDX-License-Identifier: MIT
/*
 * Indexes: a table takes the one that the build tool left for it, or it is made here by a sort that
 * is stable: records of a group stay in their order.
 */
#include "pv/index.h"

/* Do `n` things of `size` bytes lie in the section, from an offset on? */
static bool holds(const struct pv_index *index, uint32_t offset, uint32_t n, size_t size)
{
	return offset >= sizeof(*index) && offset <= index->size && offset % 4 == 0 &&
	       n <= (index->size - offset) / size;
}

static bool part_fits(const struct pv_table *t, const struct pv_index *index,
		      const struct pv_index_part *part)
{
	size_t size = t->family->groups ? sizeof(struct pv_fact)
		      : t->family->look ? sizeof(uint8_t)
		      : t->family->sums ? sizeof(uint32_t)
					: 0;

	return holds(index, part->entries, part->records, sizeof(struct pv_entry)) &&
	       (size ? part->facts && holds(index, part->facts, part->records, size)
		     : !part->facts);
}

static void use_facts(struct pv_table *table, const struct pv_index *index, uint32_t facts)
{
	const void *at = (const uint8_t *)index + facts;

	if (table->family->groups) {
		table->facts = at;
		table->sources = index->sources;
	} else if (table->family->look) {
		table->behind = at;
	} else if (table->family->sums) {
		table->sums = at;
	}
}

bool pv_index_use(struct pv_table *table, const struct pv_index *index, const void *end)
{
	const uint8_t *base = (const uint8_t *)index;
	size_t room = (uintptr_t)end < (uintptr_t)base ? 0 : (uintptr_t)end - (uintptr_t)base;
	uint32_t n = pv_table_records(table);

	if (room < sizeof(*index) || index->magic != PV_INDEX_MAGIC || index->size > room ||
	    index->size < sizeof(*index))
		return false;
	for (const struct pv_index_part *part = index->part; part < index->part + PV_INDEX_PARTS;
	     part++) {
		if (part->first != (uint32_t)table->first || part->records != n || !n)
			continue;
		if (!part_fits(table, index, part))
			return false;
		table->index = (const struct pv_entry *)(const void *)(base + part->entries);
		use_facts(table, index, part->facts);
		return true;
	}
	return false;
}

/*
 * Eight bits decide: how many have which, and then each to its place. False, and nothing is done:
 * all have the same.
 */
static bool distribute(const struct pv_entry *from, struct pv_entry *to, uint32_t n, uint32_t base,
		       unsigned shift)
{
	uint32_t start[256], at = 0;

	for (unsigned i = 0; i < 256; i++)
		start[i] = 0;
	for (uint32_t i = 0; i < n; i++)
		start[(from[i].at - base) >> shift & 0xff]++;
	if (start[(from[0].at - base) >> shift & 0xff] == n)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		uint32_t many = start[i];

		start[i] = at;
		at += many;
	}
	for (uint32_t i = 0; i < n; i++)
		to[start[(from[i].at - base) >> shift & 0xff]++] = from[i];
	return true;
}

/*
 * Each back to where it belongs, which is not far in what is nearly sorted. False: it is not, and the
 * order of those that are equal is as it was.
 */
static bool settle(struct pv_entry *entries, uint32_t n)
{
	uint32_t steps = 4 * n;

	for (uint32_t i = 1; i < n; i++) {
		const struct pv_entry entry = entries[i];
		uint32_t k = i;

		for (; k && entries[k - 1].at > entry.at && steps; k--, steps--)
			entries[k] = entries[k - 1];
		entries[k] = entry;
	}
	return steps;
}

/* A byte at a time, the lowest first, by the distance from `base`, the lowest address. */
static void sort_bytes(struct pv_entry *entries, struct pv_entry *spare, uint32_t n, uint32_t base)
{
	struct pv_entry *from = entries, *to = spare, *other;

	for (unsigned shift = 0; shift < 32; shift += 8) {
		if (!distribute(from, to, n, base, shift))
			continue;
		other = from;
		from = to;
		to = other;
	}
	for (uint32_t i = 0; from != entries && i < n; i++)
		entries[i] = from[i];
}

/*
 * What is in `spare`, all within `size` from `base` on. Tables come from a linker: few streams that
 * ascend, one a section, taken in turns. So the highest eight bits take nearly all to their places.
 */
static void sort(struct pv_entry *entries, struct pv_entry *spare, uint32_t n, uint32_t base,
		 uint32_t size)
{
	unsigned shift = 0;

	while (size >> shift > 0xff)
		shift++;
	if (!distribute(spare, entries, n, base, shift))
		for (uint32_t i = 0; i < n; i++)
			entries[i] = spare[i]; /* all the same */
	else if (!settle(entries, n))
		sort_bytes(entries, spare, n, base);
}

void pv_index_make(struct pv_table *table, struct pv_entry *entries, struct pv_entry *spare)
{
	uint32_t n = pv_table_records(table), base = UINT32_MAX, top = 0;
	const uint8_t *record = table->first;
	struct pv_site site;

	for (uint32_t i = 0; i < n; i++, record += table->family->record_size) {
		uint32_t at;

		table->family->bytes(record, NULL, &site);
		at = (uint32_t)site.at;
		spare[i] = (struct pv_entry){at, i};
		base = at < base ? at : base;
		top = at > top ? at : top;
	}
	if (n)
		sort(entries, spare, n, base, top - base);
	table->index = entries;
}
