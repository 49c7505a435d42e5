; SPDX-License-Identifier: MIT
;
; An exception whose gate is a task, of which a guest has none.
%include "guest.inc"

section .text
main:
        mov     word [idt + 8 * 6 + 4], 0xe500
        ud2
