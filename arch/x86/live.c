// SPDX-License-Identifier: MIT
/*
 * Live changes, pv/host.h's part: whose turn it is, and the round through the other CPUs. They are
 * called, and so synchronize at the latest when they return from that interrupt. None comes or goes
 * in somebody's turn to change.
 */
#include "arch/x86/live.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/smp/turn.h"
#include "lib/div64.h"
#include "pv/host.h"
#include "pv/native.h"
#include <stddef.h>

/* By the TSC, each CPU's own, in 32 bits: a second. Without one nothing is measured. */
static bool measures;
static DEFINE_PER_CPU(uint32_t, kept); /* in the last round, or most by a site since it */
static DEFINE_PER_CPU(uint32_t, off_since);

PV_TEXT void live_irqs_off(void)
{
	if (measures)
		this_cpu_write(off_since, (uint32_t)native_read_tsc());
}

PV_TEXT void live_irqs_on(void)
{
	uint32_t tsc;

	if (!measures)
		return;
	tsc = (uint32_t)native_read_tsc() - this_cpu_read(off_since);
	if (tsc > this_cpu_read(kept))
		this_cpu_write(kept, tsc);
}

static void synchronize(void *unused)
{
	uint32_t start = measures ? (uint32_t)native_read_tsc() : 0;

	(void)unused;
	pv_host_sync_self();
	this_cpu_write(kept, measures ? (uint32_t)native_read_tsc() - start : 0);
}

uint64_t pv_host_sync_others(void)
{
	uint32_t longest = this_cpu_read(kept);

	this_cpu_write(kept, 0);
	if (smp_online() > 1)
		smp_call_others(synchronize, NULL);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu) && longest < per_cpu(kept, cpu))
			longest = per_cpu(kept, cpu);
	return measures ? mul_div_u64(longest, 1000000, timer_tsc_khz()) : 0;
}

const char *pv_host_live_begin(void)
{
	const char *why = turn_take(TURN_LIVE);

	if (!why) {
		this_cpu_write(kept, 0);
		measures = timer_tsc_khz() != 0;
	}
	return why;
}

void pv_host_live_end(void)
{
	measures = false;
	turn_give();
}
