// SPDX-License-Identifier: MIT
/*
 * Facts: made here by decoding where no tool has left them, and looked at in every pass. What is
 * not usual in a replacement is marked PV_FACT_DECODE, and checked by the family each time.
 */
#include "pv/facts.h"
#include "pv/feature.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/look.h"

/* Nothing is merged that a branch inside of the site jumps into. */
static PV_TEXT bool jumps_into(const uint8_t *at, unsigned len, unsigned run)
{
	struct pv_insn insn;

	for (unsigned i = 0; i < run; i += insn.len) {
		uint32_t target;

		if (!pv_insn_decode(at + i, len - i, &insn))
			return true;
		if (!insn.rel_size)
			continue;
		target = pv_insn_target((uint32_t)(at + i), at + i, &insn) - (uint32_t)at;
		if (target > run && target < len)
			return true;
	}
	return false;
}

PV_TEXT struct pv_text pv_text_read(const uint8_t *at, unsigned len)
{
	struct pv_insn insn;
	unsigned run = len;

	for (unsigned i = 0; i < len; i += insn.len) {
		if (at[i] == 0x90) {
			insn.len = 1;
			run = run == len ? i : run;
			continue;
		}
		if (!pv_insn_decode(at + i, len - i, &insn))
			return (struct pv_text){false, (uint8_t)len};
		run = len;
	}
	if (run < len && jumps_into(at, len, run))
		run = len;
	return (struct pv_text){true, (uint8_t)run};
}

/* As words, zeros behind the last byte. Unaligned is fine on i386. */
static PV_TEXT uint32_t sum_bytes(const uint8_t *bytes, unsigned n)
{
	typedef uint32_t __attribute__((may_alias, aligned(1))) word;
	uint32_t sum = 0, last = 0;
	unsigned i = 0;

	for (; i + 4 <= n; i += 4)
		sum = pv_sum(sum, *(const word *)(bytes + i));
	for (unsigned k = i; k < n; k++)
		last |= (uint32_t)bytes[k] << 8 * (k - i);
	for (; i < n || i < 8; i += 4, last = 0)
		sum = pv_sum(sum, last);
	return sum;
}

static PV_TEXT uint32_t sum_record(const struct pv_fact *fact, const uint32_t *record, size_t size)
{
	const uint32_t *word = (const uint32_t *)(const void *)fact;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 4; i++)
		sum = pv_sum(sum, record[i]);
	for (size_t i = 1; i < sizeof(*fact) / 4; i++)
		sum = pv_sum(sum, word[i]);
	return sum;
}

PV_TEXT bool pv_fact_holds(const struct pv_fact *fact, const uint32_t *record, size_t record_size)
{
	return fact->sum == sum_record(fact, record, record_size);
}

PV_TEXT bool pv_fact_source_holds(const struct pv_fact *fact, const uint8_t *source, unsigned n)
{
	return fact->source == sum_bytes(source, n);
}

PV_TEXT bool pv_sources_hold(const struct pv_sources *sources)
{
	return pv_sum_lanes((const uint8_t *)sources->at, sources->size) == sources->sum;
}

PV_TEXT const uint8_t *pv_fact_linked(const struct pv_fact *facts, const struct pv_fact *fact,
				      const uint32_t *record, size_t record_size, unsigned len)
{
	const uint8_t *bytes;

	if (fact->n == PV_FACT_BROKEN || fact->run > len ||
	    !pv_fact_holds(fact, record, record_size))
		return NULL;
	if (len <= 8)
		return (const uint8_t *)fact->linked;
	bytes = (const uint8_t *)((uint32_t)facts + fact->linked[0]);
	return fact->linked[1] == sum_bytes(bytes, len) ? bytes : NULL;
}

/* ---- at load ---- */

/* Of the whole replacement, which is this one instruction. */
static uint8_t kind_of(const uint8_t *source, const struct pv_insn *insn)
{
	switch (source[insn->rel_at - 1]) {
	case 0xe8: return PV_CALL;
	case 0xe9:
	case 0xeb: return PV_JMP;
	default: return PV_INLINE;
	}
}

/* A branch that leaves the replacement: the first one that is four bytes long is usual. */
static bool note_branch(const struct pv_site *site, unsigned i, const struct pv_insn *insn,
			struct pv_fact *fact)
{
	uint32_t from = (uint32_t)site->source;
	uint32_t target = pv_insn_target(from + i, site->source + i, insn);

	if (target - from <= site->source_n)
		return true;
	if (fact->rel_at || insn->rel_size != 4 ||
	    (target - (uint32_t)site->at < site->len && target != (uint32_t)site->at))
		return false;
	fact->rel_at = (uint8_t)(i + insn->rel_at);
	if (insn->len == site->source_n)
		fact->kind = kind_of(site->source, insn);
	return true;
}

static void note_replacement(const struct pv_site *site, struct pv_fact *fact)
{
	struct pv_insn insn;

	fact->kind = site->source_n ? PV_INLINE : PV_NOP;
	for (unsigned i = 0; i < site->source_n; i += insn.len)
		if (!pv_insn_decode(site->source + i, site->source_n - i, &insn) ||
		    (insn.rel_size && !note_branch(site, i, &insn, fact))) {
			fact->kind = PV_FACT_DECODE;
			return;
		}
}

/* False: no room for the bytes. `around`: the text that the site is in. */
static bool note_site(const struct pv_site *site, struct pv_range around, struct pv_fact *fact,
		      struct pv_facts_room *room)
{
	const struct pv_text text = pv_text_read(site->at, site->len);
	uint8_t *to = (uint8_t *)fact->linked;

	fact->run = text.run;
	if (site->len > 8) {
		if (room->linked_size < site->len)
			return false;
		to = room->linked;
		fact->linked[0] = (uint32_t)((uint32_t)to - (uint32_t)room->facts);
		fact->linked[1] = sum_bytes(site->at, site->len);
		room->linked += site->len;
		room->linked_size -= site->len;
	}
	for (unsigned i = 0; i < site->len; i++)
		to[i] = site->at[i];
	if (!text.whole || !pv_look_begins(around, site->at))
		fact->n = PV_FACT_BROKEN;
	return true;
}

static struct pv_range text_of(const struct pv_site *site)
{
	struct pv_range range = {NULL, NULL};

	for (const struct pv_image *image = pv_images; image && !range.first; image = image->next)
		range = pv_image_text(image, (uint32_t)site->at, site->len);
	return range;
}

static void site_of(const struct pv_table *t, uint32_t i, struct pv_site *site)
{
	t->family->bytes(pv_table_record(t, i), NULL, site);
}

static uint32_t count_group(const struct pv_table *t, uint32_t i, uint32_t n,
			    const struct pv_site *site)
{
	struct pv_site other;
	uint32_t k = 1;

	while (i + k < n && t->index[i + k].at == t->index[i].at) {
		site_of(t, i + k, &other);
		if (other.len != site->len)
			break;
		k++;
	}
	return k;
}

/* One record: what its replacement is; false, when it cannot be used. */
static bool note_record(const struct pv_site *site, const struct pv_facts_room *room,
			struct pv_fact *fact)
{
	size_t offset = (size_t)(site->source - room->sources);

	if (offset > room->sources_size || site->source_n > room->sources_size - offset ||
	    site->source_n > site->len)
		return false;
	note_replacement(site, fact);
	fact->source = sum_bytes(site->source, site->source_n);
	return true;
}

static bool note_group(const struct pv_table *t, uint32_t i, uint32_t n, struct pv_facts_room *room)
{
	struct pv_range text;
	struct pv_site site;

	site_of(t, i, &site);
	text = text_of(&site);
	for (uint32_t k = i; k < i + n; k++) {
		struct pv_fact *fact = &room->facts[k];
		const void *record = pv_table_record(t, k);

		*fact = (struct pv_fact){.n = k == i ? (uint8_t)n : 0};
		if (k == i && text.first && !note_site(&site, text, fact, room))
			return false;
		if (t->family->bytes(record, t->family->linked, &site) != PV_OK ||
		    !note_record(&site, room, fact))
			fact->kind = PV_FACT_DECODE; /* each pass says why it is bad */
		fact->sum = sum_record(fact, record, t->family->record_size);
	}
	return true;
}

/*
 * As in a pass, and where looking begins: decoding waits for each byte. The build's check allows
 * 0f 18 in PV_TEXT.
 */
static PV_TEXT void fetch(const struct pv_entry *entry, const struct pv_entry *far)
{
	pv_ahead(entry, far);
	if (entry < far)
		pv_fetch(entry[PV_AHEAD].at - PV_LOOK_BEFORE);
}

/* One that is no such site gets another byte than stands there. */
static bool make_behind(struct pv_table *table, uint8_t *behind)
{
	const uint32_t n = behind ? pv_table_records(table) : 0;
	const struct pv_entry *const far = table->index + pv_far(pv_host_has(X86_FEATURE_XMM), n);
	struct pv_site site;

	for (uint32_t i = 0; i < n; i++) {
		struct pv_range text;

		fetch(&table->index[i], far);
		site_of(table, i, &site);
		text = text_of(&site);
		behind[i] = 0;
		if (!text.first || text.end - site.at < (int)PV_LOOK_BYTES)
			continue; /* each pass says why */
		behind[i] = site.at[1];
		if (!table->family->look(text, site.at))
			behind[i] ^= 0xff;
	}
	table->behind = behind;
	return behind;
}

static bool make_facts(struct pv_table *table, struct pv_facts_room *room)
{
	const uint32_t n = pv_table_records(table);
	const struct pv_entry *const far = table->index + pv_far(pv_host_has(X86_FEATURE_XMM), n);
	struct pv_site site;

	for (uint32_t i = 0, group; i < n; i += group) {
		fetch(&table->index[i], far);
		site_of(table, i, &site);
		group = count_group(table, i, n, &site);
		if (!note_group(table, i, group, room))
			return false;
	}
	table->facts = room->facts;
	table->sources = (struct pv_sources){
		(uint32_t)room->sources, (uint32_t)room->sources_size,
		pv_sum_lanes(room->sources, (uint32_t)room->sources_size)};
	return true;
}

bool pv_facts_make(struct pv_table *table, struct pv_facts_room *room)
{
	return table->family->look ? make_behind(table, room->behind) : make_facts(table, room);
}
