// SPDX-License-Identifier: MIT
/*
 * What a change of text waits for: a line that is being printed, with another CPU that waits for
 * its turn and has interrupts off; and a handler that lets other interrupts in.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/irq.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

#define LINE_US 20000 /* the boot CPU has called all others by then */

static volatile uint32_t slow, in_line, waits, waited;

/* A console that is slow when it is asked to be. */
static void write_slowly(struct console *console, enum printk_level level, const char *text,
			 size_t n)
{
	(void)console;
	(void)level;
	(void)text;
	(void)n;
	if (!slow || smp_processor_id() != 1)
		return;
	in_line = 1;
	timer_wait_for(&waits, 1, 5000);
	timer_delay_us(LINE_US);
}

static struct console slow_console = {.name = "slow", .write = write_slowly};

static void print_slowly(void *arg)
{
	(void)arg;
	pr_info("# CPU 1 prints slowly, for a test\n");
}

static void print_with_interrupts_off(void *arg)
{
	(void)arg;
	timer_wait_for(&in_line, 1, 5000);
	local_irq_disable();
	waits = 1;
	pr_info("# CPU 2 prints with interrupts off, for a test\n");
	waited = 1;
	local_irq_enable();
}

static void lines_end(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, cpu_online(1) && cpu_online(2), "fewer than three CPUs are online");
	console_register(&slow_console);
	slow = 1;
	in_line = waits = waited = 0;
	smp_work(1, print_slowly, NULL);
	smp_work(2, print_with_interrupts_off, NULL);
	CHECK(t, timer_wait_for(&waits, 1, 5000), "one waits while the other one prints");
	pv_host_gather();
	CHECK_EQ(t, waited, 1, "it has had its turn when all others stand still");
	pv_host_release();
	slow = 0;
	for (unsigned cpu = 1; cpu <= 2; cpu++)
		CHECK(t, smp_work_wait(cpu, 1000), "CPU %u goes on", cpu);
	CHECK(t, console_unregister(&slow_console), "the slow console goes");
}

/* Where it goes on is not all that matters: what it interrupted may be in the middle of a site. */
#define IRQ 20 /* nobody's, of each CPU's APIC */

static volatile uint32_t in_handler, left;

static void on_irq(unsigned irq)
{
	(void)irq;
	local_irq_enable();
	in_handler = 1;
	timer_delay_us(5000);
	left = 1;
	local_irq_disable();
}

static void handlers_end(struct ktap *t)
{
	NEEDS_CPUS(t);
	in_handler = left = 0;
	irq_set_handler(IRQ, on_irq);
	apic_send(machine_cpus.apic_id[1], IRQ);
	CHECK(t, timer_wait_for(&in_handler, 1, 5000), "a handler on CPU 1 has interrupts on");
	pv_host_gather();
	CHECK_EQ(t, left, 1, "it has come to its end when CPU 1 stands still");
	pv_host_release();
	irq_set_handler(IRQ, NULL);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(lines_end),
	KTAP_TEST(handlers_end),
};
KTAP_SUITE(gather_waits, tests);
