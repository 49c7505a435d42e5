// SPDX-License-Identifier: MIT
/*
 * From scan codes to bytes. Set 2 is first turned into set 1, as an 8042 does it, so there is one layout. Codes that
 * no keyboard sends become nothing.
 */
#include "arch/x86/dev/ps2.h"

#define ESC 0x1b

/* Set 1, codes 00 to 39: without shift, and with. 0: no character. */
static const char plain[] =
	"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
#define CODES 0x3a
_Static_assert(sizeof(plain) == CODES + 1 && sizeof(shifted) == CODES + 1, "a character each");

/* Set 2's codes 00 to 7f as set 1's; 0: nothing comes of that key. */
static const uint8_t set1_of[128] = {
	[0x0d] = 0x0f, [0x0e] = 0x29, [0x11] = 0x38, [0x12] = 0x2a, [0x14] = 0x1d, [0x15] = 0x10,
	[0x16] = 0x02, [0x1a] = 0x2c, [0x1b] = 0x1f, [0x1c] = 0x1e, [0x1d] = 0x11, [0x1e] = 0x03,
	[0x21] = 0x2e, [0x22] = 0x2d, [0x23] = 0x20, [0x24] = 0x12, [0x25] = 0x05, [0x26] = 0x04,
	[0x29] = 0x39, [0x2a] = 0x2f, [0x2b] = 0x21, [0x2c] = 0x14, [0x2d] = 0x13, [0x2e] = 0x06,
	[0x31] = 0x31, [0x32] = 0x30, [0x33] = 0x23, [0x34] = 0x22, [0x35] = 0x15, [0x36] = 0x07,
	[0x3a] = 0x32, [0x3b] = 0x24, [0x3c] = 0x16, [0x3d] = 0x08, [0x3e] = 0x09, [0x41] = 0x33,
	[0x42] = 0x25, [0x43] = 0x17, [0x44] = 0x18, [0x45] = 0x0b, [0x46] = 0x0a, [0x49] = 0x34,
	[0x4a] = 0x35, [0x4b] = 0x26, [0x4c] = 0x27, [0x4d] = 0x19, [0x4e] = 0x0c, [0x52] = 0x28,
	[0x54] = 0x1a, [0x55] = 0x0d, [0x58] = 0x3a, [0x59] = 0x36, [0x5a] = 0x1c, [0x5b] = 0x1b,
	[0x5d] = 0x2b, [0x66] = 0x0e, [0x69] = 0x4f, [0x6b] = 0x4b, [0x6c] = 0x47, [0x71] = 0x53,
	[0x72] = 0x50, [0x74] = 0x4d, [0x75] = 0x48, [0x76] = 0x01, [0x7a] = 0x51, [0x7c] = 0x37,
	[0x7d] = 0x49,
};

enum { CTRL = 0x1d, SHIFT_LEFT = 0x2a, SHIFT_RIGHT = 0x36, ALT = 0x38, CAPS = 0x3a };

/* Keys that move: what stands behind ESC [, with a ~ where it is a digit. */
static char move_of(uint8_t code)
{
	switch (code) {
	case 0x48: return 'A';
	case 0x50: return 'B';
	case 0x4d: return 'C';
	case 0x4b: return 'D';
	case 0x47: return 'H';
	case 0x4f: return 'F';
	case 0x53: return '3';
	case 0x49: return '5';
	case 0x51: return '6';
	default: return 0;
	}
}

/* True: it is one of those that are held down. */
static bool modifier(struct ps2 *s, uint8_t code, bool extended, bool release)
{
	if (code == CTRL)
		s->ctrl = !release;
	else if (code == ALT)
		s->alt = !release;
	else if (code == SHIFT_LEFT || code == SHIFT_RIGHT)
		s->shift = extended ? s->shift : !release; /* e0 2a comes around arrows */
	else if (code == CAPS)
		s->caps = s->caps != !release;
	else
		return false;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char character(const struct ps2 *s, uint8_t code)
{
	char c = code < CODES ? plain[code] : 0;

	if (is_letter(c) ? s->shift != s->caps : s->shift)
		c = code < CODES ? shifted[code] : 0;
	if (s->ctrl && c >= '@' && c <= '~')
		c &= 0x1f;
	return c;
}

static unsigned press(const struct ps2 *s, uint8_t code, bool extended, char out[PS2_OUT])
{
	const bool slash_or_enter = code == 0x35 || code == 0x1c;
	const char move = move_of(code);
	unsigned n = 0;

	if (move) { /* the keypad without NumLock is the same */
		out[n++] = ESC;
		out[n++] = '[';
		out[n++] = move;
		if (move <= '9')
			out[n++] = '~';
		return n;
	}
	out[1] = extended && !slash_or_enter ? 0 : character(s, code);
	if (!out[1])
		return 0;
	out[0] = ESC;
	if (s->alt)
		return 2;
	out[0] = out[1];
	return 1;
}

unsigned ps2_decode(struct ps2 *s, uint8_t code, char out[PS2_OUT])
{
	bool extended = s->extended, release = s->release;

	if (s->skip) {
		s->skip--;
		return 0;
	}
	if (code == 0xe1) {
		s->skip = s->set2 ? 7 : 5; /* Pause: e1 1d 45 e1 9d c5, e1 14 77 e1 f0 14 f0 77 */
		return 0;
	}
	if (code == 0xe0 || (s->set2 && code == 0xf0)) {
		s->extended |= code == 0xe0;
		s->release |= code == 0xf0;
		return 0;
	}
	s->extended = s->release = false;
	if (s->set2) {
		code = code < 128 ? set1_of[code] : 0;
	} else {
		release = code & 0x80;
		code &= 0x7f;
	}
	if (modifier(s, code, extended, release) || release)
		return 0;
	return press(s, code, extended, out);
}
