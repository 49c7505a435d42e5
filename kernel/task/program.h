/* SPDX-License-Identifier: MIT */
/*
 * Programs: ELF files for i386 that the image has in it (tests/user/) or the boot loader has brought.
 *
 *	why = program_run("hello", arguments, &task);	NULL: it runs, as the caller's child
 *	status = task_join(task, NULL);
 */
#ifndef KERNEL_TASK_PROGRAM_H
#define KERNEL_TASK_PROGRAM_H

#include "kernel/task/task.h"

struct program {
	const char *name;
	const void *file, *file_end;
};

/* One more, whose name and bytes stay where they are. False: too many, or there is one of this name. */
bool program_add(const char *name, const void *file, size_t size);

/* NULL: there is none. */
const struct program *program_find(const char *name);

/* Is it one that could be run? NULL: yes. Otherwise why not, in words. */
const char *program_check(const void *file, size_t size);

/* A program's arguments, as they go to its stack. */
struct arguments {
	unsigned n;
	uint16_t at[ABI_ARGS]; /* in text */
	uint16_t used;
	char text[ABI_ARGS_N];
};
bool arguments_add(struct arguments *arguments, const char *text); /* false: no room */

/*
 * A new space with the program in it, and the registers with which it begins. Returns 0 or an error; *space
 * is the caller's.
 */
int program_load(const struct program *program, const struct arguments *arguments,
		 struct space **space, struct user_regs *regs);

/*
 * A task of its own for it, with the console as its files 0 to 2, which does not run yet. NULL: it is there;
 * or why not.
 */
const char *program_make(const char *name, const struct arguments *arguments, struct task **task);

/* The same, and it runs. */
const char *program_run(const char *name, const struct arguments *arguments, struct task **task);

#endif
