// SPDX-License-Identifier: MIT
/*
 * Which CPUs to start, and what became of each, for people and for programs.
 */
#include "kernel/cpus.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_start.h"
#include "kernel/base/event.h"
#include "kernel/base/multiboot.h"
#include "lib/format.h"
#include "lib/printk.h"

#define PAGE     4096u
#define LOW_FROM 0x8000u /* below are the BIOS's data, and stacks of boot loaders */
#define LOW_TO   0x80000u

/* A page where a CPU can start: RAM below 1 MiB. 0: none is known. */
static uint32_t low_page(void)
{
	for (uint32_t page = LOW_FROM; page < LOW_TO; page += PAGE)
		for (unsigned i = 0; i < boot_info.ranges && i < MEMORY_MAX; i++) {
			const struct memory_range *r = &boot_info.memory[i];

			if (r->base <= page && r->length >= PAGE &&
			    page - r->base <= r->length - PAGE)
				return page;
		}
	return 0;
}

static void cpu_event(unsigned cpu, enum smp_result result)
{
	char text[64];

	if (result == SMP_LACKS)
		snprintf(text, sizeof(text), "lacks %s", smp_lacking);
	else
		snprintf(text, sizeof(text), "%s", smp_result_text(result));
	event_begin("cpu");
	event_number("number", cpu);
	event_number("apic", machine_cpus.apic_id[cpu]);
	event_text("result", text);
	event_end();
}

static void report(uint32_t most, const char *why_not)
{
	char more[64] = "", why[96] = "";

	if (machine_cpus.more)
		snprintf(more, sizeof(more), " and %u more", machine_cpus.more);
	if (why_not && machine_cpus.n > 1)
		snprintf(why, sizeof(why), ": %s", why_not);
	else if (most < machine_cpus.n)
		snprintf(why, sizeof(why), ": maxcpus=%u", most);
	pr_info("  cpus      %u of %u%s online, by %s%s\n", smp_online(), machine_cpus.n, more,
		machine_cpus.source ? machine_cpus.source : "no table", why);
}

void cpus_start(uint32_t most)
{
	const char *why_not = smp_init(low_page());

	cpu_event(0, SMP_OK);
	for (unsigned cpu = 1; cpu < machine_cpus.n; cpu++) {
		bool start = !why_not && smp_online() < most;

		cpu_event(cpu, start ? cpu_up(cpu) : SMP_OFF);
	}
	report(most, why_not);
}
