/* SPDX-License-Identifier: MIT */
/*
 * The 8259A pair: interrupts 0 to 15.
 *
 *	pic_init();
 *	irq_set_handler(0, tick);
 */
#ifndef ARCH_X86_DEV_PIC_H
#define ARCH_X86_DEV_PIC_H

/* Remap, mask everything, and register with trap/irq.h. Interrupts are off. */
void pic_init(void);

#endif
