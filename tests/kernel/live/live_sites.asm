; SPDX-License-Identifier: MIT
;
; Live sites, one of each kind, in functions that return 0 where the site is in its first form and 1 in its
; second; the last two are the first one again where a line of the cache and a page end in the site.
; A record: where, how long, the two forms, whose key; and where each form leads.

AS_NOP          equ 4                   ; enum pv_kind
AS_JMP          equ 3
AS_CALL         equ 2
AS_RET          equ 1                   ; as PV_INLINE: ret

section .text align=4096

zero:   xor     eax, eax
        ret
one:    mov     eax, 1
        ret

section .rodata
        align   4
global live_records
live_records:
section .text

; %1: name  %2: bytes  %3: first form  %4: where to  %5: second form  %6: where to  %7: key
%macro SITE 7
%1:     times %2 nop
[section .rodata]
        dd      %1
        db      %2, %3, %5, %7
        dd      %4, %6
__SECT__
%endmacro

%macro FUNCTION 1
global %1:function
%1:
%endmacro

FUNCTION live_branch
        xor     eax, eax
        SITE    .site, 5, AS_NOP, 0, AS_JMP, one, 0
        ret
FUNCTION live_short
        xor     eax, eax
        SITE    .site, 2, AS_NOP, 0, AS_JMP, .taken, 0
        ret
.taken: mov     eax, 1
        ret
FUNCTION live_call
        xor     eax, eax
        push    ebx
        mov     ebx, esp
        SITE    .site, 5, AS_NOP, 0, AS_CALL, one, 0
        cmp     ebx, esp
        jne     .lost
        pop     ebx
        ret
.lost:  ud2
FUNCTION live_target
        push    ecx
        SITE    .site, 5, AS_CALL, zero, AS_CALL, one, 1
        pop     ecx
        ret
FUNCTION live_tail
        SITE    .site, 5, AS_JMP, zero, AS_JMP, one, 1
        ud2
FUNCTION live_return
        mov     ecx, esp
        call    .inner
        cmp     ecx, esp
        jne     live_call.lost
        ret
.inner: xor     eax, eax
        SITE    .site, 1, AS_RET, 0, AS_NOP, 0, 1
        inc     eax
        ret

        times   (59 - ($ - $$)) & 63 nop
FUNCTION live_line
        xor     eax, eax                ; 2 bytes
        SITE    .site, 5, AS_NOP, 0, AS_JMP, one, 1
        ret

        times   (4092 - ($ - $$)) & 4095 nop
FUNCTION live_page
        xor     eax, eax
        SITE    .site, 5, AS_NOP, 0, AS_JMP, one, 1
        ret

global live_spare
live_spare:
        times   16 nop

section .rodata
global live_records_end
live_records_end:
