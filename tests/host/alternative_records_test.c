// SPDX-License-Identifier: MIT
/*
 * What a record of alternatives may say: features, lengths, sources and code that cannot be; and
 * passes with several records for one site. Runs on the build machine with ASan and UBSan; prints
 * TAP.
 */
#include "tests/host/alternative.h"

static void features(void)
{
	unsigned wrong = 0, kept = 0, taken = 0;

	room[REPLACEMENT] = 0x40;
	for (unsigned cpuid = 0; cpuid < 0x10000; cpuid++) {
		unsigned feature = cpuid & 0x7fff;
		bool exists = feature < PV_FEATURE_WORDS * 32, negated = cpuid & 0x8000;
		struct pv_site out;
		enum pv_why why = bytes_of(SITE, 4, REPLACEMENT, 1, cpuid, &out);

		kept += why == PV_OK && out.kind == PV_KEPT;
		taken += why == PV_OK && out.kind == PV_INLINE;
		wrong += why != (exists ? PV_OK : PV_WHY_FEATURE);
		wrong += why == PV_OK &&
			 (out.kind == PV_INLINE) != ((feature == FEATURE) != negated);
	}
	ok(wrong == 0, "of 65536 feature words each has its answer, %u wrong", wrong);
	ok(kept == PV_FEATURE_WORDS * 32 && taken == kept,
	   "a feature or its negation applies, never both: %u and %u", taken, kept);
}

static void lengths(void)
{
	unsigned wrong = 0;

	memset(room + REPLACEMENT, 0x40, 255);
	for (unsigned len = 0; len < 256; len++)
		for (unsigned n = 0; n < 256; n++) {
			struct pv_site out;
			enum pv_why why = bytes_of(SITE, len, REPLACEMENT, n, FEATURE, &out);
			bool fits = len && n <= len;

			wrong += why != (fits ? PV_OK : PV_WHY_LENGTH);
			wrong += fits && (out.n != n || out.len != len || out.at != room + SITE ||
					  out.kind != (n ? PV_INLINE : PV_NOP));
			why = bytes_of(SITE, len, REPLACEMENT, n, ALT_NOT(FEATURE), &out);
			wrong += why != (fits ? PV_OK : PV_WHY_LENGTH);
			wrong += fits && (out.n || out.kind != PV_KEPT);
		}
	ok(wrong == 0, "of all pairs of lengths those fit that do, applied or not; %u wrong",
	   wrong);
}

static void sources(void)
{
	struct alternative_state all = state, none = state;
	static const struct {
		unsigned from, n;
		enum pv_why why;
	} cases[] = {
		{REPLACEMENT, 4, PV_OK},
		{REPLACEMENT + 12, 4, PV_OK},
		{REPLACEMENT + 16, 0, PV_OK},
		{REPLACEMENT, 16, PV_OK},
		{REPLACEMENT - 1, 4, PV_WHY_SOURCE},
		{REPLACEMENT + 13, 4, PV_WHY_SOURCE},
		{REPLACEMENT + 17, 0, PV_WHY_SOURCE},
		{REPLACEMENT, 17, PV_WHY_SOURCE},
		{SITE, 4, PV_WHY_SOURCE},
		{0u - (1u << 20), 4, PV_WHY_SOURCE},
		{1u << 31, 4, PV_WHY_SOURCE},
	};
	struct pv_site out;

	memset(room, 0x40, sizeof(room));
	state.replacements_end = room + REPLACEMENT + 16;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(bytes_of(SITE, 40, cases[i].from, cases[i].n, FEATURE, &out) == cases[i].why,
		   "%u bytes from %d in a section at 320 to 336: %s", cases[i].n,
		   (int)cases[i].from, pv_why_text(cases[i].why));
		ok(bytes_of(SITE, 40, cases[i].from, cases[i].n, ALT_NOT(FEATURE), &out) ==
				   cases[i].why &&
			   out.kind == PV_KEPT,
		   "and so it is when it does not apply");
	}
	none.replacements = none.replacements_end = NULL;
	state = none;
	ok(bytes_of(SITE, 40, REPLACEMENT, 4, FEATURE, &out) == PV_WHY_SOURCE,
	   "with no section there is no source");
	state = all;
}

static void code(void)
{
	static const struct {
		uint8_t bytes[8], n;
		const char *what;
	} cases[] = {
		{{0xe8, 1, 2, 3}, 4, "a call without its last byte"},
		{{0x40, 0x40, 0x0f}, 3, "half of an opcode at the end"},
		{{0x0f, 0x04, 0x90}, 3, "no instruction"},
		{{0x66, 0xe9, 1, 2}, 4, "a jump that cuts EIP to 16 bits"},
		{{0x66, 0xeb, 1}, 3, "a short jump that cuts EIP to 16 bits"},
		{{0xc5, 0xf8, 0x77, 0x40}, 4, "vzeroupper, which is no lds and ja"},
		{{0xb8, 0xe9, 1, 2, 3}, 4, "a move that swallows a jump, cut"},
		{{0xf0}, 1, "a prefix alone"},
	};
	struct pv_site out;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(room + REPLACEMENT, cases[i].bytes, sizeof(cases[i].bytes));
		ok(bytes_of(SITE, 40, REPLACEMENT, cases[i].n, FEATURE, &out) == PV_WHY_CODE,
		   "refused: %s", cases[i].what);
	}
	memcpy(room + REPLACEMENT, (uint8_t[]){0xb8, 0xe8, 0xe9, 0xeb, 0x74}, 5);
	ok(bytes_of(SITE, 40, REPLACEMENT, 5, FEATURE, &out) == PV_OK && out.kind == PV_INLINE &&
		   !memcmp(out.bytes, room + REPLACEMENT, 5),
	   "an operand that looks like branches is none");
}

static void where_only(void)
{
	static struct alt_instr record;
	struct pv_site out;

	record_set(&record, SITE, 9, 0, 200, 0xffff);
	ok(alternative_family.bytes(&record, NULL, &out) == PV_OK && out.at == room + SITE &&
		   out.len == 9,
	   "without a state a record says where it is, whatever else it says");
}

static void states(void)
{
	struct alternative_state made;
	uint32_t bits = 0;

	alternative_state_make(&made, room, room + 9);
	for (unsigned word = 0; word < PV_FEATURE_WORDS; word++)
		bits += (uint32_t)__builtin_popcount(made.features[word]);
	ok(bits == 1 && made.features[X86_FEATURE_ALWAYS / 32] == 1u << X86_FEATURE_ALWAYS % 32,
	   "the host has nothing: only what every CPU has is there");
	ok(made.replacements == room && made.replacements_end == room + 9,
	   "replacements are where they were said to be");
	host_features[0] = 0x80000001;
	host_features[PV_FEATURE_WORDS - 1] = 0x40000200;
	alternative_state_make(&made, room, room);
	ok(made.features[0] == 0x80000001 && made.features[PV_FEATURE_WORDS - 1] == 0x40000200 &&
		   !made.features[1],
	   "each feature of the host has its bit");
	memset(host_features, 0, sizeof(host_features));
}

static uint8_t own[16];

static struct pv_image image = {
	.name = "test",
	.text = room,
	.text_end = room + sizeof(room),
	.engine = own,
	.engine_end = own + sizeof(own),
};

#define NR 3

static const uint8_t nop_run[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
static const struct {
	uint8_t bytes[8], n;
} news[NR] = {{{0x41}, 1}, {{0x0f, 0xae, 0xf0}, 3}, {{0xb8, 1, 2, 3, 4, 0x42}, 6}};
static uint8_t site_expected[8];

static void make_records(struct alt_instr records[NR], const unsigned order[NR])
{
	memset(room, 0xcc, sizeof(room));
	memcpy(room + SITE, nop_run, 8);
	room[SITE] = 0x40;
	for (unsigned i = 0; i < NR; i++) {
		unsigned which = order[i];

		memcpy(room + REPLACEMENT + 8 * i, news[which].bytes, news[which].n);
		record_set(&records[i], SITE, 8, REPLACEMENT + 8 * i, news[which].n, which);
	}
}

/* The last one that applies, padded; the linked bytes with the CPU's padding when none does. */
static void expect(const unsigned order[NR], unsigned set)
{
	unsigned n = 1;

	site_expected[0] = 0x40;
	for (unsigned i = 0; i < NR; i++)
		if (set >> order[i] & 1) {
			n = news[order[i]].n;
			memcpy(site_expected, news[order[i]].bytes, n);
		}
	pv_nops_fill(site_expected + n, 8 - n);
}

static bool pass_is_right(const unsigned order[NR], unsigned set)
{
	static struct alt_instr records[NR];
	struct pv_stats stats = {.row = NULL};

	make_records(records, order);
	for (unsigned i = 0; i < NR; i++)
		set_feature(&state, i, set >> i & 1);
	expect(order, set);
	trace_clear();
	pv_apply(&alternative_family, records, records + NR, NULL, &state, PV_STOPPED, &stats);
	return !memcmp(room + SITE, site_expected, 8) && !strcmp(trace, "tGSwYREt") &&
	       room[SITE - 1] == 0xcc && room[SITE + 8] == 0xcc && !stats.total.refused &&
	       stats.total.sites == 1;
}

/* No state in between: one write to the site, whatever applies, in whatever order the records are.
 */
static void last_one_wins(void)
{
	static const unsigned orders[6][NR] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	unsigned wrong = 0;

	pv_nops_select(PV_VENDOR_INTEL, 6);
	for (unsigned i = 0; i < 6; i++)
		for (unsigned set = 0; set < 8; set++)
			if (!pass_is_right(orders[i], set)) {
				printf("# wrong: order %u, features %u\n", i, set);
				wrong++;
			}
	ok(wrong == 0,
	   "three records for a site, 6 orders, 8 sets of features: the last that "
	   "applies is what stands there, by one write (%u wrong)",
	   wrong);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	set_feature(&state, FEATURE, true);
	features();
	lengths();
	sources();
	code();
	where_only();
	states();
	set_feature(&state, FEATURE, false);
	last_one_wins();
	return tests_end();
}
