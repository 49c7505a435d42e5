// SPDX-License-Identifier: MIT
/*
 * Indexes: made here, compared with the library's sort; taken from what a build tool left, with
 * each field wrong; and raw tables, which are sorted a part at a time, beside ones with an index,
 * at sizes around a part's.
 */
#include "pv/index.h"

#define TEXT_SIZE 4096
#define ROWS_MAX  1

#include "tests/host/host.h"

#include "tests/host/forms.h"

/* A record of one site: fill stands there, or 0x40. */
struct one {
	uint8_t *at;
	uint8_t len, fill, applies, unused;
};

static uint8_t text[TEXT_SIZE], own[16];
static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + TEXT_SIZE,
				.engine = own,
				.engine_end = own + sizeof(own)};
static const uint8_t linked, patched = 1;

static enum pv_why one_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct one *one = record;

	out->at = one->at;
	out->len = out->n = one->len;
	out->row = 0;
	out->source = &one->fill;
	out->source_n = 1;
	out->kind = state == &patched && one->applies ? PV_INLINE : PV_KEPT;
	memset(out->bytes, out->kind == PV_KEPT ? 0x40 : one->fill, one->len);
	return PV_OK;
}

static const struct pv_family single = {
	.name = "single", .record_size = sizeof(struct one), .linked = &linked, .bytes = one_bytes};
static const struct pv_family grouped = {.name = "grouped",
					 .record_size = sizeof(struct one),
					 .groups = true,
					 .linked = &linked,
					 .bytes = one_bytes};

static uint32_t lot(uint32_t below)
{
	static uint32_t seed = 7;

	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static int by_place(const void *a, const void *b)
{
	const struct pv_entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->record < y->record ? -1 : 1;
}

/* All memory is of the exact size. */
static bool sorts(uint32_t n, uint32_t (*place)(uint32_t i))
{
	struct one *records = malloc(n * sizeof(*records));
	struct pv_entry *entries = malloc(n * sizeof(*entries)), *wanted;
	struct pv_entry *spare = malloc(n * sizeof(*spare));
	struct pv_table table = {.family = &single, .first = records, .last = records + n};
	bool good;

	wanted = malloc(n * sizeof(*wanted));
	for (uint32_t i = 0; i < n; i++) {
		records[i] = (struct one){(uint8_t *)place(i), 1, 0, 0, 0};
		wanted[i] = (struct pv_entry){(uint32_t)records[i].at, i};
	}
	if (n)
		qsort(wanted, n, sizeof(*wanted), by_place);
	pv_index_make(&table, entries, spare);
	good = table.index == entries && (!n || !memcmp(entries, wanted, n * sizeof(*wanted)));
	free(records);
	free(entries);
	free(spare);
	free(wanted);
	return good;
}

static uint32_t same_place(uint32_t i)
{
	(void)i;
	return 0xc0100000;
}

static uint32_t few_places(uint32_t i)
{
	return 0x100000 + (i * 7 & 3);
}

static uint32_t ascending(uint32_t i)
{
	return 0xfffff000 + i;
}

static uint32_t descending(uint32_t i)
{
	return 0u - 5 * i;
}

static uint32_t any_place(uint32_t i)
{
	(void)i;
	return lot(~0u) ^ lot(~0u) >> 16;
}

static uint32_t near_place(uint32_t i)
{
	(void)i;
	return 0x7fffff00 + lot(512);
}

static uint32_t high_byte(uint32_t i)
{
	return i * 0x9d << 24 | 0x123456;
}

static void makes(void)
{
	static uint32_t (*const places[])(uint32_t) = {
		same_place, few_places, ascending, descending, any_place, near_place, high_byte};
	static const uint32_t sizes[] = {0, 1, 2, 3, 255, 256, 257, 1000, 4096};
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
			wrong += !sorts(sizes[k], places[i]);
	ok(!wrong, "indexes of 0 to 4096 records, in seven orders, are sorted and stable; %u wrong",
	   wrong);
}

/* What a build tool leaves: two tables, of 3 and of 2 records. */
static struct left {
	struct pv_index index;
	struct pv_entry entries[3], others[2];
	struct pv_fact facts[2];
} left;
static struct one records[3], group_records[2];

static void leave(void)
{
	memset(&left, 0, sizeof(left));
	left.index = (struct pv_index){PV_INDEX_MAGIC,
				       sizeof(left),
				       {0},
				       {{0},
					{(uint32_t)records, 3, offsetof(struct left, entries), 0},
					{(uint32_t)group_records, 2, offsetof(struct left, others),
					 offsetof(struct left, facts)}}};
}

static bool uses(const struct pv_family *family, const void *end)
{
	struct pv_table table = {.family = family, .first = records, .last = records + 3}, was;
	const struct pv_entry *entries = left.entries;
	const struct pv_fact *facts = NULL;
	bool used;

	if (family->groups) {
		table.first = group_records;
		table.last = group_records + 2;
		entries = left.others;
		facts = left.facts;
	}
	was = table;
	used = pv_index_use(&table, &left.index, end);
	if (!used && memcmp(&table, &was, sizeof(table)))
		ok(false, "a table that gets no index stays as it was");
	if (used && (table.index != entries || table.facts != facts))
		ok(false, "a table gets its own index");
	return used;
}

static unsigned used_with(uint32_t *field, uint32_t value)
{
	unsigned used;

	leave();
	*field = value;
	used = uses(&single, &left + 1);
	return used + uses(&grouped, &left + 1);
}

/* For one of the tables that field is wrong, for the other it may be. */
static bool refused_with(uint32_t *field, uint32_t value)
{
	return used_with(field, value) < 2;
}

static void uses_what_was_left(void)
{
	struct pv_index *index = &left.index;
	struct pv_index_part *part = &index->part[1], *group = &index->part[2];
	const uint8_t *end = (const uint8_t *)(&left + 1);
	unsigned wrong = 0;

	leave();
	ok(uses(&single, end) && uses(&grouped, end), "each table finds its part");
	leave();
	ok(!uses(&single, end - 1) && !uses(&single, &left.index.part[3]) &&
		   !uses(&single, &left) && !uses(&single, (uint8_t *)&left - 64),
	   "but not in a section that is shorter than it says");
	for (unsigned bit = 0; bit < 32; bit++) {
		wrong += used_with(&index->magic, PV_INDEX_MAGIC ^ 1u << bit);
		wrong += !refused_with(&part->first, (uint32_t)records ^ 1u << bit);
		wrong += !refused_with(&part->records, 3 ^ 1u << bit);
		wrong += !refused_with(&group->records, 2 ^ 1u << bit);
	}
	ok(!wrong, "nor with another magic, place or number of records; %u wrong", wrong);
	wrong = used_with(&index->size, sizeof(left) + 4) + used_with(&index->size, 0) +
		used_with(&index->size, sizeof(*index) - 4) + used_with(&index->size, ~0u);
	wrong += !refused_with(&index->size, sizeof(left) - 4);
	ok(!wrong, "nor with another size; %u wrong", wrong);
	static const uint32_t offsets[] = {0,
					   4,
					   sizeof(struct pv_index) - 4,
					   offsetof(struct left, entries) + 1,
					   offsetof(struct left, entries) + 2,
					   sizeof(left) - 8,
					   sizeof(left),
					   sizeof(left) + 4,
					   0x80000000,
					   0xfffffffc};

	wrong = 0;
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		wrong += !refused_with(&part->entries, offsets[i]);
		wrong += !refused_with(&group->entries, offsets[i]);
		wrong += !refused_with(&group->facts, offsets[i]);
		wrong += offsets[i] && !refused_with(&part->facts, offsets[i]);
	}
	ok(!wrong, "nor with entries or facts that are not in the section; %u wrong", wrong);
}

#define MANY 700

static struct one many[MANY];
static struct pv_entry entries[MANY], spare[MANY];
static struct pv_fact facts[MANY];
static struct pv_table table = {.first = many};

static void shuffle(unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned k = lot(i);
		struct one was = many[k];

		many[k] = many[i - 1];
		many[i - 1] = was;
	}
}

/* Raw, general and short; and what stands there. */
static bool agrees(unsigned n, const uint8_t *wanted, unsigned refused)
{
	static struct outcome out;
	struct pv_facts_room room = {facts, (uint8_t *)many, sizeof(many), NULL, 0, NULL};

	memset(text, 0x40, TEXT_SIZE);
	table.last = many + n;
	table.facts = NULL;
	pv_index_make(&table, entries, spare);
	if (table.family->groups && !pv_facts_make(&table, &room))
		return false;
	return forms_agree(&table, &image, &linked, &patched, RAW, &out) &&
	       !memcmp(out.text, wanted, TEXT_SIZE) && out.stats.total.refused == refused;
}

static void parts(void)
{
	static const unsigned sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 600};
	uint8_t wanted[TEXT_SIZE];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned n = sizes[i];

		memset(wanted, 0x40, TEXT_SIZE);
		for (unsigned k = 0; k < n; k++) {
			many[k] = (struct one){text + 6 * k, 5, (uint8_t)(0x41 + k % 31), 1, 0};
			memset(wanted + 6 * k, 0x41 + (int)k % 31, 5);
		}
		table.family = &single;
		shuffle(n);
		ok(agrees(n, wanted, 0), "%u records, shuffled: raw as with an index", n);
		for (unsigned k = 0; k < n; k++)
			many[n ? n - 1 - k : 0] = (struct one){text + 6 * k, 5,
							       (uint8_t)(0x41 + k % 31), 1, 0};
		ok(agrees(n, wanted, 0), "and backwards");
		table.family = &grouped;
		ok(agrees(n, wanted, 0), "and in groups of one");
	}
}

/* `singles` records, then a group of `size` over the part's end, then another one. */
static void group_at_the_end(unsigned singles, unsigned size)
{
	unsigned n = 0, at = 0;
	uint8_t wanted[TEXT_SIZE];

	memset(wanted, 0x40, TEXT_SIZE);
	for (; n < singles; n++, at += 4) {
		many[n] = (struct one){text + at, 3, 0x41, 1, 0};
		memset(wanted + at, 0x41, 3);
	}
	for (unsigned group = 0; group < 2; group++, at += 4) {
		for (unsigned i = 0; i < size; i++)
			many[n++] = (struct one){text + at, 3, (uint8_t)(0x50 + group),
						 i == size / 2, 0};
		memset(wanted + at, 0x50 + (int)group, 3);
	}
	table.family = &grouped;
	ok(agrees(n, wanted, 0), "groups of %u behind %u records are not cut", size, singles);
}

/* Sites that are there twice: the second ones are refused, in whatever part they are. */
static void twice(void)
{
	uint8_t wanted[TEXT_SIZE];

	memset(wanted, 0x40, TEXT_SIZE);
	for (unsigned i = 0; i < MANY; i++) {
		many[i] = (struct one){text + 5 * (i / 2), 5, 0x41, 1, 0};
		memset(wanted + 5 * (i / 2), 0x41, 5);
	}
	table.family = &single;
	shuffle(MANY);
	ok(agrees(MANY, wanted, MANY / 2), "%u sites, each twice: half of the records are refused",
	   MANY / 2);
}

/* The longest site there can be. */
static void finds_the_longest(void)
{
	struct one record = {text + 300, 255, 0x41, 1, 0};
	struct pv_table longest = {.family = &single, .first = &record, .last = &record + 1};
	struct pv_place place;

	pv_index_make(&longest, entries, spare);
	pv_table_add(&image, &longest);
	ok(pv_find(text + 300, &place) && pv_find(text + 554, &place) && place.record == &record,
	   "the longest site has its first and its last byte");
	ok(!pv_find(text + 299, &place) && !pv_find(text + 555, &place), "and none beside it");
	pv_table_remove(&image, &longest);
}

/* Without an index, and in no order: the same answers for each byte. */
static void finds_without_an_index(void)
{
	struct one record[] = {{text + 400, 5, 0x41, 1, 0}, {text + 100, 8, 0x41, 1, 0},
			       {text + 104, 9, 0x41, 1, 0}, {text + 200, 0, 0x41, 1, 0},
			       {text + 100, 2, 0x41, 1, 0}, {text + 300, 255, 0x41, 1, 0}};
	struct pv_table sorted = {.family = &single, .first = record, .last = record + 6};
	struct pv_table raw = sorted;
	struct pv_place place, other;
	unsigned wrong = 0, found = 0;

	pv_index_make(&sorted, entries, spare);
	for (const uint8_t *byte = text; byte < text + 600; byte++) {
		bool is;

		pv_table_add(&image, &raw);
		is = pv_find(byte, &place);
		pv_table_remove(&image, &raw);
		pv_table_add(&image, &sorted);
		wrong += pv_find(byte, &other) != is;
		pv_table_remove(&image, &sorted);
		wrong += is && (place.record != other.record || place.at != other.at ||
				place.len != other.len || place.table != &raw);
		found += is;
	}
	ok(!wrong && found == 13 + 255,
	   "without an index each byte has the same site; %u wrong, %u", wrong, found);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	makes();
	uses_what_was_left();
	parts();
	for (unsigned singles = 250; singles < 258; singles++)
		group_at_the_end(singles, 3);
	group_at_the_end(0, 255);
	group_at_the_end(1, 255);
	group_at_the_end(2, 255);
	group_at_the_end(255, 200);
	twice();
	finds_the_longest();
	finds_without_an_index();
	return tests_end();
}
