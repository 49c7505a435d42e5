; SPDX-License-Identifier: MIT
;
; Flags that a host must not inherit, set while it is entered in every way: AC, DF, OF, ID, NT. It goes on, and they are
; the guest's still.
%include "guest.inc"

KEPT            equ 1 << 18 | 1 << 10 | 1 << 11

%macro HELD 0
        pushfd
        mov     eax, [esp]
        and     eax, KEPT
        FAIL_IF ne, eax, KEPT
        popfd                           ; comparing has changed them
%endmacro

section .text
main:
        call    map_all
        mov     dword [flags], 0x200
        mov     ecx, 300
.again:
        push    ecx
        push    dword KEPT | 1 << 21 | 1 << 14 | 0x1d7 & ~0x100
        popfd
        CALL_HOST say, text, 1          ; ends no line
        HELD
        CALL_HOST ticks, 0
        HELD
        mov     eax, cr3                ; and all pages are touched again
        mov     cr3, eax
        HELD
        TO_HOST
        HELD
        mov     eax, [POOL]
        mov     [POOL + 4096], eax
        HELD
        pop     ecx
        dec     ecx
        jnz     .again
        PASS

section .data
text:   db      "."
