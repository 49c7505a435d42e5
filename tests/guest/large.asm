; SPDX-License-Identifier: MIT
;
; INVLPG of any address in a large page forgets all of it: SDM volume 3, 4.10.4.1. First 4 MiB in tables of 4 bytes
; an entry, then 2 MiB with PAE, where the CPU has that. What was at WHERE is then elsewhere, and is asked for in a page that
; INVLPG did not name.
%include "guest.inc"

WHERE           equ 0x40000000
ASKED           equ WHERE + 0x1ff000    ; far behind, in the same page and the same 2 MiB
FURTHER         equ WHERE + 0x3ff000    ; of 4 MiB, which are two tables of a host with PAE

section .text
main:
        mov     dword [0x000000 + 0x1ff000], "low1"
        mov     dword [0x400000 + 0x1ff000], "up_1"
        mov     dword [0x400000 + 0x3ff000], "up_2"
        mov     dword [0x000000 + 0x3ff000], "low2"

        mov     dword [TABLES], 0x83
        mov     dword [TABLES + (WHERE >> 20)], 0x83
        mov     eax, TABLES
        mov     cr3, eax
        mov     eax, CR4_PSE
        mov     cr4, eax
        mov     eax, cr0
        or      eax, CR0_PG
        mov     cr0, eax
        FAIL_IF ne, dword [ASKED], "low1"
        FAIL_IF ne, dword [FURTHER], "low2"
        mov     dword [TABLES + (WHERE >> 20)], 0x400083
        invlpg  [WHERE]
        FAIL_IF ne, dword [ASKED], "up_1"
        FAIL_IF ne, dword [FURTHER], "up_2"
        mov     dword [TABLES + (WHERE >> 20)], 0x83
        invlpg  [FURTHER]
        FAIL_IF ne, dword [ASKED], "low1"
        FAIL_IF ne, dword [FURTHER], "low2"

; A page of 4 KiB beside it is what INVLPG alone forgets.
        mov     dword [TABLES + (WHERE >> 20)], TABLES + 0x1003
        mov     dword [TABLES + 0x1000], 0x5ff003
        invlpg  [WHERE]
        FAIL_IF ne, dword [WHERE], "up_1"
        mov     dword [TABLES + 0x1000], 0x7ff003
        invlpg  [WHERE]
        FAIL_IF ne, dword [WHERE], "up_2"

        mov     eax, 1
        xor     ecx, ecx
        cpuid
        test    edx, 1 << 6
        jz      .passed
        mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        mov     edi, POOL
        xor     eax, eax
        mov     ecx, 4096
        rep     stosd
        mov     dword [POOL], POOL + 0x1001
        mov     dword [POOL + 8 * (WHERE >> 30)], POOL + 0x2001
        mov     dword [POOL + 0x1000], 0x83
        mov     dword [POOL + 0x1008], 0x200083
        mov     dword [POOL + 0x2000], 0x400083
        mov     eax, POOL
        mov     cr3, eax
        mov     eax, CR4_PAE
        mov     cr4, eax
        mov     eax, cr0
        or      eax, CR0_PG
        mov     cr0, eax
        FAIL_IF ne, dword [ASKED], "up_1"
        mov     dword [POOL + 0x2000], 0x600083
        invlpg  [WHERE + 0x5000]
        FAIL_IF ne, dword [ASKED], "up_2"
.passed:
        PASS
