// SPDX-License-Identifier: MIT
/*
 * The engine's walk over records that do not hold what stood at their site: which of several
 * records wins, what is written and what never is, padding of what nobody decides, overlaps, text
 * that is gone, sites inside of sites. Bytes are compared with what is worked out here by hand.
 */
#include "tests/host/fakes.h"

/* A single byte with the family that may nest: 0x40 as linked, 0x41 in the other state. */
static const uint8_t inner_linked = 0x40, inner_other = 0x41;

static enum pv_why inner_bytes(const void *record, const void *state, struct pv_site *out)
{
	out->at = *(uint8_t *const *)record;
	out->len = out->n = 1;
	out->row = 0;
	out->bytes[0] = *(const uint8_t *)state;
	out->kind = PV_INLINE;
	return PV_OK;
}

static const struct pv_family inner = {.name = "inner",
				       .record_size = sizeof(uint8_t *),
				       .nests = true,
				       .linked = &inner_linked,
				       .bytes = inner_bytes};

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

static void last_that_applies(void)
{
	for (unsigned which = 0; which < 8; which++) {
		struct fake r[3] = {{text + 8, 6, 2, 0x51, which & 1, 0},
				    {text + 8, 6, 4, 0x52, which >> 1 & 1, 0},
				    {text + 8, 6, 6, 0x53, which >> 2, 0}};
		int winner = which & 4 ? 2 : which & 2 ? 1 : which & 1 ? 0 : -1;

		reset();
		begin();
		if (winner >= 0)
			expect(&r[winner]);
		apply(r, 3, PV_STOPPED);
		ok(!memcmp(text, expected, SIZE) && writes() == (winner >= 0) &&
			   counted(1, winner >= 0, winner < 0, 0),
		   "three records, %u%u%u apply: the last of these is written, once", which & 1,
		   which >> 1 & 1, which >> 2);
	}
}

/* The same site's records need not stand side by side. */
static void scattered(void)
{
	struct fake r[4] = {{text + 8, 6, 6, 0x51, 1, 0},
			    {text + 32, 4, 4, 0x54, 1, 0},
			    {text + 8, 6, 5, 0x52, 1, 0},
			    {text + 14, 3, 3, 0x55, 1, 0}};

	reset();
	begin();
	expect(&r[1]), expect(&r[2]), expect(&r[3]);
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 3 && counted(3, 3, 0, 0),
	   "records of one site that are apart are a group; neighbours are others");
	begin();
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && writes() == 0 && counted(3, 3, 0, 0),
	   "the same table again changes nothing");
}

static void overlaps(void)
{
	struct fake r[4] = {{text + 8, 6, 6, 0x51, 1, 0},
			    {text + 10, 6, 6, 0x52, 1, 0},
			    {text + 8, 8, 8, 0x53, 1, 0},
			    {text + 40, 6, 6, 0x54, 1, 0}};
	struct fake part = {text + 41, 3, 3, 0x55, 0, 0};

	reset();
	begin();
	expect(&r[2]), expect(&r[3]);
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(4, 2, 0, 2) &&
		   stats.refusal[0].why == PV_WHY_OVERLAP && stats.refusal[1].why == PV_WHY_OVERLAP,
	   "other extents over the same bytes are refused");
	begin();
	apply(&part, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_OVERLAP,
	   "and so is, in a later pass, a part of a site, although it does not apply");
}

/* A later pass over the same site: who applies overrides, who does not leaves it. */
static void again(void)
{
	struct fake first = {text + 8, 12, 3, 0x51, 1, 0}, no = {text + 8, 12, 12, 0x52, 0, 0};
	struct fake yes = {text + 8, 12, 5, 0x53, 1, 0};
	struct fake nops[2] = {{text + 32, 6, 6, NOP, 1, 0}, {text + 32, 6, 6, 0x54, 0, 0}};

	reset();
	memset(text + 8, NOP, 12);
	begin();
	expect(&first);
	apply(&first, 1, PV_STOPPED);
	apply(&no, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0 && counted(1, 0, 1, 0),
	   "a record that does not apply leaves what an earlier pass wrote, padding and all");
	expect(&yes);
	apply(&yes, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(1, 1, 0, 0), "one that applies replaces it");
	expect(&nops[0]);
	apply(&nops[0], 1, PV_STOPPED);
	apply(&nops[1], 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0,
	   "one-byte NOPs that an earlier pass wrote are no padding, and stay apart");
}

static void padding_of_kept(void)
{
	struct fake r = {text + 8, 12, 12, 0x51, 0, 0};
	static const uint8_t jump_to_run[] = {0xeb, 0x01, 0x40}, jump_inside[] = {0xeb, 0x03, 0x40};
	static const uint8_t immediate[] = {0xb8, NOP, NOP, NOP, NOP};

	reset();
	memset(text + 10, NOP, 10);
	begin();
	pv_nops_fill(expected + 10, 10);
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && memcmp(text, before, SIZE) && writes() == 1 &&
		   counted(1, 0, 1, 0) && stats.pad == 10,
	   "nothing applies: the NOPs at the end become the CPU's own, in one write");
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && writes() == 0, "which happens once");

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + 8, immediate, sizeof(immediate));
	text[19] = 0x40;
	begin();
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE), "NOPs that are not at the end stay");

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + 15, immediate, sizeof(immediate));
	begin();
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE), "0x90 in an immediate operand at the end is no padding");

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + 8, jump_to_run, 3);
	begin();
	pv_nops_fill(expected + 11, 9);
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE), "a jump to the first NOP does not hinder");

	reset();
	memset(text + 8, NOP, 12);
	memcpy(text + 8, jump_inside, 3);
	begin();
	apply(&r, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE), "a jump between the NOPs does: they stay apart");
}

static void refusals(void)
{
	struct fake bad[] = {{text + 8, 6, 6, 0x51, 1, 0},
			     {text + 8, 6, 6, 0x52, 1, PV_WHY_FEATURE}};
	struct fake late[] = {{text + 8, 6, 6, 0x51, 1, PV_WHY_FEATURE},
			      {text + 8, 6, 6, 0x52, 1, 0}};
	struct fake broken[] = {{text + 8, 6, 6, 0x51, 1, 0}, {text + 8, 6, 6, 0x52, 0, 0}};
	struct fake longer = {text + 8, 6, 7, 0x51, 1, 0};
	struct fake where[] = {{text - 1, 4, 4, 0x51, 1, 0},
			       {text + SIZE - 3, 4, 4, 0x52, 0, 0},
			       {own, 4, 4, 0x53, 1, 0},
			       {text + 8, 0, 0, 0x54, 1, 0}};

	reset();
	begin();
	apply(bad, 2, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_FEATURE,
	   "the winner is refused: its site stays, nobody else gets it");
	expect(&late[1]);
	apply(late, 2, PV_STOPPED);
	ok(!memcmp(text, expected, SIZE) && counted(2, 1, 0, 1),
	   "a bad record before the winner is refused, and the winner wins");

	reset();
	begin();
	apply(&longer, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_LENGTH,
	   "bytes that are longer than their site are refused");

	reset();
	text[13] = 0xb8; /* its immediate operand would lie behind the site */
	begin();
	apply(broken, 2, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1) &&
		   stats.refusal[0].why == PV_WHY_CODE,
	   "a site that ends within an instruction is refused, once");

	reset();
	begin();
	apply(where, 4, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(4, 0, 0, 4) &&
		   stats.refusal[3].why == PV_WHY_RANGE && stats.refusal[2].why == PV_WHY_RANGE &&
		   stats.refusal[1].why == PV_WHY_OWN && stats.refusal[0].why == PV_WHY_LENGTH,
	   "what is not in text, or in the engine's own, or has no length, is refused");
}

static void gone(void)
{
	struct fake r[] = {{text + 64, 6, 6, 0x51, 1, 0},
			   {text + 64, 6, 6, 0x52, 1, 0},
			   {text + 80, 6, 6, 0x53, 0, 0},
			   {text + 60, 6, 6, 0x54, 1, 0}};

	reset();
	memset(text + 64, 0xcc, 64);
	image.gone = text + 64;
	image.gone_end = text + 128;
	begin();
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && stats.total.kind[PV_GONE] == 2 &&
		   stats.total.refused == 1 && stats.total.sites == 3,
	   "sites in text that was given up are counted and left; one that reaches into it is refused");
}

static void inner_apply(const void *from, const void *to, uint8_t *at)
{
	stats = (struct pv_stats){.ns = 0};
	pv_apply(&inner, &at, &at + 1, from, to, PV_STOPPED, &stats);
}

static void nesting(void)
{
	struct fake r = {text + 8, 6, 6, 0x41, 1, 0}, kept = {text + 32, 6, 6, 0x41, 0, 0};

	reset();
	apply(&r, 1, PV_STOPPED);
	apply(&kept, 1, PV_STOPPED);
	begin();
	inner_apply(&inner_linked, &inner_other, text + 10);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 1, 0),
	   "a site inside of a replaced one is left alone, and counted as kept");
	inner_apply(&inner_other, &inner_linked, text + 10);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 1, 0),
	   "and on the way back, too, although the byte there is the one of its state");
	inner_apply(&inner_linked, &inner_other, text + 32);
	expected[32] = 0x41;
	ok(!memcmp(text, expected, SIZE) && counted(1, 1, 0, 0),
	   "inside of one that was not replaced it is patched");
	begin();
	apply(&kept, 1, PV_STOPPED);
	ok(!memcmp(text, before, SIZE) && counted(1, 0, 0, 1),
	   "after which the outer one is not touched any more");
	image.gone = text + 32;
	image.gone_end = text + 40;
	inner_apply(&inner_other, &inner_linked, text + 32);
	ok(!memcmp(text, before, SIZE) && stats.total.kind[PV_GONE] == 1 && !stats.total.refused,
	   "a patched one in text that was given up meanwhile is counted and left");
}

static void dry(void)
{
	struct fake r[] = {{text + 8, 6, 2, 0x51, 1, 0},
			   {text + 20, 6, 6, 0x52, 0, 0},
			   {text + 22, 6, 6, 0x53, 1, 0},
			   {text + 40, 6, 6, 0x54, 0, 0}};
	struct pv_stats did;

	reset();
	memset(text + 20, NOP, 6);
	memset(text + 40, NOP, 6);
	begin();
	apply(r, 4, PV_DRY);
	did = stats;
	ok(!memcmp(text, before, SIZE) && !strcmp(trace, "tt"), "a dry run writes nothing");
	apply(r, 4, PV_STOPPED);
	ok(!memcmp(&did.total, &stats.total, sizeof(did.total)) && did.bytes == stats.bytes &&
		   did.pad == stats.pad,
	   "and finds what the pass finds");
	ok(!strcmp(trace, "tGSwwwYREt"), "which is one round, whatever the records: %s", trace);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	last_that_applies();
	scattered();
	overlaps();
	again();
	padding_of_kept();
	refusals();
	gone();
	nesting();
	dry();
	return tests_end();
}
