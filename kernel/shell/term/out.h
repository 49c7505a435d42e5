/* SPDX-License-Identifier: MIT */
/*
 * What a command says, whoever prints it: while one runs, this CPU's lines are kept, and go to the consoles a page at a
 * time. They are in the log at once, and a panic brings out what is kept. Lines of other CPUs and of interrupts pass.
 *
 *	out_start();			from here on console_writer is ours
 *	out_begin(true);
 *	say("%u sites\n", n);
 *	if (out_stopped()) ...		no more is wanted: q, or Ctrl-C
 *	out_finish();
 */
#ifndef KERNEL_SHELL_TERM_OUT_H
#define KERNEL_SHELL_TERM_OUT_H

#include <stdbool.h>

/* False, after a line: static calls are as linked, and nothing is paged. */
bool out_start(void);
void out_end(void);

void out_begin(bool paged);
void out_finish(void);

/* What this command says has no end that is known. */
void out_no_pages(void);

/* Bring out what is kept: for who waits, and whose lines are not say()'s. */
void out_flush(void);

/* Ctrl-C, or q at the end of a page. To be asked in every loop. */
bool out_stopped(void);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Why a command cannot be, in one line. Returns false. */
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
