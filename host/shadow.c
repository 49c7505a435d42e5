// SPDX-License-Identifier: MIT
#include "host/shadow.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/pte.h"
#include "host/guest.h"
#include "host/memory.h"
#include "lib/string.h"

#define LARGEST 0x400000u /* bytes of a guest's page, which may be several tables here */
#define LARGE \
	0x200u /* free for software: a directory's entry, whose table has some of a large page */

static uint8_t *nothing; /* a page of ones */

static unsigned directory_pages(void)
{
	return pte_wide ? 4 : 1;
}

bool shadow_make(struct shadow *shadow)
{
	*shadow = (struct shadow){.directory = pages_alloc(directory_pages())};
	shadow->pointers = pte_wide ? pages_alloc(1) : NULL;
	if (!nothing && (nothing = pages_alloc(1)) != NULL)
		memset(nothing, 0xff, PAGE_SIZE);
	if (!shadow->directory || !nothing || (pte_wide && !shadow->pointers)) {
		shadow_free(shadow);
		return false;
	}
	for (uint32_t i = 0; pte_wide && i < 4; i++)
		pte_write(shadow->pointers, i,
			  ((uint32_t)shadow->directory + i * PAGE_SIZE) | PTE_PRESENT);
	return true;
}

void shadow_free(struct shadow *shadow)
{
	for (unsigned i = 0; i < shadow->made; i++)
		pages_free(shadow->tables[i], 1);
	if (shadow->pointers)
		pages_free(shadow->pointers, 1);
	if (shadow->directory)
		pages_free(shadow->directory, directory_pages());
	*shadow = (struct shadow){0};
}

bool shadow_is_hosts(uint32_t address)
{
	return address >> pte_shift == PAGING_FIXED >> pte_shift;
}

uint32_t shadow_cr3(struct guest *guest, void *switch_table)
{
	pte_write(guest->shadow.directory, PAGING_FIXED >> pte_shift,
		  (uint32_t)switch_table | PTE_WRITE | PTE_PRESENT);
	return (uint32_t)(pte_wide ? guest->shadow.pointers : guest->shadow.directory);
}

/* The table is made empty when it comes into use, and not when it goes. */
void shadow_flush(struct guest *guest)
{
	struct shadow *shadow = &guest->shadow;

	for (unsigned i = 0; i < shadow->n; i++)
		pte_write(shadow->directory, shadow->at[i], 0);
	shadow->n = 0;
}

static void *new_table(struct guest *guest, uint32_t i)
{
	struct shadow *shadow = &guest->shadow;
	void *table;

	if (shadow->n == SHADOW_TABLES)
		shadow_flush(guest);
	if (shadow->n == shadow->made) {
		table = pages_alloc(1);
		if (!table && !shadow->n)
			return NULL;
		if (!table)
			shadow_flush(guest);
		else
			shadow->tables[shadow->made++] = table;
	}
	table = shadow->tables[shadow->n];
	memset(table, 0, PAGE_SIZE);
	shadow->at[shadow->n++] = (uint16_t)i;
	pte_write(shadow->directory, i, (uint32_t)table | PTE_USER | PTE_WRITE | PTE_PRESENT);
	return table;
}

static void *table_of(const struct guest *guest, uint32_t address)
{
	uint64_t entry = pte_read(guest->shadow.directory, address >> pte_shift);

	return entry & PTE_PRESENT ? pte_page(entry) : NULL;
}

/* What programs have runs in their ring; that the kernel does not run it is SMEP's, where there is that (world.c). */
bool shadow_may_run(const struct guest *guest, const struct way *way)
{
	const uint8_t page = guest->pages[way->physical / PAGE_SIZE];

	return page == GUEST_TEXT || (page == GUEST_DATA && (way->user || !guest->checked));
}

static uint64_t entry_for(const struct guest *guest, const struct way *way)
{
	uint64_t entry = ((uint32_t)guest->memory + way->physical) | PTE_PRESENT;

	if (way->user)
		entry |= PTE_USER;
	if (way->write && !guest_is_fixed(guest, way->physical) &&
	    !guest_is_watched(guest, way->physical))
		entry |= PTE_WRITE;
	if (pte_wide && (way->nx || !shadow_may_run(guest, way)))
		entry |= PTE_NX;
	return entry;
}

static void note_large(struct guest *guest, uint32_t i)
{
	void *directory = guest->shadow.directory;

	pte_write(directory, i, pte_read(directory, i) | LARGE);
}

static bool fill(struct guest *guest, uint32_t address, const struct way *way, uint64_t entry)
{
	void *table = table_of(guest, address);

	if (!table)
		table = new_table(guest, address >> pte_shift);
	if (table && way->large)
		note_large(guest, address >> pte_shift);
	if (table)
		pte_write(table, address / PAGE_SIZE % pte_entries(), entry);
	return table;
}

bool shadow_fill(struct guest *guest, uint32_t address, const struct way *way)
{
	return fill(guest, address, way, entry_for(guest, way));
}

bool shadow_fill_nothing(struct guest *guest, uint32_t address, const struct way *way)
{
	return fill(guest, address, way,
		    (uint32_t)nothing | PTE_PRESENT | (way->user ? PTE_USER : 0) |
			    (pte_wide ? PTE_NX : 0));
}

void shadow_forget_page(struct guest *guest, uint32_t address)
{
	void *table = table_of(guest, address);

	if (table && !shadow_is_hosts(address))
		pte_write(table, address / PAGE_SIZE % pte_entries(), 0);
}

/* Nobody knows which of a table's entries are the large page's, as that may be another page by now: all of them go. */
static void forget_large(struct guest *guest, uint32_t i)
{
	void *directory = guest->shadow.directory;
	const uint64_t entry = pte_read(directory, i);

	if (!(entry & PTE_PRESENT) || !(entry & LARGE))
		return;
	memset(pte_page(entry), 0, PAGE_SIZE);
	pte_write(directory, i, entry & ~(uint64_t)LARGE);
}

void shadow_forget(struct guest *guest, uint32_t address)
{
	const uint32_t first = (address & ~(LARGEST - 1)) >> pte_shift;

	for (uint32_t i = 0; i < LARGEST >> pte_shift; i++)
		forget_large(guest, first + i);
	shadow_forget_page(guest, address);
}
