// SPDX-License-Identifier: MIT
/*
 * Everything that changes text while the kernel runs, under tasks and programs on all CPUs: back ends, static
 * keys (by the boot CPU, and by tasks wherever they are), alternatives, lock prefixes as CPUs go and come, a
 * module under those that are in it. Nothing of theirs is lost meanwhile. By name only; tests/user.t.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "kernel/live/change.h"
#include "kernel/live/switch.h"
#include "kernel/module/module.h"
#include "kernel/patch/image.h"
#include "kernel/task/program.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/jump_label.h"
#include "pv/outside.h"
#include "pv/static_call.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/live/branch.h"
#include "tests/kernel/module/modules.h"
#include "tests/kernel/task/in_task.h"
#include <stddef.h>

#define ROUNDS   10
#define RUNNERS  2
#define PAIRS    2
#define FLIPPERS 2

static DEFINE_STATIC_KEY_FALSE(boots_key);
static DEFINE_STATIC_KEY_ARRAY_FALSE(tasks_keys, FLIPPERS);
BRANCH(boots_branch, static_branch_unlikely(&boots_key))
BRANCH(tasks_branch_0, static_branch_unlikely(&tasks_keys[0]))
BRANCH(tasks_branch_1, static_branch_likely(&tasks_keys[1]))

static volatile uint32_t over, ended, wrong;

/* Of each kind: how often it did what it does. */
static uint32_t runs, balls, flips, counts, in_module;

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

static void end(void)
{
	__atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
}

/* ---- what runs ---- */

static void run_programs(void *unused)
{
	static const char *const names[] = {"fork",      "copy-on-write", "pipe-ends",
					    "registers", "exec",          "dup"};

	(void)unused;
	for (unsigned i = 0; !over; i++) {
		struct arguments arguments = {0};
		struct task *task;

		arguments_add(&arguments, "checks");
		arguments_add(&arguments, names[i % (sizeof(names) / sizeof(names[0]))]);
		if (program_run("checks", &arguments, &task) || task_join(task, NULL))
			count((uint32_t *)&wrong);
		count(&runs);
	}
	end();
}

static struct pair {
	struct wait_queue queue;
	volatile uint32_t value;
} pairs[PAIRS];

static bool is_side(const struct pair *pair, uint32_t side)
{
	return over || pair->value % 2 == side;
}

static void play(struct pair *pair, uint32_t side)
{
	while (!over) {
		wait_until(&pair->queue, is_side(pair, side));
		if (pair->value % 2 == side)
			pair->value++;
		count(&balls);
		wake(&pair->queue);
	}
	end();
}

static void play_ping(void *pair)
{
	play(pair, 0);
}

static void play_pong(void *pair)
{
	play(pair, 1);
}

/* Any CPU may change a key, and a task may be on any. */
static void flip(void *number)
{
	const bool second = number != NULL;
	unsigned (*const branch)(void) = second ? tasks_branch_1 : tasks_branch_0;
	struct static_key_false *key = &tasks_keys[second];

	while (!over) {
		if (!static_branch_inc(key) || !branch() || !static_branch_dec(key) || branch())
			count((uint32_t *)&wrong);
		count(&flips);
		sched_sleep(500000);
	}
	end();
}

static unsigned of_the_kernel(void)
{
	return 1;
}
DEFINE_STATIC_CALL(under_tasks_call, of_the_kernel);

/* It never gives way, and is in sites, and in a module while that is there. */
static void loop(void *unused)
{
	uint8_t from[100], to[100];

	(void)unused;
	for (uint32_t i = 0; !over; i++) {
		memset(from, (int)i, sizeof(from));
		memcpy(to, from, sizeof(to));
		if (memcmp(from, to, sizeof(to)) != 0 || boots_branch() > 1)
			count((uint32_t *)&wrong);
		if (static_call(under_tasks_call)() <= 1)
			count(&in_module);
		count(&counts);
	}
	end();
}

/* ---- what changes ---- */

/*
 * With one CPU this is a task, and others have their turns meanwhile. With more it stays on the boot CPU, which
 * changes have to be made by, and they run on the others.
 */
static void let_run(uint32_t us)
{
	if (task_current()->is_idle)
		timer_delay_us(us);
	else
		sched_sleep(us * 1000ull);
}

static bool flip_key(void)
{
	return static_key_enabled(&boots_key) ? static_branch_dec(&boots_key)
					      : static_branch_inc(&boots_key);
}

static bool apply(const struct alternative_state *from, const struct alternative_state *to)
{
	static struct pv_stats stats;
	struct pv_change change = {&alternative_family, kernel_tables.alternatives,
				   kernel_tables.alternatives_end, from, to};

	pv_stats_begin(&stats, NULL);
	return !pv_change_all(&change, &stats) && !stats.total.refused;
}

/* Not SMAP: what the CPU demands is not a matter of taste. */
static bool change_alternatives(void)
{
	static struct alternative_state other;

	other = alternative_state;
	other.features[X86_FEATURE_XMM2 / 32] &= ~(1u << X86_FEATURE_XMM2 % 32);
	other.features[X86_FEATURE_ERMS / 32] &= ~(1u << X86_FEATURE_ERMS % 32);
	return apply(&alternative_state, &other) && apply(&other, &alternative_state);
}

static bool change_back_end(unsigned round)
{
	return !switch_backend(backend_name(round));
}

static bool module_comes_and_goes(void)
{
	bool good = !module_load_file("stress") &&
		    pv_static_call_set(&__SCK__under_tasks_call,
				       (void *)module_symbol("stress", "stress_in_module"));

	let_run(2000);
	return static_call_update(under_tasks_call, of_the_kernel) && !module_unload("stress") &&
	       good;
}

/* All others go, so that no lock prefix is needed any more, and come again. */
static bool cpus_go_and_come(void)
{
	const unsigned n = smp_online();
	bool good = true;

	for (unsigned cpu = 1; cpu < n; cpu++)
		good &= cpu_down(cpu) == SMP_OK;
	let_run(2000);
	for (unsigned cpu = 1; cpu < n; cpu++)
		good &= cpu_up(cpu) == SMP_OK;
	return good;
}

static void make_changes(struct ktap *t)
{
	for (unsigned round = 0; round < ROUNDS && !t->failures; round++) {
		CHECK(t, flip_key(), "a key changes");
		let_run(1000);
		CHECK(t, change_alternatives(), "alternatives change, and back");
		if (round % 2 == 0)
			CHECK(t, change_back_end(round / 2), "another back end");
		if (round % 4 == 1)
			CHECK(t, module_comes_and_goes(), "a module comes and goes");
		if (round % 8 == 3)
			CHECK(t, cpus_go_and_come(), "CPUs go and come");
	}
}

static void change_all(struct ktap *t)
{
	struct task *tasks[RUNNERS + 2 * PAIRS + FLIPPERS + 1];
	const char *first = pv_backend_current()->name;
	unsigned n = 0;

	over = ended = wrong = runs = balls = flips = counts = in_module = 0;
	change_events(false);
	switch_quietly(true);
	modules_say(false);
	for (unsigned i = 0; i < RUNNERS; i++)
		tasks[n++] = begin_task(t, "runs programs", run_programs, NULL);
	for (unsigned i = 0; i < PAIRS; i++) {
		tasks[n++] = begin_task(t, "ping", play_ping, &pairs[i]);
		tasks[n++] = begin_task(t, "pong", play_pong, &pairs[i]);
	}
	for (unsigned i = 0; i < FLIPPERS; i++)
		tasks[n++] = begin_task(t, "flips", flip, (void *)i);
	tasks[n++] = begin_task(t, "loops", loop, NULL);
	make_changes(t);
	over = 1;
	for (unsigned i = 0; i < PAIRS; i++)
		wake(&pairs[i].queue);
	if (comes_to(t, &ended, n, "all tasks come to their end"))
		for (unsigned i = 0; i < n; i++)
			task_join(tasks[i], NULL);
	CHECK(t, !switch_backend(first), "back to %s", first);
	modules_say(true);
	switch_quietly(false);
	change_events(true);
	tasks_trim();
	CHECK(t, runs && balls && flips && counts && in_module,
	      "each did what it does: %u programs, %u balls, %u flips, %u rounds", runs, balls,
	      flips, counts);
	CHECK_EQ(t, wrong, 0, "and nothing of it went wrong");
}

static void all(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	KTAP_SKIP_UNLESS(t, pages_available() > 2048, "there is no memory");
	if (smp_online() == 1)
		in_task(t, change_all);
	else
		change_all(t);
}

static const struct ktap_test tests[] = {{.name = "all", .run = all, .by_name_only = true}};
KTAP_SUITE(under_tasks, tests);
