// SPDX-License-Identifier: MIT
/*
 * CPUs come and go while the kernel runs.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

#define PATIENCE_MS 1000

/* What the hooks are told: how many CPUs are online when. */
static uint32_t firsts, lasts, online_then;
static void (*before_was)(void), (*after_was)(void);

static void on_first(void)
{
	firsts++;
	online_then += smp_online();
	if (before_was)
		before_was();
}

static void on_last(void)
{
	lasts++;
	online_then += smp_online();
	if (after_was)
		after_was();
}

static void hooks_take(void)
{
	before_was = smp_before_first;
	after_was = smp_after_last;
	smp_before_first = on_first;
	smp_after_last = on_last;
	firsts = lasts = online_then = 0;
}

static void hooks_restore(void)
{
	smp_before_first = before_was;
	smp_after_last = after_was;
}

static void goes_and_comes(struct ktap *t, unsigned cpu)
{
	unsigned online = smp_online();
	uint32_t value = 0;

	CHECK_EQ(t, cpu_down(cpu), SMP_OK, "CPU %u goes", cpu);
	CHECK(t, !cpu_online(cpu) && smp_online() == online - 1, "CPU %u is off", cpu);
	CHECK_EQ(t, smp_call(cpu, smp_note_cpu, &value), SMP_OFF, "CPU %u cannot be called", cpu);
	CHECK_EQ(t, smp_work(cpu, smp_note_cpu, &value), SMP_OFF, "CPU %u takes no work", cpu);
	CHECK_EQ(t, cpu_up(cpu), SMP_OK, "CPU %u comes", cpu);
	CHECK(t, cpu_online(cpu) && smp_online() == online, "CPU %u is on", cpu);
	CHECK_EQ(t, smp_call(cpu, smp_note_cpu, &value), SMP_OK, "CPU %u can be called", cpu);
	CHECK_EQ(t, value, cpu, "CPU %u has answered", cpu);
}

static void down_and_up(struct ktap *t)
{
	uint32_t was;

	NEEDS_CPUS(t);
	for_each_other(cpu)
	{
		goes_and_comes(t, cpu);
		goes_and_comes(t, cpu);
	}
	cpu_down(1);
	was = per_cpu(smp_ticks, 1);
	timer_delay_us(3 * 1000000 / SMP_TICK_HZ);
	CHECK_EQ(t, per_cpu(smp_ticks, 1), was, "a CPU that is off gets no ticks");
	cpu_up(1);
	CHECK(t, !timer_present() || smp_ticks_come(1), "it does when it is on again");
}

/* A CPU starts in a page that may be somebody's; it is the lowest that the kernel takes. */
#define START ((uint8_t *)0x8000)

static void page_is_put_back(struct ktap *t)
{
	uint8_t was[64], now[64];

	NEEDS_CPUS(t);
	memcpy(was, START, sizeof(was));
	for (unsigned i = 0; i < sizeof(was); i++)
		START[i] = now[i] = (uint8_t)(0xa0 + i);
	cpu_down(1);
	CHECK_EQ(t, cpu_up(1), SMP_OK, "CPU 1 comes");
	CHECK(t, !memcmp(START, now, sizeof(now)), "what was in the page is there again");
	memcpy(START, was, sizeof(was));
}

/* All the others go, and come again. */
static void last_and_first(struct ktap *t)
{
	bool was[CPUS_MAX] = {false};

	NEEDS_CPUS(t);
	hooks_take();
	for_each_other(cpu)
	{
		CHECK_EQ(t, lasts, 0, "CPU %u is still there", cpu);
		was[cpu] = cpu_down(cpu) == SMP_OK;
	}
	CHECK_EQ(t, smp_online(), 1, "one CPU is left");
	CHECK_EQ(t, lasts, 1, "that was said when the last of the others had gone");
	CHECK_EQ(t, firsts, 0, "and nothing else");
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (was[cpu])
			CHECK_EQ(t, cpu_up(cpu), SMP_OK, "CPU %u comes again", cpu);
	CHECK_EQ(t, firsts, 1, "that was said before the first of them came");
	CHECK_EQ(t, lasts, 1, "and nothing else");
	CHECK_EQ(t, online_then, 2, "each time one CPU was online");
	hooks_restore();
}

static void from_another(void *arg)
{
	enum smp_result *result = arg;

	result[0] = cpu_down(1);
	result[1] = cpu_up(1);
	result[2] = smp_work(1, smp_note_cpu, NULL);
}

static void refusals(struct ktap *t)
{
	enum smp_result result[3] = {SMP_OK};
	enum printk_level level = printk_set_level(PRINTK_ERR);
	uint32_t on;

	CHECK_EQ(t, cpu_down(0), SMP_FIRST, "the boot CPU cannot go");
	CHECK_EQ(t, cpu_up(0), SMP_ALREADY, "it is on");
	CHECK_EQ(t, cpu_up(machine_cpus.n), SMP_NO_CPU, "one that is not listed cannot come");
	CHECK_EQ(t, cpu_down(0xffffffff), SMP_NO_CPU, "nor go");
	if (cpu_online(1)) {
		CHECK_EQ(t, cpu_up(1), SMP_ALREADY, "one that is on cannot come");
		smp_call(1, from_another, result);
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(t, result[i], SMP_NOT_HERE, "only the boot CPU says so, %u", i);
		smp_released = 0;
		smp_work(1, smp_until_released, &on);
		CHECK_EQ(t, cpu_down(1), SMP_BUSY, "one that works cannot go");
		smp_released = 1;
		smp_work_wait(1, PATIENCE_MS);
		local_irq_disable();
		CHECK_EQ(t, cpu_down(1), SMP_IRQS_OFF, "none goes while interrupts are off");
		local_irq_enable();
		cpu_down(1);
		CHECK_EQ(t, cpu_down(1), SMP_ALREADY, "nor one that is off");
		local_irq_disable();
		CHECK_EQ(t, cpu_up(1), SMP_IRQS_OFF, "nor comes");
		local_irq_enable();
		cpu_up(1);
	}
	printk_set_level(level);
}

/* By name only, for it takes more than a second. */
static void no_answer(struct ktap *t)
{
	uint8_t id = machine_cpus.apic_id[1];

	NEEDS_CPUS(t);
	CHECK_EQ(t, cpu_down(1), SMP_OK, "CPU 1 goes");
	machine_cpus.apic_id[1] = 0xfe; /* nobody's */
	CHECK_EQ(t, cpu_up(1), SMP_NO_ANSWER, "one that does not answer is left off");
	CHECK(t, !cpu_online(1), "and is off");
	machine_cpus.apic_id[1] = id;
	CHECK_EQ(t, cpu_up(1), SMP_OK, "CPU 1 comes nevertheless");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(down_and_up),
	KTAP_TEST(page_is_put_back),
	KTAP_TEST(last_and_first),
	KTAP_TEST(refusals),
	{.name = "no_answer", .run = no_answer, .by_name_only = true},
};
KTAP_SUITE(hotplug, tests);
