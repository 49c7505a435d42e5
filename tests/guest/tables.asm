; SPDX-License-Identifier: MIT
;
; Page tables that lie in text, whose accessed and dirty bits the host would set for the CPU: text stays as it was.
%include "guest.inc"

section .text
main:
        call    sum
        mov     esi, eax
        mov     dword [flags], 0x200
        call    map_all
        GATE    14, skip
        mov     dword [TABLES + 4 * 512], table + 7     ; text as a table
        xor     ebx, ebx
.next:
        mov     eax, [0x80000000 + ebx]
        mov     [0x80000000 + ebx], eax
        mov     byte [0x80000000 + ebx], 1
        add     ebx, 4096
        cmp     ebx, 1024 * 4096
        jb      .next
        call    sum
        FAIL_IF ne, eax, esi
        mov     eax, table              ; and as the directory: nothing is where it was
        mov     cr3, eax
        mov     al, [0]
        FAIL

; To the next instruction: eax, [ebx + disp32] and so on.
skip:
        mov     eax, [esp + 4]
        add     esp, 4
        mov     eax, [esp]
        cmp     byte [eax], 0xc6
        jne     .six
        inc     dword [esp]
.six:   add     dword [esp], 6
        iret

sum:
        xor     eax, eax
        mov     ebx, 0x100000
.next:
        rol     eax, 5
        xor     eax, [ebx]
        add     ebx, 4
        cmp     ebx, table + 4096
        jb      .next
        ret

        align   4096
table:
%assign i 0
%rep 1024
        dd      0x300007 + (i * 4096 & 0xff000)
%assign i i + 1
%endrep
