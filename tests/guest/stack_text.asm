; SPDX-License-Identifier: MIT
;
; A program's exception, for which the TSS names a stack in text.
%include "guest.inc"

section .text
main:
        call    map_all
        mov     dword [tss_esp0], main
        mov     eax, program
        jmp     run_program
program:
        ud2
