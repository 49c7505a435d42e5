; SPDX-License-Identifier: MIT
;
; Stores to the page with the word of IF, while an interrupt waits for that: each does what it does on a CPU, and nothing else, whether
; the host does it or lets it pass. One of the forms that a kernel's own IF has (pv/backend/lguest.S) is followed by the interrupt
; at once.
%include "guest.inc"

IRQ             equ 32
BESIDE          equ 64                  ; bytes behind the word, in its page

; The word is %1, an interrupt waits, and %2 makes it %3. IF is off behind it, so nothing comes.
%macro MAKES 3
        mov     dword [flags], %1
        call    wait_for_one
        %2
        FAIL_IF ne, dword [flags], %3
        FAIL_IF ne, dword [came_at], 0
%endmacro
; %2 makes it a word with IF: it comes behind that.
%macro COMES 2
        mov     dword [flags], %1
        call    wait_for_one
        %2
%%behind:
        FAIL_IF ne, dword [came_at], %%behind
%endmacro
; %1 changes the word beside to %2, and not the word.
%macro BESIDE_IT 2
        mov     dword [flags], 0x12340810
        mov     dword [flags + BESIDE], 0x12340810
        call    wait_for_one
        %1
        FAIL_IF ne, dword [flags + BESIDE], %2
        FAIL_IF ne, dword [flags], 0x12340810
        FAIL_IF ne, dword [came_at], 0
%endmacro

section .text
main:
        jmp     GUEST_CS:.on            ; its cs is a word with IF
.on:
        GATE    IRQ, tick
        CALL_HOST ticks, 1000000
        mov     dword [flags], 0
        mov     edi, 3
.again:
        mov     eax, 0x56780104
        mov     ecx, 0x56785577
        MAKES   0x12340810, {mov [flags], eax}, 0x56780104
        MAKES   0x12340810, {mov [ds:flags], eax}, 0x56780104
        MAKES   0x12340810, {mov [flags], al}, 0x12340804
        MAKES   0x12340810, {mov [flags], ax}, 0x12340104
        MAKES   0x12340810, {mov [flags], cl}, 0x12340877
        MAKES   0x12340810, {mov [flags + 1], ch}, 0x12345510
        MAKES   0x12340810, {mov [flags], ecx}, 0x56785577
        MAKES   0x12340810, {mov [flags], ds}, 0x12340011
        MAKES   0x12340810, {shr byte [flags + 1], 1}, 0x12340410
        MAKES   0x1234f910, {shr byte [flags + 1], 1}, 0x12347c10
        MAKES   0x12340810, {shr byte [flags], 1}, 0x12340808
        MAKES   0x12340810, {rol byte [flags + 1], 1}, 0x12341010
        BESIDE_IT {mov [flags + BESIDE], eax}, 0x56780104
        BESIDE_IT {mov [flags + BESIDE], cs}, 0x12340201
        BESIDE_IT {shr byte [flags + BESIDE + 1], 1}, 0x12340410
        mov     eax, 0x200
        COMES   0, {mov [flags], eax}
        COMES   0, {mov [flags], cs}
        COMES   0x400, {shr byte [flags + 1], 1}
        COMES   0, {mov [ds:flags], eax}

; By a trap gate IF stays, and so does the rest of the word.
        mov     byte [idt + 8 * IRQ + 5], 0xef
        COMES   0x12340000, {mov [flags], cs}
        FAIL_IF ne, dword [flags], 0x12340201
        COMES   0x12340480, {shr byte [flags + 1], 1}
        FAIL_IF ne, dword [flags], 0x12340280
        mov     dword [flags], 0
        mov     byte [idt + 8 * IRQ + 5], 0xee

; What the host does not know is late, and not lost.
        mov     ecx, 0x200
        call    wait_for_one
        mov     [flags], ecx
.late:
        cmp     dword [came_at], 0
        je      .late
        dec     edi
        jnz     .again
        CALL_HOST ticks, 0
        PASS

; One waits, IF is off, and the host looks at the page: a store that it had to let pass would have it look away until it is asked again.
wait_for_one:
        mov     dword [came_at], 0
.look:
        test    dword [shared + SHARED_PENDING], 1
        jz      .look
        TO_HOST
        ret

tick:
        push    dword [esp]
        pop     dword [came_at]
        iret

section .bss
        align   4
came_at:
        resd    1
