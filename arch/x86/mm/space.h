/* SPDX-License-Identifier: MIT */
/*
 * A program's address space: the kernel's, and in USER_BASE .. USER_END what the program has mapped, in
 * areas. A page comes when it is touched first, as zeroes. After space_clone() both have the same
 * pages, read-only, until one of them writes: that one gets its own copy.
 *
 *	struct space *space = space_create();
 *	space_map(space, 0xc0400000, 0xc0410000, SPACE_WRITE);
 *	space_write(space, 0xc0400000, bytes, n);
 *	space_enter(space);			this CPU's, from here on
 *	...
 *	space_enter(NULL);
 *	space_destroy(space);
 *
 * Each space is for one task, and so for one CPU at a time: nobody locks it. Errors are ABI_E... of
 * kernel/task/abi.h, as negative numbers.
 */
#ifndef ARCH_X86_MM_SPACE_H
#define ARCH_X86_MM_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a program may do in an area besides reading. */
#define SPACE_WRITE  1u
#define SPACE_EXEC   2u
#define SPACE_SHARED 4u /* a clone has the same pages, and sees what is written */

struct space;

/* Once, after paging is on and with all memory known: page faults of programs come here. False: it
 * cannot be, paging is off or there is no memory. */
bool space_init(void);

/* SMEP and SMAP on, where the CPU has them. Before others come, which get CR4 from this one. */
void space_protect(void);

/* With the page of system calls in it. NULL: no memory. */
struct space *space_create(void);

/* It is no CPU's. */
void space_destroy(struct space *space);

/* NULL: no memory. The caller's CPU has the one that is cloned, or nobody. */
struct space *space_clone(struct space *space);

/* This CPU's space; NULL: the kernel's. It knows nothing any more of what was mapped before. */
void space_enter(struct space *space);
struct space *space_current(void);

enum space_result { SPACE_OK, SPACE_NO_MEMORY, SPACE_NO_ROOM, SPACE_BAD };

/*
 * Whole pages. SPACE_BAD: not a program's addresses, or there is something; SPACE_NO_ROOM: too many
 * areas.
 */
enum space_result space_map(struct space *space, uint32_t start, uint32_t end, unsigned rights);

/* Free addresses of n bytes, the highest below `below`; 0: there are none. */
uint32_t space_find(const struct space *space, uint32_t below, uint32_t n);

/* What is there of it goes. Whole pages. */
enum space_result space_unmap(struct space *space, uint32_t start, uint32_t end);

/* Into mapped areas, whatever the program itself may do there. False: not mapped, or no memory. */
bool space_write(struct space *space, uint32_t to, const void *from, size_t n);

#endif
