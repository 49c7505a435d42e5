; SPDX-License-Identifier: MIT
;
; IRET to virtual-8086 mode, which no CPU lets ring 1 do, and QEMU's does. Its cs looks like one of ring 0 there.
%include "guest.inc"

LOW_CS          equ 0x20

section .text
main:
        mov     word [LOW_CS * 16], 0x0b0f     ; ud2
        GATE    13, passed
        times 4 push dword 0                    ; gs, fs, ds, es
        push    dword LOW_CS                   ; ss
        push    dword 0x100
        push    dword 0x20202
        push    dword LOW_CS
        push    dword 0
        iret
