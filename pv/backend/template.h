/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * For a back end's functions in GNU as, which are templates at the same time. TEMPLATE name ... ENDT
 * name writes backend_name, a function that is called through the slot while sites are as linked;
 * its body without the ret is what a patched site holds. A body that is longer than a site stops the
 * build. Arguments are in eax, edx, ecx (regparm 3).
 *
 *	#include "pv/backend/template.h"
 *	pv_templates_of native
 *	TEMPLATE irq_disable
 *		cli
 *	ENDT irq_disable
 *	...
 *	PV_TEMPLATES			// const struct pv_template pv_native_templates[PV_NR_TYPES]
 *
 * PV_TEMPLATES op: up to that one only, of a back end that has no templates of later ops.
 */
#ifndef PV_BACKEND_TEMPLATE_H
#define PV_BACKEND_TEMPLATE_H

#include "pv/para.h"

.set .Lpv_site_len, 6

.macro FUNCTION name
	.globl \name
	.type \name, @function
\name:
.endm

.macro ENDF name
	.size \name, . - \name
.endm

/* A callee-save function: what is in a slot is its other name, so that no C function gets there. */
.macro CALLEE_SAVE name
	FUNCTION __raw_callee_save_\name
.endm

.macro pv_template function, op
.ifdef .Lpv_templates_listed
.error "TEMPLATE \op: it must stand before the table of templates, at the end of this file"
.endif
.ifndef .Lpv_type_\op
.error "TEMPLATE \op: it is no op of pv/ops.def"
.endif
FUNCTION \function
.set .Lpv_template_\op, 1
.endm

.macro pv_template_end function, op
.Lpv_end_\op:
.if .Lpv_end_\op - \function > .Lpv_site_len
.error "TEMPLATE \op: longer than a site"
.endif
.if .Lpv_conv_\op != .Lpv_is_jump
	ret
.endif
ENDF \function
.if .Lpv_conv_\op == .Lpv_is_callee || .Lpv_conv_\op == .Lpv_is_callee_eax
	.globl __raw_callee_save_\function
	.set __raw_callee_save_\function, \function
	.type __raw_callee_save_\function, @function
.endif
.endm

.macro pv_template_entry function, op
.ifdef .Lpv_template_\op
.if .Lpv_type_\op > .Lpv_last_template
.error "TEMPLATE \op: the table of templates ends before it"
.endif
	.long \function, .Lpv_end_\op
.elseif .Lpv_type_\op <= .Lpv_last_template
	.long 0, 0
.endif
.endm

.macro pv_templates_of backend
.macro TEMPLATE op
	pv_template \backend\()_\op, \op
.endm
.macro ENDT op
	pv_template_end \backend\()_\op, \op
.endm
.macro pv_entry op
	pv_template_entry \backend\()_\op, \op
.endm
.macro PV_TEMPLATES last
.ifnb \last
.set .Lpv_last_template, .Lpv_type_\last
.else
.set .Lpv_last_template, 0xffff
.endif
	.section .rodata
	.balign 4
	.globl pv_\backend\()_templates
	.type pv_\backend\()_templates, @object
pv_\backend\()_templates:
	pv_entries
	.size pv_\backend\()_templates, . - pv_\backend\()_templates
	.set .Lpv_templates_listed, 1
.endm
.endm

.macro pv_entries
#define PV_OP(group, name, convention, declaration, bare, text) pv_entry name;
#include "pv/ops.def"
#undef PV_OP
.endm

#endif
