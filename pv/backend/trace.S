/* SPDX-License-Identifier: MIT */
/*
 * The trace back end: each op counts and goes on to the native function, or what stands for it in another ring. Adding changes nothing but
 * flags, which every op may change; an interrupt between the halves adds whole ones of its own. With its prefix (64 ff 05 disp32) it does not fit a site.
 */
#include "pv/backend/percpu.h"
#include "pv/para.h"

	.section .pv.native, "ax", @progbits

#ifdef __OPTIMIZE_SIZE__
/* Four bytes an op, all around one piece of code that is slower: it knows the op by its type. */
.set .Ltrace_middle, 20
.macro trace_any
trace_any:
	push %eax
	mov 4(%esp), %eax
	addl $1, PV_PERCPU:pv_trace_counts(, %eax, 8)
	adcl $0, PV_PERCPU:pv_trace_counts + 4(, %eax, 8)
	mov pv_below(, %eax, 4), %eax
	mov %eax, 4(%esp)
	pop %eax
	ret
.endm
.macro trace_function op
.if .Lpv_type_\op == .Ltrace_middle
	trace_any
.endif
.if .Lpv_conv_\op >= .Lpv_is_fast
trace_\op:
	push $.Lpv_type_\op
	jmp trace_any
.endif
.endm
#else
.macro trace_function op
.if .Lpv_conv_\op >= .Lpv_is_fast
trace_\op:
	addl $1, PV_PERCPU:pv_trace_counts + 8 * .Lpv_type_\op /* uint64_t [PV_NR_TYPES], per CPU */
	adcl $0, PV_PERCPU:pv_trace_counts + 8 * .Lpv_type_\op + 4
	jmp *pv_below + 4 * .Lpv_type_\op
.endif
.endm
#endif
#define PV_OP(group, name, convention, declaration, bare, text) trace_function name;
#include "pv/ops.def"
#undef PV_OP

	.section .rodata
	.balign 4

/* const struct pv_ops pv_trace_ops: the hook, data, and then functions only */
	.globl pv_trace_ops
	.type pv_trace_ops, @object
.macro trace_entry op
.if .Lpv_conv_\op == .Lpv_is_hook
	.long paravirt_patch_default
.elseif .Lpv_conv_\op == .Lpv_is_data
	.long 0
.else
	.long trace_\op
.endif
.endm
pv_trace_ops:
#define PV_OP(group, name, convention, declaration, bare, text) trace_entry name;
#include "pv/ops.def"
#undef PV_OP
	.size pv_trace_ops, . - pv_trace_ops

	.section .note.GNU-stack, "", @progbits
