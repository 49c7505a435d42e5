// SPDX-License-Identifier: MIT
/*
 * The directory's entries are large pages (2 MiB with PAE, 4 MiB without), but for the first 4 MiB,
 * which hold the kernel, the last, with the window, and what paging_guard() has split.
 */
#include "arch/x86/mm/paging.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/pte.h"
#include "arch/x86/trap/trap.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define CR0_WP   0x00010000u
#define CR0_PG   0x80000000u
#define CR4_PSE  0x00000010u
#define CR4_PAE  0x00000020u /* a loader may leave it on */
#define EFER_LME 0x100ull    /* of a loader that was there: it would take effect with paging */

#define FEATURE_LONG_MODE (1 * 32 + 29)
#define LOW_END           0x400000u
#define WINDOW            0xffc00000u

#define PAGE_ALIGNED __attribute__((aligned(4096)))

/* With PAE four directories in a row and the pointers to them; without, one. */
static uint8_t directory[4 * PAGE_SIZE] PAGE_ALIGNED;
static uint8_t low_tables[2 * PAGE_SIZE] PAGE_ALIGNED;
static uint8_t window_table[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t pointers[4] __attribute__((aligned(32)));

static bool enabled;
static uint64_t data_bits, rodata_bits, code_bits; /* of their pages' entries */

extern uint8_t _image[], _rodata[], _rodata_end[];

spinlock_t paging_lock = SPINLOCK_IRQS_OFF("the kernel's page tables");
void (*paging_entry_changed)(uint32_t address, uint64_t entry);

static void change_directory(uint32_t i, uint64_t entry)
{
	pte_write(directory, i, entry);
	if (paging_entry_changed)
		paging_entry_changed(i << pte_shift, entry);
}

/* Into `table`, which maps the same as one large page. NX goes last: the pages have their own by then. */
static void split(uint32_t i, uint64_t large, void *table)
{
	uint64_t entry = (uint32_t)table | PTE_WRITE | PTE_PRESENT;

	for (uint32_t page = 0; page < pte_entries(); page++)
		pte_write(table, page, (large & ~(uint64_t)PTE_BIG) + page * PAGE_SIZE);
	change_directory(i, entry | (large & PTE_NX));
	change_directory(i, entry);
	flush_tlb();
}

/* With a page for a table, if there is one; returns what is left of it. All n pages have one table. */
static void *set_some_with(uint32_t address, uint32_t n, uint64_t bits, void *spare, bool *done)
{
	uint32_t i = address >> pte_shift;
	uint64_t entry = pte_read(directory, i);

	if (entry & PTE_BIG && spare) {
		split(i, entry, spare);
		entry = pte_read(directory, i);
		spare = NULL;
	}
	*done = !(entry & PTE_BIG);
	arch_enter_lazy_mmu_mode();
	for (; *done && n--; address += PAGE_SIZE, bits += PAGE_SIZE) {
		pte_write(pte_page(entry), address / PAGE_SIZE % pte_entries(), bits);
		flush_tlb_single(address);
	}
	arch_leave_lazy_mmu_mode();
	return spare;
}

static volatile uint32_t changes;
static DEFINE_PER_CPU(uint32_t, changes_known);

void paging_catch_up(void)
{
	const uint32_t now = changes;

	if (this_cpu_read(changes_known) == now)
		return;
	this_cpu_write(changes_known, now); /* before: another change after it is another number */
	flush_tlb();
}

/* The first of n pages has these bits, and each the next page's behind it. */
static bool set_some(uint32_t address, uint32_t n, uint64_t bits)
{
	bool big = pte_read(directory, address >> pte_shift) & PTE_BIG, done;
	void *spare = big ? pages_alloc(1) : NULL;
	unsigned long flags;

	spin_lock_irqsave(&paging_lock, flags);
	spare = set_some_with(address, n, bits, spare, &done);
	changes++;
	spin_unlock_irqrestore(&paging_lock, flags);
	if (spare)
		pages_free(spare, 1); /* another CPU was faster */
	return done;
}

static bool set_page(uint32_t address, uint64_t bits)
{
	return set_some(address, 1, bits);
}

#define AT_ONCE 32u /* pages */

/* How many of these pages are changed at once: of one table, and not so many that interrupts are off for long. */
static uint32_t some(uint32_t page, uint32_t end)
{
	const uint32_t n = (end - page + PAGE_SIZE - 1) / PAGE_SIZE;
	const uint32_t most = AT_ONCE - page / PAGE_SIZE % AT_ONCE;

	return n < most ? n : most;
}

static bool set_pages(const void *start, size_t bytes, uint64_t bits)
{
	const uint32_t end = (uint32_t)start + bytes;
	bool done = true;

	for (uint32_t page = (uint32_t)start, n; page < end; page += n * PAGE_SIZE) {
		n = some(page, end);
		done &= set_some(page, n, page | bits);
	}
	return done;
}

static void __init set_table(uint32_t address, void *table, uint64_t bits)
{
	pte_write(directory, address >> pte_shift,
		  (uint32_t)table | bits | PTE_WRITE | PTE_PRESENT);
}

static void __init fill_directory(void)
{
	uint32_t large = 1u << pte_shift;

	for (uint32_t i = 0; i < LOW_END / PAGE_SIZE; i++)
		pte_write(low_tables, i, i * PAGE_SIZE | data_bits);
	for (uint32_t address = 0; address < WINDOW; address += large)
		pte_write(directory, address >> pte_shift, address | data_bits | PTE_BIG);
	for (uint32_t at = 0; at < LOW_END; at += large)
		set_table(at, low_tables + at / PAGE_SIZE / pte_entries() * PAGE_SIZE, 0);
	set_table(WINDOW, window_table, data_bits & PTE_NX);
	for (uint32_t i = 0; i < 2; i++) /* window_set() stores lower halves only */
		pte_write(window_table, i, data_bits & PTE_NX);
	for (uint32_t i = 0; i < 4; i++)
		pointers[i] = ((uint32_t)directory + i * PAGE_SIZE) | PTE_PRESENT;
}

static void __init choose_format(void)
{
	pte_wide = cpu_has(X86_FEATURE_PAE) && cpu_has(X86_FEATURE_NX) && cpu_has(X86_FEATURE_MSR);
	if (pte_wide)
		cpu_use(X86_FEATURE_PAE), cpu_use(X86_FEATURE_NX), cpu_use(X86_FEATURE_MSR);
	pte_shift = pte_wide ? 21 : 22;
	code_bits = PTE_PRESENT;
	rodata_bits = PTE_PRESENT | (pte_wide ? PTE_NX : 0);
	data_bits = rodata_bits | PTE_WRITE;
}

uint32_t paging_cr3(void)
{
	return pte_wide ? (uint32_t)pointers : (uint32_t)directory;
}

/* Further CPUs get these registers as they are here: smp_start.c. */
static void __init switch_on(void)
{
	if (pte_wide || (cpu_has(X86_FEATURE_MSR) && cpu_has(FEATURE_LONG_MODE)))
		write_msr(MSR_EFER, (read_msr(MSR_EFER) & ~EFER_LME) | (pte_wide ? EFER_NXE : 0));
	write_cr4((read_cr4() & ~CR4_PAE) | (pte_wide ? CR4_PAE : CR4_PSE));
	write_cr3(paging_cr3());
	write_cr0(read_cr0() | CR0_PG | CR0_WP);
}

bool __init paging_init(void)
{
	if (!cpu_use(X86_FEATURE_PSE)) {
		pr_warn("paging: the CPU has no 4 MiB pages: off, nothing is protected\n");
		return false;
	}
	choose_format();
	fill_directory();
	set_pages(_image, (size_t)(_rodata - _image), code_bits);
	set_pages(_rodata, (size_t)(_rodata_end - _rodata), rodata_bits);
	set_page(0, 0);
	for (unsigned i = 0; smp_stack_guard(i); i++)
		set_page((uint32_t)smp_stack_guard(i), 0);
	switch_on();
	enabled = true;
	gdt_set_cr3(read_cr3());
	return true;
}

static void touch(void *address)
{
	(void)*(volatile uint8_t *)address;
}

/* A guard that does not fault is worse than none, because somebody trusts it. */
static bool guard_holds(void *address)
{
	struct regs at;

	return trap_try(touch, address, &at) == TRAP_PF;
}

bool paging_guarded(void)
{
	bool holds = enabled && guard_holds(NULL);

	for (unsigned i = 0; holds && smp_stack_guard(i); i++)
		holds = guard_holds(smp_stack_guard(i));
	return holds;
}

const void *paging_top(void)
{
	return directory + (pte_wide ? 3 * PAGE_SIZE : 0);
}

const uint64_t *paging_pointers(void)
{
	return pointers;
}

bool paging_enabled(void)
{
	return enabled;
}

bool paging_has_nx(void)
{
	return enabled && pte_wide;
}

bool paging_guard(void *page)
{
	return enabled && set_page((uint32_t)page, 0);
}

bool paging_unguard(void *page)
{
	return enabled && set_page((uint32_t)page, (uint32_t)page | data_bits);
}

bool paging_set_code(void *start, size_t bytes)
{
	return enabled && set_pages(start, bytes, code_bits);
}

bool paging_set_constant(void *start, size_t bytes)
{
	return enabled && set_pages(start, bytes, rodata_bits);
}

bool paging_set_data(void *start, size_t bytes)
{
	return enabled && set_pages(start, bytes, data_bits);
}

bool paging_set_alias(void *page, const void *of)
{
	return enabled && set_page((uint32_t)page, (uint32_t)of | data_bits);
}

uint64_t paging_fixed_entry(const void *page, enum paging_fixed kind)
{
	const uint64_t bits[] = {code_bits, rodata_bits, data_bits};

	return (uint32_t)page | bits[kind];
}

/* What is there then, is no code unless its own entry says so. */
bool paging_fix(unsigned slot, const void *page, enum paging_fixed kind)
{
	const uint32_t i = WINDOW >> pte_shift;
	unsigned long flags;

	if (!enabled || slot >= PAGING_FIXED_SLOTS)
		return false;
	spin_lock_irqsave(&paging_lock, flags);
	pte_write(window_table, (PAGING_FIXED - WINDOW) / PAGE_SIZE + slot,
		  paging_fixed_entry(page, kind));
	change_directory(i, pte_read(directory, i) & ~PTE_NX);
	flush_tlb();
	changes++;
	spin_unlock_irqrestore(&paging_lock, flags);
	return true;
}

bool paging_map_device(uint32_t address)
{
	uint32_t i = address >> pte_shift, page = address & ~(PAGE_SIZE - 1);

	if (!enabled || address >= WINDOW)
		return false;
	wbinvd(); /* what is cached of it by mistake must not be written back later */
	if (!(pte_read(directory, i) & PTE_BIG))
		return set_page(page, page | data_bits | PTE_UNCACHED);
	change_directory(i, i << pte_shift | data_bits | PTE_BIG | PTE_UNCACHED);
	flush_tlb();
	return true;
}

/*
 * Raw stores and native functions: no site may run between the first write and the serialization.
 * The upper half of an entry, with NX, is always the same.
 */
static PV_TEXT void window_set(uint32_t page, uint32_t pte)
{
	*(volatile uint32_t *)(window_table + page * (pte_wide ? 8 : 4)) = pte;
	native_flush_tlb_single(WINDOW + page * PAGE_SIZE);
}

/*
 * As few stores as there can be: an emulator that finds code changed throws away its translation at
 * each one. Unaligned is fine on i386; may_alias, since these are bytes.
 */
typedef uint32_t __attribute__((may_alias, aligned(1))) word;

static PV_TEXT void copy(uint8_t *to, const uint8_t *from, size_t n)
{
	for (; n >= 4; n -= 4, to += 4, from += 4)
		*(volatile word *)to = *(const word *)from;
	for (; n; n--)
		*(volatile uint8_t *)to++ = *from++;
}

void (*paging_write_elsewhere)(uint8_t *at, const uint8_t *bytes, size_t n);

PV_TEXT void paging_write_text(uint8_t *at, const uint8_t *bytes, size_t n)
{
	uint32_t page = (uint32_t)at & ~(PAGE_SIZE - 1);

	if (paging_write_elsewhere) {
		paging_write_elsewhere(at, bytes, n);
		return;
	}
	if (!enabled) {
		copy(at, bytes, n);
		return;
	}
	window_set(0, page | PTE_WRITE | PTE_PRESENT);
	window_set(1, (page + PAGE_SIZE) | PTE_WRITE | PTE_PRESENT);
	copy((uint8_t *)WINDOW + ((uint32_t)at & (PAGE_SIZE - 1)), bytes, n);
	window_set(0, 0);
	window_set(1, 0);
}
