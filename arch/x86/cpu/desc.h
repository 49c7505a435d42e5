/* SPDX-License-Identifier: MIT */
/*
 * Segments, tasks and gates: SDM volume 3, 3.4.5 (segment descriptors), 6.11 (gates), 7.2 (TSS).
 * All is flat: code and data of the kernel and of programs, %fs for a CPU's own variables, and a
 * second task whose only purpose is that a double fault gets a stack that works. Each CPU has its
 * own.
 */
#ifndef ARCH_X86_CPU_DESC_H
#define ARCH_X86_CPU_DESC_H

#include "arch/x86/cpu/percpu.h"
#include <stdint.h>

/* SYSENTER and SYSEXIT count on the first four: SDM volume 2B, "SYSEXIT". */
#define KERNEL_CS       0x08
#define KERNEL_DS       0x10 /* the stack's */
#define USER_CS         0x1b /* with the ring, 3 */
#define USER_DS         0x23 /* the kernel's own ds and es, too: entries need not change back */
#define PERCPU_FS       0x28 /* flat, but for its base: where the CPU's variables are */
#define TSS_SELECTOR    0x30
#define DF_TSS_SELECTOR 0x38
#define SWITCH_CS       0x40 /* as KERNEL_CS and KERNEL_DS, but the same in a guest's table: host/ */
#define SWITCH_DS       0x48

struct desc_ptr {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

struct tss {
	uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs, ldt;
	uint16_t trap, io_map;
};
_Static_assert(sizeof(struct tss) == 104, "the TSS of the SDM");

DECLARE_PER_CPU(struct tss, kernel_tss);
DECLARE_PER_CPU(struct tss, double_fault_tss);

/* The boot CPU's GDT, segment registers and task; the double fault's task lacks only its entry, and
 * has no gate. */
void gdt_init(void);

/*
 * Where the double fault's task begins, on all CPUs, with the error code on its stack. Who handles
 * it says so once, after gdt_init() and before its gate is there.
 */
void gdt_set_double_fault(void (*entry)(void));

/* Make the segment registers follow a new GDT. In segments.asm. */
void segments_reload(void);

/* This CPU's task register again, after it was another one. */
void gdt_load_task(void);

/* Make the tables of a CPU that does not run yet; *ptr is what it has to load. */
void gdt_fill(unsigned cpu, struct desc_ptr *ptr);

/* After paging is switched on: this CPU's double fault task starts with this page directory. */
void gdt_set_cr3(uint32_t cr3);

#endif
