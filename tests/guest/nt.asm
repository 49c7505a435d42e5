; SPDX-License-Identifier: MIT
;
; IRET with NT set, which is a return to another task: the TSS is the host's, and names none.
%include "guest.inc"

section .text
main:
        GATE    10, passed
        pushfd
        push    dword KERNEL_CS
        push    dword .on
        pushfd
        or      dword [esp], 1 << 14
        popfd
        iret
.on:
        FAIL
