; SPDX-License-Identifier: MIT
;
; A guest in ring 2, to which its CPU lets it return.
%include "guest.inc"

section .text
main:
        mov     dword [gdt + FREE], 0x0000ffff
        mov     dword [gdt + FREE + 4], 0x00cfdb00
        mov     dword [gdt + 0x28], 0x0000ffff
        mov     dword [gdt + 0x2c], 0x00cfd300
        lgdt    [gdt_pointer]
        push    dword 0x2a
        push    dword stack_top
        push    dword 2
        push    dword FREE | 2
        push    dword .there
        iret
.there:
        mov     eax, CALL_end
        mov     edx, PASSED
        int     HYPERCALL
        jmp     .there
