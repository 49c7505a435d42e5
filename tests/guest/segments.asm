; SPDX-License-Identifier: MIT
;
; Segments with limits, which QEMU does not check and other CPUs do: IRET and far jumps to code of 17 bytes, a stack of none. That the
; host has to load them must not be a fault of the host's.
%include "guest.inc"

section .text
main:
        mov     dword [gdt + FREE], 0x00000010
        mov     dword [gdt + FREE + 4], 0x00409a00      ; code, ring 0, 17 bytes
        mov     dword [gdt + 0x28], 0x00000000
        mov     dword [gdt + 0x2c], 0x00409600          ; a stack that grows down, all but one byte
        lgdt    [gdt_pointer]
        pushfd
        push    dword FREE | 1
        push    dword .there
        iret
.there:
        mov     esi, 100
.again:
        TO_HOST                         ; the host is entered, and returns there
        CALL_HOST ticks, 0
        mov     eax, 0x29
        mov     ss, eax
        TO_HOST
        mov     eax, KERNEL_DS
        mov     ss, eax
        dec     esi
        jnz     .again
        jmp     GUEST_CS:.back
.back:
        PASS
