/* SPDX-License-Identifier: MIT */
/*
 * Serial ports: the PC16550D and what imitates it, 115200 baud, 8N1; output is polled.
 *
 *	uart_console_init();				ttyS0, the log for people
 *	if (uart_events_init())				ttyS1, facts for programs
 *		uart_write(&uart_events, line, n);
 *	uart_flush(&uart_log);				before the machine goes off
 *
 * Every wait is bounded. A port that lets one run out is stuck: it is said once, on the consoles
 * that still work, and the port is never touched again, so a dead one costs one time-out and not
 * one a character.
 */
#ifndef ARCH_X86_DEV_UART_H
#define ARCH_X86_DEV_UART_H

#include "lib/printk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
	uint16_t base;
	const char *name;
	bool present;
	bool stuck;
};

/* COM1, behind uart_console, and COM2. Not present until their init functions found them. */
extern struct uart uart_log;
extern struct uart uart_events;
extern struct console uart_console;

/*
 * Fills in *u, looks for a UART at base and sets it up. True if there is one: its scratch register
 * holds what is written, and a byte sent in loopback mode comes back. What this leaves behind on a
 * machine without the port: writes to eight ports that nobody listens to.
 */
bool uart_probe(struct uart *u, const char *name, uint16_t base);

/* Sends n bytes, "\n" as "\r\n". Does nothing on a port that is not present or stuck. */
void uart_write(struct uart *u, const char *text, size_t n);

/* Waits until the last bit is on the line: what is still in the FIFO is lost when the machine ends.
 */
void uart_flush(struct uart *u);

/*
 * A byte that has come; false: there is none. *overrun is set when others were lost since the last call: the port
 * had no room. A port that was stuck, and has sent what it had, is not stuck any more. With the interrupt on (COM1's is 4) it comes with the first one: read until it is false.
 */
bool uart_receive(struct uart *u, uint8_t *byte, bool *overrun);
void uart_receive_irq(const struct uart *u, bool on);

/*
 * Probe the port and, for the first, register the console. False if there is none. The end of the
 * machine waits for both from here on (machine_flush).
 */
bool uart_console_init(void);
bool uart_events_init(void);

#endif
