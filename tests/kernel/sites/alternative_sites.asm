; SPDX-License-Identifier: MIT
;
; The sites in NASM: what tests/kernel/sites/alternative_sites.c has in C, and branches at every place of a
; replacement. uint32_t name(uint32_t x): the argument is on the stack.

%include "pv/alternative.inc"

ALT_TEST_1     equ 2 * 32 + 1
ALT_TEST_2     equ 2 * 32 + 2
ALT_TEST_3     equ 2 * 32 + 3
ALT_TEST_NEVER equ 2 * 32 + 31
ALT_TEST_NOT_1 equ ALT_NOT(X86_FEATURE_ALWAYS)

section .text

%macro FUNCTION 1
global %1:function
%1:
        mov     eax, [esp + 4]
%endmacro

; 1, 3 and 5 bytes.
%define ADD_1 inc eax
%define ADD_2 add eax, 0x20
%define ADD_3 add eax, 0x300

%macro ORDER 3
        FUNCTION alt_asm_%1%2%3
        ALTERNATIVE_3 {}, {ADD_%1}, ALT_TEST_%1, {ADD_%2}, ALT_TEST_%2, {ADD_%3}, ALT_TEST_%3
        ret
%endmacro

        ORDER   1, 2, 3
        ORDER   1, 3, 2
        ORDER   2, 1, 3
        ORDER   2, 3, 1
        ORDER   3, 1, 2
        ORDER   3, 2, 1

        FUNCTION alt_asm_12
        ALTERNATIVE_2 {}, {ADD_1}, ALT_TEST_1, {ADD_2}, ALT_TEST_2
        ret

        FUNCTION alt_asm_21
        ALTERNATIVE_2 {}, {ADD_2}, ALT_TEST_2, {ADD_1}, ALT_TEST_1
        ret

        FUNCTION alt_asm_1
        ALTERNATIVE {}, {ADD_1}, ALT_TEST_1
        ret

        FUNCTION alt_asm_not_1
        ALTERNATIVE {}, {ADD_3}, ALT_TEST_NOT_1
        ret

        FUNCTION alt_asm_long_old
        ALTERNATIVE_3 {mov dword [esp + 4], 0x1234567}, {ADD_1}, ALT_TEST_NEVER, {ADD_2}, ALT_TEST_NEVER, {ADD_3}, ALT_TEST_NEVER
        ret

; What is called or jumped to, with x in eax.
plus_0x10:
        add     eax, 0x10
        ret

plus_0x40:
        add     eax, 0x40
        ret

; The whole replacement is a call; and the site's own call is replaced.
        FUNCTION alt_asm_call
        ALTERNATIVE {call plus_0x10}, {call plus_0x40}, ALT_TEST_1
        ret

; The call is the second instruction.
        FUNCTION alt_asm_insn_call
        ALTERNATIVE_IF_NOT ALT_TEST_1
        ALTERNATIVE_ELSE
        inc     eax
        call    plus_0x40
        ALTERNATIVE_ENDIF
        ret

; Two calls: one that is neither first nor last, and the last.
        FUNCTION alt_asm_two_calls
        ALTERNATIVE_IF_NOT ALT_TEST_1
        ALTERNATIVE_ELSE
        inc     eax
        call    plus_0x40
        add     eax, 0x1000
        call    plus_0x10
        ALTERNATIVE_ENDIF
        ret

; A call to the inside of the replacement, and one that leaves it.
        FUNCTION alt_asm_call_inside
        ALTERNATIVE_IF_NOT ALT_TEST_1
        inc     eax
        ALTERNATIVE_ELSE
        call    .inside
        jmp     .out
.inside:
        add     eax, 0x100
        call    plus_0x40
        ret
.out:
        ALTERNATIVE_ENDIF
        ret

; A jump that leaves for good: to the function's own end.
        FUNCTION alt_asm_jump
        ALTERNATIVE {}, {jmp .elsewhere}, ALT_TEST_1
        inc     eax
        ret
.elsewhere:
        add     eax, 0x40
        ret

; A conditional jump out, as the middle instruction.
        FUNCTION alt_asm_jcc
        ALTERNATIVE_IF_NOT ALT_TEST_1
        ALTERNATIVE_ELSE
        test    eax, eax
        jz      near .zero
        add     eax, 0x100
        ALTERNATIVE_ENDIF
        inc     eax
        ret
.zero:
        mov     eax, 0x40
        ret

; A jump to the replacement's very end, where padding follows.
        FUNCTION alt_asm_jump_to_end
        ALTERNATIVE_IF_NOT ALT_TEST_1
        add     eax, 0x10000
        add     eax, 0x20000
        ALTERNATIVE_ELSE
        test    eax, eax
        jz      .end
        inc     eax
.end:
        ALTERNATIVE_ENDIF
        ret

; Loops inside: x times 2.
        FUNCTION alt_asm_loop
        ALTERNATIVE_IF_NOT ALT_TEST_1
        ALTERNATIVE_ELSE
        mov     ecx, eax
        jecxz   .done
.again: inc     eax
        loop    .again
.done:
        ALTERNATIVE_ENDIF
        ret

; Both blocks have instructions, the first is the longer one.
        FUNCTION alt_asm_long_block
        ALTERNATIVE_IF_NOT ALT_TEST_1
        add     eax, 0x1000
        add     eax, 0x2000
        ALTERNATIVE_ELSE
        inc     eax
        ALTERNATIVE_ENDIF
        ret

; In another section than .text's end, with local labels around and in it.
        FUNCTION alt_asm_block
        mov     ecx, 2
.repeat:
        ALTERNATIVE_IF_NOT ALT_TEST_1
        inc     eax
        ALTERNATIVE_ELSE
        push    ecx
        mov     ecx, 3
.inner: add     eax, 0x10
        loop    .inner
        pop     ecx
        ALTERNATIVE_ENDIF
        dec     ecx
        jnz     .repeat
        ret

        FUNCTION alt_asm_call_last
        ALTERNATIVE_2 {}, {inc eax}, ALT_TEST_2, {call plus_0x10}, ALT_TEST_1
        ret
