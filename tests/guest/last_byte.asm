; SPDX-License-Identifier: MIT
;
; The last of its memory is its own, and what is behind it is not.
%include "guest.inc"

BYTES           equ 16 << 20

section .text
main:
        mov     dword [BYTES - 4], 0x12345678
        FAIL_IF ne, dword [BYTES - 4], 0x12345678
        mov     dword [BYTES], 0
        FAIL_IF ne, dword [BYTES], 0xffffffff
        CALL_HOST say, BYTES - 4, 4
        test    eax, eax
        jnz     failed
        CALL_HOST say, BYTES - 3, 4
        test    eax, eax
        jz      failed
        mov     byte [BYTES - 1], 0xf4  ; hlt
        mov     eax, BYTES - 1
        mov     dword [flags], 0
        jmp     eax
