; SPDX-License-Identifier: MIT
;
; Page tables overwritten by lot, all but the first 4 MiB's, and used: whatever comes of it. What a page fault cannot pass ends it.
%include "guest.inc"

section .text
main:
        call    map_all
        GATE    14, skip
        mov     dword [flags], 0x200
        mov     dword [rounds], 10000
.next:
        call    draw
        mov     ebx, eax
        and     ebx, 0x3ffc             ; entries of the directory but the first, and three tables
        lea     ebx, [TABLES + 0x2000 + ebx]
        cmp     ebx, TABLES + 0x5000
        jb      .entry
        sub     ebx, 0x5000
        cmp     ebx, TABLES
        je      .touch
.entry:
        call    draw
        mov     edi, eax
        test    edi, 0x100000
        jz      .store
        and     edi, 0xffffff           ; in its memory
.store:
        mov     [ebx], edi
.touch:
        call    draw
        mov     ebx, eax
        cmp     ebx, 4 << 20
        jb      .on
        invlpg  [ebx]
        mov     edi, [ebx]
        cmp     ebx, 16 << 20           ; its image, its tables may be anywhere above
        jb      .on
        lock or dword [ebx], 0
.on:    dec     dword [rounds]
        jnz     .next
        PASS

; xorshift32, G. Marsaglia, 2003.
draw:
        mov     eax, [state]
        mov     ecx, eax
        shl     ecx, 13
        xor     eax, ecx
        mov     ecx, eax
        shr     ecx, 17
        xor     eax, ecx
        mov     ecx, eax
        shl     ecx, 5
        xor     eax, ecx
        mov     [state], eax
        ret

skip:
        push    eax
        mov     eax, [esp + 8]
        cmp     eax, main
        jb      failed
        cmp     byte [eax], 0x8b
        je      .two
        add     dword [esp + 8], 2
.two:   add     dword [esp + 8], 2
        pop     eax
        add     esp, 4
        iret

section .data
        align   4
state:  dd      2463534242
rounds: dd      0
