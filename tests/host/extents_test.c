// SPDX-License-Identifier: MIT
/*
 * Which bytes belong to which site: the engine asks its maps eight bits at a time, so every start
 * and length is tried beside every other, within one byte of a map and across several, for records
 * in groups. And the scratch map is whole words and a rest, whatever was in it before.
 */
#include "pv/engine.c"
#include "pv/group.c"
#include "pv/insn.c"
#include "pv/nops.c"
#include "tests/host/host.h"

struct extent {
	uint8_t *at;
	uint8_t len;
};

#define SIZE 256

static uint8_t text[SIZE], expected[SIZE];
static uint8_t map[PV_MAP_SIZE(SIZE)], scratch[sizeof(map)], own[16];
static struct pv_image image = {"test", text,    text + SIZE, own,  own + sizeof(own),
				map,    scratch, NULL,        NULL, NULL};
static struct pv_stats stats;

/* As linked 40 (inc %eax), patched 41 (inc %ecx). */
static const uint8_t linked = 0x40, patched = 0x41;

static enum pv_why extent_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct extent *extent = record;

	out->at = extent->at;
	out->len = out->n = extent->len;
	out->row = 0;
	out->kind = PV_INLINE;
	if (state)
		memset(out->bytes, *(const uint8_t *)state, out->n);
	return PV_OK;
}

static const struct pv_family grouped = {.name = "grouped",
					 .record_size = sizeof(struct extent),
					 .groups = true,
					 .bytes = extent_bytes};
static const struct pv_family alone = {.name = "alone",
				       .record_size = sizeof(struct extent),
				       .linked = &linked,
				       .bytes = extent_bytes};

static void reset(void)
{
	memset(text, linked, SIZE);
	memset(expected, linked, SIZE);
	memset(map, 0, sizeof(map));
	interrupts = 1;
	trace_clear();
}

static void apply(const struct extent *extents, size_t n)
{
	stats = (struct pv_stats){.ns = 0};
	pv_apply(&grouped, extents, extents + n, NULL, &patched, PV_STOPPED, &stats);
}

static void expect(const struct extent *extent)
{
	memset(expected + (extent->at - text), patched, extent->len);
}

static bool meet(const struct extent *a, const struct extent *b)
{
	return a->at < b->at + b->len && b->at < a->at + a->len;
}

/* The last one of a table is taken first; of two that overlap the other one is refused. */
static bool in_one_table(const struct extent pair[2])
{
	bool same_site = pair[0].at == pair[1].at && pair[0].len == pair[1].len;
	bool refused = !same_site && meet(&pair[0], &pair[1]);

	reset();
	apply(pair, 2);
	expect(&pair[1]);
	if (!refused)
		expect(&pair[0]);
	return !memcmp(text, expected, SIZE) && stats.total.refused == refused &&
	       stats.total.sites == 2u - same_site;
}

static bool in_two_passes(const struct extent pair[2])
{
	bool same_site = pair[0].at == pair[1].at && pair[0].len == pair[1].len;
	bool refused = !same_site && meet(&pair[0], &pair[1]);

	reset();
	apply(&pair[0], 1);
	apply(&pair[1], 1);
	expect(&pair[0]);
	if (!refused)
		expect(&pair[1]);
	return !memcmp(text, expected, SIZE) && stats.total.refused == refused;
}

static void pairs(bool good(const struct extent pair[2]), const char *how)
{
	static const uint8_t lengths[] = {1, 2, 5, 7, 8, 9, 15, 16, 17, 24, 33};
	unsigned tried = 0, bad = 0;

	for (unsigned start = 40; start < 48; start++)
		for (unsigned i = 0; i < sizeof(lengths); i++)
			for (unsigned other = 0; other < 45; other++)
				for (uint8_t len = 1; len < 36; len += 1 + len / 12) {
					struct extent pair[2] = {{text + start, lengths[i]},
								 {text + start - 10 + other, len}};

					tried++;
					bad += !good(pair);
				}
	ok(!bad, "%u pairs of sites %s: the same, apart, or refused; %u were not", tried, how, bad);
}

/* Maps that are a whole number of words, and ones with a rest. */
static void dirty_scratch(void)
{
	for (unsigned cut = 0; cut < 32; cut += 8) {
		struct extent end = {text + SIZE - cut - 3, 3};

		reset();
		image.text_end = text + SIZE - cut;
		memset(scratch, 0xff, sizeof(scratch));
		apply(&end, 1);
		ok(stats.total.sites == 1 && stats.total.kind[PV_INLINE] == 1,
		   "a group at the end of %u bytes of text is taken", SIZE - cut);
		reset();
		stats = (struct pv_stats){.ns = 0};
		pv_apply(&alone, &end, &end + 1, &linked, &patched, PV_STOPPED, &stats);
		memset(scratch, 0, sizeof(scratch));
		pv_apply(&alone, &end, &end + 1, &patched, &linked, PV_DRY, &stats);
		ok(!stats.total.refused && stats.total.kind[PV_INLINE] == 2,
		   "and a dry run knows whose it is");
	}
	image.text_end = text + SIZE;
}

int main(void)
{
	pv_image_add(&image);
	pairs(in_one_table, "in one table");
	pairs(in_two_passes, "in two passes");
	dirty_scratch();
	return tests_end();
}
