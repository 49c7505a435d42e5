// SPDX-License-Identifier: MIT
/*
 * What is shown is remembered, and only the difference goes over the serial line: 115200 baud are eleven characters a
 * millisecond.
 */
#include "kernel/shell/term/term.h"
#include "arch/x86/dev/input.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/dev/vga.h"
#include "kernel/task/sched.h"
#include "lib/printk.h"
#include "lib/string.h"

#define COLUMNS_MAX 200
#define COLUMNS     80
#define ROWS        24

static struct {
	unsigned rows, columns; /* of the serial one */
	bool colours;
	enum input_from from; /* the last key */
	int given_back;
	struct keys keys[2];     /* by enum input_from */
	unsigned window;         /* first character that is shown */
	bool shown, hidden;      /* a line is on the screens; somebody else's took its place */
	char drawn[COLUMNS_MAX]; /* on the serial one */
	unsigned n, cursor;
} term;

/* ---- the serial terminal ---- */

struct out {
	char text[4 * COLUMNS_MAX];
	unsigned n;
};

static void add(struct out *out, const char *text, unsigned n)
{
	memcpy(out->text + out->n, text, n);
	out->n += n;
}

static void add_times(struct out *out, char c, unsigned n)
{
	memset(out->text + out->n, c, n);
	out->n += n;
}

/* Forward by writing again what is there. */
static void go_to(struct out *out, unsigned from, unsigned to, const char *text)
{
	if (from > to)
		add_times(out, '\b', from - to);
	else
		add(out, text + from, to - from);
}

static void draw_serial(const char *text, unsigned n, unsigned cursor)
{
	struct out out = {.n = 0};
	unsigned same = 0, at = term.cursor;

	while (same < n && same < term.n && text[same] == term.drawn[same])
		same++;
	if (same < n || same < term.n) {
		go_to(&out, at, same, term.drawn);
		add(&out, text + same, n - same);
		at = n;
	}
	if (term.n > n) {
		add_times(&out, ' ', term.n - n);
		at = term.n;
	}
	memcpy(term.drawn, text, n);
	go_to(&out, at, cursor, term.drawn);
	term.n = n;
	term.cursor = cursor;
	uart_write(&uart_log, out.text, out.n);
}

static void erase_serial(void)
{
	draw_serial("", 0, 0);
}

/* ---- both ---- */

static unsigned room(void)
{
	unsigned columns = term.columns, screen = vga_columns();

	if (screen && screen < columns)
		columns = screen;
	return columns - 1;
}

static void draw(const char *text, unsigned n, unsigned cursor)
{
	unsigned long flags = 0;
	const bool taken = printk_lock(&flags);

	draw_serial(text, n, cursor);
	vga_edit(text, n, cursor);
	term.shown = true;
	term.hidden = false;
	printk_unlock(taken, flags);
}

void term_show(const char *prompt, const struct line *line)
{
	char text[COLUMNS_MAX];
	unsigned n = (unsigned)strlcpy(text, prompt, room()), shown;

	if (!line) {
		draw(text, n < room() ? n : room() - 1, n < room() ? n : room() - 1);
		return;
	}
	shown = line_window(line, room() - n, &term.window);
	for (unsigned i = 0; i < shown; i++) {
		const char c = line->text[term.window + i];

		text[n + i] = c >= ' ' && c <= '~' ? c : '?';
	}
	draw(text, n + shown, n + line->at - term.window);
}

void term_leave(bool keep)
{
	unsigned long flags = 0;
	const bool taken = printk_lock(&flags);

	if (term.shown && keep)
		draw_serial(term.drawn, term.n, term.n);
	else if (term.shown)
		erase_serial();
	if (term.shown) {
		uart_write(&uart_log, "\n", keep);
		vga_edit_end(keep);
	}
	term.n = term.cursor = term.window = 0;
	term.shown = term.hidden = false;
	printk_unlock(taken, flags);
}

void term_hide(void)
{
	if (!term.shown)
		return;
	erase_serial();
	vga_edit_end(false);
	term.shown = false;
	term.hidden = true;
}

bool term_is_hidden(void)
{
	return term.hidden;
}

/* ---- keys ---- */

static bool is_size(const struct keys *k)
{
	term.rows = k->rows < 4 ? 4 : k->rows;
	term.columns = k->columns < 20 ? 20 : k->columns < COLUMNS_MAX ? k->columns : COLUMNS_MAX;
	term.colours = true;
	return true;
}

int term_key_now(void)
{
	int key = term.given_back;
	uint8_t byte;

	term.given_back = KEY_NONE;
	while (key == KEY_NONE && input_get(&byte, &term.from)) {
		struct keys *k = &term.keys[term.from];

		key = keys_feed(k, byte);
		if (key == KEY_SIZE && is_size(k))
			key = KEY_NONE;
	}
	return key;
}

int term_key(void)
{
	int key;

	while ((key = term_key_now()) == KEY_NONE && !term.hidden)
		if (timer_present())
			sched_idle();
	return key;
}

void term_give_back(int key)
{
	term.given_back = key;
}

unsigned term_rows(void)
{
	return term.from == INPUT_KEYBOARD ? vga_rows() : term.rows;
}

unsigned term_columns(void)
{
	return term.from == INPUT_KEYBOARD ? vga_columns() : term.columns;
}

bool term_has_colours(void)
{
	return term.colours;
}

/* ---- begin and end ---- */

/* Remember the cursor, go where no terminal ends, say where that is, come back. */
static void ask_size(void)
{
	static const char sequences[] = "\0337\033[999;999H\033[6n\0338";
	unsigned long flags = 0;
	const bool taken = printk_lock(&flags);

	uart_write(&uart_log, sequences, sizeof(sequences) - 1);
	printk_unlock(taken, flags);
}

bool term_start(bool colour, bool ask)
{
	const unsigned there = input_start();

	memset(&term, 0, sizeof(term));
	term.rows = ROWS;
	term.columns = COLUMNS;
	term.colours = colour;
	term.from = there & 1u << INPUT_SERIAL ? INPUT_SERIAL : INPUT_KEYBOARD;
	if (ask && there & 1u << INPUT_SERIAL)
		ask_size();
	return there != 0;
}

void term_end(void)
{
	term_leave(false);
	input_end();
}
