; SPDX-License-Identifier: MIT
;
; What kernel/test/bench_guest.c and kernel/guest/bench.c measure and C cannot do.

%include "arch/x86/trap/extable.inc"

HYPERCALL       equ 0x1f                ; PV_HYPERCALL_VECTOR: pv/backend/guest.h
NOWHERE         equ 16                  ; the first page is nobody's

section .text

; void bench_fault(void): a read that faults, after which it goes on behind it.
global bench_fault:function
bench_fault:
.at:    mov     eax, [NOWHERE]
.on:    ret
        EXTABLE .at, .on

; What a guest is let run to see what a world switch costs: it comes back at once.
global bench_world:function
bench_world:
        int     HYPERCALL
        jmp     bench_world

%if CONFIG_PARAVIRT
; void bench_native_iret(void): to the next instruction, by the CPU's own.
extern native_iret
global bench_native_iret:function
bench_native_iret:
        push    dword 0x202
        push    cs
        push    dword .back
        jmp     native_iret
.back:
        ret
%endif
