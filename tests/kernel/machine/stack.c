// SPDX-License-Identifier: MIT
/*
 * Which addresses are on a CPU's stack: backtraces walk no further. Its own bytes and no others,
 * neither guards nor what lies before and behind all stacks.
 */
#include "arch/x86/cpu/stack.h"
#include "kernel/test/ktap.h"
#include "pv/paravirt.h"

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

/* What is pushed at a stack's lower end is in the page below, or would be: 64 bytes are little room. */
static void check_task(struct ktap *t, uint32_t low)
{
	const uint32_t was = this_cpu_read(task_stack_low), top = this_cpu_read(task_stack_top);
	bool in_guard, at_end, far, below, room_low, room_top;
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_write(task_stack_low, low);
	this_cpu_write(task_stack_top, low + 8192);
	at_end = stack_of_task_ends(low) && stack_of_task_ends(low + 64);
	in_guard = stack_of_task_ends(low - 1) && stack_of_task_ends(low - 4096);
	far = stack_of_task_ends(low + 65) || stack_of_task_ends(low + 8192);
	below = stack_of_task_ends(low - 4097) || stack_of_task_ends(0);
	room_low = stack_room_above(low) == 8192 && !stack_room_above(low - 1);
	room_top = stack_room_above(low + 8191) == 1 && !stack_room_above(low + 8192);
	this_cpu_write(task_stack_low, 0);
	below |= stack_of_task_ends(0) || stack_of_task_ends(64);
	this_cpu_write(task_stack_low, was);
	this_cpu_write(task_stack_top, top);
	local_irq_restore(flags);
	CHECK(t, at_end && in_guard, "it ends at its lower end, and in the page below");
	CHECK(t, !far && !below, "not above that, further below, or where there is no task");
	CHECK(t, room_low && room_top, "its bytes are its own, and no others");
}

/* Each frame is above the last one; where a CPU or a task began there is nothing to return to. */
static void check_chain(struct ktap *t)
{
	const uint32_t *words = __builtin_frame_address(0);

	while (words[0] > (uint32_t)words && stack_room_above(words[0]) >= 8)
		words = (const uint32_t *)words[0];
	CHECK_EQ(t, words[0], 0, "the first frame comes after none");
	CHECK_EQ(t, words[1], 0, "and returns to nowhere");
}

static void is_one_of_them(struct ktap *t)
{
	const uint32_t first = (uint32_t)cpu_stacks, bytes = sizeof(cpu_stacks);
	const uint32_t inside = (uint32_t)cpu_stacks[0].stack - first + 100;

	CHECK_EQ(t, stack_room_above(first - 1), 0, "before all stacks is none");
	CHECK_EQ(t, stack_room_above(first + bytes + inside), 0, "nor where one more would be");
	CHECK_EQ(t, stack_room_above(0), 0, "0 is on none");
	CHECK_EQ(t, stack_room_above(0xffffffff), 0, "nor is the last address");
	check_task(t, 0x40000000);
	check_chain(t);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(has_two_ends),
	KTAP_TEST(is_one_of_them),
};
KTAP_SUITE(stack, tests);
