; SPDX-License-Identifier: MIT
;
; void bench_iret(unsigned loops), for kernel/test/bench.c: the return of an interrupt's exit, to the
; next instruction.

%include "pv/para.inc"

section .text

global bench_iret:function
bench_iret:
        push    ebp
        mov     ebp, esp
        mov     ecx, [ebp + 8]
.next:
        push    dword 0x202
        push    cs
        push    dword .back
        PARA_SITE iret
.back:
        dec     ecx
        jnz     .next
        pop     ebp
        ret
