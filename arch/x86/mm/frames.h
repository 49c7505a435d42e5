/* SPDX-License-Identifier: MIT */
/*
 * Single pages that several may have: each is counted, and free again when the last one has given it
 * back. For programs' memory and their page tables. They come from pages.h, some at a time, and
 * stay here when they are free until frames_trim().
 *
 *	void *page = frame_get();	NULL: there is no memory
 *	frame_share(page);		another one has it, too
 *	frame_put(page);
 *	frame_put(page);
 */
#ifndef ARCH_X86_MM_FRAMES_H
#define ARCH_X86_MM_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Make room for the counts; after all memory is known. False: there is none. */
bool frames_init(void);

/* A page of zeroes, or one with anything in it. */
void *frame_get(void);
void *frame_get_dirty(void);

/* False: too many have it already. */
bool frame_share(void *page);
void frame_put(void *page);

/* Have others got it, too? Who asks is one who has it. */
bool frame_is_shared(const void *page);

/* Give free ones back to pages.h; how many are in use, tables included. */
void frames_trim(void);
uint32_t frames_used(void);

#endif
