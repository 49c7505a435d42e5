// SPDX-License-Identifier: MIT
/*
 * A guest's control registers, which it reads without its host, and its page tables, of which the host keeps others and
 * is told what to forget: one page at once, or many together in lazy mode.
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define PAGES  (PV_GUEST_FORGET + 8)
#define TRIES  50
#define CR0_TS 8u

#define NEEDS_GUEST(t) KTAP_SKIP_UNLESS(t, guest_is(), "this is no guest")

/* The instructions trap, and the host does them to what the guest has. */
static void registers(struct ktap *t)
{
	NEEDS_GUEST(t);
	CHECK_EQ(t, read_cr0(), native_read_cr0(), "CR0 is what the instruction says");
	CHECK_EQ(t, read_cr3(), native_read_cr3(), "CR3");
	CHECK_EQ(t, read_cr4_safe(), native_read_cr4(), "CR4");
	native_write_cr0(read_cr0() | CR0_TS);
	CHECK_EQ(t, read_cr0() & CR0_TS, CR0_TS, "TS that the instruction set is seen");
	clts();
	CHECK_EQ(t, native_read_cr0() & CR0_TS, 0, "and clts clears it");
	write_cr0(read_cr0() | CR0_TS);
	CHECK_EQ(t, native_read_cr0() & CR0_TS, CR0_TS, "write_cr0 sets it");
	write_cr0(read_cr0() & ~CR0_TS);
	CHECK_EQ(t, read_cr0() & CR0_TS, 0, "and clears it");
}

static void read_at(void *at)
{
	(void)*(volatile uint32_t *)at;
}

static void fault_address(struct ktap *t)
{
	uint8_t *page = pages_alloc(1);
	struct regs at;

	NEEDS_GUEST(t);
	KTAP_SKIP_UNLESS(t, page && paging_guard(page), "there is no memory, or no paging");
	CHECK_EQ(t, trap_try(read_at, page + 20, &at), TRAP_PF, "a page that is not there faults");
	CHECK_EQ(t, read_cr2(), (uint32_t)page + 20, "CR2 says where");
	CHECK_EQ(t, native_read_cr2(), (uint32_t)page + 20, "by the instruction, too");
	paging_unguard(page);
	pages_free(page, 1);
}

static void touch(uint8_t *pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		((volatile uint8_t *)pages)[i * PAGE_SIZE] = 0;
}

static void store_at(void *at)
{
	*(volatile uint8_t *)at = 1;
}

/* How often the host was needed, at least: it is for the machine's interrupts as well. */
static uint32_t entries_for(uint8_t *pages, unsigned n)
{
	uint32_t least = 0xffffffff;

	for (unsigned i = 0; i < TRIES; i++) {
		const uint32_t before = guest_entries();

		paging_set_constant(pages, n * PAGE_SIZE);
		if (guest_entries() - before < least)
			least = guest_entries() - before;
		paging_set_data(pages, n * PAGE_SIZE);
		touch(pages, n);
	}
	return least;
}

/* What is changed behind a translation that is in use: each page forgets its own. */
static void many_pages(struct ktap *t)
{
	uint8_t *pages = pages_alloc(PAGES);
	struct regs at;
	unsigned faults = 0;

	NEEDS_GUEST(t);
	KTAP_SKIP_UNLESS(t, pages && paging_enabled(), "there is no memory, or no paging");
	touch(pages, PAGES);
	paging_set_constant(pages, PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < PAGES; i++)
		faults += trap_try(store_at, pages + i * PAGE_SIZE, &at) == TRAP_PF;
	CHECK_EQ(t, faults, PAGES, "read-only pages fault");
	paging_set_data(pages, PAGES * PAGE_SIZE);
	touch(pages, PAGES);
	CHECK(t, entries_for(pages, PAGES) <= 4, "the host is told of many pages at once");
	pages_free(pages, PAGES);
}

/* More than there is room for: then it is all that is forgotten. */
static void too_many(struct ktap *t)
{
	uint8_t *page = pages_alloc(1);
	unsigned long flags;
	struct regs at;
	uint32_t before;

	NEEDS_GUEST(t);
	KTAP_SKIP_UNLESS(t, page && paging_enabled(), "there is no memory, or no paging");
	touch(page, 1);
	local_irq_save(flags);
	before = guest_entries();
	arch_enter_lazy_mmu_mode();
	for (unsigned i = 0; i < 3 * PV_GUEST_FORGET; i++)
		flush_tlb_single(0);
	before = guest_entries() - before;
	paging_set_constant(page, PAGE_SIZE); /* lazy as well, and the end of it */
	local_irq_restore(flags);
	CHECK(t, before < PV_GUEST_FORGET, "nobody is told while it is lazy");
	CHECK_EQ(t, trap_try(store_at, page, &at), TRAP_PF,
		 "and then the last page is forgotten, too");
	paging_set_data(page, PAGE_SIZE);
	pages_free(page, 1);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(registers),
	KTAP_TEST(fault_address),
	KTAP_TEST(many_pages),
	KTAP_TEST(too_many),
};
KTAP_SUITE(guest_mmu, tests);
