/* SPDX-License-Identifier: MIT */
/*
 * A command of the shell: a line in the table (table.c), and a function in the file of its subject. Who writes one says what
 * he has to say by say() and fail() (out.h), asks out_stopped() in every loop, and returns whether it worked.
 *
 *	{"flip", "KEY...", "turn keys", 1, MANY, cmd_flip, offer_keys},
 */
#ifndef KERNEL_SHELL_COMMAND_H
#define KERNEL_SHELL_COMMAND_H

#include "kernel/shell/term/line.h"
#include <stdbool.h>

#define SHELL_WORDS 32 /* in a line, the command's name included */

typedef bool shell_run_fn(unsigned n, char **words); /* words[0]: its name */
typedef void shell_offer_fn(struct completion *c);

struct shell_command {
	const char *name, *args, *help;
	unsigned least, most; /* words behind the name */
	shell_run_fn *run;
	shell_offer_fn *offer; /* names that a word of it can be; or NULL */
};

/* The shell ends behind this command, with a status: 0 is good. */
void shell_leave(unsigned status);
bool shell_is_left(unsigned *status);

/* So many milliseconds, with this CPU's other tasks running. False: no more is wanted. */
bool shell_wait(unsigned ms);

#endif
