; SPDX-License-Identifier: MIT
;
; An IDT of which the last byte of the exception's gate is missing.
%include "guest.inc"

section .text
main:
        mov     word [idt_pointer], 8 * 6 + 6
        lidt    [idt_pointer]
        ud2
