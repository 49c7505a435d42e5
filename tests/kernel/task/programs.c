// SPDX-License-Identifier: MIT
/*
 * Programs begin, say something, and end.
 */
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "kernel/task/program.h"
#include "kernel/test/ktap.h"

#define ENOUGH 64 /* pages */

static void hello(struct ktap *t)
{
	struct arguments arguments = {0};
	struct task *task;
	const char *why;

	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	KTAP_SKIP_UNLESS(t, pages_available() > ENOUGH, "there is no memory");
	arguments_add(&arguments, "hello");
	arguments_add(&arguments, "world");
	why = program_run("hello", &arguments, &task);
	CHECK(t, !why, "it runs: %s", why ? why : "");
	if (!why)
		CHECK_EQ(t, task_join(task, NULL), 2, "its status is what main() returned");
	tasks_trim();
}

static const struct ktap_test tests[] = {KTAP_TEST(hello)};
KTAP_SUITE(programs, tests);
