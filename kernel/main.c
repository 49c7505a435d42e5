// SPDX-License-Identifier: MIT
/*
 * kernel_main() is the table of contents: it is called by boot.asm with a stack, a flat GDT and
 * interrupts off, and ends the machine. Its second half stays when the first is given up.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/debugcon.h"
#include "arch/x86/dev/pic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/dev/vga.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/multiboot.h"
#include "kernel/cpus.h"
#include "kernel/interrupts.h"
#include "kernel/litmus/report.h"
#include "kernel/live/bench.h"
#include "kernel/live/change.h"
#include "kernel/live/relink.h"
#include "kernel/live/switch.h"
#include "kernel/machine.h"
#include "kernel/memory.h"
#include "kernel/module/module.h"
#include "kernel/patch/patching.h"
#include "kernel/task/syscall.h"
#include "kernel/test/bench.h"
#include "kernel/test/bench_tasks.h"
#include "kernel/test/bench_work.h"
#include "kernel/test/crash.h"
#include "kernel/test/ktap.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

_Noreturn void kernel_main(const void *info, uint32_t has_cpuid);

static void __init consoles_init(void)
{
	uart_console_init();
	uart_events_init();
	vga_console_init();
	debugcon_init();
}

/* The last line of the log, and the last event. */
static void last_line(const char *panic_reason)
{
	event_begin("end");
	event_number("passed", ktap_tally.passed);
	event_number("failed", ktap_tally.failed);
	event_number("skipped", ktap_tally.skipped);
	event_number("ns", panic_reason ? timer_ns_bare() : sched_clock());
	if (panic_reason)
		event_text("panic", panic_reason);
	event_end();
	pr_info("pedant: %u passed, %u failed, %u skipped\n", ktap_tally.passed, ktap_tally.failed,
		ktap_tally.skipped);
}

/* As the boot left it; then, if that is asked for, as linked and patched again. */
static const char *measure_work(void)
{
	const char *why = bench_work(options.bench_work, "boot");

	if (!why && options.bench_relink)
		why = sites_relink(true);
	if (!why && options.bench_relink)
		why = bench_work(options.bench_work, "linked");
	if (!why && options.bench_relink)
		why = sites_relink(false);
	if (!why && options.bench_relink)
		why = bench_work(options.bench_work, "patched");
	return why;
}

/* What is left to do when the kernel is up. Not inlined into what it gives up. */
static _Noreturn __attribute__((noinline)) void kernel_run(void)
{
	const char *modules;
	bool found;

	init_free();
	change_events(true);
	cpus_start(options.maxcpus);
	modules = modules_boot();
	found = modules || modules_now().modules;
	if (!modules && options.unload)
		modules = modules_boot_unload();
	if (options.bench) {
		bench_ops();
		bench_choices();
	}
	if (options.bench_live)
		bench_live();
	if (options.bench_tasks)
		ktap_boot_result("bench-tasks", bench_tasks());
	if (options.bench_work[0])
		ktap_boot_result("bench-work", measure_work());
	crash_provoke(options.crash);
	patching_results(ktap_boot_result);
	if (found)
		ktap_boot_result("modules", modules);
	if (options.switches[0])
		ktap_boot_result("switch", switch_backends(options.switches));
	if (options.litmus)
		ktap_boot_result("litmus", litmus_measure(options.litmus));
	ktap_run(options.litmus ? "off" : options.selftest);
	interrupts_report();
	if (options.litmus)
		litmus_summary();
	else
		patching_table();
	last_line(NULL);
	machine_end(ktap_tally.failed ? MACHINE_FAILED : MACHINE_PASSED);
}

_Noreturn void __init kernel_main(const void *info, uint32_t has_cpuid)
{
	panic_last_words = last_line;
	gdt_init();
	trap_init();
	consoles_init();
	pr_info("Pedant, the kernel that patches itself at boot\n");
	multiboot_read(&boot_info, info);
	cmdline_parse(&options, boot_info.cmdline, boot_info.loader);
	if (options.irq_statistics)
		static_branch_enable(&irq_statistics);
	cpu_detect(has_cpuid);
	machine_forget(options.features);
	pv_nops_select(cpu_vendor(), boot_cpu.family);
	pic_init();
	timer_init();
	cpus_find(&machine_cpus);
	patching_init();
	machine_event();
	machine_report();
	patching_run();
	memory_init();
	paging_init();
	apic_init(machine_cpus.lapic, machine_cpus.imcr);
	if (!tasks_init())
		pr_warn("tasks: no programs, without paging or memory\n");
	local_irq_enable();
	machine_report_protection();
	patching_events();
	kernel_run();
}
