/* SPDX-License-Identifier: MIT */
/*
 * Whose memory is whose: what the loader's map calls usable goes to the page allocator, but for the
 * image and modules.
 *
 *	memory_init();
 *	pages_alloc(4);
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

/* After multiboot_read(). */
void memory_init(void);

#endif
