/* SPDX-License-Identifier: MIT */
/*
 * The lguest back end's functions: a kernel in ring 1 cannot turn interrupts off. What its host goes by is
 * IF in a word that both know, so each of the four ops that are called most is one instruction that
 * touches memory and no register, and fits a site:
 *
 *	save_fl		mov lguest_flags, %eax		5 bytes
 *	restore_fl	mov %eax, lguest_flags		5
 *	irq_disable	shrb lguest_flags + 1		6: IF is its bit 1, and bit 1 is 0 after a shift of 2, 1 or 0
 *	irq_enable	mov %cs, lguest_flags		6: the host chose a selector that has bit 9
 *	read_cr2	mov lguest_shared + 40, %eax	5: the host says there what control registers are
 *
 * None looks whether an interrupt waits: while one does, the host has the word's page read-only, and the next
 * store that turns IF on is the host's to complete. So nothing is tested, nothing can come between a test and
 * its store, and it costs nothing while nothing waits.
 */
#include "pv/backend/guest.h"
#include "pv/backend/template.h"

.set .Lpv_hypercalls, 0
.macro pv_hypercall_number name
.set .Lpv_hypercall_\name, .Lpv_hypercalls
.set .Lpv_hypercalls, .Lpv_hypercalls + 1
.endm
#define PV_NOTE(text)
#define PV_HYPERCALL(name, arguments, text) pv_hypercall_number name;
#include "pv/backend/hypercall.def"
#undef PV_HYPERCALL
#undef PV_NOTE

pv_templates_of lguest

	.section .pv.native, "ax", @progbits
	.balign 16

TEMPLATE save_fl
	mov lguest_flags, %eax
ENDT save_fl
TEMPLATE restore_fl
	mov %eax, lguest_flags
ENDT restore_fl
TEMPLATE irq_disable
	shrb $1, lguest_flags + 1
ENDT irq_disable
TEMPLATE irq_enable
	movw %cs, lguest_flags
ENDT irq_enable
TEMPLATE irq_enter_program
	movw %cs, lguest_flags
ENDT irq_enter_program
TEMPLATE read_cr0
	mov lguest_shared + PV_GUEST_CR0, %eax
ENDT read_cr0
TEMPLATE read_cr2
	mov lguest_shared + PV_GUEST_CR0 + 8, %eax
ENDT read_cr2
TEMPLATE read_cr3
	mov lguest_shared + PV_GUEST_CR0 + 12, %eax
ENDT read_cr3
TEMPLATE read_cr4
	mov lguest_shared + PV_GUEST_CR0 + 16, %eax
ENDT read_cr4
TEMPLATE read_cr4_safe
	mov lguest_shared + PV_GUEST_CR0 + 16, %eax
ENDT read_cr4_safe

/* void lguest_safe_halt(void): the host turns IF on, and no interrupt is lost in between. */
CALLEE_SAVE lguest_safe_halt
	push %eax
	mov $.Lpv_hypercall_sleep, %eax
	int $PV_HYPERCALL_VECTOR
	pop %eax
	ret

/*
 * void lguest_iret(void): jumped to, with eip, cs, eflags on the stack. The host knows the last three instructions, and
 * lets no interrupt come in between: it executes what is left of them first.
 */
FUNCTION lguest_iret
	push %eax
	mov 12(%esp), %eax
	and $PV_GUEST_IF, %eax		/* shrb would bring others to its place */
	.globl lguest_iret_pop, lguest_iret_last
	mov %eax, lguest_flags
lguest_iret_pop:
	pop %eax
lguest_iret_last:
	iret
ENDF lguest_iret

/* const struct pv_template pv_lguest_templates[LGUEST_TEMPLATES] */
PV_TEMPLATES read_cr4_safe

	.section .note.GNU-stack, "", @progbits
