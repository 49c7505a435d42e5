// SPDX-License-Identifier: MIT
/*
 * One ring, written with interrupts off on the boot CPU and read on the boot CPU. What finds it full is counted, and a
 * Ctrl-C is noticed all the same.
 */
#include "arch/x86/dev/input.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/ps2.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/trap/irq.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define RING      32768u /* entries: a byte, and whose it is */
#define STOP      0x03
#define IRQ_KEYS  1
#define IRQ_UART  4
#define KEYBOARDS 0x100
#define AT_ONCE   256 /* bytes: who sends without end is served in between */

_Static_assert(!(RING & (RING - 1)), "positions are reduced by a mask");

static uint16_t ring[RING];
static volatile uint32_t head, tail, stop_at; /* bytes since the start; behind the last Ctrl-C */
static struct input_lost lost;
static struct ps2 keys;
static unsigned there;

/* A place is kept for the Ctrl-C, so that who skips to it does not wait for what was lost. */
static void add(uint8_t byte, uint16_t whose)
{
	if (head - tail < RING - 1 || (byte == STOP && head - tail < RING)) {
		ring[head % RING] = byte | whose;
		head++;
	} else {
		lost.full++;
	}
	if (byte == STOP)
		stop_at = head;
}

static void from_serial(void)
{
	bool overrun = false;
	uint8_t byte;

	for (unsigned i = 0; i < AT_ONCE && uart_receive(&uart_log, &byte, &overrun); i++)
		add(byte, 0);
	lost.overruns += overrun;
}

static void from_keyboard(void)
{
	char out[PS2_OUT];
	uint8_t code;

	for (unsigned codes = 0; codes < AT_ONCE && ps2_read(&code); codes++) {
		const unsigned n = ps2_decode(&keys, code, out);

		for (unsigned i = 0; i < n; i++)
			add((uint8_t)out[i], KEYBOARDS);
	}
}

static void on_serial(unsigned irq)
{
	(void)irq;
	from_serial();
}

static void on_keyboard(unsigned irq)
{
	(void)irq;
	from_keyboard();
}

unsigned input_start(void)
{
	if (guest_is())
		return 0;
	if (uart_log.present) {
		there |= 1u << INPUT_SERIAL;
		irq_set_handler(IRQ_UART, on_serial);
		uart_receive_irq(&uart_log, true);
	}
	if (ps2_init(&keys.set2)) {
		there |= 1u << INPUT_KEYBOARD;
		irq_set_handler(IRQ_KEYS, on_keyboard);
	}
	return there;
}

void input_end(void)
{
	if (there & 1u << INPUT_SERIAL) {
		uart_receive_irq(&uart_log, false);
		irq_set_handler(IRQ_UART, NULL);
	}
	if (there & 1u << INPUT_KEYBOARD)
		irq_set_handler(IRQ_KEYS, NULL);
	there = 0;
}

/* An edge that was missed is a line that stays up, and no interrupt comes any more: so ports are looked at, too. */
static void poll(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (there & 1u << INPUT_SERIAL)
		from_serial();
	if (there & 1u << INPUT_KEYBOARD)
		from_keyboard();
	local_irq_restore(flags);
}

bool input_waits(void)
{
	if (head == tail)
		poll();
	return head != tail;
}

bool input_get(uint8_t *byte, enum input_from *from)
{
	uint16_t entry;

	if (!input_waits())
		return false;
	entry = ring[tail % RING];
	*byte = (uint8_t)entry;
	*from = entry & KEYBOARDS ? INPUT_KEYBOARD : INPUT_SERIAL;
	tail++;
	return true;
}

/* One that finds no place comes behind another one. */
static bool stop_is_ahead(void)
{
	return (int32_t)(stop_at - tail) > 0;
}

bool input_stop_asked(void)
{
	if (!stop_is_ahead())
		poll();
	return stop_is_ahead();
}

unsigned input_skip_to_stop(void)
{
	unsigned skipped = 0;

	if (stop_is_ahead()) {
		skipped = stop_at - tail;
		tail = stop_at;
	}
	return skipped;
}

struct input_lost input_lost(void)
{
	return lost;
}
