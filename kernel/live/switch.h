/* SPDX-License-Identifier: MIT */
/*
 * Another back end while the kernel runs (pv/backend/switch.h), told to people and to programs.
 *
 *	why = switch_backend("soft");
 *	...
 *	switch_backends(options.switches);	switch=soft,native
 */
#ifndef KERNEL_PATCH_SWITCH_H
#define KERNEL_PATCH_SWITCH_H

#include <stdbool.h>

/* With the event `switch`. NULL: done. Otherwise why it cannot be, and nothing has changed. */
const char *switch_backend(const char *name);

/* Without it, for who makes many. */
void switch_quietly(bool quiet);

/* A list with commas, in its order, a line for each. Returns why one could not be, and ends there. */
const char *switch_backends(const char *names);

#endif
