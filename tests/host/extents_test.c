// SPDX-License-Identifier: MIT
/*
 * Which bytes belong to which site: every start and length is tried beside every other, in one
 * table, in two of one image, and in a raw one beside one with an index, for records alone and in
 * groups. Then many lock prefixes, some twice, among the sites of another table, with an index in
 * order and out of it.
 */
#include "pv/index.h"
#include "pv/smp_locks.h"

#define TEXT_SIZE 256
#define ROWS_MAX  1

#include "tests/host/forms.h"
#include "tests/host/host.h"
#include "tests/host/in_the_way.h"

struct extent {
	uint8_t *at;
	uint8_t len, unused[3];
};

static uint8_t text[TEXT_SIZE], expected[TEXT_SIZE], own[16];
static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + TEXT_SIZE,
				.engine = own,
				.engine_end = own + sizeof(own)};
static struct pv_stats stats;

/* As linked 40 (inc %eax), patched 41 (inc %ecx). */
static const uint8_t linked = 0x40, patched = 0x41;

static enum pv_why extent_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct extent *extent = record;

	out->at = extent->at;
	out->len = out->n = extent->len;
	out->row = 0;
	out->kind = state == &linked ? PV_KEPT : PV_INLINE;
	out->source = extent->at;
	out->source_n = 0;
	if (state)
		memset(out->bytes, *(const uint8_t *)state, out->n);
	return PV_OK;
}

static const struct pv_family grouped = {.name = "grouped",
					 .record_size = sizeof(struct extent),
					 .groups = true,
					 .linked = &linked,
					 .bytes = extent_bytes};
static const struct pv_family alone = {.name = "alone",
				       .record_size = sizeof(struct extent),
				       .linked = &linked,
				       .bytes = extent_bytes};
static const struct pv_family *family = &alone;

static void reset(void)
{
	memset(text, linked, TEXT_SIZE);
	memset(expected, linked, TEXT_SIZE);
	image.tables = NULL;
	trace_clear();
}

static struct {
	struct pv_table table;
	struct pv_entry entries[2], spare[2];
	struct pv_fact facts[2];
	uint8_t linked[2 * TEXT_SIZE];
} added[2];

static void add(unsigned which, const struct extent *extents, size_t n)
{
	struct pv_table *table = &added[which].table;
	struct pv_facts_room room = {
		added[which].facts,          text, TEXT_SIZE, added[which].linked,
		sizeof(added[which].linked), NULL};

	*table = (struct pv_table){.family = family, .first = extents, .last = extents + n};
	pv_index_make(table, added[which].entries, added[which].spare);
	if (family->groups)
		pv_facts_make(table, &room);
	pv_table_add(&image, table);
}

static void apply(const struct extent *extents, size_t n, const void *from, const void *to)
{
	stats = (struct pv_stats){.ns = 0};
	pv_apply(family, extents, extents + n, from, to, PV_STOPPED, &stats);
}

static void expect(const struct extent *extent)
{
	memset(expected + (extent->at - text), patched, extent->len);
}

static bool meet(const struct extent *a, const struct extent *b)
{
	return a->at < b->at + b->len && b->at < a->at + a->len;
}

static bool same(const struct extent *a, const struct extent *b)
{
	return a->at == b->at && a->len == b->len;
}

static bool as_expected(unsigned refused, unsigned sites)
{
	return !memcmp(text, expected, TEXT_SIZE) && stats.total.refused == refused &&
	       stats.total.sites == sites;
}

/* The one that begins first has the site, the first record of two that begin together. */
static bool in_one_table(const struct extent pair[2])
{
	unsigned first = pair[1].at < pair[0].at;
	bool group = same(&pair[0], &pair[1]) && family->groups;
	bool refused = meet(&pair[0], &pair[1]) && !group, good;

	for (unsigned way = 0; way < 2; way++) {
		reset();
		if (way)
			add(0, pair, 2);
		apply(pair, 2, &linked, &patched);
		expect(&pair[first]);
		if (!refused)
			expect(&pair[!first]);
		good = as_expected(refused, 2u - group);
		if (refused)
			good &= stats.refusal[0].record == &pair[!first] &&
				stats.refusal[0].why == PV_WHY_OVERLAP;
		if (!good)
			return false;
	}
	return true;
}

/* The table that was added first has the site, in whatever state it is. */
static bool in_two_tables(const struct extent pair[2])
{
	bool refused = meet(&pair[0], &pair[1]), good;

	reset();
	add(0, &pair[0], 1);
	add(1, &pair[1], 1);
	if (!refused)
		expect(&pair[1]);
	apply(&pair[1], 1, &linked, &patched);
	good = as_expected(refused, 1);
	apply(&pair[0], 1, &linked, &patched);
	expect(&pair[0]);
	good &= as_expected(0, 1);
	if (refused) {
		apply(&pair[1], 1, &linked, &patched);
		good &= as_expected(1, 1) && stats.refusal[0].why == PV_WHY_OVERLAP;
	}
	return good;
}

/* A raw record may name the very site of its own sort (in groups or not), and what is free. */
static bool beside_raw(const struct extent pair[2])
{
	const struct pv_family *was = family;
	bool good = true;

	for (unsigned other = 0; other < 2; other++) {
		bool refused = meet(&pair[0], &pair[1]) && (other || !same(&pair[0], &pair[1]));

		reset();
		add(0, &pair[0], 1);
		if (other)
			family = family == &alone ? &grouped : &alone;
		apply(&pair[1], 1, &linked, &patched);
		if (!refused)
			expect(&pair[1]);
		good &= as_expected(refused, 1);
		family = was;
	}
	return good;
}

static void pairs(bool good(const struct extent pair[2]), const char *how)
{
	static const uint8_t lengths[] = {1, 2, 5, 7, 8, 9, 15, 16, 17, 24, 33};
	unsigned tried = 0, bad = 0;

	for (unsigned start = 40; start < 42; start++)
		for (unsigned i = 0; i < sizeof(lengths); i++)
			for (unsigned other = 0; other < 45; other++)
				for (uint8_t len = 1; len < 36; len += 1 + len / 8) {
					struct extent pair[2] = {
						{text + start, lengths[i], {0}},
						{text + start - 10 + other, len, {0}}};

					tried++;
					bad += !good(pair);
				}
	ok(!bad, "%s: %u pairs of sites %s: the same, apart, or refused; %u were not", family->name,
	   tried, how, bad);
}

static uint32_t lot(uint32_t below)
{
	static uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

#define LOCKS  12
#define OTHERS 3

static int32_t locks[LOCKS];
static struct pv_entry lock_entries[LOCKS], lock_spare[LOCKS];
static uint8_t lock_behind[LOCKS];
static struct pv_table lock_table = {
	.family = &smp_locks_family, .first = locks, .last = locks + LOCKS};
static struct extent others[OTHERS];

static uint8_t *lock_at(unsigned i)
{
	return (uint8_t *)((uint32_t)&locks[i] + (uint32_t)locks[i]);
}

/*
 * Every fourth byte is a prefix of lock incl (%eax), so nothing but the rules keeps a lock out of
 * the other table's sites. None of these is a lock's own: a raw record may name that.
 */
static void deal(void)
{
	static struct pv_entry entries[OTHERS], spare[OTHERS];
	static struct pv_table table = {.family = &alone, .first = others, .last = others + OTHERS};

	reset();
	for (unsigned i = 0; i < TEXT_SIZE; i += 4)
		memcpy(text + i, (uint8_t[]){0xf0, 0xff, 0x00, 0x90}, 4);
	for (unsigned i = 0; i < LOCKS; i++) {
		uint8_t *at = i && !lot(4) ? lock_at(lot(i)) : text + 4 * lot(16);

		locks[i] = (int32_t)((uint32_t)at - (uint32_t)&locks[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		text[4 * lot(16)] = 0xcc;
	for (unsigned i = 0; i < OTHERS; i++)
		others[i] = (struct extent){text + lot(64), (uint8_t)(2 + lot(5)), {0}};
	pv_index_make(&table, entries, spare);
	pv_table_add(&image, &table);
	pv_index_make(&lock_table, lock_entries, lock_spare);
	pv_facts_make(&lock_table, &(struct pv_facts_room){.behind = lock_behind});
}

static bool is_others(const uint8_t *at)
{
	for (unsigned i = 0; i < OTHERS; i++)
		if (at >= others[i].at && at < others[i].at + others[i].len)
			return true;
	return false;
}

static bool lock_is_right(const struct outcome *out, unsigned i)
{
	const uint8_t *at = lock_at(i);
	enum pv_why why = why_of(&out->stats, &locks[i]);

	if (is_others(at))
		return why == PV_WHY_OVERLAP && out->text[at - text] == *at;
	if (*at != 0xf0)
		return why == PV_WHY_BYTES;
	for (unsigned k = 0; k < i; k++)
		if (lock_at(k) == at)
			return why == PV_WHY_OVERLAP;
	return why == PV_OK && out->text[at - text] == 0x3e;
}

static void many_locks(void)
{
	static struct outcome out, same;
	unsigned wrong = 0, refused = 0;

	for (unsigned round = 0; round < 4000; round++) {
		deal();
		wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, RAW,
				      &out);
		wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_smp, RAW,
				      &same);
		wrong += same.stats.total.refused != out.stats.total.refused || same.stats.bytes;
		for (unsigned i = 0; i < LOCKS; i++)
			wrong += !lock_is_right(&out, i);
		refused += out.stats.total.refused;
	}
	ok(!wrong && refused > 4000,
	   "4000 times %u lock prefixes among other sites, %u refused: each for its reason, in all "
	   "forms; %u wrong",
	   LOCKS, refused, wrong);
}

static bool is_lock(const uint8_t *at)
{
	for (unsigned i = 0; i < LOCKS; i++)
		if (lock_at(i) == at)
			return true;
	return false;
}

/* Nothing is written but prefixes, whatever the index says. */
static void damaged_entries(void)
{
	static struct outcome out;
	unsigned wrong = 0, by_index = 0;

	for (unsigned round = 0; round < 40; round++)
		for (unsigned byte = 0; byte < sizeof(lock_entries); byte++) {
			deal();
			((uint8_t *)lock_entries)[byte] ^= (uint8_t)(1 + lot(255));
			wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up,
					      GENERAL, &out);
			for (unsigned i = 0; i < TEXT_SIZE; i++)
				wrong += out.text[i] != text[i] &&
					 (!is_lock(text + i) || is_others(text + i));
			for (unsigned i = 0; i < out.stats.listed; i++)
				by_index += out.stats.refusal[i].why == PV_WHY_INDEX;
		}
	ok(!wrong && by_index > 2000,
	   "each byte of an entry, damaged: %u refused for it, nothing but prefixes is touched; "
	   "%u wrong",
	   by_index, wrong);
}

static void locks_in_the_way(void)
{
	unsigned wrong = 0;

	for (unsigned round = 0; round < 4; round++) {
		deal();
		image.tables = NULL;
		wrong += in_the_way(&lock_table, &image, &smp_locks_smp, &smp_locks_up);
	}
	ok(!wrong,
	   "what is in the way, everywhere: another table's site, the engine's own, text that is "
	   "gone; %u wrong",
	   wrong);
}

/* An index out of order: some are refused, but never two have a byte. */
static void disorder(void)
{
	static struct outcome out;
	unsigned wrong = 0, by_index = 0;

	for (unsigned round = 0; round < 4000; round++) {
		deal();
		for (unsigned i = 0; i < 3; i++) {
			struct pv_entry *a = &lock_entries[lot(LOCKS)];
			struct pv_entry *b = &lock_entries[lot(LOCKS)], entry = *a;

			*a = *b;
			*b = entry;
		}
		wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, GENERAL,
				      &out);
		for (unsigned i = 0; i < TEXT_SIZE; i++)
			wrong += is_others(text + i) && out.text[i] != text[i];
		for (unsigned i = 0; i < LOCKS; i++)
			by_index += why_of(&out.stats, &locks[i]) == PV_WHY_INDEX;
	}
	ok(!wrong && by_index > 1000,
	   "an index out of order: %u refused for it, no other table's byte is touched; %u wrong",
	   by_index, wrong);
}

static unsigned asked;

static enum pv_why counted_bytes(const void *record, const void *state, struct pv_site *out)
{
	asked++;
	return smp_locks_family.bytes(record, state, out);
}

/*
 * What the short loop leaves is slow, and as right: so nothing else notices that it leaves what it could take. Here a site of another
 * table is behind each lock, and none is in the way. The general path asks the family for each record, the loop for none.
 */
static void short_loop(void)
{
	static struct pv_entry entries[LOCKS], spare[LOCKS];
	static struct extent between[LOCKS];
	static struct pv_table table = {
		.family = &alone, .first = between, .last = between + LOCKS};
	struct pv_family counted = smp_locks_family;
	struct pv_table counted_table = lock_table;

	reset();
	counted.bytes = counted_bytes;
	counted_table.family = &counted;
	for (unsigned i = 0; i < LOCKS; i++) {
		memcpy(text + 8 * i, (uint8_t[]){0xf0, 0xff, 0x00}, 3);
		locks[i] = (int32_t)((uint32_t)(text + 8 * i) - (uint32_t)&locks[i]);
		between[i] = (struct extent){text + 8 * i + 4, 3, {0}};
	}
	pv_index_make(&table, entries, spare);
	pv_table_add(&image, &table);
	pv_index_make(&counted_table, lock_entries, lock_spare);
	pv_facts_make(&counted_table, &(struct pv_facts_room){.behind = lock_behind});
	pv_table_add(&image, &counted_table);
	asked = 0;
	stats = (struct pv_stats){.ns = 0};
	writable = true;
	pv_apply(&counted, locks, locks + LOCKS, &smp_locks_smp, &smp_locks_up, PV_STOPPED, &stats);
	ok(stats.bytes == LOCKS && !stats.total.refused && !asked,
	   "the short loop takes %u lock prefixes with other sites between them: %u written, asked for %u",
	   LOCKS, (unsigned)stats.bytes, asked);
	writable = false;
	image.tables = NULL;
}

/* An entry that is damaged hides its own site only. */
static void damaged_neighbour(void)
{
	struct extent r[3] = {{text + 8, 4, {0}}, {text + 16, 4, {0}}, {text + 24, 4, {0}}};
	struct extent over[3] = {{text + 10, 4, {0}}, {text + 18, 4, {0}}, {text + 26, 4, {0}}};
	unsigned wrong = 0;

	family = &alone;
	for (unsigned byte = 0; byte < 3 * sizeof(struct pv_entry); byte++)
		for (unsigned bit = 0; bit < 8; bit++) {
			static struct pv_entry entries[3], spare[3];
			struct pv_table table = {.family = family, .first = r, .last = r + 3};

			reset();
			pv_index_make(&table, entries, spare);
			pv_table_add(&image, &table);
			((uint8_t *)entries)[byte] ^= (uint8_t)(1 << bit);
			apply(over, 3, &linked, &patched);
			wrong += stats.total.refused < 2;
			apply(r, 3, &linked, &patched);
			wrong += !stats.total.refused;
			expect(&over[byte / 8]);
			for (unsigned i = 0; i < 3; i++)
				if (i != byte / 8)
					expect(&r[i]);
			wrong += memcmp(text, expected, TEXT_SIZE) != 0;
		}
	ok(!wrong, "a damaged entry hides its own site only, which it loses; %u wrong", wrong);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	for (unsigned i = 0; i < 2; i++) {
		family = i ? &grouped : &alone;
		pairs(in_one_table, "in one table");
		pairs(in_two_tables, "in two tables");
		pairs(beside_raw, "beside raw records");
	}
	many_locks();
	disorder();
	damaged_entries();
	locks_in_the_way();
	damaged_neighbour();
	short_loop();
	return tests_end();
}
