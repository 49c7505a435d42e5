/* SPDX-License-Identifier: MIT */
/*
 * What a person types: bytes from the first serial port and from a PS/2 keyboard, by interrupt, in one ring.
 *
 *	if (!input_start())
 *		...				there is nothing to type on
 *	while (input_get(&byte, &from)) ...
 *	if (input_stop_asked()) ...		Ctrl-C came, however much lies before it in the ring
 *
 * Both interrupts are the boot CPU's, and so is who reads.
 */
#ifndef ARCH_X86_DEV_INPUT_H
#define ARCH_X86_DEV_INPUT_H

#include <stdbool.h>
#include <stdint.h>

enum input_from { INPUT_SERIAL, INPUT_KEYBOARD };

/* Which of them there are: bits 1 << INPUT_SERIAL, 1 << INPUT_KEYBOARD. */
unsigned input_start(void);
void input_end(void);

/* The next byte; false: there is none. Also looks at the ports, for who has no interrupts. */
bool input_get(uint8_t *byte, enum input_from *from);
bool input_waits(void);

/* Is there a Ctrl-C among what was not read yet? */
bool input_stop_asked(void);

/* Throw away what came before the last one of these, and it. How many bytes that is; 0: there is none. */
unsigned input_skip_to_stop(void);

/* What is lost, since the start: with a full ring, and by the port itself, which had no room (LSR bit 1: one or more). */
struct input_lost {
	uint32_t full, overruns;
};
struct input_lost input_lost(void);

#endif
