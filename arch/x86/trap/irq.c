// SPDX-License-Identifier: MIT
/*
 * The 8259A pair (Intel 8259A data sheet, "Initialization Command Words"): the BIOS leaves it at
 * vectors 8 to 15, which are exceptions. An interrupt that vanishes before it is acknowledged shows
 * as number 7 of its PIC without the bit in the in-service register. From number 16 on it was the
 * CPU's local APIC, whose spurious interrupts have a number of their own.
 */
#include "arch/x86/trap/irq.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/trap/trap.h"
#include "lib/init.h"
#include "pv/kept.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define PIC1     0x20
#define PIC2     0xa0
#define ICW1     0x11 /* edge-triggered, cascade, ICW4 follows */
#define ICW4     0x01 /* 8086 mode */
#define EOI      0x20
#define READ_IRR 0x0a
#define READ_ISR 0x0b

atomic_t irq_unexpected, irq_spurious;

static irq_handler_fn *volatile handlers[NR_IRQS];
static uint16_t masked = 0xffff;
static DEFINE_PER_CPU(const struct regs *, irq_regs);

void irq_handle(struct regs *regs);

static void pic_write(uint16_t port, uint8_t value)
{
	outb(port, value);
	io_delay();
}

static void set_masks(void)
{
	pic_write(PIC1 + 1, (uint8_t)masked);
	pic_write(PIC2 + 1, (uint8_t)(masked >> 8));
}

static void __init pic_init(uint16_t port, uint8_t vector, uint8_t cascade)
{
	pic_write(port, ICW1);
	pic_write(port + 1, vector);
	pic_write(port + 1, cascade);
	pic_write(port + 1, ICW4);
}

void __init irq_init(void)
{
	pic_init(PIC1, IRQ_VECTOR0, 1 << 2);
	pic_init(PIC2, IRQ_VECTOR0 + 8, 2);
	set_masks();
}

static void set_mask(unsigned irq, bool mask)
{
	if (!mask)
		masked &= (uint16_t) ~(1u << irq);
	else
		masked |= (uint16_t)(1u << irq);
	if (irq >= 8 && !mask)
		masked &= (uint16_t) ~(1u << 2);
	set_masks();
}

irq_handler_fn *irq_set_handler(unsigned irq, irq_handler_fn *handler)
{
	irq_handler_fn *before;
	unsigned long flags;

	local_irq_save(flags);
	before = handlers[irq];
	handlers[irq] = handler;
	if (irq < IRQ_APIC)
		set_mask(irq, !handler);
	local_irq_restore(flags);
	return before;
}

static uint8_t pic_read(unsigned irq, uint8_t what)
{
	uint16_t port = irq < 8 ? PIC1 : PIC2;

	outb(port, what);
	return inb(port);
}

bool irq_pending(unsigned irq)
{
	return (pic_read(irq, READ_IRR) >> (irq & 7) | pv_irq_kept() >> irq) & 1;
}

static bool is_spurious(unsigned irq)
{
	if (irq >= IRQ_APIC)
		return irq == IRQ_APIC_SPURIOUS;
	return (irq & 7) == 7 && !(pic_read(irq, READ_ISR) & 0x80);
}

void irq_deliver(unsigned irq)
{
	if (handlers[irq])
		handlers[irq](irq);
	else if (irq >= IRQ_APIC || !(masked >> irq & 1)) /* kept and then masked: nobody's */
		atomic_inc(&irq_unexpected);
}

/* A spurious interrupt is none to the one who sent it, but the first PIC has seen the second's. */
static void end_of_interrupt(unsigned irq, bool spurious)
{
	if (irq >= IRQ_APIC) {
		if (!spurious)
			apic_eoi();
		return;
	}
	if (irq >= 8 && !spurious)
		outb(PIC2, EOI);
	if (irq >= 8 || !spurious)
		outb(PIC1, EOI);
}

const struct regs *irq_interrupted(void)
{
	return this_cpu_read(irq_regs);
}

void irq_handle(struct regs *regs)
{
	unsigned irq = regs->vector - IRQ_VECTOR0;
	bool spurious = is_spurious(irq);

	end_of_interrupt(irq, spurious);
	if (spurious) {
		atomic_inc(&irq_spurious);
	} else if (!(regs->eflags & X86_EFLAGS_IF)) {
		pv_irq_keep(irq); /* it came although the interrupted code has IF off */
	} else {
		this_cpu_write(irq_regs, regs);
		irq_deliver(irq);
		this_cpu_write(irq_regs, NULL);
	}
}
