// SPDX-License-Identifier: MIT
/*
 * The GDT and the two tasks. The first task is what runs; it needs a TSS only because the switch to
 * the second one has to save registers somewhere, and the double fault's report reads them there.
 */
#include "arch/x86/desc.h"
#include "arch/x86/trap.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define DESC_CODE 0x9b /* present, ring 0, code, readable, accessed */
#define DESC_DATA 0x93 /* present, ring 0, data, writable, accessed */
#define DESC_TSS  0x89 /* present, ring 0, 32-bit TSS, not busy */
#define FLAT      0xc0 /* 4 KiB units, 32 bits */

static uint64_t gdt[5] __attribute__((aligned(8)));
static uint8_t double_fault_stack[4096] __attribute__((aligned(16)));

struct tss kernel_tss, double_fault_tss;

static void set_entry(unsigned selector, uint32_t base, uint32_t limit, uint8_t type, uint8_t flags)
{
	uint32_t low = base << 16 | (limit & 0xffff);
	uint32_t high = (base & 0xff000000) | (uint32_t)flags << 16 | (limit & 0xf0000) |
			(uint32_t)type << 8 | (base >> 16 & 0xff);

	write_gdt_entry(gdt, selector / 8, low, high);
}

static void tss_init(struct tss *tss, unsigned selector)
{
	memset(tss, 0, sizeof(*tss));
	tss->ss0 = tss->ss = tss->ds = tss->es = tss->fs = tss->gs = KERNEL_DS;
	tss->cs = KERNEL_CS;
	tss->io_map = sizeof(*tss);
	set_entry(selector, (uint32_t)tss, sizeof(*tss) - 1, DESC_TSS, 0);
}

void gdt_init(void)
{
	struct desc_ptr ptr = {sizeof(gdt) - 1, (uint32_t)gdt};
	extern uint8_t boot_stack_top[];

	set_entry(KERNEL_CS, 0, 0xfffff, DESC_CODE, FLAT);
	set_entry(KERNEL_DS, 0, 0xfffff, DESC_DATA, FLAT);
	tss_init(&kernel_tss, TSS_SELECTOR);
	tss_init(&double_fault_tss, DF_TSS_SELECTOR);
	load_sp0(&kernel_tss, (uint32_t)boot_stack_top);
	load_sp0(&double_fault_tss, (uint32_t)(double_fault_stack + sizeof(double_fault_stack)));
	double_fault_tss.esp = double_fault_tss.esp0;
	double_fault_tss.eip = (uint32_t)double_fault_entry;
	double_fault_tss.eflags = 2;
	load_gdt(&ptr);
	segments_reload();
	load_tr(TSS_SELECTOR);
}

void gdt_set_cr3(uint32_t cr3)
{
	double_fault_tss.cr3 = cr3;
}
