// SPDX-License-Identifier: MIT
/*
 * Threads of the kernel: who runs, who waits, who ends. What takes longer is by name only; tests/user.t
 * runs that.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/machine/tick.h"
#include "tests/kernel/task/in_task.h"
#include <stddef.h>

#define PATIENCE_NS 30000000000ull
#define LONG_NS     3600000000000ull /* nobody waits for that */
#define MANY        300

static volatile uint32_t over, ended;

static void count(volatile uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

static bool is_late(uint64_t start)
{
	return timer_ns() - start > PATIENCE_NS;
}

/* ---- turns ---- */

static char steps[16]; /* of the last try */
static unsigned nr_steps;

static void step(void *letter)
{
	for (unsigned i = 0; i < 4; i++) {
		steps[nr_steps++ % sizeof(steps)] = *(const char *)letter;
		sched_yield();
	}
}

static void two_alternate(struct ktap *t)
{
	struct task *a, *b;

	for (unsigned i = 0; i < 5 && strcmp(steps, "abababab");
	     i++) { /* a turn may end by itself */
		memset(steps, 0, sizeof(steps));
		nr_steps = 0;
		a = begin_task(t, "a", step, "a");
		b = begin_task(t, "b", step, "b");
		task_join(a, NULL);
		task_join(b, NULL);
	}
	CHECK(t, !strcmp(steps, "abababab"), "each lets the other one run: %s", steps);
}

static void alternate(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() == 1, "they run on two CPUs");
	NEEDS_MEMORY(t);
	in_task(t, two_alternate);
}

/* They never yield: each change from one to another is the tick's. */
#define LOOPERS 3
static volatile uint32_t changes, turns[LOOPERS], last_to_run, enough;

static void loop(void *arg)
{
	const uint32_t me = (uint32_t)arg;
	const uint64_t start = timer_ns();

	while (changes < enough && !is_late(start))
		if (last_to_run != me) {
			last_to_run = me;
			turns[me]++;
			changes++;
		}
}

static void loop_all(struct ktap *t, unsigned n, uint32_t times)
{
	struct task *tasks[LOOPERS];

	changes = 0;
	enough = times;
	last_to_run = LOOPERS;
	memset((void *)turns, 0, sizeof(turns));
	for (uint32_t i = 0; i < n; i++)
		tasks[i] = begin_task(t, "loop", loop, (void *)i);
	for (unsigned i = 0; i < n; i++)
		task_join(tasks[i], NULL);
	CHECK(t, changes >= times, "tasks that never give way are preempted");
}

static void preempted(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() == 1, "they run on two CPUs");
	KTAP_SKIP_UNLESS(t, tick_arrives(), "no timer");
	NEEDS_MEMORY(t);
	loop_all(t, 2, 3);
}

static void share_the_time(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() == 1, "they run on several CPUs");
	KTAP_SKIP_UNLESS(t, tick_arrives(), "no timer");
	NEEDS_MEMORY(t);
	loop_all(t, LOOPERS, 10 * LOOPERS);
	for (unsigned i = 0; i < LOOPERS; i++)
		CHECK(t, turns[i] - 9 <= 2, "task %u had as many turns as each, found %u", i,
		      turns[i]);
}

static volatile uint32_t seen_on;

static void note_cpu(void *all)
{
	const uint64_t start = timer_ns();

	while (seen_on != *(const uint32_t *)all && !is_late(start)) {
		uint32_t bit = 1u << smp_processor_id();

		if (!(seen_on & bit))
			__atomic_fetch_or(&seen_on, bit, __ATOMIC_SEQ_CST);
		cpu_relax();
	}
}

static void on_all_cpus(struct ktap *t)
{
	struct task *tasks[2 * CPUS_MAX];
	const unsigned n = 2 * smp_online();
	uint32_t all = 1;

	NEEDS_CPUS(t);
	NEEDS_MEMORY(t);
	for_each_other(cpu) all |= 1u << cpu;
	seen_on = 0;
	for (unsigned i = 0; i < n; i++)
		tasks[i] = begin_task(t, "note", note_cpu, &all);
	for (unsigned i = 0; i < n; i++)
		task_join(tasks[i], NULL);
	CHECK_EQ(t, seen_on, all, "tasks ran on each CPU");
}

/* ---- waiting ---- */

#define PAIRS 2
static struct pair {
	struct wait_queue queue;
	volatile uint32_t value;
	uint32_t rounds;
	volatile uint32_t done;
} pairs[PAIRS];

static bool ball_is(const struct pair *pair, uint32_t side)
{
	return pair->value % 2 == side;
}

static void play(struct pair *pair, uint32_t side)
{
	while (pair->value < pair->rounds) {
		if (!wait_until(&pair->queue, ball_is(pair, side) || pair->value >= pair->rounds))
			return;
		if (pair->value < pair->rounds)
			pair->value++;
		wake(&pair->queue);
	}
	count(&pair->done);
}

static void play_ping(void *pair)
{
	play(pair, 0);
}

static void play_pong(void *pair)
{
	play(pair, 1);
}

/* A wake-up that is lost leaves both asleep: they are killed then, and it is said. */
static void play_rounds(struct ktap *t, uint32_t rounds)
{
	struct task *tasks[2 * PAIRS];

	for (unsigned i = 0; i < PAIRS; i++) {
		pairs[i] = (struct pair){.rounds = rounds};
		tasks[2 * i] = begin_task(t, "ping", play_ping, &pairs[i]);
		tasks[2 * i + 1] = begin_task(t, "pong", play_pong, &pairs[i]);
	}
	for (unsigned i = 0; i < PAIRS; i++)
		comes_to(t, &pairs[i].done, 2, "no wake-up was lost");
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		task_kill(tasks[i]);
		task_join(tasks[i], NULL);
	}
}

static void ping_pong(struct ktap *t)
{
	NEEDS_MEMORY(t);
	play_rounds(t, 100);
}

static void ping_pong_long(struct ktap *t)
{
	NEEDS_MEMORY(t);
	play_rounds(t, 5000);
}

#define SLEEPERS 3
static unsigned order[SLEEPERS], nr_awake;

static void sleep_ms(void *ms)
{
	const uint64_t start = timer_ns(), ns = (uint32_t)ms * 1000000ull;

	sched_sleep(ns);
	order[nr_awake++ % SLEEPERS] = (unsigned)ms;
	task_exit(timer_ns() - start < ns);
}

/* Before the first one is due, and due in their order, or the machine was too slow for that. */
static bool all_lie(struct task *const tasks[SLEEPERS])
{
	for (unsigned i = 0; i < SLEEPERS; i++)
		if (!task_is(tasks[i], TASK_WAITS))
			return false;
	for (unsigned i = 0; i < SLEEPERS; i++)
		if (tasks[i]->state != TASK_WAITS || tasks[i]->wake_at < timer_ns())
			return false;
	return tasks[1]->wake_at < tasks[2]->wake_at && tasks[2]->wake_at < tasks[0]->wake_at;
}

/* False: the machine was too slow to tell. */
static bool all_sleep_once(struct ktap *t)
{
	static const unsigned ms[SLEEPERS] = {3, 1, 2};
	struct task *tasks[SLEEPERS];
	bool lie;

	nr_awake = 0;
	for (unsigned i = 0; i < SLEEPERS; i++)
		tasks[i] = begin_task(t, "sleep", sleep_ms, (void *)ms[i]);
	lie = all_lie(tasks);
	for (unsigned i = 0; i < SLEEPERS; i++)
		CHECK_EQ(t, task_join(tasks[i], NULL), 0, "%u ms of sleep are not shorter", ms[i]);
	for (unsigned i = 0; lie && smp_online() == 1 && i < SLEEPERS; i++)
		CHECK_EQ(t, order[i], i + 1, "number %u wakes in its order", i);
	return lie;
}

static void all_sleep(struct ktap *t)
{
	for (unsigned i = 0; i < 20 && !all_sleep_once(t); i++)
		;
}

static void sleep_in_order(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, tick_arrives() && timer_measured(), "no timer");
	NEEDS_MEMORY(t);
	in_task(t, all_sleep);
}

/* ---- ends ---- */

static void end_with(void *status)
{
	task_exit((int)status);
}

static void join_all(struct ktap *t)
{
	struct task *five, *any;
	unsigned id = 0, seven_id;

	CHECK_EQ(t, task_join(NULL, &id), -ABI_ECHILD, "nobody is there to wait for");
	any = begin_task(t, "seven", end_with, (void *)7);
	seven_id = any->id;
	five = begin_task(t, "five", end_with, (void *)5);
	CHECK_EQ(t, task_join(five, &id), 5, "a child's status is what it said");
	CHECK_EQ(t, task_join(five, &id), -ABI_ECHILD, "once");
	CHECK_EQ(t, task_join(NULL, &id), 7, "any child's is the other one's");
	CHECK_EQ(t, id, seven_id, "and so is the number");
	CHECK_EQ(t, task_join(NULL, &id), -ABI_ECHILD, "there are no more");
}

static void join(struct ktap *t)
{
	NEEDS_MEMORY(t);
	in_task(t, join_all);
}

static struct wait_queue never;

static void wait_for_ever(void *unused)
{
	(void)unused;
	while (wait_until(&never, false))
		;
	count(&ended);
}

static void sleep_for_ever(void *unused)
{
	(void)unused;
	sched_sleep(LONG_NS);
	count(&ended);
}

static struct task *left_behind;

/* Both kinds of children: one that ends before its parent, which does not join it, and one later. */
static void leave_children(void *unused)
{
	(void)unused;
	left_behind = task_start("left", wait_for_ever, NULL);
	task_start("ends first", end_with, (void *)1);
	while (!task_is(left_behind, TASK_WAITS))
		;
}

static void leave_two(struct ktap *t)
{
	const unsigned before = tasks_count();

	ended = 0;
	task_join(begin_task(t, "parent", leave_children, NULL), NULL);
	CHECK(t, left_behind && tasks_count() > before, "one is left behind");
	task_kill(left_behind);
	comes_to(t, &ended, 1, "it ends");
}

static void orphans(struct ktap *t)
{
	NEEDS_MEMORY(t);
	gives_back(t, leave_two);
}

static void kill_one(struct ktap *t, void (*fn)(void *), const char *what)
{
	struct task *task = begin_task(t, "victim", fn, NULL);

	ended = 0;
	CHECK(t, task_is(task, TASK_WAITS), "%s", what);
	task_kill(task);
	task_join(task, NULL);
	CHECK_EQ(t, ended, 1, "%s, and comes to its end when it is killed", what);
}

static void join_for_ever(void *unused)
{
	struct task *child = task_start("child", wait_for_ever, NULL);

	CHECK_EQ((struct ktap *)unused, task_join(child, NULL), -ABI_EINTR, "a join ends, too");
	task_kill(child);
	count(&ended);
}

static void kill_in_join(struct ktap *t)
{
	struct task *task = begin_task(t, "joins", join_for_ever, t);

	ended = 0;
	CHECK(t, task_is(task, TASK_WAITS), "it waits for its child");
	task_kill(task);
	comes_to(t, &ended, 2, "it comes to its end, and its child does");
	task_join(task, NULL);
}

static void kill_each(struct ktap *t)
{
	kill_one(t, wait_for_ever, "one waits");
	kill_one(t, sleep_for_ever, "one sleeps");
	kill_in_join(t);
}

static void killed(struct ktap *t)
{
	NEEDS_MEMORY(t);
	kill_each(t);
}

static struct wait_queue gate;
static volatile uint32_t is_open, in_front;

static void wait_at_gate(void *unused)
{
	(void)unused;
	count(&in_front);
	while (!wait_until(&gate, is_open))
		;
	count(&ended);
}

static void many_at_once(struct ktap *t)
{
	static struct task *tasks[MANY];
	const unsigned before = tasks_count();

	is_open = in_front = ended = 0;
	for (unsigned i = 0; i < MANY; i++)
		tasks[i] = begin_task(t, "many", wait_at_gate, NULL);
	comes_to(t, &in_front, MANY, "all wait");
	CHECK_EQ(t, tasks_count(), before + MANY, "%u tasks are there at once", MANY);
	is_open = 1;
	wake(&gate);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_EQ(t, task_join(tasks[i], NULL), 0, "task %u ends", i);
	CHECK_EQ(t, ended, MANY, "each has ended once");
}

static void many(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, pages_available() > 4 * MANY, "there is no memory");
	gives_back(t, many_at_once);
}

/* ---- what a task has for itself ---- */

static void touch(void *address)
{
	(void)*(volatile uint8_t *)address;
}

static void guard_faults(struct ktap *t)
{
	const uint32_t start = task_stack_start(task_current());
	struct regs at;

	CHECK_EQ(t, trap_try(touch, (void *)start, &at), TRAP_NONE,
		 "a stack's lowest byte is there");
	CHECK_EQ(t, trap_try(touch, (void *)(start - 1), &at), TRAP_PF, "below is nothing");
	CHECK_EQ(t, trap_try(touch, (void *)(start - 4096), &at), TRAP_PF, "a whole page");
}

static void guard(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	NEEDS_MEMORY(t);
	in_task(t, guard_faults);
}

/*
 * uint32_t task_keeps(volatile uint32_t *until, uint32_t seed): registers and EFLAGS have patterns until the
 * word is not 0, or for a while. Returns how many were others then; 0x100: nothing happened.
 */
uint32_t task_keeps(volatile uint32_t *until, uint32_t seed);
static volatile uint32_t both_ran[2];

static void keep(void *arg)
{
	const uint32_t me = (uint32_t)arg;

	both_ran[me] = 1;
	task_exit((int)task_keeps(&both_ran[!me], me * 0x11111111 + 0x12345678));
}

static void registers(struct ktap *t)
{
	struct task *tasks[2];

	KTAP_SKIP_UNLESS(t, tick_arrives(), "no timer");
	NEEDS_MEMORY(t);
	both_ran[0] = both_ran[1] = 0;
	for (uint32_t i = 0; i < 2; i++)
		tasks[i] = begin_task(t, "keep", keep, (void *)i);
	for (unsigned i = 0; i < 2; i++)
		CHECK_EQ(t, task_join(tasks[i], NULL), 0, "task %u has its registers", i);
}

/* Each fault comes to the task whose attempt it was. */
static volatile uint32_t trying;

static void fault_later(void *arg)
{
	count(&trying);
	while (trying < 2)
		sched_yield();
	sched_yield();
	touch(arg);
}

static void try_it(void *unused)
{
	struct regs at = {0};
	uint32_t vector = trap_try(fault_later, (void *)4, &at);

	(void)unused;
	task_exit(vector == TRAP_PF && at.esp - task_stack_start(task_current()) < TASK_STACK ? 0
											      : 1);
}

static void attempts(struct ktap *t)
{
	struct task *tasks[2];

	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	NEEDS_MEMORY(t);
	trying = 0;
	for (unsigned i = 0; i < 2; i++)
		tasks[i] = begin_task(t, "try", try_it, NULL);
	for (unsigned i = 0; i < 2; i++)
		CHECK_EQ(t, task_join(tasks[i], NULL), 0, "task %u has its own attempt", i);
}

/* ---- CPUs come and go ---- */

static void loop_until_over(void *arg)
{
	while (!over) {
		++*(volatile uint32_t *)arg;
		cpu_relax();
	}
}

/* One that never gives way leaves its CPU, and goes on at another one when there is one for it. */
static void cpu_goes(struct ktap *t)
{
	static volatile uint32_t counts[4];
	struct task *tasks[4];
	unsigned last = 0;

	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, tick_arrives(), "no timer");
	NEEDS_MEMORY(t);
	for_each_other(cpu) last = cpu;
	over = 0;
	for (unsigned i = 0; i < 4; i++) {
		counts[i] = 0;
		tasks[i] = begin_task(t, "counts", loop_until_over, (void *)&counts[i]);
	}
	timer_delay_us(2 * 1000000 / SMP_TICK_HZ);
	for (unsigned round = 0; round < 2; round++) {
		CHECK_EQ(t, cpu_down(last), SMP_OK, "CPU %u goes while tasks run there", last);
		CHECK_EQ(t, cpu_up(last), SMP_OK, "CPU %u comes", last);
	}
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t start = timer_ns();
		const uint32_t was = counts[i];

		while (counts[i] == was && !is_late(start))
			cpu_relax();
		CHECK(t, counts[i] != was, "task %u goes on", i);
	}
	over = 1;
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(t, task_join(tasks[i], NULL), 0, "task %u ends", i);
}

/* Nobody else is there to run, and the task is behind nobody: it is the CPU that it leaves. */
static void alone_on_cpu(struct ktap *t)
{
	static volatile uint32_t count;
	struct task *task;

	KTAP_SKIP_UNLESS(t, smp_online() == 2, "there are not two CPUs");
	KTAP_SKIP_UNLESS(t, tick_arrives(), "no timer");
	NEEDS_MEMORY(t);
	over = count = 0;
	task = begin_task(t, "alone", loop_until_over, (void *)&count);
	while (!count)
		cpu_relax();
	CHECK_EQ(t, cpu_down(1), SMP_OK, "a CPU goes under a task that is alone there");
	over = 1;
	CHECK_EQ(t, task_join(task, NULL), 0, "the boot CPU runs it to its end");
	CHECK_EQ(t, cpu_up(1), SMP_OK, "the CPU comes");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(alternate),
	{.name = "preempted", .run = preempted, .by_name_only = true},
	{.name = "share_the_time", .run = share_the_time, .by_name_only = true},
	KTAP_TEST(on_all_cpus),
	KTAP_TEST(ping_pong),
	{.name = "ping_pong_long", .run = ping_pong_long, .by_name_only = true},
	KTAP_TEST(sleep_in_order),
	KTAP_TEST(join),
	{.name = "orphans", .run = orphans, .by_name_only = true},
	KTAP_TEST(killed),
	{.name = "many", .run = many, .by_name_only = true},
	KTAP_TEST(guard),
	KTAP_TEST(registers),
	KTAP_TEST(attempts),
	KTAP_TEST(cpu_goes),
	KTAP_TEST(alone_on_cpu),
};
KTAP_SUITE(tasks, tests);
