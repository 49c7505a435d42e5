; SPDX-License-Identifier: MIT
;
; An exception whose gate is not present.
%include "guest.inc"

section .text
main:
        mov     word [idt + 8 * 6 + 4], 0x6e00
        ud2
