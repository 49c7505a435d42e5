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

/* irq: 0 to 15. NULL masks it again. Handlers run with interrupts off, after the PIC's EOI. */
void irq_set_handler(unsigned irq, irq_handler_fn *handler);

/* Has the device raised the line, and is nobody served yet? */
bool irq_pending(unsigned irq);

/* Interrupts that no handler wanted, and spurious ones (8259A data sheet: IR7 without a request).
 */
extern volatile uint32_t irq_unexpected, irq_spurious;

#endif
