/* SPDX-License-Identifier: MIT */
/*
 * The native functions; those that are short enough are templates at the same time, so the two
 * cannot differ (pv/backend/template.h). C prototypes are in pv/made/native.h.
 */
#include "pv/backend/template.h"

pv_templates_of native

	.section .pv.native, "ax", @progbits
	.balign 64

/* Unpatched, these four are called all the time: one cache line holds them. */
.Lirq_line:
TEMPLATE save_fl
	pushf
	pop %eax
ENDT save_fl
TEMPLATE restore_fl
	push %eax
	popf
ENDT restore_fl
TEMPLATE irq_disable
	cli
ENDT irq_disable
TEMPLATE irq_enable
	sti
ENDT irq_enable
.if . - .Lirq_line > 64
.error "the first four functions: more than a cache line"
.endif

TEMPLATE safe_halt
	sti			/* interrupts wait for one more instruction */
	hlt
ENDT safe_halt
TEMPLATE irq_enter
	cld			/* which every entry has to do: so a site is no NOP */
ENDT irq_enter
TEMPLATE irq_enter_program
	sti
ENDT irq_enter_program
TEMPLATE halt
	hlt
ENDT halt

TEMPLATE read_cr0
	mov %cr0, %eax
ENDT read_cr0
TEMPLATE write_cr0
	mov %eax, %cr0
ENDT write_cr0
TEMPLATE read_cr2
	mov %cr2, %eax
ENDT read_cr2
TEMPLATE read_cr3
	mov %cr3, %eax
ENDT read_cr3
TEMPLATE write_cr3
	mov %eax, %cr3
ENDT write_cr3
TEMPLATE read_cr4
	mov %cr4, %eax
ENDT read_cr4
TEMPLATE write_cr4
	mov %eax, %cr4
ENDT write_cr4
TEMPLATE clts
	clts
ENDT clts
TEMPLATE load_gdt
	lgdt (%eax)
ENDT load_gdt
TEMPLATE load_idt
	lidt (%eax)
ENDT load_idt
TEMPLATE load_tr
	ltr %ax
ENDT load_tr
TEMPLATE load_sp0
	mov %edx, 4(%eax)	/* tss->esp0 */
ENDT load_sp0
TEMPLATE read_msr
	rdmsr			/* the third argument is the MSR, in ecx as the CPU wants it */
ENDT read_msr
TEMPLATE write_msr
	wrmsr			/* low, high, MSR */
ENDT write_msr
TEMPLATE wbinvd
	wbinvd
ENDT wbinvd
TEMPLATE iret
	iret
ENDT iret
TEMPLATE irq_enable_sysexit
	sti			/* interrupts wait for one more instruction */
	sysexit
ENDT irq_enable_sysexit
TEMPLATE io_delay
	outb %al, $0x80		/* the POST port: about a microsecond, and nobody listens */
ENDT io_delay
TEMPLATE set_pte		/* eax: entry, edx: lower half, ecx: upper half */
	mov %ecx, 4(%eax)
	mov %edx, (%eax)
ENDT set_pte
TEMPLATE set_pte_short
	mov %edx, (%eax)
ENDT set_pte_short
TEMPLATE flush_tlb
	mov %cr3, %eax
	mov %eax, %cr3
ENDT flush_tlb
TEMPLATE flush_tlb_single
	invlpg (%eax)
ENDT flush_tlb_single
TEMPLATE read_tsc
	rdtsc
ENDT read_tsc

/* What is too long for a site is called. */

FUNCTION native_cpuid		/* eax, edx, ecx: &eax, &ebx, &ecx; on the stack: &edx */
	push %ebx
	push %esi
	push %edi
	mov %eax, %esi
	mov %edx, %edi
	push %ecx
	mov (%esi), %eax
	mov (%ecx), %ecx
	cpuid
	mov %eax, (%esi)
	mov %ebx, (%edi)
	pop %eax
	mov %ecx, (%eax)
	mov 16(%esp), %eax	/* edi, esi, ebx, return address */
	mov %edx, (%eax)
	pop %edi
	pop %esi
	pop %ebx
	ret
ENDF native_cpuid

FUNCTION native_write_entry	/* eax: table, edx: entry, ecx: low; on the stack: high */
	mov %ecx, (%eax, %edx, 8)
	mov 4(%esp), %ecx
	mov %ecx, 4(%eax, %edx, 8)
	ret
ENDF native_write_entry

.macro DEBUGREG which, instruction:vararg
	cmp $\which, %eax
	jne 1f
	\instruction
	ret
1:
.endm

FUNCTION native_get_debugreg	/* eax: which */
	DEBUGREG 0, mov %db0, %eax
	DEBUGREG 1, mov %db1, %eax
	DEBUGREG 2, mov %db2, %eax
	DEBUGREG 3, mov %db3, %eax
	DEBUGREG 6, mov %db6, %eax
	DEBUGREG 7, mov %db7, %eax
	xor %eax, %eax
	ret
ENDF native_get_debugreg

FUNCTION native_set_debugreg	/* eax: which, edx: value */
	DEBUGREG 0, mov %edx, %db0
	DEBUGREG 1, mov %edx, %db1
	DEBUGREG 2, mov %edx, %db2
	DEBUGREG 3, mov %edx, %db3
	DEBUGREG 6, mov %edx, %db6
	DEBUGREG 7, mov %edx, %db7
	ret
ENDF native_set_debugreg

#if CONFIG_PARAVIRT
/* const struct pv_template pv_native_templates[PV_NR_TYPES], by type; (0, 0): none. */
PV_TEMPLATES
#endif

	.section .note.GNU-stack, "", @progbits
