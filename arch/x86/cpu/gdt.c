// SPDX-License-Identifier: MIT
/*
 * Each CPU's GDT and its two tasks. The first task is what runs; it needs a TSS only because the
 * switch to the second one has to save registers somewhere, and the double fault's report reads
 * them there.
 */
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/stack.h"
#include "lib/init.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define DESC_CODE  0x9b /* present, ring 0, code, readable, accessed */
#define DESC_DATA  0x93 /* present, ring 0, data, writable, accessed */
#define DESC_RING3 0x60
#define DESC_TSS   0x89 /* present, ring 0, 32-bit TSS, not busy */
#define FLAT       0xc0 /* 4 KiB units, 32 bits */

#define ENTRIES 10

static DEFINE_PER_CPU(uint64_t[ENTRIES], gdt);
DEFINE_PER_CPU(struct tss, double_fault_tss);
static uint32_t double_fault_entry;

static void set_entry(uint64_t *table, unsigned selector, uint32_t base, uint32_t limit,
		      uint8_t type, uint8_t flags)
{
	uint32_t low = base << 16 | (limit & 0xffff);
	uint32_t high = (base & 0xff000000) | (uint32_t)flags << 16 | (limit & 0xf0000) |
			(uint32_t)type << 8 | (base >> 16 & 0xff);

	write_gdt_entry(table, selector / 8, low, high);
}

static void tss_init(uint64_t *table, unsigned selector, struct tss *tss)
{
	memset(tss, 0, sizeof(*tss));
	tss->ss0 = tss->ss = KERNEL_DS;
	tss->ds = tss->es = USER_DS;
	tss->fs = PERCPU_FS;
	tss->cs = KERNEL_CS;
	tss->io_map = sizeof(*tss);
	set_entry(table, selector, (uint32_t)tss, sizeof(*tss) - 1, DESC_TSS, 0);
}

void gdt_fill(unsigned cpu, struct desc_ptr *ptr)
{
	uint64_t *table = per_cpu(gdt, cpu);
	struct tss *tss = &per_cpu(kernel_tss, cpu), *df = &per_cpu(double_fault_tss, cpu);
	struct cpu_stacks *stacks = &cpu_stacks[cpu];

	set_entry(table, KERNEL_CS, 0, 0xfffff, DESC_CODE, FLAT);
	set_entry(table, KERNEL_DS, 0, 0xfffff, DESC_DATA, FLAT);
	set_entry(table, USER_CS, 0, 0xfffff, DESC_CODE | DESC_RING3, FLAT);
	set_entry(table, USER_DS, 0, 0xfffff, DESC_DATA | DESC_RING3, FLAT);
	set_entry(table, PERCPU_FS, per_cpu_offset(cpu), 0xfffff, DESC_DATA, FLAT);
	set_entry(table, SWITCH_CS, 0, 0xfffff, DESC_CODE, FLAT);
	set_entry(table, SWITCH_DS, 0, 0xfffff, DESC_DATA, FLAT);
	tss_init(table, TSS_SELECTOR, tss);
	tss_init(table, DF_TSS_SELECTOR, df);
	load_sp0(tss, stack_top(cpu));
	load_sp0(df, (uint32_t)(stacks->double_fault_stack + sizeof(stacks->double_fault_stack)));
	df->esp = df->esp0;
	df->eip = double_fault_entry;
	df->eflags = 2;
	*ptr = (struct desc_ptr){sizeof(gdt) - 1, (uint32_t)table};
}

/* LTR wants it not busy. */
void gdt_load_task(void)
{
	uint64_t *table = per_cpu(gdt, smp_processor_id());
	struct tss *tss = &per_cpu(kernel_tss, smp_processor_id());

	set_entry(table, TSS_SELECTOR, (uint32_t)tss, sizeof(*tss) - 1, DESC_TSS, 0);
	load_tr(TSS_SELECTOR);
}

void __init gdt_init(void)
{
	struct desc_ptr ptr;

	gdt_fill(0, &ptr);
	load_gdt(&ptr);
	segments_reload();
	load_tr(TSS_SELECTOR);
}

void __init gdt_set_double_fault(void (*entry)(void))
{
	double_fault_entry = (uint32_t)entry;
	double_fault_tss.eip = double_fault_entry;
}

void gdt_set_cr3(uint32_t cr3)
{
	per_cpu(double_fault_tss, smp_processor_id()).cr3 = cr3;
}
