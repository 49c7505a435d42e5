; SPDX-License-Identifier: MIT
;
; void soft_iret_to(uint32_t eflags), for soft.c: soft's iret by itself, without the exit path's site that
; turns interrupts off before it, to the caller. TF is clear in what it goes to.

extern soft_iret

section .text

global soft_iret_to:function
soft_iret_to:
        pop     edx                     ; cdecl: where to, and eflags, which stays the caller's
        mov     eax, [esp]
        push    eax
        push    cs
        push    edx
        jmp     soft_iret
