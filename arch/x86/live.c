// SPDX-License-Identifier: MIT
/*
 * Live changes, pv/host.h's part: who may make one, and the round through the other CPUs. They are
 * called, and so synchronize at the latest when they return from that interrupt. The boot CPU takes
 * others on and off, so none comes or goes during a change of its own.
 */
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include <stddef.h>

static void synchronize(void *unused)
{
	(void)unused;
	pv_host_sync_self();
}

void pv_host_sync_others(void)
{
	if (smp_online() > 1)
		smp_call_others(synchronize, NULL);
}

const char *pv_host_not_live(void)
{
	if (smp_processor_id())
		return "only the boot CPU may";
	return irqs_disabled() ? "interrupts are off" : NULL;
}
