// SPDX-License-Identifier: MIT
/*
 * Whose breakpoint is it? Records without an index, of which damage has made several name the same
 * place, or places that overlap: one of them is taken, at most; who meets its breakpoint gets what
 * it stands for, and none is left behind.
 */
#include "tests/host/host.h"

#include "pv/index.h"
#include "pv/nops.h"
#include "pv/poke.h"

#define MARKS  4
#define TABLES 2
#define LEN    5

/* A site that says all there is to know; `meant`: it is this one that stands in text. */
struct mark {
	uint8_t *at;
	uint8_t len, bad, meant, unused;
	const uint8_t *forms[2]; /* off, on */
};

static const uint8_t nop[LEN] = {0x3e, 0x8d, 0x74, 0x26, 0x00};
static const uint8_t jump[LEN] = {0xe9, 4, 3, 2, 1}, other_jump[LEN] = {0xe9, 4, 4, 4, 4};
static const uint8_t back[LEN] = {0xe9, 0xeb, 0xff, 0xff, 0xff}; /* eb ff in it */
static const uint8_t nop_short[2] = {0x66, 0x90};

static uint8_t text[64], away[16], own[16];
static struct mark marks[TABLES][MARKS];
static struct pv_entry entries[MARKS], spare[MARKS];
static struct pv_table tables[TABLES];
static struct pv_stats stats;
static const uint8_t versions[2] = {0, 1};
static bool on[2];
static unsigned lost, wrong, met;
static uint8_t *meddled; /* a byte that somebody else writes in the next round */

static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + sizeof(text),
				.engine = own,
				.engine_end = own + sizeof(own)};
static struct pv_image module = {.name = "module",
				 .text = away,
				 .text_end = away + sizeof(away),
				 .engine = own,
				 .engine_end = own + sizeof(own)};

static enum pv_why mark_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct mark *mark = record;

	out->at = mark->at;
	out->len = out->n = mark->len;
	out->row = 0;
	out->kind = PV_JMP;
	if (!state)
		return PV_OK;
	memcpy(out->bytes, mark->forms[on[*(const uint8_t *)state]], mark->len);
	if (out->bytes[0] != 0xe9 && out->bytes[0] != 0xeb)
		out->n = 0; /* what pads is a NOP, the 486's */
	return mark->bad ? PV_WHY_KEY : PV_OK;
}

static const struct pv_family mark_family = {.name = "marks",
					     .record_size = sizeof(struct mark),
					     .version = {&versions[0], &versions[1]},
					     .bytes = mark_bytes};

/* To where control goes. */
static uint32_t next_of(const struct mark *mark)
{
	const uint8_t *form = mark->forms[on[pv_present]];
	int32_t distance = 0;

	if (form[0] == 0xe9)
		memcpy(&distance, form + 1, sizeof(distance));
	if (form[0] == 0xeb)
		distance = (int8_t)form[1];
	return (uint32_t)mark->at + mark->len + (uint32_t)distance;
}

static void meet(const struct mark *mark)
{
	uint32_t frame[5] = {0, (uint32_t)mark->at + 1, 8, 2, 0}, *now;

	if (!mark->meant || *mark->at != PV_BREAKPOINT)
		return;
	now = pv_breakpoint(frame + 1);
	met++;
	lost += !now;
	wrong += now && *now != next_of(mark);
}

uint64_t pv_host_sync_others(void)
{
	if (meddled)
		*meddled = 0x11;
	meddled = NULL;
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; i < MARKS; i++)
			meet(&marks[t][i]);
	return 0;
}

const char *pv_host_live_begin(void)
{
	return NULL;
}

void pv_host_live_end(void)
{
}

static void begin(void)
{
	memset(text, 0x40, sizeof(text));
	memset(away, 0x40, sizeof(away));
	memset(marks, 0, sizeof(marks));
	memset(&stats, 0, sizeof(stats));
	memset(on, 0, sizeof(on));
	pv_images = NULL;
	image.tables = module.tables = NULL;
	pv_image_add(&image);
	pv_image_add(&module);
	lost = wrong = met = 0;
}

static void site(unsigned t, unsigned i, uint8_t *at, const uint8_t *off, const uint8_t *lit)
{
	marks[t][i] = (struct mark){.at = at, .len = LEN, .meant = true, .forms = {off, lit}};
	memcpy(at, off, LEN);
}

/* Says something else of a place. */
static struct mark *stray(unsigned t, unsigned i, uint8_t *at, const uint8_t *off,
			  const uint8_t *lit)
{
	marks[t][i] = (struct mark){.at = at, .len = LEN, .forms = {off, lit}};
	return &marks[t][i];
}

static void add(unsigned t, unsigned n)
{
	tables[t] = (struct pv_table){
		.family = &mark_family, .first = marks[t], .last = marks[t] + n};
	pv_table_add(&image, &tables[t]);
}

static void add_indexed(unsigned t, unsigned n)
{
	add(t, n);
	pv_index_make(&tables[t], entries, spare);
	tables[t].n = n;
}

/* All of n tables, or n records of a part. */
static void commit(unsigned n, unsigned part)
{
	struct pv_change changes[TABLES];

	for (unsigned t = 0; t < n; t++)
		changes[t] = (struct pv_change){&mark_family, tables[t].first,
						part ? (const struct mark *)tables[t].first + part
						     : tables[t].last,
						NULL, NULL};
	pv_live_begin();
	on[!pv_present] = true;
	ok(!pv_commit(changes, n, &stats), "a commit");
	on[!pv_present] = true;
	pv_live_end();
}

static bool refused_alone(const struct mark *mark)
{
	return stats.total.refused == 1 && stats.refusal[0].record == mark &&
	       stats.refusal[0].family == &mark_family;
}

static bool is(const uint8_t *at, const uint8_t *form)
{
	return !memcmp(at, form, LEN);
}

static void bad_ones(void)
{
	begin();
	stray(0, 0, text + 8, jump, nop)->bad = true;
	site(0, 1, text + 8, nop, jump);
	stray(0, 2, text + 22, nop, jump);
	site(0, 3, text + 24, nop, jump);
	add(0, 4);
	commit(1, 0);
	ok(stats.total.refused == 2 && is(text + 8, jump) && is(text + 24, jump),
	   "records of the same place, and around its start, are refused alone");
	ok(met == 6 && !lost && !wrong, "and hide no breakpoint: %u of %u lost, %u wrong", lost,
	   met, wrong);
}

/* The first is good in itself, and who asks later finds it: so the second one is not taken. */
static void good_ones(void)
{
	begin();
	stray(0, 0, text + 8, other_jump, nop);
	site(0, 1, text + 8, nop, jump);
	site(0, 2, text + 24, nop, jump);
	add(0, 3);
	commit(1, 0);
	ok(stats.total.refused == 2 && is(text + 8, nop) && is(text + 24, jump) && met == 3 &&
		   !lost && !wrong,
	   "of two good ones the first one is meant, or none: %u wrong", wrong);

	begin();
	stray(0, 0, text + 8, other_jump, nop);
	site(0, 1, text + 24, nop, jump);
	site(1, 0, text + 8, nop, jump);
	add(0, 2);
	add(1, 1);
	commit(2, 0);
	ok(stats.total.refused == 2 && stats.refusal[1].record == &marks[1][0] &&
		   is(text + 8, nop) && is(text + 24, jump) && met == 3 && !lost && !wrong,
	   "also of two changes: %u wrong", wrong);
}

static void overlapping(void)
{
	struct mark *inner;

	begin();
	site(0, 0, text + 8, back, nop);
	inner = stray(1, 0, text + 9, back + 1, nop_short);
	inner->len = 2;
	add(0, 1);
	add(1, 1);
	commit(2, 0);
	ok(is(text + 8, nop) && refused_alone(&marks[1][0]) && !lost && !wrong,
	   "a site inside of another change's: its breakpoint is not left behind (%02x)", text[8]);
}

/* To a record that was refused a site looks like its own, when the tail is new. */
static void as_another_leaves_it(void)
{
	begin();
	site(0, 0, text + 8, nop, jump);
	stray(1, 0, text + 8, jump, other_jump);
	add_indexed(0, 1);
	add(1, 1);
	commit(2, 0);
	ok(is(text + 8, jump) && refused_alone(&marks[1][0]) && met == 3 && !lost && !wrong,
	   "what the first walk refuses no later one takes (%02x %02x)", text[8], text[9]);
}

/* What an index says comes first. */
static void beside_an_index(void)
{
	begin();
	stray(0, 0, text + 8, other_jump, nop);
	add_indexed(0, 1);
	site(1, 0, text + 8, nop, jump);
	add(1, 1);
	commit(2, 0);
	ok(stats.total.refused == 2 && stats.refusal[1].record == &marks[1][0] &&
		   is(text + 8, nop) && !met,
	   "where an index leads to another record there is no breakpoint");

	begin();
	stray(0, 0, away, nop, jump);
	memcpy(away, nop, LEN);
	site(0, 1, text + 24, nop, jump);
	add_indexed(0, 2);
	commit(1, 1);
	ok(stats.total.refused == 1 && stats.refusal[0].why == PV_WHY_RANGE && is(away, nop),
	   "a part of a table with an index keeps to the table's image, too");
}

static void stays(void)
{
	begin();
	site(0, 0, text + 8, nop, jump);
	site(0, 1, text + 24, jump, jump);
	add(0, 2);
	commit(1, 0);
	ok(!stats.total.refused && is(text + 8, jump) && is(text + 24, jump) && met == 3,
	   "what stays as it is gets no breakpoint (%02x)", text[24]);
}

static void somebody_writes(void)
{
	begin();
	site(0, 0, text + 8, nop, jump);
	site(0, 1, text + 24, nop, jump);
	add(0, 2);
	meddled = text + 9;
	commit(1, 0);
	ok(text[8] == PV_BREAKPOINT && text[9] == 0x11 && is(text + 24, jump),
	   "what somebody else has written meanwhile is not written over (%02x %02x)", text[8],
	   text[9]);
}

/* Memory that was given up is others', whatever they have there. */
static void given_up(void)
{
	static uint8_t there[LEN];

	begin();
	site(0, 0, text + 8, nop, jump);
	site(0, 1, text + 40, nop, jump);
	text[40] = PV_BREAKPOINT;
	memcpy(there, text + 40, LEN);
	image.gone = text + 40;
	image.gone_end = text + 48;
	add_indexed(0, 2);
	commit(1, 0);
	image.gone = image.gone_end = NULL;
	ok(!stats.total.refused && stats.total.kind[PV_GONE] == 1 && is(text + 8, jump) &&
		   is(text + 40, there),
	   "what looks like a site where text was given up is left alone");
}

/* Met behind the end, since a CPU was slow: what stands there by then. */
static void late(void)
{
	uint32_t frame[5] = {0, (uint32_t)text + 9, 8, 2, 0}, *now;

	begin();
	stray(0, 0, text + 8, other_jump, other_jump);
	site(0, 1, text + 8, jump, jump);
	add(0, 2);
	now = pv_breakpoint(frame + 1);
	ok(now && *now == next_of(&marks[0][1]), "a breakpoint that is met late is what is there");
}

int main(void)
{
	bad_ones();
	good_ones();
	overlapping();
	as_another_leaves_it();
	beside_an_index();
	stays();
	somebody_writes();
	given_up();
	late();
	return tests_end();
}
