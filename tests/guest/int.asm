; SPDX-License-Identifier: MIT
;
; INT n by a gate that the CPU's own table has not, with prefixes: what comes back comes back behind it.
%include "guest.inc"

section .text
main:
        GATE    0x30, back
        int     0x30
        db      0x66
        int     0x30
        db      0x2e, 0x66, 0x26
        int     0x30
        FAIL_IF ne, dword [count], 3
        PASS
back:
        inc     dword [count]
        iret

section .bss
count:  resd    1
