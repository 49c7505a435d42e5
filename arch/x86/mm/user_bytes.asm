; SPDX-License-Identifier: MIT
;
; uint32_t user_bytes(void *to, const void *from, uint32_t n): copies, with the program's memory open
; to the kernel (SMAP: SDM volume 3, 4.6) meanwhile. One of the two addresses is a program's; where that
; faults for good the copy ends. Returns how many bytes are left.

%include "pv/alternative.inc"
%include "arch/x86/trap/extable.inc"

section .text

global user_bytes:function
user_bytes:
        push    ebp
        mov     ebp, esp
        push    esi
        push    edi
        mov     edi, [ebp + 8]
        mov     esi, [ebp + 12]
        mov     ecx, [ebp + 16]
        mov     edx, ecx
        shr     ecx, 2
ALTERNATIVE_IF_NOT X86_FEATURE_SMAP
        and     edx, strict dword 3     ; three bytes longer than it need be: room for STAC, and no NOP without it
ALTERNATIVE_ELSE
        stac
        and     edx, 3
ALTERNATIVE_ENDIF
.words: rep     movsd
        mov     ecx, edx
.bytes: rep     movsb
.end:
ALTERNATIVE_IF_NOT X86_FEATURE_SMAP
        lea     eax, [dword ecx + 0]
ALTERNATIVE_ELSE
        clac
        lea     eax, [byte ecx + 0]
ALTERNATIVE_ENDIF
        pop     edi
        pop     esi
        pop     ebp
        ret
.words_left:
        lea     ecx, [edx + 4 * ecx]
        jmp     .end
        EXTABLE .words, .words_left
        EXTABLE .bytes, .end
