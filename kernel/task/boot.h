/* SPDX-License-Identifier: MIT */
/*
 * Programs that the boot loader has handed over, and the one that it asks for: run=NAME,ARGUMENT,...
 *
 *	why = programs_boot();		before modules_boot(), which has the rest
 *	why = programs_run("hello,world");
 */
#ifndef KERNEL_TASK_BOOT_H
#define KERNEL_TASK_BOOT_H

#include <stdbool.h>
#include <stddef.h>

/* Is this file of the boot loader's a program, as its header says, or was it meant to be one? */
bool programs_are_in(const void *file, size_t size);

/* Each is known by its name from here on, or refused with its reason, a line each. NULL: none was refused. */
const char *programs_boot(void);

/*
 * NAME, or NAME and arguments, with commas: run it to its end. NULL: its status is 0. Otherwise what it
 * is, or why it does not run.
 */
const char *programs_run(const char *command);

#endif
