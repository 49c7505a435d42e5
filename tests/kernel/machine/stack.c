// SPDX-License-Identifier: MIT
/*
 * Which addresses are on a CPU's stack: backtraces walk no further. Its own bytes and no others,
 * neither guards nor what lies before and behind all stacks.
 */
#include "arch/x86/cpu/stack.h"
#include "kernel/test/ktap.h"

static void has_two_ends(struct ktap *t)
{
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		const uint32_t low = (uint32_t)cpu_stacks[cpu].stack, top = stack_top(cpu);

		CHECK_EQ(t, stack_room_above(low), top - low, "CPU %u: from its first byte", cpu);
		CHECK_EQ(t, stack_room_above(top - 1), 1, "CPU %u: to its last one", cpu);
		CHECK_EQ(t, stack_room_above(low - 1), 0, "CPU %u: not below it", cpu);
		CHECK_EQ(t, stack_room_above(top), 0, "CPU %u: nor at its end", cpu);
	}
}

static void is_one_of_them(struct ktap *t)
{
	const uint32_t first = (uint32_t)cpu_stacks, bytes = sizeof(cpu_stacks);
	const uint32_t inside = (uint32_t)cpu_stacks[0].stack - first + 100;

	CHECK_EQ(t, stack_room_above(first - 1), 0, "before all stacks is none");
	CHECK_EQ(t, stack_room_above(first + bytes + inside), 0, "nor where one more would be");
	CHECK_EQ(t, stack_room_above(0), 0, "0 is on none");
	CHECK_EQ(t, stack_room_above(0xffffffff), 0, "nor is the last address");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(has_two_ends),
	KTAP_TEST(is_one_of_them),
};
KTAP_SUITE(stack, tests);
