; SPDX-License-Identifier: MIT
;
; A jump to where it has no memory.
%include "guest.inc"

section .text
main:
        mov     eax, 0x80000010
        jmp     eax
