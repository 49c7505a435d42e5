/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a terminal to keys, one byte at a time. Pure: it knows of no device.
 *
 *	key = keys_feed(&keys, byte);
 *	if (key != KEY_NONE)
 *		line_key(&line, key);
 *
 * Source: ECMA-48, 5.4, and what xterm sends.
 */
#ifndef KERNEL_SHELL_TERM_KEYS_H
#define KERNEL_SHELL_TERM_KEYS_H

#include <stdint.h>

/* Characters, and control characters, are themselves. */
enum {
	KEY_NONE = 0,
	KEY_UP = 256,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_WORD_RIGHT,
	KEY_WORD_LEFT,
	KEY_WORD_KILL,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_SIZE /* no key: the terminal has said how large it is: keys->rows, keys->columns */
};

#define KEYS_NUMBERS 4

/* Zeros at first. */
struct keys {
	enum { KEYS_PLAIN, KEYS_ESCAPE, KEYS_SEQUENCE } state;
	uint32_t number[KEYS_NUMBERS]; /* behind ESC [ or ESC O, between semicolons */
	unsigned n, length;
	unsigned rows, columns;
	uint8_t last; /* a carriage return, so that a line feed behind it is no second line */
};

/* KEY_NONE: nothing, or not yet. A sequence that is none is dropped whole, up to 32 bytes of it. */
int keys_feed(struct keys *k, uint8_t byte);

#endif
