// SPDX-License-Identifier: MIT
/*
 * kernel_main() is the table of contents: it is called by boot.asm with a stack, flat segments and
 * interrupts off, and ends the machine. Its second half stays when the first is given up.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/debugcon.h"
#include "arch/x86/dev/guest.h"
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
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/cpus.h"
#include "kernel/interrupts.h"
#include "kernel/live/change.h"
#include "kernel/live/switch.h"
#include "kernel/machine.h"
#include "kernel/memory.h"
#include "kernel/module/module.h"
#include "kernel/patch/patching.h"
#include "kernel/task/boot.h"
#include "kernel/task/syscall.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

_Noreturn void kernel_main(const void *info, uint32_t has_cpuid);

static void __init consoles_init(void)
{
	if (guest_runs_here())
		return; /* it gets one when it knows whose it is */
	uart_console_init();
	uart_events_init();
	vga_console_init();
	debugcon_init();
}

/* The last line of the log, and the last event. */
static void last_line(const char *panic_reason)
{
	event_begin("end");
	event_number("passed", results.passed);
	event_number("failed", results.failed);
	event_number("skipped", results.skipped);
	event_number("ns", panic_reason ? timer_ns_bare() : sched_clock());
	if (panic_reason)
		event_text("panic", panic_reason);
	event_end();
	pr_info("pedant: %u passed, %u failed, %u skipped\n", results.passed, results.failed,
		results.skipped);
}

/* What is left to do when the kernel is up. Not inlined into what it gives up. */
static _Noreturn __attribute__((noinline)) void kernel_run(void)
{
	const char *modules, *programs;
	bool found;

	init_free();
	change_events(true);
	cpus_start(options.maxcpus);
	programs = programs_boot();
	modules = modules_boot();
	found = modules || modules_now().modules;
	if (!modules && options.unload)
		modules = modules_boot_unload();
	run_all(RUN_MEASURE);
	run_all(RUN_CRASH);
	patching_results(result_boot);
	if (found)
		result_boot("modules", modules);
	if (programs)
		result_boot("programs", programs);
	if (options.run[0])
		result_boot("run", programs_run(options.run));
	if (options.switches[0])
		result_boot("switch", switch_backends(options.switches));
	run_all(RUN_JUDGE);
	run_all(RUN_TEST);
	interrupts_report();
	run_all(RUN_SUMMARY);
	if (!options.no_table)
		patching_table();
	last_line(NULL);
	run_all(RUN_END);
	machine_end(results.failed ? MACHINE_FAILED : MACHINE_PASSED);
}

_Noreturn void __init kernel_main(const void *info, uint32_t has_cpuid)
{
	panic_last_words = last_line;
	gdt_init();
	trap_init();
	consoles_init();
	pr_info("Pedant, the kernel that patches itself at boot\n");
	multiboot_read(&boot_info, info);
	if (guest_runs_here() && !guest_init(boot_info.loader))
		machine_end(MACHINE_PANIC); /* nobody hears why */
	cmdline_parse(&options, boot_info.cmdline, boot_info.loader);
	if (options.irq_statistics)
		static_branch_enable(&irq_statistics);
	cpu_detect(has_cpuid);
	machine_forget(options.features);
	pv_nops_select(cpu_vendor(), boot_cpu.family);
	if (!guest_is())
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
