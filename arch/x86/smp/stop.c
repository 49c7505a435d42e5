// SPDX-License-Identifier: MIT
/*
 * See stop.h. Text may be half written when this runs, so all of it is code without sites.
 */
#include "arch/x86/smp/stop.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/online.h"
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "pv/host.h"
#include "pv/native.h"

#define STOP_POLLS 2000000 /* a second or so: an emulated CPU may have to wait for its host */

static volatile uint32_t stopped_by; /* CPU + 1 */
static DEFINE_PER_CPU(volatile uint32_t, stopped);

static PV_TEXT void stop_here(void)
{
	if (!stopped_by || stopped_by == smp_processor_id() + 1)
		return;
	native_irq_disable();
	this_cpu_write(stopped, 1);
	for (;;)
		native_halt();
}

/* Comes back when they have stopped, or after a while. */
static PV_TEXT void stop_others(void)
{
	unsigned self = smp_processor_id(), polls = STOP_POLLS;

	if (smp_online() == 1)
		return;
	stopped_by = self + 1;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu) && cpu != self)
			apic_send_nmi(machine_cpus.apic_id[cpu]);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		while (cpu_online(cpu) && cpu != self && !per_cpu(stopped, cpu) && --polls)
			cpu_relax();
}

static unsigned panic_alone(void)
{
	stop_others();
	printk_lock_seize();
	return smp_online();
}

void stop_init(void)
{
	trap_nmi_stop = stop_here;
	panic_stop_others = panic_alone;
}
