// SPDX-License-Identifier: MIT
/*
 * Calls by lot (tests/user/fuzz.c), round for round with the next seed, for fuzz-seconds=N from fuzz-seed=N on: the
 * kernel goes on, and behind each round all tasks and pages are back. A round is ended when none of its
 * programs has made a call for a while: most of them wait for ever by then.
 */
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/user.h"
#include "kernel/base/cmdline.h"
#include "kernel/task/program.h"
#include "kernel/test/ktap.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "tests/kernel/task/in_task.h"

#define ENOUGH  2048u /* pages */
#define MS      1000000u
#define QUIET   2      /* ms without a call */
#define LONGEST 300ull /* ms of a round */
#define PATIENT 10000  /* ms for all to end that are to end */
#define TRIM    64     /* rounds */
#define KEPT    16u    /* pages: files stay files */

static atomic_t calls;
static void (*call_before)(struct user_regs *regs);

static void counted_call(struct user_regs *regs)
{
	atomic_inc(&calls);
	call_before(regs);
}

static const char *start(uint32_t seed, struct task **task)
{
	struct arguments arguments = {0};
	char number[12];

	snprintf(number, sizeof(number), "%u", seed);
	arguments_add(&arguments, "fuzz");
	arguments_add(&arguments, number);
	return program_run("fuzz", &arguments, task);
}

static void until_quiet(void)
{
	const uint64_t end = timer_ns() + LONGEST * MS;
	unsigned quiet = 0;

	for (int last = atomic_read(&calls); quiet < QUIET && tasks_count() > 1;) {
		if (timer_ns() > end)
			break; /* code by lot may go round and round */
		int now;

		sched_sleep(MS);
		now = atomic_read(&calls);
		quiet = now == last ? quiet + 1 : 0;
		last = now;
	}
}

/* The tasks that are still there then. */
static unsigned end_all(void)
{
	for (unsigned ms = 0; ms < PATIENT && tasks_count() > 1; ms++) {
		tasks_kill_below(task_current());
		sched_sleep(MS);
	}
	return tasks_count() - 1;
}

static bool round_of(struct ktap *t, uint32_t seed)
{
	struct task *task;
	const char *why = start(seed, &task);
	int status;

	if (!CHECK(t, !why, "seed %u: it runs: %s", seed, why ? why : ""))
		return false;
	until_quiet();
	tasks_kill_below(task_current());
	status = task_join(task, NULL);
	CHECK(t, !status || status == ABI_KILLED, "seed %u: the program itself ends: %d", seed,
	      status);
	return CHECK_EQ(t, end_all(), 0, "seed %u: no task is left", seed);
}

static void say_progress(uint32_t first, uint32_t rounds, uint64_t since)
{
	const uint32_t ms = (uint32_t)div_u64(timer_ns() - since, MS);
	const uint32_t n = (uint32_t)atomic_read(&calls);

	pr_warn("fuzz: seed %u, %u rounds, %u calls, %u calls a second\n", first, rounds, n,
		(uint32_t)div_u64(1000ull * n, ms + 1));
}

static void rounds(struct ktap *t)
{
	const uint64_t begin = timer_ns(), end = begin + 1000ull * MS * options.fuzz_seconds;
	uint64_t said = begin;
	uint32_t n = 0, frames;

	tasks_trim();
	frames = frames_used();
	for (; timer_ns() < end && round_of(t, options.fuzz_seed + n); n++) {
		if (n % TRIM == 0)
			tasks_trim();
		if (!CHECK(t, frames_used() <= frames + KEPT, "seed %u: of %u pages %u are used",
			   options.fuzz_seed + n, frames, frames_used()))
			break;
		if (timer_ns() - said > 1000ull * MS) {
			said = timer_ns();
			say_progress(options.fuzz_seed, n, begin);
		}
	}
	say_progress(options.fuzz_seed, n, begin);
}

static void calls_by_lot(struct ktap *t)
{
	int level;

	KTAP_SKIP_UNLESS(t, options.fuzz_seconds, "fuzz-seconds=N says for how long");
	KTAP_SKIP_UNLESS(t, timer_present(), "there are no ticks");
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	KTAP_SKIP_UNLESS(t, pages_available() > ENOUGH, "there is no memory");
	level = printk_set_level(PRINTK_WARN);
	call_before = user_syscall;
	user_syscall = counted_call;
	in_task(t, rounds);
	user_syscall = call_before;
	printk_set_level(level);
	tasks_trim();
}

static const struct ktap_test tests[] = {
	{.name = "calls", .run = calls_by_lot, .by_name_only = true}};
KTAP_SUITE(fuzz, tests);
