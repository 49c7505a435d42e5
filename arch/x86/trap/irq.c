// SPDX-License-Identifier: MIT
/*
 * Interrupts from their entry to their handler. The controllers' side is their drivers', which
 * register themselves: the PICs have interrupts 0 to 15, each CPU's local APIC those from 16 on.
 */
#include "arch/x86/trap/irq.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/trap/regs.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "pv/kept.h"
#include "pv/paravirt.h"
#include <stddef.h>

atomic_t irq_unexpected, irq_spurious;
void (*irq_preempt)(struct regs *regs);

static const struct irq_controller *controllers[NR_IRQS / IRQ_APIC];
static irq_handler_fn *volatile handlers[NR_IRQS];
static DEFINE_PER_CPU(struct irq_frame *, interrupted);
static DEFINE_PER_CPU(uint32_t, depth);

DEFINE_STATIC_KEY_FALSE(irq_statistics);
DEFINE_PER_CPU(uint32_t[NR_IRQS], irq_counts);

_Static_assert(offsetof(struct regs, cs) - offsetof(struct regs, eip) ==
			       offsetof(struct irq_frame, cs) &&
		       offsetof(struct regs, eflags) - offsetof(struct regs, eip) ==
			       offsetof(struct irq_frame, eflags),
	       "the CPU pushes the frame, entry.asm the rest");

void irq_handle(struct regs *regs);

void irq_controller_register(unsigned first, const struct irq_controller *controller)
{
	controllers[first / IRQ_APIC] = controller;
}

static const struct irq_controller *controller_of(unsigned irq)
{
	return controllers[irq / IRQ_APIC];
}

irq_handler_fn *irq_set_handler(unsigned irq, irq_handler_fn *handler)
{
	const struct irq_controller *controller = controller_of(irq);
	irq_handler_fn *before;
	unsigned long flags;

	local_irq_save(flags);
	before = handlers[irq];
	handlers[irq] = handler;
	if (controller && controller->set_mask)
		controller->set_mask(irq, !handler);
	local_irq_restore(flags);
	return before;
}

bool irq_pending(unsigned irq)
{
	const struct irq_controller *controller = controller_of(irq);
	bool raised = controller && controller->is_pending && controller->is_pending(irq);

	return raised || (pv_irq_kept() >> irq & 1);
}

/* Kept by the back end and masked since then: it is nobody's, and no stray. */
static bool is_masked(unsigned irq)
{
	const struct irq_controller *controller = controller_of(irq);

	return controller && controller->is_masked && controller->is_masked(irq);
}

void irq_deliver(unsigned irq, struct irq_frame *frame)
{
	irq_handler_fn *handler = handlers[irq]; /* once: another CPU may take it away */
	struct attempt *outer_try = trap_try_suspend();
	struct irq_frame *outer_frame = this_cpu_read(interrupted);
	uint32_t outer_depth = this_cpu_read(depth);

	this_cpu_write(interrupted, frame);
	this_cpu_write(depth, outer_depth + 1);
	if (static_branch_unlikely(&irq_statistics))
		per_cpu(irq_counts, smp_processor_id())[irq]++;
	if (handler)
		handler(irq);
	else if (!is_masked(irq))
		atomic_inc(&irq_unexpected);
	this_cpu_write(depth, outer_depth);
	this_cpu_write(interrupted, outer_frame);
	trap_try_resume(outer_try);
}

struct irq_frame *irq_interrupted(void)
{
	return this_cpu_read(interrupted);
}

bool irq_is_nested(void)
{
	return this_cpu_read(depth) > 1;
}

bool irq_in_handler(void)
{
	return this_cpu_read(depth) != 0;
}

static void preempt(struct regs *regs)
{
	if (this_cpu_read(trap_attention) && irq_preempt && !regs_of_user(regs) &&
	    !this_cpu_read(depth))
		irq_preempt(regs);
}

void irq_handle(struct regs *regs)
{
	unsigned irq = regs->vector - IRQ_VECTOR0;
	const struct irq_controller *controller = controller_of(irq);

	if (controller && !controller->acknowledge(irq)) {
		atomic_inc(&irq_spurious);
	} else if (!(regs->eflags & X86_EFLAGS_IF)) {
		pv_irq_keep(irq); /* it came although the interrupted code has IF off */
	} else {
		irq_deliver(irq, (struct irq_frame *)&regs->eip);
		preempt(regs);
	}
}
