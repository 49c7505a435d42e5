; SPDX-License-Identifier: MIT
;
; A TSS whose address is near the end of all addresses: what it says of a stack is not there.
%include "guest.inc"

section .text
main:
        call    map_all
        mov     eax, program
        mov     dword [gdt + TSS + 4], 0xff0089ff
        mov     word [gdt + TSS + 2], 0xfffc
        push    dword USER_DS
        push    dword program_stack_top
        push    dword 0x202
        push    dword USER_CS
        push    eax
        mov     ax, TSS
        ltr     ax
        iret
program:
        ud2
