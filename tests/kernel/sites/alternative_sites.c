// SPDX-License-Identifier: MIT
/*
 * The sites in C: each is as a user of pv/alternative.h and pv/select.h writes it.
 */
#include "tests/kernel/sites/alternative_sites.h"

const uint32_t alt_test_adds[4] = {0, 1, 0x20, 0x300};

/* 1, 3 and 5 bytes when the register is eax. */
#define ADD_1 "inc %%eax"
#define ADD_2 "add $0x20, %%eax"
#define ADD_3 "add $0x300, %%eax"

#define SITE(name, code)                                      \
	uint32_t name(uint32_t x)                             \
	{                                                     \
		asm volatile(code : "+a"(x) : "i"(0) : "cc"); \
		return x;                                     \
	}
#define ORDER(a, b, c)                                                                        \
	SITE(alt_c_##a##b##c, ALTERNATIVE_3("", ADD_##a, ALT_TEST_##a, ADD_##b, ALT_TEST_##b, \
					    ADD_##c, ALT_TEST_##c))

ORDER(1, 2, 3)
ORDER(1, 3, 2)
ORDER(2, 1, 3)
ORDER(2, 3, 1)
ORDER(3, 1, 2)
ORDER(3, 2, 1)
SITE(alt_c_12, ALTERNATIVE_2("", ADD_1, ALT_TEST_1, ADD_2, ALT_TEST_2))
SITE(alt_c_21, ALTERNATIVE_2("", ADD_2, ALT_TEST_2, ADD_1, ALT_TEST_1))
SITE(alt_c_1, ALTERNATIVE("", ADD_1, ALT_TEST_1))
SITE(alt_c_not_1, ALTERNATIVE("", ADD_3, ALT_TEST_NOT_1))
SITE(alt_c_long_old, ALTERNATIVE_3(ADD_3 "\n" ADD_3, ADD_1, ALT_TEST_NEVER, ADD_2, ALT_TEST_NEVER,
				   ADD_3, ALT_TEST_NEVER))
SITE(alt_c_jumps_into_padding, ALTERNATIVE("test %%eax, %%eax\njz 1f\n" ADD_1 "\nnop\nnop\n1:",
					   ADD_3 "\n" ADD_3 "\n" ADD_3, ALT_TEST_NEVER))

uint32_t alt_c_likely(uint32_t x)
{
	if (alternative_has_feature_likely(ALT_TEST_1))
		return x + 1;
	return x;
}

uint32_t alt_c_unlikely(uint32_t x)
{
	if (alternative_has_feature_unlikely(ALT_TEST_1))
		return x + 1;
	return x;
}

uint32_t alt_c_likely_not(uint32_t x)
{
	if (alternative_has_feature_likely(ALT_TEST_NOT_1))
		return x + 1;
	return x;
}

/* Old and new give different results, from an input in another register than the output. */
uint32_t alt_c_io(uint32_t x)
{
	uint32_t result = 7;

	alternative_io("", "lea 5(%[x]), %[result]",
		       ALT_TEST_1, [result] "+&r"(result), [x] "r"(x));
	return result;
}

static uint32_t stored;

uint32_t alt_c_input(uint32_t x)
{
	stored = 9;
	alternative_input("", "mov %1, %[stored]", ALT_TEST_1, "r"(x), [stored] "m"(stored)
			  : "memory");
	return stored;
}

/* Two results of one: the second is what the C convention loses. */
uint64_t alt_c_two_outputs(uint32_t x)
{
	uint32_t low = x, high = 3;

	alternative_io("", "mul %[y]", ALT_TEST_1, ASM_OUTPUT2("+a"(low), "+d"(high)), [y] "r"(x)
		       : "cc");
	return (uint64_t)high << 32 | low;
}

/* Called by name, with the argument where the caller's code put it: on the stack. */
uint32_t alt_plus_1(uint32_t x)
{
	return x + 1;
}

uint32_t alt_plus_2(uint32_t x)
{
	return x + 2;
}

uint32_t alt_plus_4(uint32_t x)
{
	return x + 4;
}

typedef uint32_t __attribute__((regparm(1))) by_register(uint32_t x);
by_register alt_register_plus_1, alt_register_plus_2, alt_register_plus_4;

__attribute__((regparm(1))) uint32_t alt_register_plus_1(uint32_t x)
{
	return x + 1;
}

__attribute__((regparm(1))) uint32_t alt_register_plus_2(uint32_t x)
{
	return x + 2;
}

__attribute__((regparm(1))) uint32_t alt_register_plus_4(uint32_t x)
{
	return x + 4;
}

uint32_t alt_c_call(uint32_t x)
{
	uint32_t result;

	alternative_call(alt_register_plus_1, alt_register_plus_2, ALT_TEST_1, "=a"(result), "0"(x)
			 : "ecx", "edx", "cc", "memory");
	return result;
}

uint32_t alt_c_call_2(uint32_t x)
{
	uint32_t result;

	alternative_call_2(alt_register_plus_1, alt_register_plus_2, ALT_TEST_1,
			   alt_register_plus_4, ALT_TEST_2, "=a"(result), "0"(x)
			   : "ecx", "edx", "cc", "memory");
	return result;
}

static inline __attribute__((always_inline))
hyp_alternate_select(pick, alt_plus_1, alt_plus_2, ALT_TEST_1);
hyp_alternate_select(alt_pick, alt_plus_1, alt_plus_2, ALT_TEST_1);
hyp_alternate_select(alt_pick_not, alt_plus_1, alt_plus_2, ALT_TEST_NOT_1);

uint32_t alt_c_picked(uint32_t x)
{
	return pick()(x);
}
