/* SPDX-License-Identifier: MIT */
/*
 * What stands in the slot of an op that the back end does not have: a function for each type that
 * panics with the op's name. Its patched sites are ud2; until then, and from jumps, it is reached
 * through the slot.
 */
#include "pv/para.h"

	.text

.macro missing_function op
.if .Lpv_conv_\op >= .Lpv_is_fast
pv_missing_\op:
	mov $.Lpv_type_\op, %eax
	jmp pv_missing_op	/* _Noreturn PV_FN void pv_missing_op(uint32_t type) */
.endif
.endm
#define PV_OP(group, name, convention, declaration, bare, text) missing_function name;
#include "pv/ops.def"
#undef PV_OP

	.section .rodata
	.balign 4

/* void (*const pv_missing[PV_NR_TYPES])(void) */
	.globl pv_missing
	.type pv_missing, @object
.macro missing_entry op
.if .Lpv_conv_\op >= .Lpv_is_fast
	.long pv_missing_\op
.else
	.long 0
.endif
.endm
pv_missing:
#define PV_OP(group, name, convention, declaration, bare, text) missing_entry name;
#include "pv/ops.def"
#undef PV_OP
	.size pv_missing, . - pv_missing

	.section .note.GNU-stack, "", @progbits
