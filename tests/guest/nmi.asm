; SPDX-License-Identifier: MIT
;
; A guest that is entered and left again and again, with nothing in its table where the host's own segments are, and with a
; segment of its own where the host's table has a task: for NMIs on the way (guest_nmi.t).
%include "guest.inc"

ROUNDS          equ 20000

section .text
main:
        mov     dword [flags], 0x200
        mov     dword [gdt + FREE], 0x0000ffff
        mov     dword [gdt + FREE + 4], 0x00cf9300
        mov     dword [gdt + 0x20], 0           ; so KERNEL_DS is the only other one
        mov     dword [gdt + 0x24], 0
        lgdt    [gdt_pointer]
        mov     esi, ROUNDS
        mov     eax, FREE | 1
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
.again:
        TO_HOST
        mov     eax, gs
        mov     ebx, fs
        FAIL_IF ne, eax, FREE | 1
        FAIL_IF ne, ebx, FREE | 1
        mov     eax, es
        mov     ebx, ds
        FAIL_IF ne, eax, FREE | 1
        FAIL_IF ne, ebx, FREE | 1
        dec     esi
        jnz     .again
        PASS
