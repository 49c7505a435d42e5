; SPDX-License-Identifier: MIT
;
; A guest that writes where its host finds its registers, for another guest on that CPU to read: looks.asm.
%include "guest.inc"

SECRET          equ 0x7ec4e7
ROUNDS          equ 20000

section .text
main:
        mov     dword [flags], 0x200
        mov     esi, ROUNDS
.again:
        mov     edi, 0xffc13010
        mov     ecx, 512
        mov     eax, SECRET
        rep     stosd
        TO_HOST
        dec     esi
        jnz     .again
        PASS
