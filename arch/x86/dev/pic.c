// SPDX-License-Identifier: MIT
/*
 * The 8259A pair (Intel 8259A data sheet, "Initialization Command Words"): the BIOS leaves it at
 * vectors 8 to 15, which are exceptions. An interrupt that vanishes before it is acknowledged shows
 * as number 7 of its PIC without the bit in the in-service register.
 */
#include "arch/x86/dev/pic.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/regs.h"
#include "lib/init.h"
#include "pv/paravirt.h"

#define PIC1     0x20
#define PIC2     0xa0
#define ICW1     0x11 /* edge-triggered, cascade, ICW4 follows */
#define ICW4     0x01 /* 8086 mode */
#define EOI      0x20
#define READ_IRR 0x0a
#define READ_ISR 0x0b

static uint16_t masked = 0xffff;

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

static void __init remap(uint16_t port, uint8_t vector, uint8_t cascade)
{
	pic_write(port, ICW1);
	pic_write(port + 1, vector);
	pic_write(port + 1, cascade);
	pic_write(port + 1, ICW4);
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

static bool is_masked(unsigned irq)
{
	return masked >> irq & 1;
}

static uint8_t pic_read(unsigned irq, uint8_t what)
{
	uint16_t port = irq < 8 ? PIC1 : PIC2;

	outb(port, what);
	return inb(port);
}

static bool is_pending(unsigned irq)
{
	return pic_read(irq, READ_IRR) >> (irq & 7) & 1;
}

/* A spurious interrupt is none to the one who sent it, but the first PIC has seen the second's. */
static bool acknowledge(unsigned irq)
{
	bool spurious = (irq & 7) == 7 && !(pic_read(irq, READ_ISR) & 0x80);

	if (irq >= 8 && !spurious)
		outb(PIC2, EOI);
	if (irq >= 8 || !spurious)
		outb(PIC1, EOI);
	return !spurious;
}

static const struct irq_controller pic = {
	.set_mask = set_mask,
	.is_masked = is_masked,
	.is_pending = is_pending,
	.acknowledge = acknowledge,
};

void __init pic_init(void)
{
	remap(PIC1, IRQ_VECTOR0, 1 << 2);
	remap(PIC2, IRQ_VECTOR0 + 8, 2);
	set_masks();
	irq_controller_register(0, &pic);
}
