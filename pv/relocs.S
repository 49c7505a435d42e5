/* SPDX-License-Identifier: MIT */
/*
 * The ops as plain functions, by what the source calls them: void pv_irq_disable(void), and the
 * others with the parameters of their slots (pv/made/table.h). Each is a jump through its slot: what calls it has a
 * record, or not, and works either way.
 */
#include "pv/para.h"

	.text
	.balign 8
	.globl pv_plain
pv_plain:			/* 8 bytes each, PV_PLAIN_SIZE */
.macro plain_function op
.if .Lpv_conv_\op >= .Lpv_is_fast
	.globl pv_\op
	.type pv_\op, @function
pv_\op:
	jmp *pv_ops + 4 * .Lpv_type_\op
	.size pv_\op, . - pv_\op
	.skip 2, 0xcc
.else
	.skip 8, 0xcc
.endif
.endm
#define PV_OP(group, name, convention, declaration, bare, text) plain_function name;
#include "pv/ops.def"
#undef PV_OP
	.size pv_plain, . - pv_plain

	.section .note.GNU-stack, "", @progbits
