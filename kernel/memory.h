/* SPDX-License-Identifier: MIT */
/*
 * Whose memory is whose: what the loader's map calls usable goes to the page allocator, but for the
 * image and modules; what is only needed at boot (lib/init.h) follows when that is over.
 *
 *	memory_init();
 *	pages_alloc(4);
 *	...
 *	init_free();
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

/* After multiboot_read(). */
void memory_init(void);

/*
 * Give up init text and init data: poisoned (PAGES_POISON, so that a stray call traps), no code any
 * more, free. The engine leaves sites there alone from then on. On one CPU, or the others still
 * take that memory for code.
 */
void init_free(void);

#endif
