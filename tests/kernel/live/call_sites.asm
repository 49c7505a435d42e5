; SPDX-License-Identifier: MIT
;
; Static calls in assembly: each function returns what call_form returns, or NOT_WHOLE when it comes back with
; another stack (calls.c). The last two begin with the site, and a line of the cache or a page ends in it.

NOT_WHOLE equ   0x57ac0

extern __SCT__call_form, __SCT__call_wide

section .text align=4096

%macro FUNCTION 1
global %1:function
%1:
%endmacro

; Wrong results, where nothing is called: 0 is what it is then.
%macro CHECKED_CALL 1
        push    ebx
        mov     ebx, esp
        mov     eax, NOT_WHOLE
        mov     edx, NOT_WHOLE
%%site: call    %1
        cmp     ebx, esp
        mov     esp, ebx
        pop     ebx
        je      %%whole
        mov     eax, NOT_WHOLE
%%whole:
        ret
%endmacro

FUNCTION call_checked
        CHECKED_CALL __SCT__call_form
FUNCTION call_wide_checked              ; with 64 bits
        CHECKED_CALL __SCT__call_wide

FUNCTION call_tail
        mov     eax, NOT_WHOLE
global call_tail_site
call_tail_site:
        jmp     __SCT__call_form

FUNCTION call_tail_if
        mov     eax, NOT_WHOLE
        cmp     eax, NOT_WHOLE
        je      __SCT__call_form
        ret

FUNCTION call_by_address
        mov     eax, __SCT__call_form
        call    eax
        ret

        times   (61 - ($ - $$)) & 63 nop
FUNCTION call_line
        call    __SCT__call_form
        ret

        times   (4094 - ($ - $$)) & 4095 nop
FUNCTION call_page
        call    __SCT__call_form
        ret
