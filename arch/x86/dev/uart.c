/* SPDX-License-Identifier: MIT */
/*
 * The PC16550D. Register numbers and bits are those of National's data sheet PC16550D (June
 * 1995), section 8 "Registers" with its table II; "DS 8.x" below.
 */
#include "arch/x86/dev/uart.h"

#include "arch/x86/cpu/io.h"
#include "arch/x86/trap/panic.h"
#include "lib/init.h"

/* Offsets from the base. DLL and DLM stand in the place of THR and IER while LCR_DLAB is set. */
enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5, SCR = 7 };

#define LCR_8N1        0x03
#define LCR_DLAB       0x80
#define FCR_ENABLE     0x07 /* FIFOs on, both emptied */
#define MCR_READY      0x03 /* DTR, RTS; without OUT2 the PC's interrupt line stays off */
#define MCR_IRQ        0x08 /* OUT2: the PC's interrupt line is connected */
#define MCR_LOOP       0x10
#define IER_RECEIVED   0x01
#define LSR_DATA_READY 0x01
#define LSR_OVERRUN    0x02
#define LSR_THR_EMPTY  0x20
#define LSR_ALL_SENT   0x40

/* DS 8.3: 1.8432 MHz / (16 * divisor), so 1 is 115200 baud: 87 us a character of ten bits. */
#define DIVISOR 1

/*
 * Reads of LSR before a port counts as stuck. The longest honest wait is uart_flush() with 16 bytes
 * in the FIFO and one on the line, 1.5 ms, and a read takes about 1 us on ISA: 1500 would do there.
 * The rest is for emulators, whose port waits for a reader on a busy host: a read under QEMU's TCG
 * takes 0.1 us, so this is 50 ms. (A Unix socket takes only some 280 unread bytes, one packet
 * each.)
 */
#define LSR_READS 500000

/* DS 8.11: loopback connects THR to RBR inside the chip. A value that no idle bus shows. */
#define LOOP_BYTE 0xa6

struct uart uart_log, uart_events;

static bool lsr_wait(const struct uart *u, uint8_t bit)
{
	for (uint32_t i = 0; i < LSR_READS; i++) {
		if (inb(u->base + LSR) & bit)
			return true;
	}
	return false;
}

/*
 * False if the port is not to be touched. The warning comes back here when u is a console: stuck is
 * set first, so that it ends at the top.
 */
static bool uart_ready(struct uart *u, uint8_t bit)
{
	if (!u->present || u->stuck)
		return false;
	if (lsr_wait(u, bit))
		return true;
	u->stuck = true;
	pr_warn("%s: stuck: LSR bit 0x%02x not seen in %u reads; no more output there\n", u->name,
		bit, LSR_READS);
	return false;
}

static bool __init scratch_works(const struct uart *u)
{
	outb(u->base + SCR, 0x5a);
	if (inb(u->base + SCR) != 0x5a)
		return false;
	outb(u->base + SCR, 0xa5);
	return inb(u->base + SCR) == 0xa5;
}

static void __init set_line(const struct uart *u)
{
	lsr_wait(u, LSR_ALL_SENT); /* what firmware or boot loader still has in there */
	outb(u->base + IER, 0);
	outb(u->base + LCR, LCR_DLAB);
	outb(u->base + DLL, DIVISOR & 0xff);
	outb(u->base + DLM, DIVISOR >> 8);
	outb(u->base + LCR, LCR_8N1);
	outb(u->base + FCR, FCR_ENABLE);
}

static bool __init loopback_works(const struct uart *u)
{
	bool works;

	outb(u->base + MCR, MCR_LOOP);
	/* An emulator need not empty its receiver by FCR; the FIFO holds 16 (DS 8.5). */
	for (int i = 0; i < 16 && inb(u->base + LSR) & LSR_DATA_READY; i++)
		inb(u->base + RBR);
	outb(u->base + THR, LOOP_BYTE);
	works = lsr_wait(u, LSR_DATA_READY) && inb(u->base + RBR) == LOOP_BYTE;
	outb(u->base + MCR, MCR_READY);
	return works;
}

bool __init uart_probe(struct uart *u, const char *name, uint16_t base)
{
	*u = (struct uart){.base = base, .name = name};
	if (!scratch_works(u))
		return false;
	set_line(u);
	u->present = loopback_works(u);
	return u->present;
}

static void uart_put(struct uart *u, char c)
{
	if (uart_ready(u, LSR_THR_EMPTY))
		outb(u->base + THR, (uint8_t)c);
}

void uart_write(struct uart *u, const char *text, size_t n)
{
	for (; n; n--, text++) {
		if (*text == '\n')
			uart_put(u, '\r');
		uart_put(u, *text);
	}
}

void uart_flush(struct uart *u)
{
	uart_ready(u, LSR_ALL_SENT);
}

bool uart_receive(struct uart *u, uint8_t *byte, bool *overrun)
{
	const uint8_t status = inb(u->base + LSR);

	if (status == 0xff) /* the port is gone */
		return false;
	*overrun |= (status & LSR_OVERRUN) != 0;
	if (!(status & LSR_DATA_READY))
		return false;
	*byte = inb(u->base + RBR);
	u->stuck &= !(status & LSR_THR_EMPTY); /* there is somebody again, who reads */
	return true;
}

void uart_receive_irq(const struct uart *u, bool on)
{
	outb(u->base + MCR, on ? MCR_READY | MCR_IRQ : MCR_READY);
	outb(u->base + IER, on ? IER_RECEIVED : 0);
}

static void uart_console_write(struct console *console, enum printk_level level, const char *text,
			       size_t n)
{
	(void)console;
	(void)level;
	uart_write(&uart_log, text, n);
}

struct console uart_console = {.name = "ttyS0", .write = uart_console_write};

/* What is in a FIFO when an emulator ends is lost. */
static void flush_all(void)
{
	uart_flush(&uart_log);
	uart_flush(&uart_events);
}

bool __init uart_console_init(void)
{
	machine_flush = flush_all;
	if (!uart_probe(&uart_log, "ttyS0", 0x3f8))
		return false;
	console_register(&uart_console);
	return true;
}

bool __init uart_events_init(void)
{
	machine_flush = flush_all;
	return uart_probe(&uart_events, "ttyS1", 0x2f8);
}
