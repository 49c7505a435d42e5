/* SPDX-License-Identifier: MIT */
/*
 * The commands that read other people's kernels: Linux for i386. They are the same commands; which
 * kernel a file is of is told by kernel_claims() of linux/kernel.h.
 *
 *	if (kernel_claims(&image))
 *		return linux_check(&image, options);
 */
#ifndef TOOLS_PVTOOL_COMMAND_LINUX_H
#define TOOLS_PVTOOL_COMMAND_LINUX_H

#include "linux/kernel.h"
#include "read/options.h"

/* Each takes the image over, frees it and returns pvtool's exit status. */
int linux_sites(struct image *image, const struct options *options);
int linux_check(struct image *image, const struct options *options);
int linux_verify(struct image *image, const struct options *options);

/*
 * kernel_open() for them. False, after a line on stderr, also if an option was given that is for our
 * own kernels only; the image is then freed.
 */
bool linux_open(struct kernel *kernel, struct image *image, const struct options *options);

/* " Linux 6.1.0, kallsyms and exports: 265 paravirt (8 bytes, absolute, section), ..." on stdout. */
void linux_print_tables(const struct kernel *kernel);

#endif
