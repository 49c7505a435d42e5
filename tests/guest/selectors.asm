; SPDX-License-Identifier: MIT
;
; Every selector beyond the guest's own, the host's among them: to jump to, to load, and as a task. None is there for a guest.
%include "guest.inc"

FIRST           equ 0x40
END             equ 0x400               ; but GUEST_CS

section .text
main:
        mov     dword [flags], 0x200
        GATE    13, refused
        mov     edi, FIRST
.next:
        mov     eax, edi
        and     eax, ~3
        cmp     eax, GUEST_CS & ~3
        je      .skip
        mov     [far_pointer + 4], di
        mov     ebx, .data
        jmp     far [far_pointer]
.data:
        mov     ebx, .stack
        mov     es, edi
        FAIL
.stack:
        mov     ebx, .task
        mov     ss, edi
        FAIL
.task:
        mov     ebx, .skip
        mov     eax, edi
        ltr     ax
        FAIL
.skip:
        inc     edi
        cmp     edi, END
        jb      .next
        PASS
there:
        FAIL

; ebx: where it goes on
refused:
        add     esp, 12
        push    dword GUEST_CS
        push    ebx
        iret

section .data
        align   4
far_pointer:
        dd      there
        dw      0
