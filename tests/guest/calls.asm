; SPDX-License-Identifier: MIT
;
; Every hypercall with every one of these as each of its arguments: none is answered as if it were done where it cannot be, and
; the guest is what it was.
%include "guest.inc"

VALUES          equ 13

section .text
main:
        call    map_all
        mov     dword [flags], 0x200
        mov     dword [shared + SHARED_MASKED], 1
        xor     ebp, ebp
.call:
        cmp     ebp, CALL_end           ; these two do as they say, whatever else is said
        je      .next_call
        cmp     ebp, CALL_sleep
        je      .next_call
        xor     edi, edi
.arguments:
        mov     eax, edi
        xor     edx, edx
        mov     ecx, VALUES
        div     ecx
        mov     esi, [values + 4 * edx] ; the first
        xor     edx, edx
        div     ecx
        mov     ebx, [values + 4 * eax]
        mov     ecx, [values + 4 * edx]
        mov     edx, esi
        mov     eax, ebp
        int     HYPERCALL
        inc     edi
        cmp     edi, VALUES * VALUES * VALUES
        jb      .arguments
.next_call:
        inc     ebp
        cmp     ebp, CALLS + 2
        jb      .call
        CALL_HOST ticks, 0
        PASS

section .data
        align   4
values: dd      0xffffffff, 0xfffffffe, 0xfffffffc, 0xfffff000, 0xffffe000, 0xffc10000, 0xffc13ffc, 0xffbfffff
        dd      0x80000000, 0x7fffffff, 1, 255, 4096
