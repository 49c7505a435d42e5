/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: 0 to 15 from the two 8259A PICs, which the boot CPU gets, at vectors 32 to 47; 16 to
 * 31 from each CPU's own local APIC, at vectors 48 to 63.
 *
 *	pic_init();			// a controller's driver, which registers it here
 *	irq_set_handler(0, tick);	// and let it through
 *	local_irq_enable();
 */
#ifndef ARCH_X86_TRAP_IRQ_H
#define ARCH_X86_TRAP_IRQ_H

#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/trap/regs.h"
#include "pv/jump_label.h"
#include <stdbool.h>
#include <stdint.h>

#define IRQ_APIC          16 /* from here on */
#define IRQ_APIC_TIMER    16
#define IRQ_CALL          17 /* another CPU has something to do for this one: smp_call.h */
#define IRQ_GATHER        18 /* pv_host_gather() */
#define IRQ_APIC_SPURIOUS 31 /* vector 63: on old APICs its low four bits are always 1 */

typedef void irq_handler_fn(unsigned irq);

/*
 * A controller, of the 16 interrupts from `first` on: 0, or IRQ_APIC. Its driver registers it when
 * it is set up, on the boot CPU, with interrupts off and before any of them can come. The functions
 * are called on the CPU that got the interrupt or asks, with interrupts off in the CPU's or in the
 * back end's sense, but is_pending() with interrupts on, too. irq is one of its own.
 */
struct irq_controller {
	void (*set_mask)(unsigned irq, bool mask); /* NULL: it lets all through, always */
	bool (*is_masked)(unsigned irq);           /* NULL: none is, ever */
	bool (*is_pending)(unsigned irq);  /* raised, and not served yet? NULL: nobody can tell */
	bool (*acknowledge)(unsigned irq); /* that it came; false: it did not, it is spurious */
};
void irq_controller_register(unsigned first, const struct irq_controller *controller);

/*
 * irq: 0 to 31. NULL masks it again (a PIC's; an APIC's is then unexpected). Handlers run with
 * interrupts off, after the EOI. Returns the handler before, NULL if there was none.
 */
irq_handler_fn *irq_set_handler(unsigned irq, irq_handler_fn *handler);

/* Where a CPU goes on after an interrupt: what IRET takes. */
struct irq_frame {
	uint32_t eip, cs, eflags;
};

/*
 * Call the handler, interrupts off. frame: what the CPU goes on by; NULL: behind the call that
 * turned interrupts on, and so delivers now what its back end had kept.
 */
void irq_deliver(unsigned irq, struct irq_frame *frame);

/*
 * Called behind the handlers, with interrupts off, when this CPU has something else to do than the
 * kernel's code that was interrupted (trap_attention, user.h): it may do that then, and come back.
 * NULL: there is nobody.
 */
extern void (*irq_preempt)(struct regs *regs);

/* How often each came to each CPU, counted while the key is on. */
DECLARE_STATIC_KEY_FALSE(irq_statistics);
DECLARE_PER_CPU(uint32_t[NR_IRQS], irq_counts);

/* In a handler: that frame; and is it a handler, too, that was interrupted, since it let others in?
 */
struct irq_frame *irq_interrupted(void);
bool irq_is_nested(void);
bool irq_in_handler(void);

/* irq: 0 to 15. Has the device raised the line, and is nobody served yet? True too for one that
 * this CPU's back end keeps. */
bool irq_pending(unsigned irq);

/* Interrupts that no handler wanted, and spurious ones (8259A data sheet: IR7 without a request).
 */
extern atomic_t irq_unexpected, irq_spurious;

#endif
