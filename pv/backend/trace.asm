; SPDX-License-Identifier: MIT
;
; The trace back end: each op counts and goes on to the native function. inc changes nothing but
; flags, which every op may change. With its prefix (64 ff 05 disp32) it does not fit a site.

%include "pv/para.inc"

extern pv_native_ops
extern pv_trace_counts                  ; uint32_t pv_trace_counts[PV_NR_TYPES], per CPU

section .text

%macro trace_function 3
%ifidn %1, init
%else
trace_%2:
        inc     dword [fs:dword pv_trace_counts + 4 * PV_TYPE_%2]
        jmp     [pv_native_ops + 4 * PV_TYPE_%2]
%endif
%endmacro
%define PV_OP(group, name, conv, decl, bare, text) trace_function group, name, conv
%include "pv/ops.def"
%undef PV_OP

section .rodata

; const struct pv_ops pv_trace_ops: the hook, ring 0, and then functions only
extern paravirt_patch_default
global pv_trace_ops:data (pv_trace_ops_end - pv_trace_ops)
pv_trace_ops:
%define TRACE_SLOT_patch      paravirt_patch_default
%define TRACE_SLOT_kernel_rpl 0
%macro trace_entry 2
%ifidn %1, init
        dd      TRACE_SLOT_%2
%else
        dd      trace_%2
%endif
%endmacro
%define PV_OP(group, name, conv, decl, bare, text) trace_entry group, name
%include "pv/ops.def"
%undef PV_OP
pv_trace_ops_end:
