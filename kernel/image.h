/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own text and tables, as the linker placed them.
 *
 *	image_init();
 *	apply_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end);
 */
#ifndef KERNEL_IMAGE_H
#define KERNEL_IMAGE_H

#include "pv/patch.h"

struct image_tables {
	const struct paravirt_patch_site *paravirt, *paravirt_end;
};

/* Data, so that what is damaged in it can be seen from outside. */
extern struct image_tables kernel_tables;

/* Back to the linker's own ends, when those in kernel_tables cannot be. */
void image_reset_tables(void);

/* Tell the engine which text it may touch; panics get the names of missing ops from here on. */
void image_init(void);

/* Does a table with these ends lie in the image's read-only data? An end before the start does,
 * too. */
bool image_holds_table(const void *start, const void *end);

/* The record whose site begins at `at`; NULL if there is none. */
const struct paravirt_patch_site *image_find_site(uint32_t at);

#endif
