; SPDX-License-Identifier: MIT

section .text

; void context_switch(uint32_t *from, uint32_t to)
global context_switch:function
context_switch:
        mov     eax, [esp + 4]
        mov     edx, [esp + 8]
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
