/* SPDX-License-Identifier: MIT */
/*
 * Address space: every address is its own physical address, writable and, where the CPU has PAE and
 * NX, not executable, but for
 *
 *	page 0				not mapped: a null pointer faults
 *	a page at each end of a stack	not mapped: an overflow faults
 *	_image .. _rodata		code: executable, read-only
 *	_rodata .. _rodata_end		read-only
 *	0xffc00000 .. 0xffc01fff	a window of two pages for writing to read-only text, mapped
 *					while that lasts; the rest of these 4 MiB is not mapped
 *	what paging_set_alias() says	another page's memory
 *
 * Entries of 8 bytes (PAE, for their NX) or of 4; SDM volume 3, 4.4 and 4.3.
 *
 *	paging_init();
 *	stack = pages_alloc(3);
 *	paging_guard(stack);
 *
 * What is changed is known to this CPU at once, to the others by paging_catch_up(), or when they forget
 * their translations: give a page that another CPU may have used a new meaning only where that does not matter.
 */
#ifndef ARCH_X86_MM_PAGING_H
#define ARCH_X86_MM_PAGING_H

#include "arch/x86/cpu/spinlock.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSR_EFER 0xc0000080u
#define EFER_NXE 0x800u /* makes bit 63 of an entry NX */

/*
 * Make the tables and switch paging on, with read-only text and CR0.WP, so that ring 0 faults too.
 * False, and paging stays off, on a CPU without large pages.
 */
bool paging_init(void);

bool paging_enabled(void);

/*
 * For address spaces of programs: what CR3 is for the kernel's own; the directory of the highest
 * addresses (without PAE of all), a page; with PAE the four pointers. And who is told when an entry of a
 * directory has become another one; NULL: nobody.
 */
uint32_t paging_cr3(void);
const void *paging_top(void);
const uint64_t *paging_pointers(void);
extern void (*paging_entry_changed)(uint32_t address, uint64_t entry);

/* Guards the kernel's tables, and who has copies of their entries. */
extern spinlock_t paging_lock;

/* Is data not executable? */
bool paging_has_nx(void);

/* Do the image's guards fault? Tries them. */
bool paging_guarded(void);

/*
 * What others have changed so far is known to this CPU from here on: before it uses a page that has another
 * meaning since, as a new task's stack with its guard.
 */
void paging_catch_up(void);

/*
 * Take the page at this address out of the address space, or put it back, as data. False: paging is
 * off, or there is no memory for a page table where a large page has to be split.
 */
bool paging_guard(void *page);
bool paging_unguard(void *page);

/*
 * Whole pages become code, read-only and executable, or data again; false as above. What was
 * written to them as data is executed only after pv_host_sync_self().
 */
bool paging_set_code(void *start, size_t bytes);
bool paging_set_data(void *start, size_t bytes);

/* Whole pages become data that nobody writes to, until they are data again; false as above. */
bool paging_set_constant(void *start, size_t bytes);

/*
 * The page at this address becomes data that is another page's memory, until it is given a meaning
 * again; its own is out of reach meanwhile. False as above.
 */
bool paging_set_alias(void *page, const void *of);

/*
 * A page at PAGING_FIXED + slot * PAGE_SIZE, where every address space has it, too, but programs have no access: for good.
 * False: paging is off, or there is no such slot.
 */
#define PAGING_FIXED       0xffc10000u
#define PAGING_FIXED_SLOTS 64u
enum paging_fixed { PAGING_CODE, PAGING_CONSTANT, PAGING_DATA };
bool paging_fix(unsigned slot, const void *page, enum paging_fixed kind);

/* The same entry, for who makes tables of its own. */
uint64_t paging_fixed_entry(const void *page, enum paging_fixed kind);

/*
 * Make the large page around address uncached, or the page where it is mapped page by page: a
 * device's registers. False, and nothing is changed, in the window's 4 MiB and while paging is off.
 */
bool paging_map_device(uint32_t address);

/*
 * Write n bytes (at most 255) of kernel text, read-only or not. The caller has interrupts off and
 * makes the other CPUs wait. In PV_TEXT, with everything that it calls.
 */
void paging_write_text(uint8_t *at, const uint8_t *bytes, size_t n);

/* Who writes in its place, where this kernel cannot; in PV_TEXT, too. NULL: nobody. */
extern void (*paging_write_elsewhere)(uint8_t *at, const uint8_t *bytes, size_t n);

#endif
