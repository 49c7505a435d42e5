; SPDX-License-Identifier: MIT
;
; An exception that cannot be brought, as its stack is where nothing is.
%include "guest.inc"

section .text
main:
        mov     esp, 0x7ffffff0
        ud2
