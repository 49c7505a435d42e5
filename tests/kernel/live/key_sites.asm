; SPDX-License-Identifier: MIT
;
; Branches of static keys as NASM makes them: each function returns whether its key is on. The last two are where
; a line of the cache and a page end in the site.

%include "pv/jump_label.inc"

section .data
global key_asm_off, key_asm_on
DEFINE_STATIC_KEY_FALSE key_asm_off
DEFINE_STATIC_KEY_TRUE key_asm_on

section .text align=4096

%macro FUNCTION 1
global %1:function
%1:
%endmacro

; Says 1 where it jumps, or 0.
%macro ANSWER 2                         ; straight on, at .target
        mov     eax, %1
        ret
.target:
        mov     eax, %2
        ret
%endmacro

FUNCTION key_unlikely_off
        STATIC_BRANCH_UNLIKELY key_asm_off, .target
        ANSWER  0, 1
FUNCTION key_likely_off
        STATIC_BRANCH_LIKELY_FALSE key_asm_off, .target
        ANSWER  1, 0
FUNCTION key_unlikely_on
        STATIC_BRANCH_UNLIKELY_TRUE key_asm_on, .target
        ANSWER  0, 1
FUNCTION key_likely_on
        STATIC_BRANCH_LIKELY key_asm_on, .target
        ANSWER  1, 0
FUNCTION key_short_off
        STATIC_BRANCH_UNLIKELY key_asm_off, .target, short
        ANSWER  0, 1
FUNCTION key_short_on
        STATIC_BRANCH_LIKELY key_asm_on, .target, short
        ANSWER  1, 0

        times   (61 - ($ - $$)) & 63 nop
FUNCTION key_line
        STATIC_BRANCH_UNLIKELY key_asm_off, .target
        ANSWER  0, 1

        times   (4094 - ($ - $$)) & 4095 nop
FUNCTION key_page
        STATIC_BRANCH_UNLIKELY key_asm_off, .target
        ANSWER  0, 1
