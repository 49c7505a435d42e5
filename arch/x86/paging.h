/* SPDX-License-Identifier: MIT */
/*
 * Address space: every address is its own physical address, but for
 *
 *	page 0				not mapped: a null pointer faults
 *	the page below each stack	not mapped: an overflow faults
 *	_image .. _rodata_end		read-only once paging_protect_text() was called
 *	0xffc00000 .. 0xffc01fff	a window of two pages for writing to read-only text
 *
 *	paging_init();
 *	paging_protect_text();
 */
#ifndef ARCH_X86_PAGING_H
#define ARCH_X86_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Switch paging on. False, and paging stays off, on a CPU without 4 MiB pages. */
bool paging_init(void);
bool paging_enabled(void);

/* Do the guards fault? Tries them. */
bool paging_guarded(void);

/* No write to code and read-only data from here on, in ring 0 too (CR0.WP). */
void paging_protect_text(void);

/* Make the 4 MiB around address uncached: a device's registers. */
void paging_map_device(uint32_t address);

/*
 * Write n bytes (at most 255) of kernel text, read-only or not. The caller has interrupts off. In
 * PV_TEXT, with everything that it calls.
 */
void paging_write_text(uint8_t *at, const uint8_t *bytes, size_t n);

#endif
