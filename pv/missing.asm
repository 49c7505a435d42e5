; SPDX-License-Identifier: MIT
;
; What stands in the slot of an op that the back end does not have: a function for each type that
; panics with the op's name. Its patched sites are ud2; until then, and from NASM's jumps, it is
; reached through the slot.

%include "pv/para.inc"

extern pv_missing_op

section .text

%macro missing_function 2
pv_missing_%2:
%ifnidn %1, init
        mov     eax, PV_TYPE_%2
        jmp     pv_missing_op           ; _Noreturn PV_FN void pv_missing_op(uint32_t type)
%endif
%endmacro
%define PV_OP(group, name, conv, decl, bare, text) missing_function group, name
%include "pv/ops.def"
%undef PV_OP

section .rodata

; void (*const pv_missing[PV_NR_TYPES])(void)
global pv_missing
pv_missing:
%macro missing_entry 2
%ifidn %1, init
        dd      0
%else
        dd      pv_missing_%2
%endif
%endmacro
%define PV_OP(group, name, conv, decl, bare, text) missing_entry group, name
%include "pv/ops.def"
%undef PV_OP
