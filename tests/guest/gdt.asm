; SPDX-License-Identifier: MIT
;
; A descriptor that comes into the table after LGDT: who loads it finds it, as a data segment, as SS, as code, and as the
; stack that the TSS names. One that is none is refused as before.
%include "guest.inc"

section .text
main:
        GATE    13, none
        GATE    11, none
        mov     ebx, .refused
        mov     eax, FREE
        mov     fs, eax
        FAIL
.refused:
        mov     dword [gdt + FREE], 0x0000ffff
        mov     dword [gdt + FREE + 4], 0x00cf9300
        mov     eax, FREE | 1
        mov     fs, eax
        mov     gs, eax
        mov     ecx, fs
        FAIL_IF ne, ecx, FREE | 1

        mov     dword [gdt + 0x28], 0x0000ffff
        mov     dword [gdt + 0x2c], 0x00cf9300
        mov     eax, 0x28               ; as a kernel of ring 0 would
        mov     ss, eax
        mov     ecx, ss
        FAIL_IF ne, ecx, 0x29

        mov     dword [gdt + FREE + 4], 0       ; LGDT is not the only one that looks again
        lgdt    [gdt_pointer]
        mov     dword [gdt + FREE + 4], 0x00cf9b00
        jmp     (FREE | 1):.there
.there:
        mov     ecx, cs
        FAIL_IF ne, ecx, FREE | 1
; A program's exception needs a stack that the table has since then.
        mov     eax, KERNEL_DS
        mov     ss, eax
        jmp     KERNEL_CS:.back
.back:
        mov     dword [gdt + 0x2c], 0
        lgdt    [gdt_pointer]
        mov     dword [gdt + 0x2c], 0x00cf9300
        mov     dword [tss_ss0], 0x28
        GATE    6, passed
        mov     eax, program
        jmp     run_program
program:
        ud2

; ebx: where it goes on
none:
        add     esp, 12
        push    dword GUEST_CS
        push    ebx
        iret
