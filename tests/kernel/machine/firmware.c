// SPDX-License-Identifier: MIT
/*
 * What firmware may leave otherwise is as this kernel wants it, whatever it was. What it may have
 * left is made from outside, by a loader.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/stray.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"

#define VERSION       0x30
#define PRIORITY      0x80
#define IN_SERVICE    0x100
#define REQUESTED     0x200
#define LVT_FIRST     0x320
#define LVT_LINT0     0x350
#define LVT_LINT1     0x360
#define LVT_ERROR     0x370
#define MASKED        0x10000u
#define EXTINT        0x700u
#define NMI           0x400u
#define MODE_AND_MASK 0x10700u
#define EFER_LME      0x100u
#define LONG_MODE     (1 * 32 + 29)
#define CRTC          0x3d4
#define UART_ON       1
#define UART_FIFO     2
#define UART_LINE     3
#define UART_MODEM    4
#define UART_DIVISOR  0x80 /* in UART_LINE: its two bytes are the first two registers */

static uint32_t apic_read(uint32_t offset)
{
	return *(volatile uint32_t *)(machine_cpus.lapic + offset);
}

/* Bits of the eight registers, 16 bytes apart. */
static uint32_t any_vector(uint32_t offset)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < 8; i++)
		any |= apic_read(offset + 16 * i);
	return any;
}

static void local_apic(struct ktap *t)
{
	unsigned last;
	unsigned long flags;

	KTAP_SKIP_UNLESS(t, apic_present(), "no local APIC is in use");
	last = apic_read(VERSION) >> 16 & 0xff;
	CHECK_EQ(t, apic_read(PRIORITY), 0, "no priority keeps interrupts away");
	CHECK_EQ(t, apic_read(LVT_LINT0) & MODE_AND_MASK, EXTINT, "the PICs' come by LINT0");
	CHECK_EQ(t, apic_read(LVT_LINT1) & MODE_AND_MASK, NMI, "NMIs by LINT1");
	CHECK(t, apic_read(LVT_ERROR) & MASKED, "errors are masked");
	for (uint32_t at = LVT_FIRST; at <= LVT_ERROR; at += 0x10) {
		if (at == LVT_LINT0 || at == LVT_LINT1 || (at == 0x330 && last < 5) ||
		    (at == 0x340 && last < 4))
			continue;
		CHECK(t, (apic_read(at) & 0xff) >= 16,
		      "the entry at %03x has a vector that can be: %08x", at, apic_read(at));
	}
	local_irq_save(flags);
	CHECK_EQ(t, any_vector(IN_SERVICE), 0, "no interrupt is in service");
	CHECK_EQ(t, any_vector(REQUESTED), 0, "and none waits");
	local_irq_restore(flags);
}

static void long_mode(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, cpu_has(LONG_MODE), "the CPU has no 64 bits");
	CHECK_EQ(t, (uint32_t)read_msr(MSR_EFER) & EFER_LME, 0, "and is not told to use them");
}

static uint8_t crtc(uint8_t index)
{
	outb(CRTC, index);
	return inb(CRTC + 1);
}

/* 115200 baud, 8 bits, no parity: what everybody expects on the other end. */
static void check_port(struct ktap *t, const struct uart *u)
{
	uint8_t line, low, high, on, modem, fifo;
	unsigned long flags;
	bool taken = printk_lock(&flags); /* nobody writes meanwhile */

	on = inb(u->base + UART_ON);
	line = inb(u->base + UART_LINE);
	outb(u->base + UART_LINE, line | UART_DIVISOR);
	low = inb(u->base);
	high = inb(u->base + UART_ON);
	outb(u->base + UART_LINE, line);
	modem = inb(u->base + UART_MODEM);
	fifo = inb(u->base + UART_FIFO);
	printk_unlock(taken, flags);
	CHECK_EQ(t, line, 3, "%s: 8 bits and no parity", u->name);
	CHECK_EQ(t, high << 8 | low, 1, "%s: the divisor for 115200 baud", u->name);
	CHECK_EQ(t, on, 0, "%s: no interrupts", u->name);
	CHECK_EQ(t, modem, 3, "%s: it is ready, and its line off", u->name);
	CHECK_EQ(t, fifo & 0xc0, 0xc0, "%s: its FIFOs are on", u->name);
}

static void screen_and_ports(struct ktap *t)
{
	NEEDS_MACHINE(t);
	if (uart_log.present)
		check_port(t, &uart_log);
	if (uart_events.present)
		check_port(t, &uart_events);
	KTAP_SKIP_UNLESS(t, crtc(0x0a) != 0xff, "no VGA");
	CHECK_EQ(t, crtc(0x0c) << 8 | crtc(0x0d), 0, "the screen begins where text memory does");
	CHECK(t, crtc(0x0a) & 0x20, "and has no cursor");
}

/* An instruction is no interrupt: nobody sent it. */
static void software_interrupt(void *arg)
{
	(void)arg;
	asm volatile("int $0x90");
}

static void strays(struct ktap *t)
{
	uint32_t before = stray_count(0x90);
	struct regs at;

	CHECK_EQ(t, trap_try(software_interrupt, NULL, &at), 0x90, "int 0x90 is an exception");
	CHECK_EQ(t, stray_count(0x90), before, "and no interrupt that came");
	CHECK(t, strcmp(trap_name(0x90), trap_name(15)) != 0, "it has a name of its own: %s",
	      trap_name(0x90));
}

static const struct ktap_test tests[] = {
	KTAP_TEST(local_apic),
	KTAP_TEST(long_mode),
	KTAP_TEST(screen_and_ports),
	KTAP_TEST(strays),
};
KTAP_SUITE(firmware, tests);
