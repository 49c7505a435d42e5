// SPDX-License-Identifier: MIT
/*
 * Escape sequences: ESC [ numbers final, ESC O the same, and ESC with a letter for Alt.
 */
#include "kernel/shell/term/keys.h"

#define ESC      0x1b
#define SEQUENCE 32   /* bytes; a longer one is none, and what follows is text again */
#define NUMBER   9999 /* that a terminal could mean */

static int begin(struct keys *k, int state)
{
	k->state = state;
	k->n = k->length = 0;
	for (unsigned i = 0; i < KEYS_NUMBERS; i++)
		k->number[i] = 0;
	return KEY_NONE;
}

/* Alt with a letter. */
static int meta(uint8_t byte)
{
	switch (byte) {
	case 'f': return KEY_WORD_RIGHT;
	case 'b': return KEY_WORD_LEFT;
	case 0x08:
	case 0x7f: return KEY_WORD_KILL;
	default: return KEY_NONE;
	}
}

static int tilde(uint32_t number)
{
	switch (number) {
	case 1:
	case 7: return KEY_HOME;
	case 4:
	case 8: return KEY_END;
	case 3: return KEY_DELETE;
	case 5: return KEY_PAGE_UP;
	case 6: return KEY_PAGE_DOWN;
	default: return KEY_NONE;
	}
}

/* Where it stands, in a corner that is farther away than any: so large it is. */
static int report(struct keys *k)
{
	if (k->n != 1 || k->number[0] < 2 || k->number[1] < 2)
		return KEY_NONE;
	k->rows = k->number[0];
	k->columns = k->number[1];
	return KEY_SIZE;
}

static int final(struct keys *k, uint8_t byte)
{
	const int moved = k->n == 1; /* with Ctrl, Alt or Shift */

	k->state = KEYS_PLAIN;
	switch (byte) {
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return moved ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D': return moved ? KEY_WORD_LEFT : KEY_LEFT;
	case 'H': return KEY_HOME;
	case 'F': return KEY_END;
	case 'R': return report(k);
	case '~': return tilde(k->number[0]);
	default: return KEY_NONE;
	}
}

static int sequence(struct keys *k, uint8_t byte)
{
	uint32_t *number = &k->number[k->n < KEYS_NUMBERS ? k->n : KEYS_NUMBERS - 1];

	if (byte >= 0x40 && byte <= 0x7e)
		return final(k, byte);
	if (byte < 0x20 || byte > 0x7e || ++k->length > SEQUENCE) {
		k->state = KEYS_PLAIN;
		return byte < 0x20 ? keys_feed(k, byte) : KEY_NONE;
	}
	if (byte >= '0' && byte <= '9' && *number <= NUMBER)
		*number = *number * 10 + (byte - '0');
	k->n += byte == ';';
	return KEY_NONE;
}

static int escape(struct keys *k, uint8_t byte)
{
	if (byte == '[' || byte == 'O')
		return begin(k, KEYS_SEQUENCE);
	if (byte == ESC)
		return KEY_NONE;
	k->state = KEYS_PLAIN;
	return byte < 0x20 && byte != 0x08 ? keys_feed(k, byte) : meta(byte);
}

int keys_feed(struct keys *k, uint8_t byte)
{
	const uint8_t last = k->last;

	k->last = byte;
	switch (k->state) {
	case KEYS_ESCAPE: return escape(k, byte);
	case KEYS_SEQUENCE: return sequence(k, byte);
	default: break;
	}
	if (byte == ESC)
		return begin(k, KEYS_ESCAPE);
	if (byte == '\n')
		return last == '\r' ? KEY_NONE : '\r';
	return byte;
}
