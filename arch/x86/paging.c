// SPDX-License-Identifier: MIT
/*
 * Page tables, SDM volume 3, 4.3: a directory whose entries are 4 MiB pages, but for the first 4
 * MiB (which hold the kernel, so that single pages of it can be guarded) and the last (the window).
 */
#include "arch/x86/paging.h"
#include "arch/x86/cpu.h"
#include "arch/x86/desc.h"
#include "arch/x86/stack.h"
#include "arch/x86/trap.h"
#include "lib/printk.h"
#include "pv/backend/native.h"
#include "pv/host.h"
#include "pv/paravirt.h"

#define PAGE_SIZE    4096u
#define PTE_PRESENT  0x001u
#define PTE_WRITE    0x002u
#define PTE_UNCACHED 0x018u /* PWT | PCD */
#define PTE_BIG      0x080u
#define CR0_WP       0x00010000u
#define CR0_PG       0x80000000u
#define CR4_PSE      0x00000010u
#define CR4_PAE      0x00000020u /* a loader may leave it on */
#define WINDOW       0xffc00000u

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t low_table[1024] __attribute__((aligned(4096)));
static uint32_t window_table[1024] __attribute__((aligned(4096)));
static bool enabled, text_readonly;

extern uint8_t _image[], _rodata_end[];

/* Plain paging keeps the low half of a pte_t. */
static void set_pte(uint32_t *slot, uint64_t value)
{
	*slot = (uint32_t)pte_val(make_pte(value));
}

static void fill_tables(void)
{
	for (uint32_t i = 0; i < 1024; i++) {
		set_pte(&directory[i], i << 22 | PTE_BIG | PTE_WRITE | PTE_PRESENT);
		set_pte(&low_table[i], i << 12 | PTE_WRITE | PTE_PRESENT);
	}
	set_pte(&directory[0], (uint32_t)low_table | PTE_WRITE | PTE_PRESENT);
	set_pte(&directory[WINDOW >> 22], (uint32_t)window_table | PTE_WRITE | PTE_PRESENT);
}

static void change_page(uint32_t address, uint32_t bits)
{
	set_pte(&low_table[address / PAGE_SIZE], (address & ~(PAGE_SIZE - 1)) | bits);
	flush_tlb_single(address);
}

bool paging_init(void)
{
	if (!cpu_has(X86_FEATURE_PSE)) {
		pr_warn("paging: the CPU has no 4 MiB pages: off, nothing is protected\n");
		return false;
	}
	fill_tables();
	write_cr4((read_cr4() & ~CR4_PAE) | CR4_PSE);
	write_cr3((uint32_t)directory);
	write_cr0(read_cr0() | CR0_PG | CR0_WP);
	enabled = true;
	gdt_set_cr3(read_cr3());
	change_page(0, 0);
	for (unsigned i = 0; smp_stack_guard(i); i++)
		change_page((uint32_t)smp_stack_guard(i), 0);
	return true;
}

static void touch(void *address)
{
	(void)*(volatile uint8_t *)address;
}

/* A guard that does not fault is worse than none, because somebody trusts it. */
static bool guard_holds(uint8_t *address)
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

bool paging_enabled(void)
{
	return enabled;
}

void paging_protect_text(void)
{
	if (!enabled)
		return;
	for (uint32_t page = (uint32_t)_image; page < (uint32_t)_rodata_end; page += PAGE_SIZE)
		set_pte(&low_table[page / PAGE_SIZE], page | PTE_PRESENT);
	flush_tlb();
	text_readonly = true;
}

void paging_map_device(uint32_t address)
{
	if (!enabled)
		return;
	wbinvd(); /* what is cached of it by mistake must not be written back later */
	set_pte(&directory[address >> 22],
		(address & 0xffc00000) | PTE_BIG | PTE_UNCACHED | PTE_WRITE | PTE_PRESENT);
	flush_tlb();
}

/* Raw stores and native functions: no site may run between the first write and the serialization.
 */
static PV_TEXT void window_set(uint32_t page, uint32_t pte)
{
	window_table[page] = pte;
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

PV_TEXT void paging_write_text(uint8_t *at, const uint8_t *bytes, size_t n)
{
	uint32_t page = (uint32_t)at & ~(PAGE_SIZE - 1);

	if (!text_readonly) {
		copy(at, bytes, n);
		return;
	}
	window_set(0, page | PTE_WRITE | PTE_PRESENT);
	window_set(1, (page + PAGE_SIZE) | PTE_WRITE | PTE_PRESENT);
	copy((uint8_t *)WINDOW + ((uint32_t)at & (PAGE_SIZE - 1)), bytes, n);
	window_set(0, 0);
	window_set(1, 0);
}
