/* SPDX-License-Identifier: MIT */
/* The multiboot entry (Multiboot Specification 0.6.96, 3.1.1 and 3.2), and sites by macros of GNU as. */
#include "pv/alternative.h"
#include "pv/jump_label.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"

	.section .boot, "ax", @progbits
	.balign 4
	.long 0x1badb002, 0, -0x1badb002	/* the header, no wishes */
	.globl start
start:
	mov $stack_top, %esp
	push $0					/* EFLAGS */
	popf
	lgdt gdt_ptr				/* IRET loads CS from it; data segments stay the loader's */
	ljmp $8, $adopt_main			/* _Noreturn void adopt_main(void) */

	.section .text.exempt, "ax", @progbits
	.globl breakpoint
breakpoint:				/* by an interrupt gate: what follows has no site */
	push $0				/* the frame may move down by a word */
	push $0				/* where it is then */
	pusha
	cld
	lea 40(%esp), %eax
	push %eax
	call pv_breakpoint		/* uint32_t *pv_breakpoint(uint32_t *frame) */
	pop %ecx
	test %eax, %eax
	jz 1f
	mov %eax, 32(%esp)
	popa
	pop %esp
	iret
1:	mov $0x12, %al			/* no site's: the end, without a word from text that may be half written */
	out %al, $0xf4
	jmp 1b

	.text
	.globl flags_while_off, flags_by_iret, choices, if_turned
flags_while_off:				/* uint32_t flags_while_off(void) */
	PARA_SITE irq_disable			/* ff 15 <slot> -> padding, fa */
	PARA_SITE save_fl			/* ff 15 <slot> -> padding, 9c 58 */
	PARA_SITE irq_enable			/* ff 15 <slot> -> padding, fb */
	ret

flags_by_iret:					/* regparm(1) void flags_by_iret(uint32_t flags) */
	push %eax
	push %cs
	push $1f
	PARA_SITE iret				/* ff 25 <slot> -> cf, padding */
1:	ret

choices:					/* uint32_t choices(void) */
	LOCK_PREFIX incl counter		/* f0 -> 3e, and back */
	ALTERNATIVE "xor %eax, %eax", "mov $1, %eax", X86_FEATURE_FPU	/* 31 c0 90 90 90 -> b8 01 00 00 00 */
	ALTERNATIVE "", "or $2, %eax", ALT_NOT(X86_FEATURE_CX8)		/* 90 90 90 -> 83 c8 02, or padding */
	ret

if_turned:				/* uint32_t if_turned(void) */
	STATIC_BRANCH_UNLIKELY turned, 1f	/* 3e 8d 74 26 00 -> e9 to 1, and back */
	xor %eax, %eax
	ret
1:	jmp __SCT__number			/* a tail call: e9 to whatever it is now */

	.section .rodata
	.balign 8
gdt:	.quad 0, 0x00cf9b000000ffff		/* 08: code, flat */
gdt_ptr:
	.short gdt_ptr - gdt - 1
	.long gdt

	.section .note.GNU-stack, "", @progbits
