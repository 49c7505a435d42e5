/* SPDX-License-Identifier: MIT */
/*
 * Entries of page tables and directories, of 8 bytes (PAE, for their NX) or of 4: SDM volume 3, 4.4
 * and 4.3. Which of the two is chosen once, by paging_init().
 *
 *	pte_write(table, address / PAGE_SIZE % pte_entries(), page | PTE_WRITE | PTE_PRESENT);
 *
 *	void *entry = pte_at(table, i);		who does more with one finds it once
 *	if (pte_is_present(entry))
 *		pte_clear(entry);
 */
#ifndef ARCH_X86_MM_PTE_H
#define ARCH_X86_MM_PTE_H

#include <stdbool.h>
#include <stdint.h>

#define PTE_PRESENT  0x001u
#define PTE_WRITE    0x002u
#define PTE_USER     0x004u
#define PTE_UNCACHED 0x018u /* PWT | PCD */
#define PTE_BIG      0x080u
#define PTE_SHARED   0x200u /* free for software: what it maps is meant to be written by several */
#define PTE_NX       (1ull << 63)

extern bool pte_wide;      /* 8 bytes, and NX */
extern unsigned pte_shift; /* a table maps 1 << pte_shift bytes */

static inline uint32_t pte_entries(void)
{
	return 1u << (pte_shift - 12);
}

/* The page or table that an entry leads to. Physical memory above 4 GiB is not used. */
static inline void *pte_page(uint64_t entry)
{
	return (void *)((uint32_t)entry & ~4095u);
}

static inline void *pte_at(const void *table, uint32_t i)
{
	return (uint32_t *)table + (pte_wide ? 2 * i : i);
}

/* Is there anything? Whatever an entry's value becomes by the op, it keeps this bit. */
static inline bool pte_is_present(const void *entry)
{
	return *(const uint32_t *)entry & PTE_PRESENT;
}

uint64_t pte_get(const void *entry);

/* Nothing is writable and executable in between. */
void pte_set(void *entry, uint64_t value);

/* Nothing is there any more, whatever back end there is: so this is no value that make_pte would change. */
void pte_clear(void *entry);

static inline uint64_t pte_read(const void *table, uint32_t i)
{
	return pte_get(pte_at(table, i));
}

static inline void pte_write(void *table, uint32_t i, uint64_t value)
{
	pte_set(pte_at(table, i), value);
}

#endif
