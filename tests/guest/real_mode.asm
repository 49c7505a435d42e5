; SPDX-License-Identifier: MIT
;
; Protected mode is left, in which alone there are guests.
%include "guest.inc"

section .text
main:
        mov     eax, cr0
        and     eax, ~1
        mov     cr0, eax
        PASS
