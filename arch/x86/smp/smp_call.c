// SPDX-License-Identifier: MIT
/*
 * What CPUs do for each other: calls, which are served in an interrupt, and work, which is done
 * where nothing else is to be done. One lock makes calls follow each other; its rule is interrupts
 * on, so that who waits for it can be called.
 */
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define CALL_PATIENCE_MS 10000

static spinlock_t lock = SPINLOCK_IRQS_ON("calls between CPUs");
static struct {
	void (*fn)(void *);
	void *arg;
} call; /* the one that is going on */

static DEFINE_PER_CPU(volatile uint32_t, call_wanted);
static DEFINE_PER_CPU(void (*volatile)(void *), work_fn);
static DEFINE_PER_CPU(void *, work_arg);

/* One that only wakes finds nothing to do here. */
static void on_call(unsigned irq)
{
	(void)irq;
	if (!this_cpu_read(call_wanted))
		return;
	smp_rmb(); /* with begin() */
	call.fn(call.arg);
	this_cpu_write(call_wanted, 0);
}

void smp_call_init(void)
{
	irq_set_handler(IRQ_CALL, on_call);
}

static void begin(unsigned cpu)
{
	smp_store_release(&per_cpu(call_wanted, cpu), 1);
	apic_send(machine_cpus.apic_id[cpu], IRQ_CALL);
}

static void end(unsigned cpu)
{
	if (!timer_wait_for(&per_cpu(call_wanted, cpu), 0, CALL_PATIENCE_MS))
		panic("CPU %u has not answered a call of %pS by CPU %u for %u ms", cpu,
		      (void *)(uint32_t)call.fn, smp_processor_id(), CALL_PATIENCE_MS);
}

static void must_be_on(const char *what, void (*fn)(void *))
{
	if (irqs_disabled())
		panic("%s of %pS on CPU %u with interrupts off: who calls this CPU would wait for "
		      "ever",
		      what, (void *)(uint32_t)fn, smp_processor_id());
}

static bool call_self(unsigned cpu, void (*fn)(void *), void *arg)
{
	unsigned long flags;
	bool is_self;

	local_irq_save(flags);
	is_self = cpu == smp_processor_id();
	if (is_self)
		fn(arg);
	local_irq_restore(flags);
	return is_self;
}

/* Called by a task that has come to that CPU since it looked, it is an interrupt like any other. */
enum smp_result smp_call(unsigned cpu, void (*fn)(void *), void *arg)
{
	enum smp_result result = SMP_OFF;

	must_be_on("smp_call", fn);
	if (call_self(cpu, fn, arg))
		return SMP_OK;
	spin_lock(&lock);
	if (cpu_online(cpu)) {
		call.fn = fn;
		call.arg = arg;
		begin(cpu);
		end(cpu);
		result = SMP_OK;
	}
	spin_unlock(&lock);
	return result;
}

void smp_call_others(void (*fn)(void *), void *arg)
{
	unsigned self;

	must_be_on("smp_call_others", fn);
	spin_lock(&lock);
	self = smp_processor_id(); /* and stays it: who holds a lock is not preempted */
	call.fn = fn;
	call.arg = arg;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu) && cpu != self)
			begin(cpu);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu) && cpu != self)
			end(cpu);
	spin_unlock(&lock);
}

void smp_calls_hold(void)
{
	spin_lock(&lock);
}

void smp_calls_release(void)
{
	spin_unlock(&lock);
}

enum smp_result smp_work(unsigned cpu, void (*fn)(void *), void *arg)
{
	if (smp_processor_id())
		return SMP_NOT_HERE;
	if (cpu == 0 || !cpu_online(cpu))
		return cpu ? SMP_OFF : SMP_FIRST;
	if (!smp_work_done(cpu))
		return SMP_BUSY;
	per_cpu(work_arg, cpu) = arg;
	smp_store_release(&per_cpu(work_fn, cpu), fn);
	apic_send(machine_cpus.apic_id[cpu], IRQ_CALL);
	return SMP_OK;
}

bool smp_work_done(unsigned cpu)
{
	return !smp_load_acquire(&per_cpu(work_fn, cpu));
}

bool smp_work_wait(unsigned cpu, uint32_t ms)
{
	return timer_wait_for((volatile uint32_t *)&per_cpu(work_fn, cpu), 0, ms);
}

bool smp_work_waits(void)
{
	return this_cpu_read(work_fn) != NULL;
}

void smp_work_run(void)
{
	void (*fn)(void *) = this_cpu_read(work_fn);

	if (!fn)
		return;
	smp_rmb(); /* with smp_work() */
	fn(this_cpu_read(work_arg));
	this_cpu_write(work_fn, NULL);
}
