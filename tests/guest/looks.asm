; SPDX-License-Identifier: MIT
;
; A guest that looks for what another left where both their registers come: leaves.asm.
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
        repne   scasd
        je      .seen
        TO_HOST
        dec     esi
        jnz     .again
        PASS
.seen:  FAIL
