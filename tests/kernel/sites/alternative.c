// SPDX-License-Identifier: MIT
/*
 * Alternatives in the running kernel: sites as the macros make them, in C and in NASM, taken to
 * every set of features and executed there. Which bytes a record gives is tested on the build
 * machine; here it is what the CPU makes of them, and what the assemblers make of the macros.
 */
#include "tests/kernel/sites/alternative.h"
#include "arch/x86/cpu/cpu.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/insn.h"

#define SITES   64
#define RECORDS 96

extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const uint8_t __alt_replacements[], __alt_replacements_end[];

/* ---- all test sites to a state, and back ---- */

/* A site as the boot left it. */
struct original {
	uint8_t *at;
	uint8_t len;
	uint8_t bytes[64];
};

static struct original originals[SITES];
static struct alt_instr records[RECORDS];
static unsigned nr_originals, nr_records;

/* There is no way back from an alternative; for tests there is this. */
static PV_TEXT enum pv_why original_bytes(const void *record, const void *state,
					  struct pv_site *out)
{
	const struct original *original = record;

	out->at = original->at;
	out->len = out->n = original->len;
	out->row = 0;
	out->kind = PV_KEPT;
	if (!state)
		return PV_OK;
	out->kind = PV_INLINE;
	for (unsigned i = 0; i < original->len; i++)
		out->bytes[i] = original->bytes[i];
	return PV_OK;
}

static const struct pv_family original_family = {
	.name = "original",
	.record_size = sizeof(struct original),
	.groups = true,
	.bytes = original_bytes,
};

uint8_t *alt_test_site(const struct alt_instr *record)
{
	return (uint8_t *)((uint32_t)record + (uint32_t)record->instr_offset);
}

static bool is_test(const struct alt_instr *record)
{
	return record->cpuid / 32 == 2 || record->cpuid == ALT_TEST_NOT_1;
}

static struct original *original_of(const struct alt_instr *record)
{
	for (unsigned i = 0; i < nr_originals; i++)
		if (originals[i].at == alt_test_site(record))
			return &originals[i];
	return NULL;
}

/* A copy elsewhere: its offsets are relative to itself. */
static void copy_record(const struct alt_instr *from)
{
	struct alt_instr *to = &records[nr_records++];
	int32_t moved = (int32_t)((uint32_t)from - (uint32_t)to);

	*to = *from;
	to->instr_offset += moved;
	to->repl_offset += moved;
	if (to->cpuid == ALT_TEST_NOT_1)
		to->cpuid = ALT_NOT(ALT_TEST_1);
}

static bool collect(void)
{
	const struct alt_instr *record;

	for (record = __alt_instructions; record < __alt_instructions_end; record++) {
		struct original *original = &originals[nr_originals];

		if (!is_test(record))
			continue;
		if (nr_records == RECORDS || nr_originals == SITES ||
		    record->instrlen > sizeof(original->bytes))
			return false;
		copy_record(record);
		if (original_of(record))
			continue;
		nr_originals++;
		original->at = alt_test_site(record);
		original->len = record->instrlen;
		memcpy(original->bytes, original->at, original->len);
	}
	return true;
}

static void apply(struct ktap *t, const struct pv_family *family, const void *first,
		  const void *last, const void *state)
{
	static struct pv_stats stats;

	pv_stats_begin(&stats, NULL);
	pv_apply(family, first, last, NULL, state, PV_STOPPED, &stats);
	CHECK_EQ(t, stats.total.sites, nr_originals, "each site is looked at once");
	CHECK_EQ(t, stats.total.refused, 0, "no site is refused");
}

void alt_test_restore(struct ktap *t)
{
	if (nr_records || CHECK(t, collect(), "there is room for all test sites"))
		apply(t, &original_family, originals, originals + nr_originals, originals);
}

void alt_test_apply(struct ktap *t, uint32_t features)
{
	static struct alternative_state state;

	alt_test_restore(t);
	alternative_state_make(&state, __alt_replacements, __alt_replacements_end);
	state.features[2] = features;
	apply(t, &alternative_family, records, records + nr_records, &state);
}

const struct alt_instr *alt_test_find(const void *function)
{
	const struct alt_instr *record, *best = NULL;

	for (record = __alt_instructions; record < __alt_instructions_end; record++)
		if (is_test(record) && alt_test_site(record) >= (const uint8_t *)function &&
		    (!best || alt_test_site(record) < alt_test_site(best)))
			best = record;
	return best;
}

/* ---- what the assemblers made ---- */

static const struct length {
	const char *name;
	alt_test_fn *function;
	uint8_t records, site, replacement[3];
} lengths[] = {
#define LENGTH(name, ...)                \
	{                                \
#name, name, __VA_ARGS__ \
	}
	LENGTH(alt_c_123, 3, 5, {1, 3, 5}),
	LENGTH(alt_c_132, 3, 5, {1, 5, 3}),
	LENGTH(alt_c_213, 3, 5, {3, 1, 5}),
	LENGTH(alt_c_231, 3, 5, {3, 5, 1}),
	LENGTH(alt_c_312, 3, 5, {5, 1, 3}),
	LENGTH(alt_c_321, 3, 5, {5, 3, 1}),
	LENGTH(alt_c_12, 2, 3, {1, 3}),
	LENGTH(alt_c_21, 2, 3, {3, 1}),
	LENGTH(alt_c_1, 1, 1, {1}),
	LENGTH(alt_c_long_old, 3, 10, {1, 3, 5}),
	LENGTH(alt_c_call, 1, 5, {5}),
	LENGTH(alt_c_call_2, 2, 5, {5, 5}),
	LENGTH(alt_c_likely, 1, 2, {0}),
	LENGTH(alt_c_unlikely, 1, 5, {5}),
	LENGTH(alt_c_picked, 1, 5, {5}),
	LENGTH(alt_asm_123, 3, 5, {1, 3, 5}),
	LENGTH(alt_asm_132, 3, 5, {1, 5, 3}),
	LENGTH(alt_asm_213, 3, 5, {3, 1, 5}),
	LENGTH(alt_asm_231, 3, 5, {3, 5, 1}),
	LENGTH(alt_asm_312, 3, 5, {5, 1, 3}),
	LENGTH(alt_asm_321, 3, 5, {5, 3, 1}),
	LENGTH(alt_asm_12, 2, 3, {1, 3}),
	LENGTH(alt_asm_21, 2, 3, {3, 1}),
	LENGTH(alt_asm_1, 1, 1, {1}),
	LENGTH(alt_asm_long_old, 3, 8, {1, 3, 5}),
	LENGTH(alt_asm_jump, 1, 5, {5}),
	LENGTH(alt_asm_long_block, 1, 10, {1}),
	LENGTH(alt_asm_loop, 1, 7, {7}),
};

static void sites_are_as_long_as_the_longest(struct ktap *t)
{
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const struct length *l = &lengths[i];
		const struct alt_instr *record = alt_test_find((const void *)l->function);

		for (unsigned n = 0; n < l->records; n++) {
			CHECK_EQ(t, record[n].instrlen, l->site, "%s: record %u: the site", l->name,
				 n);
			CHECK_EQ(t, record[n].replacementlen, l->replacement[n],
				 "%s: record %u: the replacement", l->name, n);
			CHECK(t, alt_test_site(&record[n]) == alt_test_site(record),
			      "%s: record %u: the same site", l->name, n);
		}
	}
}

/* ---- features in all orders ---- */

static uint32_t expected_add(const char *digits, uint32_t features)
{
	uint32_t add = 0;

	for (; *digits; digits++)
		if (features >> (*digits - '0') & 1)
			add = alt_test_adds[*digits - '0'];
	return add;
}

static void last_that_applies_wins(struct ktap *t)
{
	static const struct {
		const char *digits;
		alt_test_fn *c, *nasm;
	} all[] = {
		{"123", alt_c_123, alt_asm_123}, {"132", alt_c_132, alt_asm_132},
		{"213", alt_c_213, alt_asm_213}, {"231", alt_c_231, alt_asm_231},
		{"312", alt_c_312, alt_asm_312}, {"321", alt_c_321, alt_asm_321},
		{"12", alt_c_12, alt_asm_12},    {"21", alt_c_21, alt_asm_21},
		{"1", alt_c_1, alt_asm_1},
	};

	for (uint32_t features = 0; features < 16; features += 2) {
		alt_test_apply(t, features);
		for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			uint32_t sum = 0x10000 + expected_add(all[i].digits, features);

			CHECK_EQ(t, all[i].c(0x10000), sum, "C, order %s, features %x",
				 all[i].digits, features);
			CHECK_EQ(t, all[i].nasm(0x10000), sum, "NASM, order %s, features %x",
				 all[i].digits, features);
		}
	}
	alt_test_restore(t);
}

static void negation(struct ktap *t)
{
	alt_test_apply(t, 1 << 1);
	CHECK_EQ(t, alt_c_not_1(8), 8, "C: with the feature its negation does nothing");
	CHECK_EQ(t, alt_asm_not_1(8), 8, "NASM: the same");
	alt_test_apply(t, 0);
	CHECK_EQ(t, alt_c_not_1(8), 0x308, "C: without it, it applies");
	CHECK_EQ(t, alt_asm_not_1(8), 0x308, "NASM: the same");
	alt_test_restore(t);
}

/* ---- what replacements do ---- */

/* One thing without ALT_TEST_1, another one with it. */
static const struct behaviour {
	const char *name;
	alt_test_fn *function;
	uint32_t x, without, with;
} behaviours[] = {
#define BEHAVIOUR(name, ...)             \
	{                                \
#name, name, __VA_ARGS__ \
	}
	BEHAVIOUR(alt_asm_call, 0x1000, 0x1010, 0x1040),
	BEHAVIOUR(alt_asm_insn_call, 0x1000, 0x1000, 0x1041),
	BEHAVIOUR(alt_asm_two_calls, 0x1000, 0x1000, 0x2051),
	BEHAVIOUR(alt_asm_call_last, 0x1000, 0x1000, 0x1010),
	BEHAVIOUR(alt_asm_call_inside, 0x1000, 0x1001, 0x1140),
	BEHAVIOUR(alt_asm_jump, 0x1000, 0x1001, 0x1040),
	BEHAVIOUR(alt_asm_jcc, 0x1000, 0x1001, 0x1101),
	BEHAVIOUR(alt_asm_jcc, 0, 1, 0x40),
	BEHAVIOUR(alt_asm_jump_to_end, 0x1000, 0x31000, 0x1001),
	BEHAVIOUR(alt_asm_jump_to_end, 0, 0x30000, 0),
	BEHAVIOUR(alt_asm_loop, 100, 100, 200),
	BEHAVIOUR(alt_asm_loop, 0, 0, 0),
	BEHAVIOUR(alt_asm_block, 0x1000, 0x1002, 0x1060),
	BEHAVIOUR(alt_asm_long_block, 0x100, 0x3100, 0x101),
	BEHAVIOUR(alt_c_likely, 0x1000, 0x1000, 0x1001),
	BEHAVIOUR(alt_c_unlikely, 0x1000, 0x1000, 0x1001),
	BEHAVIOUR(alt_c_likely_not, 0x1000, 0x1001, 0x1000),
	BEHAVIOUR(alt_c_io, 0x1000, 7, 0x1005),
	BEHAVIOUR(alt_c_input, 0x1000, 9, 0x1000),
	BEHAVIOUR(alt_c_call, 0x1000, 0x1001, 0x1002),
	BEHAVIOUR(alt_c_call_2, 0x1000, 0x1001, 0x1002),
	BEHAVIOUR(alt_c_picked, 0x1000, 0x1001, 0x1002),
};
#define NR_BEHAVIOURS (sizeof(behaviours) / sizeof(behaviours[0]))

static void check_behaviours(struct ktap *t, bool with)
{
	alt_test_apply(t, (uint32_t)with << 1);
	for (unsigned i = 0; i < NR_BEHAVIOURS; i++) {
		const struct behaviour *b = &behaviours[i];

		CHECK_EQ(t, b->function(b->x), with ? b->with : b->without, "%s(%x) %s", b->name,
			 b->x, with ? "with" : "without");
	}
}

static void branches_and_operands(struct ktap *t)
{
	check_behaviours(t, false);
	check_behaviours(t, true);
	CHECK_EQ(t, alt_c_two_outputs(0x80000001), 0x4000000100000001, "two outputs");
	check_behaviours(t, false);
	CHECK_EQ(t, alt_c_two_outputs(5), 0x300000005, "two outputs that nothing sets");
	alt_test_apply(t, 1 << 1 | 1 << 2);
	CHECK_EQ(t, alt_c_call_2(0x1000), 0x1004, "the second of two calls wins");
	CHECK_EQ(t, alt_asm_call_last(0x1000), 0x1010, "a call wins over what is before it");
	alt_test_apply(t, 1 << 2);
	CHECK_EQ(t, alt_c_call_2(0x1000), 0x1004, "the second of two calls, alone");
	CHECK_EQ(t, alt_asm_call_last(0x1000), 0x1001, "one instruction in a site for five bytes");
	alt_test_restore(t);
}

static void selectors(struct ktap *t)
{
	alt_test_apply(t, 0);
	CHECK(t, alt_pick() == alt_plus_1, "without the feature it is the first function");
	CHECK(t, alt_pick_not() == alt_plus_2, "without the feature its negation is there");
	CHECK_EQ(t, alt_c_picked(3), 4, "and can be called at once");
	alt_test_apply(t, 1 << 1);
	CHECK(t, alt_pick() == alt_plus_2, "with the feature it is the second");
	CHECK(t, alt_pick_not() == alt_plus_1, "with the feature its negation is not there");
	CHECK_EQ(t, alt_c_picked(3), 5, "and can be called at once");
	CHECK_EQ(t, *alt_test_site(alt_test_find((const void *)alt_pick)) & 0xf8, 0xb8,
		 "it is a move of an immediate operand");
	alt_test_restore(t);
}

/* An if is a jump or nothing: not a load, not a test. */
static void statements_are_a_jump(struct ktap *t)
{
	const uint8_t *likely = alt_test_site(alt_test_find((const void *)alt_c_likely));
	const uint8_t *unlikely = alt_test_site(alt_test_find((const void *)alt_c_unlikely));

	alt_test_apply(t, 0);
	CHECK_EQ(t, likely[0], 0xeb, "without the feature the likely code is jumped over");
	CHECK(t, unlikely[0] != 0xe9, "and nothing jumps to the unlikely code");
	alt_test_apply(t, 1 << 1);
	CHECK(t, likely[0] != 0xeb, "with the feature nothing jumps over the likely code");
	CHECK_EQ(t, unlikely[0], 0xe9, "and the unlikely code is jumped to");
	alt_test_restore(t);
}

/* The linked code may jump to a NOP among those that the boot makes fewer and longer. */
static void padding_is_not_merged_over_a_target(struct ktap *t)
{
	const struct alt_instr *record = alt_test_find((const void *)alt_c_jumps_into_padding);
	const uint8_t *site = alt_test_site(record);
	unsigned at = 0, target = site[2] == 0x74 ? 4u + site[3] : 0;
	struct pv_insn insn;

	CHECK_EQ(t, record->instrlen, 15, "the site is long");
	CHECK_EQ(t, target, 7, "it has a jump over three instructions");
	while (at < target && pv_insn_decode(site + at, record->instrlen - at, &insn))
		at += insn.len;
	CHECK_EQ(t, at, target, "an instruction begins where it goes");
	CHECK_EQ(t, alt_c_jumps_into_padding(0), 0, "and it goes there");
	CHECK_EQ(t, alt_c_jumps_into_padding(5), 6, "or does not");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(sites_are_as_long_as_the_longest),
	KTAP_TEST(last_that_applies_wins),
	KTAP_TEST(negation),
	KTAP_TEST(branches_and_operands),
	KTAP_TEST(selectors),
	KTAP_TEST(statements_are_a_jump),
	KTAP_TEST(padding_is_not_merged_over_a_target),
};
KTAP_SUITE(alternative, tests);
