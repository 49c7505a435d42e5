/* SPDX-License-Identifier: MIT */
/*
 * A line that is edited, lines that were, and names that complete one. Pure: no device, no terminal.
 *
 *	switch (line_key(&line, key)) {
 *	case LINE_DONE: run(line.text); line_remember(&line); line_clear(&line); break;
 *	...
 *	}
 */
#ifndef KERNEL_SHELL_TERM_LINE_H
#define KERNEL_SHELL_TERM_LINE_H

#include "kernel/shell/term/keys.h"
#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX     1024 /* with its NUL; more is counted, and not kept */
#define LINE_HISTORY 8192 /* bytes of lines that were; the oldest ones go */

enum line_event {
	LINE_NOTHING,  /* the key is none of a line's */
	LINE_CHANGED,  /* text or cursor: draw it */
	LINE_DONE,     /* Enter */
	LINE_CANCELED, /* Ctrl-C: it is empty now */
	LINE_COMPLETE, /* Tab */
	LINE_END,      /* Ctrl-D in an empty line */
	LINE_REDRAW    /* Ctrl-L */
};

/* Zeros at first. */
struct line {
	char text[LINE_MAX];
	unsigned n, at; /* characters, and before which one the cursor is */
	unsigned lost;  /* that there was no room for */
	char killed[LINE_MAX];
	char draft[LINE_MAX];       /* what was typed before an older line was asked for */
	char history[LINE_HISTORY]; /* each with its NUL, oldest first */
	unsigned used, back; /* bytes of these; how many lines back we are, 0: in the draft */
};

enum line_event line_key(struct line *l, int key);
void line_clear(struct line *l);

/* Into the history, unless it is empty, all blanks, or the last one again. */
void line_remember(struct line *l);

/* The n-th line back, from 1 on; NULL: there are not so many. */
const char *line_back(const struct line *l, unsigned n);

/*
 * Completion of the word before the cursor: every name that could be meant is offered, and what all that fit have
 * in common is put into the line.
 *
 *	line_word(&line, &c);
 *	... completion_offer(&c, name); ...
 *	line_complete(&line, &c);	c.n: how many fit; c.list: the same once more, in c.first .. each
 */
#define COMPLETION_NAME 80
struct completion {
	const char *word;
	unsigned length;
	unsigned n; /* names that fit */
	char common[COMPLETION_NAME];
	void (*each)(const char *name, void *arg); /* called for each name that fits; or NULL */
	void *arg;
};

void line_word(const struct line *l, struct completion *c);
void completion_offer(struct completion *c, const char *name);

/* True: the line has changed. A blank follows the only name that fits. */
bool line_complete(struct line *l, const struct completion *c);

/*
 * What of the line is shown in `room` columns: from *from on, with the cursor in it. *from is what was shown before,
 * and moves by half of the room.
 */
unsigned line_window(const struct line *l, unsigned room, unsigned *from);

#endif
