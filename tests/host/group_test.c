// SPDX-License-Identifier: MIT
/*
 * The engine's walk over records that do not hold what stood at their site: which of several
 * records wins, what is written and what never is, padding of what nobody decides, overlaps, text
 * that is gone. All of it for a raw table and for one with an index and facts. Bytes are compared
 * with what is worked out here by hand.
 */
#include "tests/host/fakes.h"

static const char *form(void)
{
	return indexed ? "with an index" : "raw";
}

static void expect(const struct fake *fake)
{
	unsigned at = (unsigned)(fake->at - text);

	memset(expected + at, fake->fill, fake->n);
	pv_nops_fill(expected + at + fake->n, fake->len - fake->n);
}

static unsigned writes(void)
{
	unsigned n = 0;

	for (const char *c = trace; *c; c++)
		n += *c == 'w';
	return n;
}

static bool counted(unsigned sites, unsigned replaced, unsigned kept, unsigned refused)
{
	return stats.total.sites == sites && stats.total.kind[PV_INLINE] == replaced &&
	       stats.total.kind[PV_KEPT] == kept && stats.total.refused == refused;
}

static unsigned refused_for(enum pv_why why)
{
	unsigned n = 0;

	for (unsigned i = 0; i < stats.listed; i++)
		n += stats.refusal[i].why == why;
	return n;
}

/* A table that several passes go over: known from its first one on. */
static struct added stays;

static void take(const struct fake *records, size_t n)
{
	if (indexed)
		add(&stays, records, n);
	pass(records, n, &fake_linked, &fake_patched, PV_STOPPED);
}

static void leave(void)
{
	if (indexed)
		pv_table_remove(&image, &stays.table);
}

static void last_that_applies(void)
{
	for (unsigned which = 0; which < 8; which++) {
		struct fake r[3] = {{text + 8, 6, 2, 0x51, which & 1, 0, {0}},
				    {text + 8, 6, 4, 0x52, which >> 1 & 1, 0, {0}},
				    {text + 8, 6, 6, 0x53, which >> 2, 0, {0}}};
		int winner = which & 4 ? 2 : which & 2 ? 1 : which & 1 ? 0 : -1;

		reset();
		begin();
		if (winner >= 0)
			expect(&r[winner]);
		apply(r, 3, PV_STOPPED);
		ok(!memcmp(text, expected, SIZE) && writes() == (winner >= 0) &&
			   counted(1, winner >= 0, winner < 0, 0),
		   "%s: three records, %u%u%u apply: the last of these is written, once", form(),
		   which & 1, which >> 1 & 1, which >> 2);
	}
}

/* The same site's records need not stand side by side. */
static void scattered(void)
{
	struct fake r[4] = {{text + 8, 6, 6, 0x51, 1, 0, {0}},
			    {text + 32, 4, 4, 0x54, 1, 0, {0}},
			    {text + 8, 6, 5, 0x52, 1, 0, {0}},
			    {text + 14, 3, 3, 0x55, 1, 0, {0}}};

	reset();
	begin();
	expect(&r[1]), expect(&r[2]), expect(&r[3]);
	take(r, 4);
	ok(!memcmp(text, expected, SIZE) && writes() == 3 && counted(3, 3, 0, 0),
	   "%s: records of one site that are apart are a group; neighbours are others", form());
	begin();
	pass(r, 4, &fake_patched, &fake_patched, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && writes() == 0 && counted(3, 3, 0, 0),
	   "%s: the same state again changes nothing", form());
	pass(r, 4, &fake_linked, &fake_patched, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && (!indexed || refused_for(PV_WHY_BYTES) == 3),
	   "%s: nor does a pass from a state that it is not in", form());
	leave();
}

static void overlaps(void)
{
	struct fake r[4] = {{text + 10, 6, 6, 0x52, 1, 0, {0}},
			    {text + 8, 6, 6, 0x51, 1, 0, {0}},
			    {text + 8, 8, 8, 0x53, 1, 0, {0}},
			    {text + 40, 6, 6, 0x54, 1, 0, {0}}};

	reset();
	begin();
	expect(&r[1]), expect(&r[3]);
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(4, 2, 0, 2) && refused_for(PV_WHY_OVERLAP) == 2,
	   "%s: of extents over the same bytes the lower one has the site, and of two at one "
	   "address the first record's",
	   form());
	reset();
	r[1].why = PV_WHY_FEATURE;
	begin();
	expect(&r[2]), expect(&r[3]);
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(4, 2, 0, 2) &&
		   refused_for(PV_WHY_OVERLAP) == 1 && refused_for(PV_WHY_FEATURE) == 1,
	   "%s: a refused one is in nobody's way", form());
}

/* Raw: a later table over the same site finds text, and takes it as linked. */
static void again(void)
{
	struct fake first = {text + 8, 12, 3, 0x51, 1, 0, {0}};
	struct fake no = {text + 8, 12, 12, 0x52, 0, 0, {0}};
	struct fake yes = {text + 8, 12, 5, 0x53, 1, 0, {0}};
	struct fake nops = {text + 32, 6, 6, NOP, 1, 0, {0}};

	reset();
	memset(text + 8, NOP, 12);
	begin();
	expect(&first);
	apply(&first, 1, PV_STOPPED);
	apply(&no, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0 && counted(1, 0, 1, 0),
	   "%s: a record that does not apply leaves what another pass wrote, padding and all",
	   form());
	expect(&yes);
	apply(&yes, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(1, 1, 0, 0), "%s: one that applies replaces it",
	   form());
	expect(&nops);
	take(&nops, 1);
	pass(&nops, 1, &fake_patched, &fake_patched, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0 && counted(1, 1, 0, 0),
	   "%s: one-byte NOPs of a replacement are no padding, and stay apart", form());
	leave();
}

static void padding_is_kept(const uint8_t *code, unsigned n, unsigned at, const char *sentence)
{
	struct fake r = {text + 8, 12, 12, 0x51, 0, 0, {0}};

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + at, code, n);
	begin();
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE), "%s: %s", form(), sentence);
}

static void padding_of_kept(void)
{
	struct fake r = {text + 8, 12, 12, 0x51, 0, 0, {0}};
	static const uint8_t jump_to_run[] = {0xeb, 0x01, 0x40}, jump_inside[] = {0xeb, 0x03, 0x40};
	static const uint8_t immediate[] = {0xb8, NOP, NOP, NOP, NOP, 0x40};

	reset();
	memset(text + 10, NOP, 10);
	begin();
	pv_nops_fill(expected + 10, 10);
	take(&r, 1);
	ok(!memcmp(text, expected, SIZE) && memcmp(text, before, SIZE) && writes() == 1 &&
		   counted(1, 0, 1, 0) && stats.pad == 10 && stats.bytes == 10,
	   "%s: nothing applies: the NOPs at the end become the CPU's own, in one write", form());
	pass(&r, 1, &fake_patched, &fake_patched, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0, "%s: which happens once", form());
	leave();

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + 8, jump_to_run, 3);
	begin();
	pv_nops_fill(expected + 11, 9);
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE), "%s: a jump to the first NOP does not hinder", form());
	padding_is_kept(jump_inside, 3, 8, "a jump between the NOPs does: they stay apart");
	padding_is_kept(immediate + 5, 1, 19, "NOPs that are not at the end stay");
	padding_is_kept(immediate, 5, 15, "0x90 in an immediate operand is no padding");
}

static void refusals(void)
{
	struct fake bad[] = {{text + 8, 6, 6, 0x51, 1, 0, {0}},
			     {text + 8, 6, 6, 0x52, 1, PV_WHY_FEATURE, {0}},
			     {text + 8, 6, 6, 0x52, 0, 0, {0}}};
	struct fake late[] = {{text + 8, 6, 6, 0x51, 1, PV_WHY_FEATURE, {0}},
			      {text + 8, 6, 6, 0x52, 1, 0, {0}}};
	struct fake longer = {text + 8, 6, 7, 0x51, 1, 0, {0}};

	reset();
	begin();
	apply(bad, 3, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_FEATURE && stats.refusal[0].record == &bad[1],
	   "%s: the winner is refused: its site stays, nobody else gets it", form());
	expect(&late[1]);
	apply(late, 2, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(2, 1, 0, 1) &&
		   stats.refusal[0].record == &late[0],
	   "%s: a bad record before the winner is refused, and the winner wins", form());

	reset();
	begin();
	apply(&longer, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_LENGTH,
	   "%s: bytes that are longer than their site are refused", form());
}

static void half_instructions(void)
{
	struct fake broken[] = {{text + 8, 6, 6, 0x51, 1, 0, {0}},
				{text + 8, 6, 6, 0x52, 0, 0, {0}}};

	reset();
	text[13] = 0xb8; /* its immediate operand would lie behind the site */
	begin();
	apply(broken, 2, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_CODE,
	   "%s: a site that ends within an instruction is refused, once", form());
	broken[0].applies = 0;
	apply(broken, 2, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_CODE,
	   "%s: and so is one that nobody would change", form());
}

static void nowhere(void)
{
	struct fake where[] = {{text - 1, 4, 4, 0x51, 1, 0, {0}},
			       {text + SIZE - 3, 4, 4, 0x52, 0, 0, {0}},
			       {own, 4, 4, 0x53, 1, 0, {0}},
			       {text + 8, 0, 0, 0x54, 1, 0, {0}},
			       {(uint8_t *)0xfffffffe, 4, 4, 0x54, 1, 0, {0}},
			       {NULL, 4, 4, 0x54, 1, 0, {0}},
			       {own - 3, 4, 4, 0x53, 1, 0, {0}}};

	reset();
	begin();
	apply(where, 7, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(7, 0, 0, 7) && refused_for(PV_WHY_RANGE) == 4 &&
		   refused_for(PV_WHY_OWN) == 2 && refused_for(PV_WHY_LENGTH) == 1,
	   "%s: what is not in text, or in the engine's own, or has no length, is refused", form());
}

static void gone(void)
{
	struct fake r[] = {{text + 64, 6, 6, 0x51, 1, 0, {0}},
			   {text + 64, 6, 6, 0x52, 1, 0, {0}},
			   {text + 80, 6, 6, 0x53, 0, 0, {0}},
			   {text + 60, 6, 6, 0x54, 1, 0, {0}},
			   {text + 126, 3, 3, 0x54, 1, 0, {0}}};

	reset();
	memset(text + 64, 0xcc, 64);
	image.gone = text + 64;
	image.gone_end = text + 128;
	begin();
	apply(r, 5, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && stats.total.kind[PV_GONE] == 2 &&
		   refused_for(PV_WHY_RANGE) == 2 && stats.total.sites == 4,
	   "%s: sites in text that was given up are counted and left; one that reaches into it or "
	   "out of it is refused",
	   form());
}

static void dry(void)
{
	struct fake r[] = {{text + 8, 6, 2, 0x51, 1, 0, {0}},
			   {text + 20, 6, 6, 0x52, 0, 0, {0}},
			   {text + 22, 6, 6, 0x53, 1, 0, {0}},
			   {text + 40, 6, 6, 0x54, 0, 0, {0}}};
	struct pv_stats did;

	reset();
	memset(text + 20, NOP, 6);
	memset(text + 40, NOP, 6);
	begin();
	apply(r, 4, PV_DRY);
	did = stats;
	ok(!memcmp(text, before, SIZE) && !strcmp(trace, "tt"), "%s: a dry run writes nothing",
	   form());
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(&did.total, &stats.total, sizeof(did.total)) && did.bytes == stats.bytes &&
		   did.pad == stats.pad,
	   "%s: and finds what the pass finds", form());
	ok(!strcmp(trace, "tGSwwwYREt"), "%s: which is one round, whatever the records: %s", form(),
	   trace);
}

static void bad_table(void)
{
	struct fake r[2] = {{text + 8, 6, 2, 0x51, 1, 0, {0}}, {text + 20, 6, 6, 0x52, 1, 0, {0}}};

	reset();
	begin();
	expect(&r[0]);
	stats = (struct pv_stats){.ns = 0};
	pv_apply(&fakes, r, (uint8_t *)(r + 1) + 8, &fake_linked, &fake_patched, PV_STOPPED,
		 &stats);
	ok(!memcmp(text, expected, SIZE) && counted(1, 1, 0, 1) && !stats.refusal[0].record &&
		   stats.refusal[0].why == PV_WHY_TABLE,
	   "half a record at the end is a refusal of the table, and no site");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	for (unsigned i = 0; i < 2; i++) {
		indexed = i;
		last_that_applies();
		scattered();
		overlaps();
		again();
		padding_of_kept();
		refusals();
		half_instructions();
		nowhere();
		gone();
		dry();
	}
	bad_table();
	return tests_end();
}
