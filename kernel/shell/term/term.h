/* SPDX-License-Identifier: MIT */
/*
 * The shell's two terminals, which show the same: whatever is at the end of the serial line, and the VGA screen with its
 * keyboard. Of a terminal nothing is taken for granted but carriage return, backspace and blanks: 80 columns, 24 rows and no
 * colours, until it says otherwise.
 *
 *	term_start(colour, ask);
 *	term_show("pedant> ", &line);	draw it, or what has changed of it
 *	key = term_key();
 *	term_leave(true);		the line stays where it is, and the log goes on below
 */
#ifndef KERNEL_SHELL_TERM_TERM_H
#define KERNEL_SHELL_TERM_TERM_H

#include "kernel/shell/term/line.h"
#include <stdbool.h>

/* ask: what size it is, by three sequences; with an answer it has colours, too. False: there is nothing to type on. */
bool term_start(bool colour, bool ask);
void term_end(void);

/* Of the one that the last key came from. */
unsigned term_rows(void);
unsigned term_columns(void);
bool term_has_colours(void);

/* The next key, with this CPU's other tasks running meanwhile; and one that is there already, or KEY_NONE. */
int term_key(void);
int term_key_now(void);

/* The next key is this one again. */
void term_give_back(int key);

/* The line behind a prompt, in one row; or a text alone, without a cursor's place (line NULL). */
void term_show(const char *prompt, const struct line *line);
void term_leave(bool keep);

/* For who writes lines, with printk's lock: take what is shown away, so that a line can come; it is drawn anew later. */
void term_hide(void);

/* Something else was printed where the line was shown. */
bool term_is_hidden(void);

#endif
