/* SPDX-License-Identifier: MIT */
/*
 * Memory above the image, in pages, each at its physical address.
 *
 *	pages_add(base, length);	what the loader's map calls usable
 *	pages_reserve(base, length);	but this is in use
 *
 *	uint8_t *stack = pages_alloc(4);	NULL: there is none
 *	pages_free(stack, 4);
 *
 * What lies where programs have their addresses (trap/user.h) cannot be reached while one runs: it
 * is not used. Not for interrupt handlers.
 */
#ifndef ARCH_X86_MM_PAGES_H
#define ARCH_X86_MM_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096u

/* What memory is filled with when it is given up: int3 as code, cccccccc as data. */
#define PAGES_POISON 0xcc

/*
 * Whole pages of [base, base + length) can be given out from now on: those above the image and
 * below the devices. Ranges must not overlap each other. Twice the same page is a panic.
 */
void pages_add(uint64_t base, uint64_t length);

/* No page that has a byte of [base, base + length) is given out from now on. */
void pages_reserve(uint64_t base, uint64_t length);

/* n pages in a row, zeroed. NULL: there are none, or n is 0. */
void *pages_alloc(uint32_t n);

/*
 * Give pages back, which are poisoned. They need not have come from pages_alloc(): freed parts of
 * the image have not. An address that is no page's, or a page that is free already: panic.
 */
void pages_free(void *pages, uint32_t n);

/*
 * Do all pages from start up to end keep what is written to them? They hold what they held, but not
 * meanwhile: they are nobody's, and so none that this runs from.
 */
bool pages_are_memory(const void *start, const void *end);

/* Where the highest free page ends; 0: none is free. */
uint32_t pages_end(void);

/* How many pages are free. */
uint32_t pages_available(void);

/* Is the page at this address free? */
bool pages_is_free(const void *page);

#endif
