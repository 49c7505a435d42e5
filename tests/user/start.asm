; SPDX-License-Identifier: MIT
;
; Where a program begins: the kernel has made the stack of a call of main(argc, argv). And what a compiler
; may call.

SYS_EXIT        equ 1
ABI_CALL        equ 0xeffff000

extern main

section .text

global _start
_start:
        xor     ebp, ebp
        mov     dword [esp], .end       ; the return address
        jmp     main
.end:
        mov     ebx, eax
        mov     eax, SYS_EXIT
        mov     ecx, ABI_CALL
        call    ecx

; void *memcpy(void *, const void *, size_t), memset(void *, int, size_t)
global memcpy:function
memcpy:
        push    edi
        push    esi
        mov     edi, [esp + 12]
        mov     esi, [esp + 16]
        mov     ecx, [esp + 20]
        mov     eax, edi
        rep     movsb
        pop     esi
        pop     edi
        ret

global memset:function
memset:
        push    edi
        mov     edi, [esp + 8]
        mov     eax, [esp + 12]
        mov     ecx, [esp + 16]
        rep     stosb
        mov     eax, [esp + 8]
        pop     edi
        ret
