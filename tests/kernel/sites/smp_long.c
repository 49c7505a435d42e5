// SPDX-License-Identifier: MIT
/*
 * What several CPUs show only when it goes on for longer than a boot should, or what leaves the
 * machine with other CPUs online than there were: for tests that look from outside, so all of these
 * run by name only.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "kernel/base/cmdline.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/machine/tick.h"
#include "tests/kernel/sites/sites.h"
#include <stddef.h>

#define LOCK 0xf0
#define DS   0x3e

#define COUNT_NS    1000000000u /* a loss must have happened, also where CPUs take turns */
#define COUNT_LEAST 100000u     /* of each CPU */
#define PATIENCE_MS 30000
#define START_NS    500000000u /* for CPU 1, before the boot CPU takes it for dead */
#define START_TICKS 50         /* in which the boot CPU counts, too; fewer on a busy machine */
#define CYCLES      5
#define FLIPS       200

static volatile uint32_t stop;

/* ---- one counter for all ---- */

static volatile uint32_t shared;
static DEFINE_PER_CPU(volatile uint32_t, counted);

/* Eight in a row: without `lock` most of the time lies between a load and its store. */
static __attribute__((noinline)) void count_8(void)
{
	asm volatile(".rept 8\n" LOCK_PREFIX "incl %0\n"
		     ".endr"
		     : "+m"(shared)
		     :
		     : "memory", "cc");
	this_cpu_write(counted, this_cpu_read(counted) + 8);
}

static void counts_reset(void)
{
	shared = 0;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		per_cpu(counted, cpu) = 0;
}

static void check_counts(struct ktap *t)
{
	uint32_t sum = 0;

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		sum += per_cpu(counted, cpu);
	CHECK(t, shared == sum, "of %u counts by %u CPUs none is lost, %u are", sum, smp_online(),
	      sum - shared);
}

static void count_until_stop(void *arg)
{
	(void)arg;
	while (!stop)
		count_8();
}

/* No start line: with lost locks it could wait for ever. */
static void work_begin(struct ktap *t, void (*fn)(void *))
{
	stop = 0;
	for_each_other(cpu) CHECK_EQ(t, smp_work(cpu, fn, NULL), SMP_OK, "CPU %u takes work", cpu);
}

static void work_end(struct ktap *t)
{
	stop = 1;
	for_each_other(cpu)
		CHECK(t, smp_work_wait(cpu, PATIENCE_MS), "CPU %u comes to the end", cpu);
}

/* What the slowest has done. */
static uint32_t least_count(void)
{
	uint32_t least = per_cpu(counted, 0);

	for_each_other(cpu) if (per_cpu(counted, cpu) < least) least = per_cpu(counted, cpu);
	return least;
}

static void counts(struct ktap *t)
{
	uint64_t start = timer_ns(), passed = 0;

	NEEDS_CPUS(t);
	counts_reset();
	work_begin(t, count_until_stop);
	while (passed < COUNT_NS ||
	       (least_count() < COUNT_LEAST && passed < PATIENCE_MS * 1000000ull)) {
		for (unsigned i = 0; i < 1000; i++)
			count_8();
		passed = timer_ns() - start;
	}
	work_end(t);
	CHECK(t, least_count() >= COUNT_LEAST, "each CPU has counted to %u, the slowest to %u",
	      COUNT_LEAST, least_count());
	check_counts(t);
}

/* ---- prefixes ---- */

/* Where text was given up anything may stand; where an alternative covers it, what it says. */
static unsigned count_prefixes(uint8_t byte)
{
	unsigned n = 0;

	for (const int32_t *r = kernel_tables.smp_locks; r < kernel_tables.smp_locks_end; r++) {
		const uint8_t *at = (const uint8_t *)r + *r;

		n += !image_is_gone(at) && *at == byte;
	}
	return n;
}

static void check_prefixes(struct ktap *t, const char *when)
{
	bool on = smp_online() > 1 || options.noreplace_smp;

	CHECK_EQ(t, count_prefixes(on ? DS : LOCK), 0, "%s: no prefix is %s", when,
		 on ? "off" : "on");
	CHECK(t, count_prefixes(on ? LOCK : DS), "%s: and there are some", when);
}

static void leave_from(struct ktap *t, unsigned first)
{
	for_each_other(cpu)
	{
		if (cpu < first)
			continue;
		CHECK_EQ(t, cpu_down(cpu), SMP_OK, "CPU %u goes", cpu);
		check_prefixes(t, "when one has gone");
	}
}

static void come(struct ktap *t, unsigned cpu)
{
	CHECK_EQ(t, cpu_up(cpu), SMP_OK, "CPU %u comes", cpu);
}

static void all_leave(struct ktap *t)
{
	NEEDS_CPUS(t);
	check_prefixes(t, "before");
	leave_from(t, 1);
	CHECK_EQ(t, smp_online(), 1, "one CPU is left");
}

static void one_stays(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() > 2, "fewer than three CPUs are online");
	leave_from(t, 2);
	CHECK_EQ(t, smp_online(), 2, "two CPUs are left");
}

/* All of them, once more and once more; at last they are there. */
static void come_and_go(struct ktap *t)
{
	NEEDS_CPUS(t);
	for (unsigned i = 0; i < CYCLES; i++) {
		all_leave(t);
		for (unsigned cpu = 1; cpu < machine_cpus.n; cpu++) {
			come(t, cpu);
			check_prefixes(t, "when one has come");
		}
	}
}

/* ---- the first instructions ---- */

static volatile uint32_t coming, boot_ticks, off_at_start;

/* On CPU 1, until the boot CPU has counted often enough. */
static void count_at_start(void)
{
	uint64_t start = timer_ns();

	off_at_start = count_prefixes(DS);
	coming = 1;
	while (boot_ticks < START_TICKS && timer_ns() - start < START_NS)
		for (unsigned i = 0; i < 100; i++)
			count_8();
	coming = 0;
}

/* On the boot CPU, which waits in cpu_up(). */
static void count_at_tick(void)
{
	for (unsigned i = 0; coming && i < 1000; i++)
		count_8();
	boot_ticks += coming;
}

static void first_instructions(struct ktap *t)
{
	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	leave_from(t, 1);
	counts_reset();
	coming = boot_ticks = off_at_start = 0;
	smp_on_start = count_at_start;
	timer_tick_hook = count_at_tick;
	come(t, 1);
	timer_tick_hook = NULL;
	smp_on_start = NULL;
	CHECK(t, per_cpu(counted, 0), "the boot CPU counted while CPU 1 did, in %u ticks",
	      boot_ticks);
	CHECK(t, per_cpu(counted, 1), "CPU 1 counted before it was online");
	CHECK_EQ(t, off_at_start, 0, "no prefix was off when it began");
	check_counts(t);
}

/* ---- sites that change while they run ---- */

static DEFINE_PER_CPU(volatile uint32_t, made);
static DEFINE_PER_CPU(volatile uint32_t, by_slot);
static DEFINE_PER_CPU(volatile uint32_t, by_call);

static PV_FN void from_slot(void)
{
	this_cpu_inc(by_slot);
}

static PV_FN void from_call(void)
{
	this_cpu_inc(by_call);
}

static void call_until_stop(void *arg)
{
	(void)arg;
	while (!stop) {
		wbinvd();
		this_cpu_inc(made);
	}
}

/* Have all others made a call since they stood at before[]? */
static bool all_go_on(uint32_t *before)
{
	bool all = false;

	for (unsigned ms = 0; ms < PATIENCE_MS && !all; ms++) {
		all = true;
		for_each_other(cpu) all &= per_cpu(made, cpu) != before[cpu];
		timer_delay_us(all ? 0 : 1000);
	}
	for_each_other(cpu) before[cpu] = per_cpu(made, cpu);
	return all;
}

/*
 * Between a call through the slot and a direct one. Every fifth time it waits until all have called
 * what is there then, which takes emulated CPUs some ms when their host has fewer.
 */
static void flip(struct ktap *t, struct sites *sites, const struct paravirt_state *direct)
{
	uint32_t before[CPUS_MAX] = {0};

	for (unsigned i = 0; i < FLIPS && !t->failures; i++) {
		sites_patch(t, sites, i % 2 ? paravirt_linked() : direct);
		CHECK(t, i % 5 || all_go_on(before), "all go on after change %u", i);
	}
}

static void check_calls(struct ktap *t, unsigned cpu)
{
	uint32_t slot = per_cpu(by_slot, cpu), call = per_cpu(by_call, cpu);

	CHECK_EQ(t, slot + call, per_cpu(made, cpu), "each call of CPU %u came to one function",
		 cpu);
	CHECK(t, slot && call, "CPU %u came to both, %u and %u times", cpu, slot, call);
}

static void flips(struct ktap *t)
{
	const struct paravirt_state *direct = sites_state(PV_TYPE_wbinvd, (const void *)from_call);
	void(PV_FN * was)(void) = pv_ops.cpu.wbinvd;
	struct sites sites;

	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	if (!sites_find(t, &sites, (const void *)call_until_stop))
		return;
	CHECK_EQ(t, direct->op[PV_TYPE_wbinvd].kind, PV_CALL, "the patched form is a direct call");
	sites_patch(t, &sites, paravirt_linked());
	pv_ops.cpu.wbinvd = from_slot;
	work_begin(t, call_until_stop);
	flip(t, &sites, direct);
	work_end(t);
	sites_restore(t, &sites);
	pv_ops.cpu.wbinvd = was;
	for_each_other(cpu) check_calls(t, cpu);
}

#define BY_NAME(function)                                                \
	{                                                                \
		.name = #function, .run = function, .by_name_only = true \
	}

static const struct ktap_test tests[] = {
	BY_NAME(counts),    BY_NAME(first_instructions), BY_NAME(all_leave),
	BY_NAME(one_stays), BY_NAME(come_and_go),        BY_NAME(flips),
};
KTAP_SUITE(smp_long, tests);
