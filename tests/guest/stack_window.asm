; SPDX-License-Identifier: MIT
;
; A program's exception, for which the TSS names the page in which the host finds registers.
%include "guest.inc"

section .text
main:
        call    map_all
        mov     dword [tss_esp0], 0xffc13800
        mov     eax, program
        jmp     run_program
program:
        ud2
