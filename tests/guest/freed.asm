; SPDX-License-Identifier: MIT
;
; Text is given up while it runs: where the CPU can tell code from data, that is a page fault at the next instruction. All that
; is left is the page of the fault's handler.
%include "guest.inc"

section .text
main:
        call    map_all
        GATE    14, handler
        CALL_HOST free_text, page, page_end     ; the page itself, from within the page before
        test    eax, eax
        jnz     failed
        CALL_HOST free_text, page, page_end     ; it is none any more
        test    eax, eax
        jz      failed
        CALL_HOST free_text, 0x100000, 0x101000 ; and now where this runs
        mov     dword [0x100000], 0             ; it is data
        mov     eax, [page]
        mov     [page], eax
        CALL_HOST write_text, page, 0x200000, 4 ; and can be written to by either way
        PASS

        align   4096
page:
        times   4096 db 0x90
page_end:
handler:
        mov     eax, CALL_end
        mov     edx, PASSED
        int     HYPERCALL
