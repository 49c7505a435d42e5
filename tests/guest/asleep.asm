; SPDX-License-Identifier: MIT
;
; Sleep, when no tick is to come: first it had ticks, and was woken.
%include "guest.inc"

section .text
main:
        GATE    32, tick
        CALL_HOST ticks, 1000000
        sti
        hlt
        cli
        CALL_HOST ticks, 0
        sti
        hlt
        PASS
tick:
        iret
