; SPDX-License-Identifier: MIT
;
; What tests/kernel/task/tasks.c cannot say in C.

ROUNDS          equ 400000000           ; some seconds of any machine: the word is there long before

section .text

; uint32_t task_keeps(volatile uint32_t *until, uint32_t seed): tasks.c
global task_keeps:function
task_keeps:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     eax, [esp + 20]         ; until
        mov     ecx, [esp + 24]         ; seed
        lea     ebx, [ecx + 1]
        lea     edx, [ecx + 2]
        lea     esi, [ecx + 3]
        lea     edi, [ecx + 4]
        push    ecx
        push    dword ROUNDS
        lea     ebp, [ecx + 5]
        std
.loop:  dec     dword [esp]
        jz      .never
        cmp     dword [eax], 0
        je      .loop
        add     esp, 4
        xor     eax, eax
        sub     ecx, [esp]
        or      eax, ecx
%assign n 1
%rep 5
        %substr register "ebxedxesiediebp" 3 * n - 2, 3
        %deftok register register
        sub     register, [esp]
        xor     register, n
        or      eax, register
%assign n n + 1
%endrep
        mov     esi, esp
        mov     edx, eax
        lodsd                           ; down, as DF says
        cld
        lea     eax, [esi + 4]
        sub     eax, esp
        or      eax, edx
        add     esp, 4
.end:   pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
.never: cld
        add     esp, 8
        mov     eax, 0x100
        jmp     .end
