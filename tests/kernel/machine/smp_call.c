// SPDX-License-Identifier: MIT
/*
 * CPUs call each other and give each other work: it is done once, on the right one.
 */
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

#define PATIENCE_MS 1000

static DEFINE_PER_CPU(uint32_t, calls);

static void answer(void *arg)
{
	this_cpu_inc(calls);
	if (arg)
		*(uint32_t *)arg = *(uint32_t *)arg * 10 + smp_processor_id();
}

static void calls_arrive(struct ktap *t)
{
	uint32_t value;

	NEEDS_CPUS(t);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		value = 7;
		per_cpu(calls, cpu) = 0;
		if (!cpu_online(cpu)) {
			CHECK_EQ(t, smp_call(cpu, answer, &value), SMP_OFF, "CPU %u is off", cpu);
			CHECK_EQ(t, value, 7, "CPU %u: so the function does not run", cpu);
			continue;
		}
		CHECK_EQ(t, smp_call(cpu, answer, &value), SMP_OK, "CPU %u is called", cpu);
		CHECK_EQ(t, value, 70 + cpu, "CPU %u has run it when the call returns", cpu);
		CHECK_EQ(t, per_cpu(calls, cpu), 1, "CPU %u: once", cpu);
	}
	CHECK_EQ(t, smp_call(CPUS_MAX, answer, NULL), SMP_OFF, "there is no CPU %u", CPUS_MAX);
	smp_call_others(answer, NULL);
	CHECK_EQ(t, per_cpu(calls, 0), 1, "a call of all others is none of one's own");
	for_each_other(cpu) CHECK_EQ(t, per_cpu(calls, cpu), 2, "but one of CPU %u", cpu);
}

/*
 * Everybody calls everybody, at the same time. Not often: each call takes some ms when a host has
 * fewer CPUs than wait for it.
 */
static unsigned rounds(void)
{
	return 1 + 64 / (smp_online() * smp_online());
}

static void call_all(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < rounds(); i++)
		for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
			if (cpu_online(cpu))
				smp_call(cpu, answer, NULL);
}

static void calls_cross(struct ktap *t)
{
	NEEDS_CPUS(t);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		per_cpu(calls, cpu) = 0;
	smp_all(t, call_all, NULL);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			CHECK_EQ(t, per_cpu(calls, cpu), rounds() * smp_online(),
				 "CPU %u has answered each CPU's calls", cpu);
}

static void work_is_done(struct ktap *t)
{
	uint32_t on = 0, value = 7;

	NEEDS_CPUS(t);
	CHECK_EQ(t, smp_work(0, answer, NULL), SMP_FIRST, "the boot CPU takes no work");
	CHECK_EQ(t, smp_work(CPUS_MAX, answer, NULL), SMP_OFF, "nor one that is not there");
	for_each_other(cpu)
	{
		smp_released = 0;
		CHECK_EQ(t, smp_work(cpu, smp_until_released, &on), SMP_OK, "CPU %u works", cpu);
		CHECK_EQ(t, smp_work(cpu, answer, NULL), SMP_BUSY, "CPU %u: once at a time", cpu);
		CHECK_EQ(t, smp_call(cpu, answer, &value), SMP_OK, "CPU %u: calls come", cpu);
		CHECK(t, !smp_work_done(cpu), "CPU %u works on", cpu);
		smp_released = 1;
		CHECK(t, smp_work_wait(cpu, PATIENCE_MS), "CPU %u comes to its end", cpu);
		CHECK_EQ(t, on, 1, "CPU %u works with interrupts on", cpu);
	}
}

static const struct ktap_test tests[] = {
	KTAP_TEST(calls_arrive),
	KTAP_TEST(calls_cross),
	KTAP_TEST(work_is_done),
};
KTAP_SUITE(smp_call, tests);
