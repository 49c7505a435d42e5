; SPDX-License-Identifier: MIT
;
; IRET with NT set, which is a return to another task: the TSS is the host's, and names none. An interrupt of the machine's
; between POPFD and IRET takes NT away, since the host lets nobody in with it; so it is tried again.
%include "guest.inc"

section .text
main:
        GATE    10, passed
        mov     ecx, 100
.again:
        pushfd
        push    dword KERNEL_CS
        push    dword .on
        pushfd
        or      dword [esp], 1 << 14
        popfd
        iret
.on:
        dec     ecx
        jnz     .again
        FAIL
