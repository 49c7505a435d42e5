; SPDX-License-Identifier: MIT
;
; void windows_iret_to(uint32_t eflags), for windows.c: the return of an interrupt's exit, to the caller. It is a site
; without the one before it that turns interrupts off, so they may be on or off until it is done.

%include "pv/para.inc"

section .text

global windows_iret_to:function
windows_iret_to:
        pop     edx                     ; cdecl: where to, and eflags, which stays the caller's
        mov     eax, [esp]
        push    eax
        push    cs
        push    edx
        PARA_SITE iret
