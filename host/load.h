/* SPDX-License-Identifier: MIT */
/*
 * What a boot loader does, for a guest: the image in its memory, and the information of multiboot.
 */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <stdbool.h>
#include <stddef.h>

struct guest;

/* Is it an image that can be one's? */
bool guest_is_image(const void *file, size_t size);

/* Of one that is: is its table of segments in the file? */
bool load_has_table(const void *file, size_t size);

/* Registers and memory as the image's first instruction wants them. NULL, or why it cannot be. */
const char *load_image(struct guest *guest, const void *image, size_t size, const char *cmdline);

#endif
