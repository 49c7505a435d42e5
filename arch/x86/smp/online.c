// SPDX-License-Identifier: MIT
/*
 * Who looks may be in a panic, with sites half written: hence PV_TEXT.
 */
#include "arch/x86/smp/online.h"
#include "arch/x86/cpu/percpu.h"
#include "pv/host.h"

static volatile bool online[CPUS_MAX] = {true};
static volatile unsigned n_online = 1;

const char *smp_result_text(enum smp_result result)
{
	static const char *const text[] = {
		[SMP_OK] = "online",
		[SMP_NO_CPU] = "no such CPU",
		[SMP_ALREADY] = "already so",
		[SMP_OFF] = "off",
		[SMP_FIRST] = "the boot CPU cannot go down",
		[SMP_NOT_HERE] = "only the boot CPU may do this",
		[SMP_IMPOSSIBLE] = "no CPU can be started",
		[SMP_NO_ANSWER] = "no answer",
		[SMP_LACKS] = "lacks a feature in use",
		[SMP_BUSY] = "busy",
	};

	return result < sizeof(text) / sizeof(text[0]) ? text[result] : "unknown result";
}

PV_TEXT bool cpu_online(unsigned cpu)
{
	return cpu < CPUS_MAX && online[cpu];
}

PV_TEXT unsigned smp_online(void)
{
	return n_online;
}

void smp_set_online(unsigned cpu, bool on)
{
	n_online += on ? 1u : -1u;
	online[cpu] = on;
}
