// SPDX-License-Identifier: MIT
/*
 * The shell's line editor, its keys and a PS/2 keyboard's codes, on the build machine under ASan and UBSan: what a person
 * types gives the line that an editor would, and what nobody types gives no other line, and no write beyond it.
 */
#include "tests/host/tap.h"

#include <stdlib.h>
#include <string.h>

#define strlcpy shell_strlcpy
#include "arch/x86/dev/ps2_keys.c"
#undef ESC
#include "kernel/shell/term/keys.c"
#undef ESC
#include "kernel/shell/term/line.c"

size_t shell_strlcpy(char *to, const char *from, size_t size)
{
	size_t n = strlen(from);

	if (size) {
		memcpy(to, from, n < size ? n + 1 : size);
		to[size - 1] = '\0';
	}
	return n;
}

static struct line line;
static struct keys keys;

/* All of them; the last event. */
static enum line_event type_bytes(const char *bytes, size_t n)
{
	enum line_event event = LINE_NOTHING;

	for (size_t i = 0; i < n; i++) {
		const int key = keys_feed(&keys, (uint8_t)bytes[i]);

		if (key == KEY_NONE)
			continue;
		event = line_key(&line, key);
		if (event == LINE_DONE) {
			line_remember(&line);
			line_clear(&line);
		}
	}
	return event;
}

static void types(const char *bytes, const char *text, unsigned at, const char *what)
{
	line_clear(&line);
	type_bytes(bytes, strlen(bytes));
	ok(!strcmp(line.text, text) && line.at == at, "%s: '%s' at %u, found '%s' at %u", what,
	   text, at, line.text, line.at);
}

static void edits(void)
{
	types("stats", "stats", 5, "letters");
	types("stats\x7f\x7f", "sta", 3, "Backspace");
	types("stats\x01X", "Xstats", 1, "Ctrl-A, in the middle");
	types("stats\033[D\033[DX", "staXts", 4, "arrows");
	types("stats\033[D\033[D\033[C\033[C\033[CX", "statsX", 6, "and not beyond the end");
	types("\033[DX", "X", 1, "nor before the beginning");
	types("stats\033[H\033[3~", "tats", 0, "Home, Delete");
	types("stats\033[1~\033[4~X", "statsX", 6, "Home and End with a tilde");
	types("stats\033OH\033OFX", "statsX", 6, "Home and End of another mode");
	types("flip one two\x17", "flip one ", 9, "Ctrl-W");
	types("flip one two\x01\x0b\x19\x19", "flip one twoflip one two", 24, "Ctrl-K, Ctrl-Y");
	types("flip one two\033b\x15", "two", 0, "Alt-B, Ctrl-U");
	types("flip one two\033[1;5D\033[1;5DX", "flip Xone two", 6, "Ctrl-Left");
	types("flip one two\x01\033fX", "flipX one two", 5, "Alt-F");
	types("flip\x04", "flip", 4, "Ctrl-D at the end");
	types("flip\x01\x04", "lip", 0, "Ctrl-D on a character");
	line_clear(&line);
	ok(type_bytes("\x04", 1) == LINE_END, "Ctrl-D in an empty line is an end");
	ok(type_bytes("abc\x03", 4) == LINE_CANCELED && !line.n,
	   "Ctrl-C: nothing is left of the line");
	ok(type_bytes("\t", 1) == LINE_COMPLETE, "Tab completes");
}

static void sequences(void)
{
	types("\033[999;1;2;3;4;5;6;7zok", "ok", 2, "a sequence that no keyboard has");
	types("\033[12345678901234567890~ok", "ok", 2, "a number that no keyboard has");
	types("\033\033\033[Aok", "ok", 2, "more escapes");
	types("a\033Zb", "ab", 2, "Alt with a letter of no use");
	types("a\033[\x01X", "Xa", 1, "a control character ends a sequence, and counts");
	memset(&keys, 0, sizeof(keys));
	ok(type_bytes("\033[50;132R", 9) == LINE_NOTHING && keys.rows == 50 && keys.columns == 132,
	   "a terminal says its size");
	memset(&keys, 0, sizeof(keys));
	line_clear(&line);
	type_bytes("\033[", 2);
	for (unsigned i = 0; i < 100; i++)
		type_bytes("1", 1);
	ok(line.n == 100 - SEQUENCE - 1,
	   "a sequence without end ends: %u characters are text again", line.n);
}

static void history(void)
{
	memset(&line, 0, sizeof(line));
	type_bytes("one\rtwo\rtwo\r   \rthree\r", 23);
	ok(!strcmp(line_back(&line, 1), "three") && !strcmp(line_back(&line, 2), "two") &&
		   !strcmp(line_back(&line, 3), "one") && !line_back(&line, 4),
	   "lines that were, without empty ones and the same again");
	types("dra\033[A\033[A", "two", 3, "two lines back");
	types("dra\033[A\033[A\033[A\033[A\033[A", "one", 3, "and no farther than the first");
	types("dra\033[A\033[A\033[B\033[B", "dra", 3, "and forward again to what was typed");
	types("\033[B", "", 0, "nothing comes after the present");
	types("\033[A!\033[A\033[B", "three", 5, "an old line that was changed stays what it was");
	line_clear(&line);
	type_bytes("a\r\nb\r\n", 6);
	ok(!strcmp(line_back(&line, 1), "b") && !strcmp(line_back(&line, 2), "a"),
	   "a carriage return with a line feed is one end");
	memset(&line, 0, sizeof(line));
	for (unsigned i = 0; i < 3000; i++) {
		char text[32];
		const int n = snprintf(text, sizeof(text), "line number %u\r", i);

		type_bytes(text, (size_t)n);
	}
	ok(!strcmp(line_back(&line, 1), "line number 2999") && line.used <= LINE_HISTORY,
	   "of many lines the last ones are kept, in %u bytes", line.used);
	ok(!strncmp(line.history, "line number ", 12), "and the oldest one is whole");
}

static void long_lines(void)
{
	static char text[10240];

	memset(text, 'x', sizeof(text));
	memset(&line, 0, sizeof(line));
	type_bytes(text, sizeof(text));
	ok(line.n == LINE_MAX - 1 && line.n + line.lost == sizeof(text),
	   "10 KB: %u are kept, and %u counted", line.n, line.lost);
	type_bytes("\x01\x0b\x19\x19", 4);
	ok(line.n == LINE_MAX - 1 && line.text[line.n] == '\0', "and twice its text is no more");
	type_bytes("\r\033[A", 4);
	ok(line.n == LINE_MAX - 1, "the longest line comes back");
}

static unsigned listed;
static void list(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	listed++;
}

static void complete(const char *typed, const char *text, unsigned n)
{
	static const char *const names[] = {"stats", "sites", "site", "switch", "keys"};
	struct completion c = {.each = list};

	listed = 0;
	line_clear(&line);
	type_bytes(typed, strlen(typed));
	line_word(&line, &c);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		completion_offer(&c, names[i]);
	line_complete(&line, &c);
	ok(!strcmp(line.text, text) && c.n == n && listed == n,
	   "'%s' becomes '%s' of %u, found '%s' of %u", typed, text, n, line.text, c.n);
}

static void completes(void)
{
	complete("k", "keys ", 1);
	complete("help k", "help keys ", 1);
	complete("s", "s", 4);
	complete("si", "site", 2);
	complete("sit\033[D\033[D\033[D", "sit", 5);
	complete("site", "site", 2);
	complete("q", "q", 0);
	complete("keys", "keys ", 1);
}

/* The cursor is always in what is shown, whatever was shown before. */
static void windows(void)
{
	unsigned wrong = 0, from = 0;

	memset(&line, 0, sizeof(line));
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		const unsigned room = 1 + (unsigned)rand() % 90;
		unsigned shown;

		line.n = (unsigned)rand() % LINE_MAX;
		line.at = line.n ? (unsigned)rand() % (line.n + 1) : 0;
		shown = line_window(&line, room, &from);
		wrong += line.at < from || line.at - from >= room || shown > room ||
			 from + shown > line.n;
	}
	ok(!wrong, "the cursor is in the window, of 20000 %u times not", wrong);
}

static void whatever(void)
{
	unsigned wrong = 0;

	memset(&line, 0, sizeof(line));
	memset(&keys, 0, sizeof(keys));
	srand(7);
	for (unsigned i = 0; i < 2000000; i++) {
		const char byte = (char)rand();

		type_bytes(&byte, 1);
		wrong += line.at > line.n || line.n >= LINE_MAX || line.text[line.n] ||
			 line.used > LINE_HISTORY;
	}
	ok(!wrong, "two million bytes by lot: the line is a line after each");
}

/* ---- the keyboard ---- */

static void presses(bool set2, const char *codes, size_t n, const char *bytes, const char *what)
{
	struct ps2 state = {.set2 = set2};
	char all[64], out[PS2_OUT];
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		const unsigned got = ps2_decode(&state, (uint8_t)codes[i], out);

		memcpy(all + used, out, got);
		used += got;
	}
	ok(used == strlen(bytes) && !memcmp(all, bytes, used), "set %d: %s", set2 ? 2 : 1, what);
}
#define PRESSES(set2, codes, bytes, what) presses(set2, codes, sizeof(codes) - 1, bytes, what)

/* Every key of which something comes, as the two sets number it: what it becomes, and with Shift. */
static const struct key {
	uint8_t set1, set2;
	const char *plain, *shifted;
} keys_of_us[] = {
	{0x01, 0x76, "\033", "\033"},
	{0x02, 0x16, "1", "!"},
	{0x03, 0x1e, "2", "@"},
	{0x04, 0x26, "3", "#"},
	{0x05, 0x25, "4", "$"},
	{0x06, 0x2e, "5", "%"},
	{0x07, 0x36, "6", "^"},
	{0x08, 0x3d, "7", "&"},
	{0x09, 0x3e, "8", "*"},
	{0x0a, 0x46, "9", "("},
	{0x0b, 0x45, "0", ")"},
	{0x0c, 0x4e, "-", "_"},
	{0x0d, 0x55, "=", "+"},
	{0x0e, 0x66, "\177", "\177"},
	{0x0f, 0x0d, "\t", "\t"},
	{0x10, 0x15, "q", "Q"},
	{0x11, 0x1d, "w", "W"},
	{0x12, 0x24, "e", "E"},
	{0x13, 0x2d, "r", "R"},
	{0x14, 0x2c, "t", "T"},
	{0x15, 0x35, "y", "Y"},
	{0x16, 0x3c, "u", "U"},
	{0x17, 0x43, "i", "I"},
	{0x18, 0x44, "o", "O"},
	{0x19, 0x4d, "p", "P"},
	{0x1a, 0x54, "[", "{"},
	{0x1b, 0x5b, "]", "}"},
	{0x1c, 0x5a, "\r", "\r"},
	{0x1e, 0x1c, "a", "A"},
	{0x1f, 0x1b, "s", "S"},
	{0x20, 0x23, "d", "D"},
	{0x21, 0x2b, "f", "F"},
	{0x22, 0x34, "g", "G"},
	{0x23, 0x33, "h", "H"},
	{0x24, 0x3b, "j", "J"},
	{0x25, 0x42, "k", "K"},
	{0x26, 0x4b, "l", "L"},
	{0x27, 0x4c, ";", ":"},
	{0x28, 0x52, "'", "\""},
	{0x29, 0x0e, "`", "~"},
	{0x2b, 0x5d, "\\", "|"},
	{0x2c, 0x1a, "z", "Z"},
	{0x2d, 0x22, "x", "X"},
	{0x2e, 0x21, "c", "C"},
	{0x2f, 0x2a, "v", "V"},
	{0x30, 0x32, "b", "B"},
	{0x31, 0x31, "n", "N"},
	{0x32, 0x3a, "m", "M"},
	{0x33, 0x41, ",", "<"},
	{0x34, 0x49, ".", ">"},
	{0x35, 0x4a, "/", "?"},
	{0x37, 0x7c, "*", "*"},
	{0x39, 0x29, " ", " "},
	{0x48, 0x75, "\033[A", "\033[A"},
	{0x50, 0x72, "\033[B", "\033[B"},
	{0x4d, 0x74, "\033[C", "\033[C"},
	{0x4b, 0x6b, "\033[D", "\033[D"},
	{0x47, 0x6c, "\033[H", "\033[H"},
	{0x4f, 0x69, "\033[F", "\033[F"},
	{0x53, 0x71, "\033[3~", "\033[3~"},
	{0x49, 0x7d, "\033[5~", "\033[5~"},
	{0x51, 0x7a, "\033[6~", "\033[6~"},
};

/* What a code becomes, alone or with Shift held. */
static bool becomes(bool set2, uint8_t code, bool shift, const char *expected)
{
	struct ps2 state = {.set2 = set2, .shift = shift};
	char out[PS2_OUT];
	const unsigned n = ps2_decode(&state, code, out);

	return n == strlen(expected) && !memcmp(out, expected, n);
}

static const struct key *key_of(bool set2, uint8_t code)
{
	for (unsigned i = 0; i < sizeof(keys_of_us) / sizeof(keys_of_us[0]); i++)
		if (code == (set2 ? keys_of_us[i].set2 : keys_of_us[i].set1))
			return &keys_of_us[i];
	return NULL;
}

static void layout(bool set2)
{
	unsigned wrong = 0;

	for (unsigned code = 0; code < (set2 ? 256 : 128); code++) {
		const struct key *key = key_of(set2, (uint8_t)code);

		wrong += !becomes(set2, (uint8_t)code, false, key ? key->plain : "") ||
			 !becomes(set2, (uint8_t)code, true, key ? key->shifted : "");
	}
	ok(!wrong, "set %d: each code is its key, with and without Shift (%u are not)",
	   set2 ? 2 : 1, wrong);
}

static void keyboard(void)
{
	struct ps2 state = {.set2 = false};
	char out[PS2_OUT];
	unsigned most = 0;

	layout(false);
	layout(true);
	PRESSES(false, "\x1f\x9f\x14\x94\x1c\x9c", "st\r", "letters and Enter");
	PRESSES(false, "\x2a\x1f\xaa\x9f\x14", "St", "Shift");
	PRESSES(false, "\x3a\xba\x1e\x02\x3a\xba\x1e", "A1a",
		"CapsLock is for letters, and goes off again");
	PRESSES(false, "\x1d\x2e\xae\x9d\x2e",
		"\x03"
		"c",
		"Ctrl-C, and C");
	PRESSES(false, "\xe0\x48\xe0\xc8\xe0\x4b\xe0\xcb", "\033[A\033[D", "arrows");
	PRESSES(false, "\xe0\x2a\xe0\x48\xe0\xc8\xe0\xaa\x1e", "\033[Aa",
		"an arrow with what is no Shift");
	PRESSES(false, "\x2a\xe0\xaa\xe0\x4b\xe0\xcb\xe0\x2a\x1e\xaa\x9e\x1e", "\033[DAa",
		"Shift held for an arrow, and for a letter behind it");
	PRESSES(false, "\xe0\x2a\xe0\x4b\x1e", "\033[Da",
		"a letter before what came around an arrow is over");
	PRESSES(false, "\xe0\x53\xe0\x49", "\033[3~\033[5~", "Delete, Page Up");
	PRESSES(false, "\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a", "Pause is nothing");
	PRESSES(false, "\x38\x30\xb0\xb8\x30", "\033bb", "Alt-B, and B");
	PRESSES(false, "\x36\x1f\xb6\x1f", "Ss", "the other Shift");
	PRESSES(false, "\x1d\x03\x27\x1a\x1c\x39\x0e\x9d", "2;\033\r \177",
		"Ctrl with what has a control character, and with what has none");
	PRESSES(false, "\x1d\x2a\x03\x29\xaa\x29\x9d", "\036", "Ctrl-@ is NUL, which is nothing");
	PRESSES(false, "\xe0\x5b\xe0\xdb\x57\x58\x7f\xff", "", "keys without a character");
	PRESSES(false, "\x35\xe0\x35\xe0\x1c\x0c\x39", "//\r- ",
		"slashes, the keypad's Enter, minus, blank");
	PRESSES(true, "\x1b\xf0\x1b\x2c\xf0\x2c\x5a", "st\r", "letters and Enter");
	PRESSES(true, "\x12\x1b\xf0\x12\xf0\x1b\x2c", "St", "Shift");
	PRESSES(true, "\x14\x21\xf0\x21\xf0\x14\x21",
		"\x03"
		"c",
		"Ctrl-C, and C");
	PRESSES(true, "\xe0\x75\xe0\xf0\x75\xe0\x6b", "\033[A\033[D", "arrows");
	PRESSES(true, "\xe1\x14\x77\xe1\xf0\x14\xf0\x77\x1c", "a", "Pause is nothing");
	srand(3);
	for (unsigned i = 0; i < 1000000; i++) {
		const unsigned n = ps2_decode(&state, (uint8_t)rand(), out);

		state.set2 = i / 1000 % 2;
		most = n > most ? n : most;
	}
	ok(most <= PS2_OUT, "a million codes by lot: %u bytes at most", most);
}

int main(void)
{
	edits();
	sequences();
	history();
	long_lines();
	completes();
	windows();
	whatever();
	keyboard();
	return tests_end();
}
