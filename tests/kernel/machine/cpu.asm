; SPDX-License-Identifier: MIT
;
; Which registers does a piece of code change? For tests/kernel/machine/cpu.c, which asks that of NOPs.

section .text

; uint32_t test_call_changes(const void *code): calls it with patterns in all registers; a bit for
; each that is different afterwards: 0 eax, 1 ecx, 2 edx, 3 ebx, 4 esp, 5 ebp, 6 esi, 7 edi (the order
; of ModRM), 8 the arithmetic flags.
global test_call_changes:function
test_call_changes:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     eax, [esp + 20]
        mov     [code], eax
        mov     [saved_esp], esp
        mov     ecx, 0xc0c0c0c0
        mov     edx, 0xd0d0d0d0
        mov     ebx, 0xb0b0b0b0
        mov     ebp, 0xbbbbbbbb
        mov     esi, 0x51515151
        mov     edi, 0xd1d1d1d1
        mov     ah, FLAGS
        sahf
        mov     eax, 0xa0a0a0a0
        call    [code]
        pushad                          ; edi esi ebp esp ebx edx ecx eax, edi lowest; flags stay
        lahf
        xor     ebx, ebx
        and     ah, FLAGS
%macro EXPECT 3
        cmp     %1, %2
        je      %%same
        or      ebx, 1 << %3
%%same:
%endmacro
        EXPECT  ah, FLAGS, 8
        EXPECT  dword [esp + 28], 0xa0a0a0a0, 0
        EXPECT  dword [esp + 24], 0xc0c0c0c0, 1
        EXPECT  dword [esp + 20], 0xd0d0d0d0, 2
        EXPECT  dword [esp + 16], 0xb0b0b0b0, 3
        mov     eax, [saved_esp]
        EXPECT  dword [esp + 12], eax, 4
        EXPECT  dword [esp + 8], 0xbbbbbbbb, 5
        EXPECT  dword [esp + 4], 0x51515151, 6
        EXPECT  dword [esp], 0xd1d1d1d1, 7
        mov     eax, ebx
        mov     esp, [saved_esp]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; uint32_t test_user_bytes(void): a copy of nothing, for the above.
extern user_bytes
global test_user_bytes:function
test_user_bytes:
        push    dword 0
        push    dword 0
        push    dword 0
        call    user_bytes
        add     esp, 12
        ret

FLAGS   equ     0xd5                    ; SF, ZF, AF, PF and CF, as in AH

section .bss
code:
        resd    1
saved_esp:
        resd    1
