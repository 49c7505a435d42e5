/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * Paravirt sites for GNU as, in files that the C preprocessor reads (.S). PARA_SITE name calls (or,
 * for an op that does not return, jumps to) what stands in the op's slot of pv_ops and records the
 * place in .parainstructions, as the C macros do:
 *
 *	PARA_SITE irq_disable		// ff 15 slot, later fa and five bytes of padding
 *	...
 *	PARA_SITE iret			// ff 25 slot, later cf
 *
 * Only callee-save ops and ops that do not return may be named, since nothing here saves registers.
 * Ops come from ops.def. For NASM: pv/para.inc.
 */
#ifndef PV_PARA_H
#define PV_PARA_H

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif
#ifndef PV_SITES_RELOCS
#define PV_SITES_RELOCS 0
#endif

/*
 * Of each op its type and its convention, as symbols that stay in the assembler; a directive reads
 * them, since a macro's argument is no word of the preprocessor.
 */
.set .Lpv_is_hook, 0
.set .Lpv_is_data, 1
.set .Lpv_is_fast, 2
.set .Lpv_is_callee, 3
.set .Lpv_is_callee_eax, 4
.set .Lpv_is_jump, 5

.set .Lpv_nr_types, 0
.macro pv_op_number name, convention
.set .Lpv_type_\name, .Lpv_nr_types
.set .Lpv_conv_\name, .Lpv_is_\convention
.set .Lpv_nr_types, .Lpv_nr_types + 1
.endm
#define PV_NOTE(text)
#define PV_OP(group, name, convention, declaration, bare, text) pv_op_number name, convention;
#include "pv/ops.def"
#undef PV_OP

#if CONFIG_PARAVIRT
/* Registers that the site may lose, besides EFLAGS: as PV_CLOBBER_ in pv/paravirt_types.h. */
.macro PARA_SITE op
.ifndef .Lpv_type_\op
.error "PARA_SITE: \op is no op of pv/ops.def"
.elseif .Lpv_conv_\op == .Lpv_is_callee
	pv_site call, \op, 0
.elseif .Lpv_conv_\op == .Lpv_is_callee_eax
	pv_site call, \op, 1
.elseif .Lpv_conv_\op == .Lpv_is_jump
	pv_site jmp, \op, 7
.else
.error "PARA_SITE: \op is neither callee-save nor a jump: an assembler's site would lose registers"
.endif
.endm

.macro pv_site branch, op, clobbers
#if PV_SITES_RELOCS
	\branch pv_\op /* for pvtool to find (pv/relocs.h) */
#else
771:	\branch *pv_ops + 4 * .Lpv_type_\op
772:	.pushsection .parainstructions, "a", @progbits
	.balign 4
	.long 771b
	.byte .Lpv_type_\op, 772b - 771b
	.short \clobbers
	.popsection
#endif
.endm
#else
/* The yardstick kernel: the instruction itself; of an op of one's own its native function, called. */
.macro PARA_SITE op
.ifc \op, irq_disable
	cli
.else
.ifc \op, irq_enable
	sti
.else
.ifc \op, irq_enter_program
	sti
.else
.ifc \op, halt
	hlt
.else
.ifc \op, safe_halt
	sti
	hlt
.else
.ifc \op, save_fl
	pushf
	pop %eax
.else
.ifc \op, restore_fl
	push %eax
	popf
.else
.ifc \op, iret
	iret
.else
.ifc \op, irq_enable_sysexit
	sti
	sysexit
.else
.ifc \op, irq_enter
	cld
.else
	call __raw_callee_save_native_\op
.endif
.endif
.endif
.endif
.endif
.endif
.endif
.endif
.endif
.endif
.endm
#endif

#endif
