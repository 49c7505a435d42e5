// SPDX-License-Identifier: MIT
/*
 * A start line for CPUs: each says that it is there and waits for the word.
 */
#include "tests/kernel/machine/smp_all.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "pv/paravirt.h"

#define PATIENCE_MS 30000
#define TICKS_MS    1000 /* an emulated CPU may have to wait for its host */

static atomic_t here;
static volatile uint32_t go;
static struct {
	void (*fn)(void *);
	void *arg;
} job;

static void one(void *arg)
{
	(void)arg;
	atomic_inc(&here);
	while (!go)
		cpu_relax();
	job.fn(job.arg);
}

void smp_others_begin(struct ktap *t, void (*fn)(void *), void *arg)
{
	atomic_set(&here, 0);
	go = 0;
	job.fn = fn;
	job.arg = arg;
	for_each_other(cpu) CHECK_EQ(t, smp_work(cpu, one, NULL), SMP_OK, "CPU %u takes work", cpu);
	CHECK(t, timer_wait_for(&here.counter, smp_online() - 1, PATIENCE_MS),
	      "all others come to the line, %u of %u did", atomic_read(&here), smp_online() - 1);
	go = 1;
}

void smp_others_end(struct ktap *t)
{
	for_each_other(cpu)
		CHECK(t, smp_work_wait(cpu, PATIENCE_MS), "CPU %u comes to the end", cpu);
}

void smp_all(struct ktap *t, void (*fn)(void *), void *arg)
{
	smp_others_begin(t, fn, arg);
	fn(arg);
	smp_others_end(t);
}

bool smp_ticks_come(unsigned cpu)
{
	uint32_t before = per_cpu(smp_ticks, cpu);

	for (unsigned ms = 0; ms < TICKS_MS && per_cpu(smp_ticks, cpu) - before < 2; ms++)
		timer_delay_us(1000);
	return per_cpu(smp_ticks, cpu) - before >= 2;
}

void smp_note_cpu(void *arg)
{
	*(uint32_t *)arg = smp_processor_id();
}

volatile uint32_t smp_released;

void smp_until_released(void *arg)
{
	*(uint32_t *)arg = !irqs_disabled();
	while (!smp_released)
		cpu_relax();
}
