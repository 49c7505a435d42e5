/* SPDX-License-Identifier: MIT */
/*
 * Interrupts from the two 8259A PICs, at vectors 32 to 47.
 *
 *	irq_init();
 *	irq_set_handler(0, tick);	// and let it through
 *	local_irq_enable();
 */
#ifndef ARCH_X86_IRQ_H
#define ARCH_X86_IRQ_H

#include <stdbool.h>
#include <stdint.h>

typedef void irq_handler_fn(unsigned irq);

/* Remap, mask everything. */
void irq_init(void);

/*
 * irq: 0 to 15. NULL masks it again. Handlers run with interrupts off, after the PIC's EOI. Returns
 * the handler before, NULL if there was none.
 */
irq_handler_fn *irq_set_handler(unsigned irq, irq_handler_fn *handler);

/* Call the handler; for an interrupt that the back end kept. Interrupts are off. */
void irq_deliver(unsigned irq);

/* Has the device raised the line, and is nobody served yet? True too for one that the back end
 * keeps. */
bool irq_pending(unsigned irq);

/* Interrupts that no handler wanted, and spurious ones (8259A data sheet: IR7 without a request).
 */
extern volatile uint32_t irq_unexpected, irq_spurious;

#endif
