// SPDX-License-Identifier: MIT
/*
 * The editor's keys are Emacs's, as in all shells: Ctrl-A, -E, -B, -F, -D, -H, -K, -U, -W, -Y, -P, -N, and what
 * keyboards have for them.
 */
#include "kernel/shell/term/line.h"
#include "lib/string.h"

#define CTRL(letter) ((letter)&0x1f)

/* ---- text ---- */

static void insert(struct line *l, const char *text, unsigned n)
{
	const unsigned room = LINE_MAX - 1 - l->n, fits = n < room ? n : room;

	l->lost += n - fits;
	memmove(l->text + l->at + fits, l->text + l->at, l->n - l->at + 1);
	memcpy(l->text + l->at, text, fits);
	l->n += fits;
	l->at += fits;
}

static void take_out(struct line *l, unsigned from, unsigned to)
{
	memmove(l->text + from, l->text + to, l->n - to + 1);
	l->n -= to - from;
	l->at = from;
}

/* What is taken out at once can be had back. */
static void kill(struct line *l, unsigned from, unsigned to)
{
	if (from == to)
		return;
	memcpy(l->killed, l->text + from, to - from);
	l->killed[to - from] = '\0';
	take_out(l, from, to);
}

static void put_text(struct line *l, const char *text)
{
	l->n = l->at = (unsigned)strlcpy(l->text, text, LINE_MAX);
}

void line_clear(struct line *l)
{
	l->text[0] = l->draft[0] = '\0';
	l->n = l->at = l->lost = l->back = 0;
}

/* ---- words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static unsigned word_left(const struct line *l)
{
	unsigned at = l->at;

	while (at && is_blank(l->text[at - 1]))
		at--;
	while (at && !is_blank(l->text[at - 1]))
		at--;
	return at;
}

static unsigned word_right(const struct line *l)
{
	unsigned at = l->at;

	while (at < l->n && is_blank(l->text[at]))
		at++;
	while (at < l->n && !is_blank(l->text[at]))
		at++;
	return at;
}

/* ---- lines that were ---- */

const char *line_back(const struct line *l, unsigned n)
{
	unsigned at = l->used;

	while (n--) {
		if (!at)
			return NULL;
		for (at--; at && l->history[at - 1]; at--)
			;
	}
	return at < l->used ? l->history + at : NULL;
}

void line_remember(struct line *l)
{
	const char *last = line_back(l, 1);
	unsigned blanks = 0, gone = 0;

	while (blanks < l->n && is_blank(l->text[blanks]))
		blanks++;
	if (blanks == l->n || (last && !strcmp(last, l->text)))
		return;
	while (l->used - gone + l->n + 1 > LINE_HISTORY)
		gone += (unsigned)strlen(l->history + gone) + 1;
	memmove(l->history, l->history + gone, l->used - gone);
	l->used -= gone;
	memcpy(l->history + l->used, l->text, l->n + 1);
	l->used += l->n + 1;
}

static enum line_event go_back(struct line *l, unsigned back)
{
	const char *text = back ? line_back(l, back) : l->draft;

	if (!text || back == l->back)
		return LINE_NOTHING;
	if (!l->back)
		memcpy(l->draft, l->text, l->n + 1);
	l->back = back;
	put_text(l, text);
	return LINE_CHANGED;
}

/* ---- keys ---- */

static enum line_event move(struct line *l, unsigned to)
{
	if (to == l->at)
		return LINE_NOTHING;
	l->at = to;
	return LINE_CHANGED;
}

static enum line_event moving(struct line *l, int key)
{
	switch (key) {
	case CTRL('A'):
	case KEY_HOME: return move(l, 0);
	case CTRL('E'):
	case KEY_END: return move(l, l->n);
	case CTRL('B'):
	case KEY_LEFT: return move(l, l->at - (l->at != 0));
	case CTRL('F'):
	case KEY_RIGHT: return move(l, l->at + (l->at != l->n));
	case KEY_WORD_LEFT: return move(l, word_left(l));
	case KEY_WORD_RIGHT: return move(l, word_right(l));
	case CTRL('P'):
	case KEY_UP: return go_back(l, l->back + 1);
	case CTRL('N'):
	case KEY_DOWN: return l->back ? go_back(l, l->back - 1) : LINE_NOTHING;
	default: return LINE_NOTHING;
	}
}

static enum line_event removing(struct line *l, int key)
{
	const unsigned before = l->n;

	switch (key) {
	case 0x7f:
	case CTRL('H'): take_out(l, l->at - (l->at != 0), l->at); break;
	case CTRL('D'):
	case KEY_DELETE: take_out(l, l->at, l->at + (l->at != l->n)); break;
	case CTRL('K'): kill(l, l->at, l->n); break;
	case CTRL('U'): kill(l, 0, l->at); break;
	case CTRL('W'):
	case KEY_WORD_KILL: kill(l, word_left(l), l->at); break;
	case CTRL('Y'): insert(l, l->killed, (unsigned)strlen(l->killed)); break;
	default: return moving(l, key);
	}
	return l->n == before ? LINE_NOTHING : LINE_CHANGED;
}

enum line_event line_key(struct line *l, int key)
{
	const char c = (char)key;

	if (key >= ' ' && key < 256 && key != 0x7f) {
		insert(l, &c, 1);
		return LINE_CHANGED;
	}
	switch (key) {
	case '\r': return LINE_DONE;
	case '\t': return LINE_COMPLETE;
	case CTRL('L'): return LINE_REDRAW;
	case CTRL('C'): line_clear(l); return LINE_CANCELED;
	case CTRL('D'): return l->n ? removing(l, key) : LINE_END;
	default: return removing(l, key);
	}
}

/* ---- completion ---- */

void line_word(const struct line *l, struct completion *c)
{
	unsigned from = l->at;

	while (from && !is_blank(l->text[from - 1]))
		from--;
	c->word = l->text + from;
	c->length = l->at - from;
	c->n = 0;
	c->common[0] = '\0';
}

void completion_offer(struct completion *c, const char *name)
{
	unsigned same = 0;

	if (strncmp(name, c->word, c->length) != 0)
		return;
	if (!c->n++)
		strlcpy(c->common, name, sizeof(c->common));
	while (c->common[same] && c->common[same] == name[same])
		same++;
	c->common[same] = '\0';
	if (c->each)
		c->each(name, c->arg);
}

bool line_complete(struct line *l, const struct completion *c)
{
	const unsigned before = l->n, length = (unsigned)strlen(c->common);

	if (length > c->length)
		insert(l, c->common + c->length, length - c->length);
	if (c->n == 1 && length >= c->length && l->text[l->at] != ' ')
		insert(l, " ", 1);
	return l->n != before;
}

unsigned line_window(const struct line *l, unsigned room, unsigned *from)
{
	const unsigned half = room / 2 ? room / 2 : 1;

	if (*from > l->n)
		*from = 0;
	while (l->at < *from)
		*from -= *from < half ? *from : half;
	while (l->at - *from >= room)
		*from += half;
	return l->n - *from < room ? l->n - *from : room;
}
