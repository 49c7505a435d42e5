// SPDX-License-Identifier: MIT
/*
 * Calls the ops as plain functions, in whatever kernel; one of them at its end, and one by an address.
 */
#undef PV_SITES_RELOCS
#define PV_SITES_RELOCS 1
#include "kernel/module/module.h"
#include "lib/export.h"
#include "pv/paravirt.h"
#include "pv/static_call.h"
#include "tests/kernel/module/modules.h"

typedef PV_FN void op_fn(void);
static op_fn *volatile taken = pv_irq_disable;

static unsigned same(unsigned x)
{
	return x;
}

/* Changes it, by a function that is called as ops are, and is none. */
DEFINE_STATIC_CALL(called_call, same);

/* The kernel is compiled without jumps to other functions at a function's end. */
void called_on(void);
EXPORT_SYMBOL(called_on);
asm(".pushsection .text\n"
    ".globl called_on\n"
    "called_on: jmp pv_irq_enable\n"
    ".popsection");

void called_run(struct sites_seen *seen);
EXPORT_SYMBOL(called_run);
void called_run(struct sites_seen *seen)
{
	unsigned long flags;

	local_irq_save(flags);
	seen->irqs_off = irqs_disabled();
	called_on();
	seen->irqs_on = !irqs_disabled();
	taken();
	seen->irqs_off &= irqs_disabled();
	local_irq_restore(flags);
	if (!static_call(called_call)(1))
		static_call_update(called_call, same);
}
