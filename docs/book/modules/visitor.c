// SPDX-License-Identifier: MIT
/*
 * Chapter 7's module: an op that its source annotates and one that nobody does, a call and a branch that are the kernel's.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "kernel/module/module.h"
#include "lib/printk.h"
#include "pv/paravirt.h"

/* An op's plain function, under another name: pv/calls.h has an inline one with a site for pv_io_delay(). */
void delay(void) __asm__("pv_io_delay");

uint64_t visit(void);
uint64_t visit(void)
{
	unsigned long flags;
	uint64_t now;

	local_irq_save(flags);
	now = timer_ns();
	if (static_branch_unlikely(&irq_statistics))
		pr_info("a visit, while interrupts are counted\n");
	delay();
	local_irq_restore(flags);
	return now;
}

static int come(void)
{
	visit();
	return 0;
}

static void go(void)
{
}

module_init(come);
module_exit(go);
