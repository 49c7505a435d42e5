/* SPDX-License-Identifier: MIT */
/*
 * The multiboot header of an image: where a loader finds it, and where it stands in memory, since
 * those bytes lie amid code and are none.
 *
 *	size_t at = multiboot_find(&image);
 *	if (at != SIZE_MAX && multiboot_place(&image, at, &addr, &len))
 *		printf("%u bytes at 0x%08x\n", len, addr);
 */
#ifndef TOOLS_PVTOOL_READ_MULTIBOOT_H
#define TOOLS_PVTOOL_READ_MULTIBOOT_H

#include "read/image.h"

#define MULTIBOOT_MAGIC 0x1badb002u

/*
 * Offset in the file of the header that a loader takes, the first that it accepts; without one, of
 * the likeliest attempt; SIZE_MAX if there is none. Its first 12 bytes lie in the file.
 */
size_t multiboot_find(const struct image *image);

/* Do magic, flags and checksum at p add up to 0? */
bool multiboot_is_whole(const uint8_t *p);

/* Bytes of a header with these flags: 12, 32 or 48 (Multiboot 0.6.96, 3.1.1). */
uint32_t multiboot_len(uint32_t flags);

/* Address and length of the header at this offset; false if it is in no section that is loaded. */
bool multiboot_place(const struct image *image, size_t at, uint32_t *addr, uint32_t *len);

#endif
