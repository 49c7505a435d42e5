// SPDX-License-Identifier: MIT
/*
 * The IDT: its gates lead to entry.asm's stubs, but for the double fault's, which is a task. All
 * CPUs share it. There is one for each vector, since firmware may leave an interrupt behind that
 * comes by any of them.
 */
#include "arch/x86/cpu/desc.h"
#include "arch/x86/trap/trap.h"
#include "lib/init.h"
#include "pv/paravirt.h"

#define GATE_INTERRUPT 0x8e00 /* present, ring 0, 32-bit, interrupts off */
#define GATE_PROGRAMS  0x6000 /* ring 3 may use it */
#define GATE_TASK      0x8500
#define DR6_CAUSES     0xe00fu /* the rest is reserved: as it was */

#define STUBS_BLOCK (32 * 4 + 5) /* 32 stubs of four bytes, and a jump: entry.asm */

extern const uint32_t trap_stubs[NR_TRAPS];
extern const uint8_t interrupt_stubs[];
void syscall_stub(void);
void double_fault_entry(void); /* entry.asm: the task's first instruction */

static uint64_t idt[NR_VECTORS] __attribute__((aligned(8)));

static void __init set_gate(unsigned vector, uint16_t selector, uint32_t offset, uint16_t type)
{
	write_idt_entry(idt, vector, (uint32_t)selector << 16 | (offset & 0xffff),
			(offset & 0xffff0000) | type);
}

void trap_idt(struct desc_ptr *ptr)
{
	*ptr = (struct desc_ptr){sizeof(idt) - 1, (uint32_t)idt};
}

void __init trap_init(void)
{
	struct desc_ptr ptr;
	uint16_t selector = (uint16_t)(KERNEL_CS | get_kernel_rpl());

	for (unsigned vector = 0; vector < NR_TRAPS; vector++)
		set_gate(vector, selector, trap_stubs[vector], GATE_INTERRUPT);
	for (unsigned n = 0; n < NR_VECTORS - NR_TRAPS; n++)
		set_gate(NR_TRAPS + n, selector,
			 (uint32_t)interrupt_stubs + n / 32 * STUBS_BLOCK + n % 32 * 4,
			 GATE_INTERRUPT);
	set_gate(SYSCALL_VECTOR, selector, (uint32_t)syscall_stub, GATE_INTERRUPT | GATE_PROGRAMS);
	gdt_set_double_fault(double_fault_entry);
	set_gate(TRAP_DF, DF_TSS_SELECTOR, 0, GATE_TASK);
	trap_idt(&ptr);
	load_idt(&ptr);
	set_debugreg(7, 0);
	set_debugreg(6, get_debugreg(6) & ~DR6_CAUSES);
}
