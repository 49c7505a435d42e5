; SPDX-License-Identifier: MIT
;
; The host's window, 0xffc10000: it is read, written to, and taken for tables. What is there may be read, one
; page in which the guest's own registers come may be written to, and all else is a page fault.
%include "guest.inc"

WINDOW          equ 0xffc10000
END             equ WINDOW + 64 * 4096

section .text
main:
        call    map_all
        GATE    14, skip
        mov     dword [flags], 0x200
        mov     ebx, WINDOW
.next:
        mov     edi, [ebx]
        mov     [ebx], edi
        add     ebx, 64
        cmp     ebx, END
        jb      .next
        mov     ebx, WINDOW + 2 * 4096
.first:
        mov     dword [faulted], 0
        mov     [ebx], edi              ; host_cr3 and so on, of each CPU
        FAIL_IF e, dword [faulted], 0
        add     ebx, 2 * 4096
        cmp     ebx, END
        jb      .first

        mov     dword [pointer + 2], WINDOW + 0x1000
        lidt    [pointer]               ; by the guest's own tables nothing is there
        lidt    [idt_pointer]
        mov     dword [pointer + 2], WINDOW + 0x2000
        lgdt    [pointer]               ; so it has no code and no stack: this ends it
        PASS

; To the next instruction, of two bytes or three.
skip:
        push    eax
        mov     eax, cr2
        mov     [faulted], eax
        mov     eax, [esp + 8]
        cmp     byte [eax], 0x8b
        je      .two
        cmp     byte [eax], 0x89
        jne     failed
.two:   add     dword [esp + 8], 2
        pop     eax
        add     esp, 4
        iret

section .data
        align   4
pointer:
        dw      0xffff
        dd      0
        align   4
faulted:
        dd      0
