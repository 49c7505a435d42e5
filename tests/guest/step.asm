; SPDX-License-Identifier: MIT
;
; A single step of its own: it comes behind one instruction, DR6 says what it was, and it stays so until the guest clears it.
%include "guest.inc"

BS              equ 1 << 14

section .text
main:
        GATE    1, debug
        xor     eax, eax
        mov     dr6, eax
        pushfd
        or      dword [esp], 0x100
        popfd
        nop
.at:
        mov     edi, eax                ; the handler has cleared TF
        FAIL_IF ne, dword [came_at], .at
        FAIL_IF ne, dword [count], 1
        mov     eax, dr6
        and     eax, BS
        FAIL_IF ne, eax, BS
        xor     eax, eax
        mov     dr6, eax
        mov     eax, dr6
        test    eax, BS
        jnz     failed

        mov     dword [count], 0        ; and of what the host does for it
        pushfd
        or      dword [esp], 0x100
        popfd
        TO_HOST
.done:
        FAIL_IF ne, dword [came_at], .done
        FAIL_IF ne, dword [count], 1
        PASS

debug:
        inc     dword [count]
        push    dword [esp]
        pop     dword [came_at]
        and     dword [esp + 8], ~0x100
        iret

section .bss
count:  resd    1
came_at: resd   1
