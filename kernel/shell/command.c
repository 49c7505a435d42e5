// SPDX-License-Identifier: MIT
/*
 * What commands ask of the shell that runs them.
 */
#include "kernel/shell/command.h"
#include "arch/x86/dev/timer.h"
#include "kernel/shell/term/out.h"
#include "kernel/task/sched.h"

static bool left;
static unsigned left_with;

void shell_leave(unsigned status)
{
	left = true;
	left_with = status;
}

bool shell_is_left(unsigned *status)
{
	*status = left_with;
	return left;
}

bool shell_wait(unsigned ms)
{
	const uint64_t until = timer_ns() + ms * 1000000ull;

	out_flush();
	while (timer_ns() < until) {
		if (out_stopped())
			return false;
		if (timer_present())
			sched_idle();
	}
	return !out_stopped();
}
