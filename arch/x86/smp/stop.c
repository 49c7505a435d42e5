// SPDX-License-Identifier: MIT
/*
 * See stop.h. Text may be half written when this runs, so what comes before the others stand still
 * is code without sites, but for the lock of printk(), whose prefix is one byte.
 */
#include "arch/x86/smp/stop.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/trap/panic.h"
#include "lib/printk.h"
#include "pv/host.h"

/* Of io_pause(), for each CPU: an emulated one may have to wait for its host. */
#define STOP_US 1000000

/*
 * False: it does not stop. Only one that runs the kernel: an NMI without tables would be the end of
 * the machine. One that starts later stops itself (ap_main()).
 */
static PV_TEXT bool stop(unsigned cpu)
{
	if (!cpu_in_kernel(cpu))
		return true;
	apic_send_nmi(machine_cpus.apic_id[cpu]);
	for (uint32_t us = 0; us < STOP_US && cpu_in_kernel(cpu); us++)
		io_pause();
	return !cpu_in_kernel(cpu);
}

/*
 * Who is in the middle of a line gets to its end first. The boot CPU is the first to stop: from
 * then on nobody resets or starts a CPU.
 */
static unsigned panic_alone(void)
{
	unsigned self = smp_processor_id(), cpus = 0;
	uint32_t left = 0;

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		cpus += cpu_in_kernel(cpu);
	printk_lock_last();
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu != self && !stop(cpu))
			left |= 1u << cpu;
	spin_locks_open();
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (left >> cpu & 1)
			pr_err("\nsmp: CPU %u does not stop for a panic of CPU %u\n", cpu, self);
	return cpus;
}

void stop_init(void)
{
	panic_stop_others = panic_alone;
}
