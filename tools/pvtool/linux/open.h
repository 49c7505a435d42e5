/* SPDX-License-Identifier: MIT */
/*
 * Reads a Linux kernel's file: its version, its symbols, its tables.
 *
 *	struct kernel kernel;
 *	if (!kernel_open(&kernel, &image))
 *		return PVTOOL_FAILED;
 *	kernel_close(&kernel);
 */
#ifndef TOOLS_PVTOOL_LINUX_OPEN_H
#define TOOLS_PVTOOL_LINUX_OPEN_H

#include "linux/kernel.h"

/*
 * The image is the kernel's from here on. False, after a line on stderr, if nothing can be known of
 * it: it has neither tables, nor symbols.
 */
bool kernel_open(struct kernel *kernel, struct image *image);
void kernel_close(struct kernel *kernel);

#endif
