; SPDX-License-Identifier: MIT
;
; An IDT at the end of all addresses, of which nothing is there.
%include "guest.inc"

section .text
main:
        mov     dword [idt_pointer + 2], 0xfffffffc
        lidt    [idt_pointer]
        ud2
