/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 keyboard behind an 8042, layout US: codes come by interrupt 1, and become what a terminal would send.
 *
 *	if (ps2_init())
 *		irq_set_handler(1, ...);	which reads ps2_read() until it is false
 *	n = ps2_decode(&state, code, out);
 *
 * Sources: IBM PS/2 Hardware Interface Technical Reference, Keyboard and Auxiliary Device Controller; scan code
 * sets 1 and 2 there.
 */
#ifndef ARCH_X86_DEV_PS2_H
#define ARCH_X86_DEV_PS2_H

#include <stdbool.h>
#include <stdint.h>

/* What is held down, and where in a sequence the last code was. Zeros, and the set. */
struct ps2 {
	bool set2; /* codes are of set 2; else of set 1, as an 8042 translates them */
	bool shift, ctrl, alt, caps;
	bool extended, release; /* e0, and f0 of set 2, came before */
	uint8_t skip;           /* so many codes of Pause are still to come */
};

#define PS2_OUT 4 /* bytes that a key becomes at most */

/* How many bytes a code becomes: letters, control characters, ESC [ A and its like; 0 for most. */
unsigned ps2_decode(struct ps2 *state, uint8_t code, char out[PS2_OUT]);

/*
 * Look for an 8042 and set it up, with its interrupt on. False: there is none, or it does not answer. *set2: no
 * translation goes on.
 */
bool ps2_init(bool *set2);

/* A code that waits; false: there is none. What a mouse sent is thrown away. */
bool ps2_read(uint8_t *code);

#endif
