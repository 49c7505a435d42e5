// SPDX-License-Identifier: MIT
/*
 * What the kernel runs on, for people at the head of the log and for programs as the event `boot`.
 */
#include "kernel/machine.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/cpus.h"
#include "kernel/base/event.h"
#include "kernel/base/multiboot.h"
#include "kernel/patch/patching.h"
#include "lib/format.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/feature_names.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

const char *machine_cpu(void)
{
	static char name[80];

	snprintf(name, sizeof(name), "%s family %u model %u stepping %u", boot_cpu.vendor,
		 boot_cpu.family, boot_cpu.model, boot_cpu.stepping);
	return name;
}

/* Their APIC ids, with blanks between. */
static const char *__init cpu_ids(void)
{
	static __initbss char ids[4 * CPUS_MAX + 1];
	size_t length = 0;

	for (unsigned i = 0; i < machine_cpus.n; i++)
		length += (size_t)snprintf(ids + length, sizeof(ids) - length, "%s%u", i ? " " : "",
					   machine_cpus.apic_id[i]);
	return ids;
}

static void __init cpus_event(void)
{
	event_begin("cpus");
	event_number("n", machine_cpus.n);
	event_number("more", machine_cpus.more);
	event_text("source", machine_cpus.source ? machine_cpus.source : "");
	event_text("apic_ids", cpu_ids());
	event_address("lapic", machine_cpus.lapic);
	event_end();
}

/* The number of a name of n bytes; PV_FEATURE_WORDS * 32: none has it. */
static unsigned __init find_feature(const char *name, size_t n)
{
	unsigned feature;

	for (feature = 0; feature < PV_FEATURE_WORDS * 32; feature++) {
		const char *known = pv_feature_name(feature);

		if (known && strlen(known) == n && !memcmp(known, name, n))
			break;
	}
	return feature;
}

static void __init forget_one(const char *word, size_t n)
{
	if (*word != '-')
		pr_warn("features=%.*s: a feature can be taken away only, as in -xmm2\n", (int)n,
			word);
	else if (!cpu_forget(find_feature(word + 1, n - 1)))
		pr_warn("features=%.*s: the CPU has no such feature\n", (int)n, word);
}

void __init machine_forget(const char *list)
{
	while (*list) {
		size_t n = 0;

		while (list[n] && list[n] != ',')
			n++;
		if (n)
			forget_one(list, n);
		list += n + (list[n] == ',');
	}
}

void __init machine_event(void)
{
	event_begin("boot");
	event_text("backend", patching_backend());
	event_number("cpus", 1);
	event_text("cpu", machine_cpu());
	event_text("cmdline", boot_info.cmdline);
	event_text("vendor", boot_cpu.vendor);
	event_number("family", boot_cpu.family);
	event_text("nops", pv_nops->name);
	event_text("loader", boot_info.loader);
	event_number("memory", boot_info.memory_bytes);
	event_number("tsc_khz", timer_tsc_khz());
	event_text("hypervisor", boot_cpu.hypervisor);
	event_text("time_of", cpu_whose_time());
	event_end();
	cpus_event();
}

void __init machine_report(void)
{
	char tsc[32] = "no TSC";

	if (timer_tsc_khz())
		snprintf(tsc, sizeof(tsc), "TSC %u MHz", (timer_tsc_khz() + 500) / 1000);
	pr_info("  machine   %s, %s%s, time of %s\n", machine_cpu(),
		boot_cpu.has_fpu ? "" : "no FPU, ", tsc, cpu_whose_time());
	if (boot_cpu.model_name[0])
		pr_info("  model     %s\n", boot_cpu.model_name);
	pr_info("  memory    %u MiB in %u ranges, by %s\n",
		(unsigned)(boot_info.memory_bytes >> 20), boot_info.ranges,
		boot_info.loader[0] ? boot_info.loader : "a loader without a name");
	pr_info("  back end  %s in ring %u, padding %s\n", patching_backend(), get_kernel_rpl(),
		pv_nops->name);
}

static const char *__init paging_state(void)
{
	if (!paging_enabled())
		return "off";
	return paging_has_nx() ? "PAE, text read-only, data no-execute" : "on, text read-only";
}

void __init machine_report_protection(void)
{
	uint32_t before = timer_ticks;

	pr_info("  paging    %s, guards %s\n", paging_state(), paging_guarded() ? "hold" : "none");
	pr_info("  control   cr0 %08x, cr3 %08x, cr4 %08x\n", read_cr0(), read_cr3(),
		read_cr4_safe());
	if (!timer_wait_tick() || timer_ticks == before)
		pr_warn("timer: no tick arrives: what needs ticks will be skipped\n");
}
