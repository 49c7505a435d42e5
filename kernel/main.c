// SPDX-License-Identifier: MIT
/*
 * kernel_main() is the table of contents: it is called by boot.asm with a stack, a flat GDT and
 * interrupts off, and ends the machine.
 */
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/debugcon.h"
#include "arch/x86/desc.h"
#include "arch/x86/irq.h"
#include "arch/x86/paging.h"
#include "arch/x86/panic.h"
#include "arch/x86/timer.h"
#include "arch/x86/trap.h"
#include "arch/x86/uart.h"
#include "arch/x86/vga.h"
#include "kernel/cmdline.h"
#include "kernel/crash.h"
#include "kernel/event.h"
#include "kernel/image.h"
#include "kernel/ktap.h"
#include "kernel/list.h"
#include "kernel/multiboot.h"
#include "kernel/stats.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

_Noreturn void kernel_main(const void *info, uint32_t has_cpuid);

/* The pass at boot; self-tests make passes of their own. */
static struct pv_stats boot_stats;
static struct pv_count boot_rows[PV_NR_TYPES];

static void consoles_init(void)
{
	uart_console_init();
	uart_events_init();
	vga_console_init();
	debugcon_init();
}

static void choose_backend(void)
{
	const struct pv_backend *backend = pv_backend_detect();

	if (options.pv[0]) {
		backend = pv_backend_find(options.pv);
		if (!backend) {
			backend = pv_backend_detect();
			pr_warn("pv=%s: no such back end; going on with %s\n", options.pv,
				backend->name);
		}
	}
	pv_backend_install(backend);
}

/* A site that is refused stays slow and correct, but the image is not what was built. */
static void judge_pass(const struct pv_stats *stats)
{
	const char *why = NULL;

	if (stats->total.refused)
		why = "sites were refused";
	else if (!stats->total.sites)
		why = "there is no site at all";
	if (why)
		pr_err("paravirt: %s: the image is damaged\n", why);
	ktap_boot_result("paravirt", why);
}

static void patch_kernel(void)
{
	paravirt_init();
	if (options.noreplace_paravirt)
		paravirt_keep();
	if (options.debug_alternative)
		list_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end,
			      options.noreplace_paravirt);
	apply_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end);
	boot_stats = paravirt_stats;
	boot_stats.row = boot_rows;
	memcpy(boot_rows, paravirt_rows, sizeof(boot_rows));
	stats_refused(&paravirt_family, &boot_stats);
	judge_pass(&boot_stats);
}

/* The last line of the log, and the last event. */
static void last_line(const char *panic_reason)
{
	event_begin("end");
	event_number("passed", ktap_tally.passed);
	event_number("failed", ktap_tally.failed);
	event_number("skipped", ktap_tally.skipped);
	event_number("ns", sched_clock());
	if (panic_reason)
		event_text("panic", panic_reason);
	event_end();
	pr_info("pedant: %u passed, %u failed, %u skipped\n", ktap_tally.passed, ktap_tally.failed,
		ktap_tally.skipped);
}

static void report_strays(void)
{
	if (irq_unexpected || irq_spurious)
		pr_warn("interrupts: %u that nobody wanted, %u spurious\n", irq_unexpected,
			irq_spurious);
	if (trap_nmis_unexpected)
		pr_warn("interrupts: %u NMIs that nobody sent\n", trap_nmis_unexpected);
}

_Noreturn void kernel_main(const void *info, uint32_t has_cpuid)
{
	panic_last_words = last_line;
	gdt_init();
	trap_init();
	consoles_init();
	pr_info("Pedant, the kernel that patches itself at boot\n");
	multiboot_read(info);
	cmdline_parse(&options, boot_info.cmdline, boot_info.loader);
	cpu_detect(has_cpuid);
	pv_nops_select(cpu_vendor(), boot_cpu.family);
	irq_init();
	timer_init();
	image_init();
	choose_backend();
	stats_boot_event();
	stats_machine();
	patch_kernel();
	paging_init();
	paging_protect_text();
	apic_init();
	local_irq_enable();
	stats_protection();
	stats_events(&paravirt_family, &boot_stats);
	crash_provoke(options.crash);
	ktap_run(options.selftest);
	report_strays();
	stats_table(&paravirt_family, &boot_stats);
	last_line(NULL);
	machine_end(ktap_tally.failed ? MACHINE_FAILED : MACHINE_PASSED);
}
