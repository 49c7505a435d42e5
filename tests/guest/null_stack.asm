; SPDX-License-Identifier: MIT
;
; A TSS that names the null selector's stack, and a table whose first descriptor would be one: a CPU never looks at that.
%include "guest.inc"

section .text
main:
        mov     dword [gdt], 0x0000ffff
        mov     dword [gdt + 4], 0x00cf9300
        mov     dword [tss_ss0], 0
        mov     eax, program
        jmp     run_program
program:
        ud2
