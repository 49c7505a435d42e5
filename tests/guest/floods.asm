; SPDX-License-Identifier: MIT
;
; A guest that has very much to say, and to tell.
%include "guest.inc"

LINES           equ 20000

section .text
main:
        mov     dword [flags], 0x200    ; it is no loop without interrupts
        mov     edi, LINES
.next:
        SAY     "and so on"
        CALL_HOST tell, event, event_end - event
        dec     edi
        jnz     .next
        PASS

section .data
event:  db      '{"event":"flood"}', 10
event_end:
