// SPDX-License-Identifier: MIT
/*
 * Results by their words.
 */
#include "arch/x86/smp/result.h"

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
		[SMP_IRQS_OFF] = "called with interrupts off",
		[SMP_IN_CHANGE] = "this CPU is in the middle of a change",
	};

	return result < sizeof(text) / sizeof(text[0]) ? text[result] : "unknown result";
}
