; SPDX-License-Identifier: MIT
;
; The trace back end: each op counts and goes on to the native function. inc changes nothing but
; flags, which every op may change. Where the native op does nothing, the count alone fits a
; site: ff 05 disp32.

%include "pv/para.inc"

extern pv_native_ops
extern pv_trace_counts                  ; uint32_t pv_trace_counts[PV_NR_TYPES]

section .text

%macro trace_function 3
%ifidn %1, init
%else
trace_%2:
        inc     dword [pv_trace_counts + 4 * PV_TYPE_%2]
trace_%2_end:
        jmp     [pv_native_ops + 4 * PV_TYPE_%2]
%endif
%endmacro
%define PV_OP(group, name, conv, text) trace_function group, name, conv
%include "pv/ops.def"
%undef PV_OP

section .rodata

; const struct pv_ops pv_trace_ops: the hook, ring 0, and then functions only
extern pv_trace_patch
global pv_trace_ops:data (pv_trace_ops_end - pv_trace_ops)
pv_trace_ops:
%define TRACE_SLOT_patch      pv_trace_patch
%define TRACE_SLOT_kernel_rpl 0
%macro trace_entry 2
%ifidn %1, init
        dd      TRACE_SLOT_%2
%else
        dd      trace_%2
%endif
%endmacro
%define PV_OP(group, name, conv, text) trace_entry group, name
%include "pv/ops.def"
%undef PV_OP
pv_trace_ops_end:

; const struct pv_template pv_trace_templates[PV_NR_TYPES]: of ops whose native function does
; nothing
%define HAS_TEMPLATE_irq_enter
%define HAS_TEMPLATE_make_pte
%define HAS_TEMPLATE_pte_val
global pv_trace_templates
pv_trace_templates:
        PV_TEMPLATES trace_
