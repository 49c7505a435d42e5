// SPDX-License-Identifier: MIT
/*
 * Live changes on made-up text: a site that is refused stays as it is in every walk, also one that
 * looks as if a walk had been there; and what changes and breakpoints cost, in records looked at:
 * by the number of their own sites, whatever else there is.
 */
#include "tests/host/host.h"

#include "pv/index.h"
#include "pv/nops.h"
#include "pv/poke.h"

#define MANY   20000
#define KEYS   100
#define STRIDE 8
#define LEN    5

struct lamp {
	uint8_t *at;
	uint8_t len, key, unused[2];
};

static uint8_t text[MANY * STRIDE + 64], before[sizeof(text)], own[16];
static struct lamp lamps[MANY];
static struct pv_entry entries[MANY], spare[MANY];
static bool on[2][KEYS];
static const uint8_t versions[2] = {0, 1};
static unsigned asked, rounds; /* records looked at; synchronizations */

static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + sizeof(text),
				.engine = own,
				.engine_end = own + sizeof(own)};
static struct pv_stats stats;

uint64_t pv_host_sync_others(void)
{
	rounds++;
	return 10 * rounds;
}

const char *pv_host_live_begin(void)
{
	return interrupts ? NULL : "interrupts are off";
}

void pv_host_live_end(void)
{
}

/* What a site becomes in place of that, and may it. */
static const struct form {
	uint8_t len, n, bytes[6];
	bool may;
} * form;

/* A NOP, or a jump to the next instruction but 0x01020304; of one byte: a NOP, or ret. */
static enum pv_why lamp_bytes(const void *record, const void *state, struct pv_site *out)
{
	static const uint8_t jump[LEN] = {0xe9, 4, 3, 2, 1};
	const struct lamp *lamp = record;

	asked++;
	out->at = lamp->at;
	out->len = lamp->len;
	out->row = out->n = 0;
	out->kind = PV_NOP;
	if (!state || !on[*(const uint8_t *)state][lamp->key])
		return PV_OK;
	out->n = lamp->len;
	out->kind = PV_JMP;
	memcpy(out->bytes, jump, LEN);
	if (lamp->len == 1)
		out->bytes[0] = 0xc3;
	if (form) {
		out->n = form->n;
		memcpy(out->bytes, form->bytes, form->n);
	}
	return PV_OK;
}

static const struct pv_family lamp_family = {.name = "lamps",
					     .record_size = sizeof(struct lamp),
					     .version = {&versions[0], &versions[1]},
					     .bytes = lamp_bytes};

/* Somebody else's sites, which no breakpoint of ours stands for. */
static enum pv_why other_bytes(const void *record, const void *state, struct pv_site *out)
{
	lamp_bytes(record, NULL, out);
	return state ? PV_WHY_TYPE : PV_OK;
}

static const struct pv_family other_family = {
	.name = "others", .record_size = sizeof(struct lamp), .bytes = other_bytes};

static struct pv_table table, others;

static void nops(uint8_t *at, unsigned len)
{
	memcpy(at, pv_nops->bytes[len], len);
}

/* n sites, every `keys`-th of which is the same key's, and their table. All are off. */
static void make(uint32_t n, unsigned keys, bool indexed)
{
	memset(text, 0x40, sizeof(text));
	memset(on, 0, sizeof(on));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = keys == 1 ? i : i % (n / keys) * keys + i / (n / keys);

		lamps[i] = (struct lamp){
			text + place * STRIDE, LEN, (uint8_t)(i / (n / keys)), {0}};
		nops(lamps[i].at, LEN);
	}
	table = (struct pv_table){.family = &lamp_family, .first = lamps, .last = lamps + n};
	if (indexed)
		pv_index_make(&table, entries, spare);
	image.tables = NULL;
	pv_table_add(&image, &table);
	memset(&stats, 0, sizeof(stats));
	asked = rounds = 0;
}

/* Some keys, each with its records: of `key` only, or of all up to it. */
static const char *commit(unsigned first, unsigned last, uint32_t each, bool value)
{
	struct pv_change changes[KEYS];
	const char *why = pv_live_begin();
	unsigned n = 0;

	if (why)
		return why;
	for (unsigned key = first; key <= last; key++, n++) {
		changes[n] = (struct pv_change){&lamp_family, lamps + key * each,
						lamps + (key + 1) * each, NULL, NULL};
		on[!pv_present][key] = value;
	}
	why = pv_commit(changes, n, &stats);
	for (unsigned key = first; key <= last; key++)
		on[!pv_present][key] = on[pv_present][key];
	pv_live_end();
	return why;
}

static uint32_t lit(uint32_t first, uint32_t end)
{
	uint32_t sum = 0;

	for (uint32_t i = first; i < end; i++)
		sum += *lamps[i].at == (lamps[i].len == 1 ? 0xc3 : 0xe9);
	return sum;
}

/* ---- what stays as it is ---- */

#define FEW 300

static uint8_t *stop_at(uint32_t i, const uint8_t *tail)
{
	lamps[i].at[0] = PV_BREAKPOINT;
	if (tail)
		memcpy(lamps[i].at + 1, tail, LEN - 1);
	memcpy(before, text, sizeof(text));
	return lamps[i].at;
}

static bool nothing_changed(const char *why, const uint8_t *site)
{
	return why && strstr(why, "breakpoint") && !memcmp(text, before, sizeof(text)) &&
	       stats.total.refused == 1 && stats.total.sites == 1 && stats.refusal[0].at == site &&
	       stats.refusal[0].why == PV_WHY_BYTES && !rounds;
}

static void others_breakpoints(bool indexed)
{
	static const uint8_t new_tail[] = {4, 3, 2, 1}, garbage[] = {4, 3, 2, 9};
	const char *how = indexed ? "a table" : "raw records", *why;
	const uint32_t places[] = {0, 1, 255, 256, FEW - 1};
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (unsigned new = 0; new < 2; new ++) {
			const uint8_t *site;

			make(FEW, 1, indexed);
			site = stop_at(places[i], new ? new_tail : NULL);
			wrong += !nothing_changed(commit(0, 0, FEW, true), site);
		}
	ok(!wrong, "%s: with a breakpoint of somebody else's at a site nothing changes; %u wrong",
	   how, wrong);

	make(FEW, 1, indexed);
	stop_at(7, garbage);
	why = commit(0, 0, FEW, true);
	ok(!why && stats.total.refused == 1 && lit(0, FEW) == FEW - 1 &&
		   lamps[7].at[0] == PV_BREAKPOINT && !memcmp(lamps[7].at + 1, garbage, LEN - 1),
	   "%s: one with another tail is refused alone, and stays: %s", how, why ? why : "done");

	make(FEW, 1, indexed);
	lamps[7].len = 1;
	memset(lamps[7].at, 0x90, LEN);
	ok(!commit(0, 0, FEW, true) && lit(0, FEW) == FEW, "%s: a site of one byte changes", how);
	memset(&stats, 0, sizeof(stats));
	rounds = 0;
	ok(nothing_changed((stop_at(7, NULL), commit(0, 0, FEW, false)), lamps[7].at),
	   "%s: with a breakpoint there nothing does", how);
}

static void in_any_change(void)
{
	const char *why;

	make(FEW, 3, false);
	stop_at(FEW - 1, NULL);
	why = commit(0, 2, FEW / 3, true);
	ok(why && !memcmp(text, before, sizeof(text)) && stats.total.refused == 1 &&
		   stats.refusal[0].at == lamps[FEW - 1].at,
	   "in the last of three changes: none of them is made");
	memset(&stats, 0, sizeof(stats));
	ok(!commit(0, 1, FEW / 3, true) && lit(0, FEW) == FEW / 3 * 2, "the two others alone are");
}

/* Calls end with their site, jumps and returns anywhere: one whole instruction, for which NOPs behind it are never returned to. */
static void what_may_stand(void)
{
	static const struct form forms[] = {
		{5, 5, {0xe8, 1, 2, 3, 4}, true},
		{6, 6, {0x2e, 0xe8, 1, 2, 3, 4}, true},
		{6, 5, {0xe8, 1, 2, 3, 4}, false},
		{5, 4, {0xe8, 1, 2, 3}, false},
		{5, 5, {0xe9, 1, 2, 3, 4}, true},
		{6, 5, {0xe9, 1, 2, 3, 4}, true},
		{6, 6, {0x2e, 0xe9, 1, 2, 3, 4}, true},
		{5, 5, {0x2e, 0xe9, 1, 2, 3}, false},
		{5, 2, {0xeb, 1}, true},
		{5, 3, {0xeb, 1, 0x90}, false},
		{5, 2, {0x2e, 0xeb}, false},
		{5, 3, {0x2e, 0xeb, 1}, false},
		{5, 1, {0xc3}, true},
		{5, 2, {0xc3, 0x90}, false},
		{5, 5, {0x2e, 0x2e, 0x2e, 0x31, 0xc0}, true},
		{6, 5, {0x2e, 0x2e, 0x2e, 0x31, 0xc0}, false},
		{5, 5, {0xb8, 1, 2, 3, 4}, false},
		{5, 1, {0x90}, false},
	};
	unsigned wrong = 0;

	for (form = forms; form < forms + sizeof(forms) / sizeof(*forms); form++) {
		make(1, 1, false);
		lamps[0].len = form->len;
		nops(lamps[0].at, form->len);
		commit(0, 0, 1, true);
		wrong += stats.total.refused == form->may;
		wrong += form->may == !!memcmp(lamps[0].at, form->bytes, form->n);
	}
	form = NULL;
	ok(!wrong, "%zu forms of a site: each may stand there, or is refused; %u wrong",
	   sizeof(forms) / sizeof(*forms), wrong);
}

/* The same site twice, and one in another one: whoever comes first, in each walk. */
static void in_the_way(void)
{
	make(FEW, 1, true);
	lamps[4].at = lamps[3].at + 2;
	memset(&stats, 0, sizeof(stats));
	memcpy(before, text, sizeof(text));
	commit(0, 0, FEW, true);
	ok(stats.total.refused == 1 && lit(0, 4) == 4 && lit(5, FEW) == FEW - 5 &&
		   !memcmp(lamps[3].at, "\xe9\4\3\2\1", LEN),
	   "a site inside of another one is refused alone");
	make(FEW, 2, false);
	lamps[FEW / 2].at = lamps[0].at;
	ok(!commit(0, 1, FEW / 2, true) && stats.total.refused == 1 &&
		   stats.refusal[0].record == &lamps[FEW / 2] && lit(0, FEW) == FEW,
	   "of two keys with the same site the second one's is refused");
}

static void refused_whole(void)
{
	const struct pv_change change = {&other_family, lamps, lamps + 1, NULL, NULL};
	const struct pv_change good = {&lamp_family, lamps, lamps + 1, NULL, NULL};

	make(1, 1, true);
	ok(pv_commit(&good, 1, &stats) != NULL && !rounds, "outside of one's turn nothing is done");
	interrupts = 0;
	ok(pv_live_begin() != NULL && pv_commit(&good, 1, &stats) != NULL && !rounds,
	   "a turn that was refused is none");
	interrupts = 1;
	pv_live_begin();
	ok(pv_commit(&change, 1, &stats) != NULL && !rounds, "nor to other families");
	ok(!pv_commit(&good, 1, &stats) && rounds == PV_ROUNDS, "in one's turn it is");
	pv_live_end();
	ok(pv_commit(&good, 1, &stats) != NULL, "and not behind it");
}

/* An index whose entry leads to another record: no handler would find this one. */
static void without_way_back(void)
{
	make(20, 2, true);
	entries[8].record = entries[6].record;
	memset(&stats, 0, sizeof(stats));
	ok(!commit(0, 0, 10, true) && stats.total.refused == 1 && lit(0, 10) == 9 &&
		   stats.refusal[0].why == PV_WHY_INDEX,
	   "a record that the index does not lead to is refused");
}

/* ---- what it costs ---- */

/* For each record of the change. */
static unsigned cost_of(uint32_t n, unsigned keys, bool indexed)
{
	unsigned each = n / keys, first, second;

	make(n, keys, indexed);
	ok(!commit(keys / 2, keys / 2, each, true) && rounds == PV_ROUNDS && lit(0, n) == each &&
		   !stats.total.refused,
	   "%u of %u sites change%s, in as many rounds as one", each, n, indexed ? "" : " (raw)");
	first = asked;
	memset(&stats, 0, sizeof(stats));
	asked = 0;
	ok(!commit(keys / 2, keys / 2, each, false) && !lit(0, n), "and back");
	second = asked;
	return (first > second ? first : second) / each;
}

/* Six walks, in each of which a record is looked at some times, and so are its neighbours. */
#define MOST (6 * 12)

static void linear(void)
{
	unsigned few, many;

	for (unsigned indexed = 0; indexed < 2; indexed++) {
		few = cost_of(1000, 1, indexed);
		many = cost_of(MANY, 1, indexed);
		ok(few <= MOST && many <= few + 1,
		   "all records of a table: %u looks a site, with twenty times as many %u", few,
		   many);
		few = cost_of(1000, 2, indexed);
		many = cost_of(MANY, 2, indexed);
		ok(few <= MOST && many <= few + 1, "a half of them: %u and %u", few, many);
		few = cost_of(1000, KEYS, indexed);
		many = cost_of(MANY, KEYS, indexed);
		/* All of the table that could be so long that they are in the way, and no others. */
		ok(few <= MOST + 6 * (PV_SITE_MAX / STRIDE + 2) && many <= few + 1,
		   "a hundredth, far from each other: %u and %u", few, many);
	}
}

static void unsorted(void)
{
	make(FEW, 1, false);
	for (uint32_t i = 0; i < FEW; i++)
		lamps[i].at = text + (uint32_t)(i * 7919 % FEW) * STRIDE;
	ok(!commit(0, 0, FEW, true) && lit(0, FEW) == FEW && !stats.total.refused,
	   "records that do not ascend are taken, too");
}

static void all_keys(void)
{
	make(MANY, KEYS, true);
	ok(!commit(0, KEYS - 1, MANY / KEYS, true) && lit(0, MANY) == MANY && rounds == PV_ROUNDS,
	   "and %u keys in one commit", KEYS);
}

/* ---- breakpoints ---- */

/* How many records are looked at for one, when there are so many; others are in the way, or not. */
static unsigned find_cost(uint32_t n, uint32_t i)
{
	uint32_t frame[5] = {(uint32_t)lamps[i].at + 1, 8, 2, 0x1111, 0x2222};
	uint32_t *now;

	asked = 0;
	now = pv_breakpoint(frame);
	ok(now == frame && frame[0] == (uint32_t)lamps[i].at + LEN && asked <= 2,
	   "the breakpoint of site %u of %u: %u looks", i, n, asked);
	return asked;
}

static void handler(void)
{
	unsigned few, many;
	uint32_t frame[3];

	make(1000, 1, true);
	few = find_cost(1000, 500);
	make(MANY, 1, true);
	many = find_cost(MANY, MANY / 2);
	ok(few == many, "as many for 1000 as for %u", MANY);

	/* The same places, told by another family, whose table comes first and has no index. */
	others = (struct pv_table){.family = &other_family, .first = lamps, .last = lamps + MANY};
	image.tables = NULL;
	pv_table_add(&image, &others);
	pv_table_add(&image, &table);
	ok(find_cost(MANY, MANY / 2) == many, "and other families are not asked");
	pv_table_remove(&image, &table);
	frame[0] = (uint32_t)lamps[5].at + 1;
	asked = 0;
	ok(!pv_breakpoint(frame) && !asked, "also where there is nothing else");
}

/* ---- what is told ---- */

static struct {
	unsigned n, calls, result;
	uint64_t ns, stall_ns;
} told;

static void on_commit(const struct pv_change *changes, unsigned n, const struct pv_stats *of,
		      const char *why_not)
{
	told.calls += changes[0].family == &lamp_family;
	told.n = n;
	told.ns = of->ns;
	told.stall_ns = of->stall_ns;
	told.result = why_not == NULL;
}

static void telling(void)
{
	make(FEW, 3, true);
	pv_committed = on_commit;
	commit(0, 2, FEW / 3, true);
	ok(told.calls == 1 && told.n == 3 && told.result && told.ns &&
		   told.stall_ns == 10 * PV_ROUNDS,
	   "who asks is told of a commit, once, with its time and its longest stall");
	ok(stats.stall_ns == told.stall_ns && stats.ns == told.ns, "which is in the statistics");
	make(FEW, 3, true);
	stop_at(0, NULL);
	commit(0, 2, FEW / 3, false);
	ok(told.calls == 2 && !told.result, "and of one that is refused");
	pv_committed = NULL;
}

int main(void)
{
	pv_image_add(&image);
	for (unsigned indexed = 0; indexed < 2; indexed++)
		others_breakpoints(indexed);
	in_any_change();
	what_may_stand();
	in_the_way();
	refused_whole();
	without_way_back();
	linear();
	unsorted();
	all_keys();
	handler();
	telling();
	return tests_end();
}
