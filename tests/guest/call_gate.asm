; SPDX-License-Identifier: MIT
;
; An exception whose gate is none for an exception.
%include "guest.inc"

section .text
main:
        mov     word [idt + 8 * 6 + 4], 0xec00
        ud2
