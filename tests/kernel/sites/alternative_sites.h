/* SPDX-License-Identifier: MIT */
/*
 * Sites of alternatives that are there for tests: their features are of a word that no CPU has, so
 * that a boot leaves them as they were linked, and a test says which are there. Each function has
 * one site.
 *
 *	CHECK_EQ(t, alt_c_132(1000), ...);	// alternative.h says which features are there
 */
#ifndef TESTS_KERNEL_SITES_ALTERNATIVE_SITES_H
#define TESTS_KERNEL_SITES_ALTERNATIVE_SITES_H

#include "pv/select.h"

#define ALT_TEST_1     (2 * 32 + 1)
#define ALT_TEST_2     (2 * 32 + 2)
#define ALT_TEST_3     (2 * 32 + 3)
#define ALT_TEST_NEVER (2 * 32 + 31)

/* That ALT_TEST_1 is not there: a boot leaves these alone, too, and the test's copies say it. */
#define ALT_TEST_NOT_1 ALT_NOT(X86_FEATURE_ALWAYS)

typedef uint32_t alt_test_fn(uint32_t x);

/*
 * x plus what the last feature of the name that is there adds (alt_test_adds), from three
 * replacements of 1, 3 and 5 bytes, in the order of the name.
 */
alt_test_fn alt_c_123, alt_c_132, alt_c_213, alt_c_231, alt_c_312, alt_c_321;
alt_test_fn alt_c_12, alt_c_21, alt_c_1, alt_c_not_1;
alt_test_fn alt_asm_123, alt_asm_132, alt_asm_213, alt_asm_231, alt_asm_312, alt_asm_321;
alt_test_fn alt_asm_12, alt_asm_21, alt_asm_1, alt_asm_not_1;
extern const uint32_t alt_test_adds[4];

/* The linked instruction is the longest, 10 bytes. Never replaced. */
alt_test_fn alt_c_long_old, alt_asm_long_old;

/* Its linked instructions jump into the padding behind them if x is 0. Never replaced. */
alt_test_fn alt_c_jumps_into_padding;

/* C statements: 1 with the feature ALT_TEST_1 and 0 without; the last: with and without exchanged.
 */
alt_test_fn alt_c_likely, alt_c_unlikely, alt_c_likely_not;

/* Operands. */
alt_test_fn alt_c_io, alt_c_input, alt_c_call, alt_c_call_2;
uint64_t alt_c_two_outputs(uint32_t x);
alt_test_fn alt_plus_1, alt_plus_2, alt_plus_4; /* which are called */

/* Selectors between alt_plus_1 and alt_plus_2. */
alt_test_fn *alt_pick(void), *alt_pick_not(void);
alt_test_fn alt_c_picked;

/* NASM: one thing without ALT_TEST_1, another one with it. */
alt_test_fn alt_asm_call, alt_asm_insn_call, alt_asm_call_last, alt_asm_call_inside;
alt_test_fn alt_asm_jump, alt_asm_jcc, alt_asm_jump_to_end, alt_asm_loop, alt_asm_block;
alt_test_fn alt_asm_long_block, alt_asm_two_calls;

#endif
