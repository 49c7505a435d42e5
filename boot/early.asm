; SPDX-License-Identifier: MIT
;
; What a CPU's first instructions need to know, the boot CPU's (boot.asm) and every other one's (trampoline.asm).

EFLAGS_ID       equ 1 << 21

[section .boot progbits alloc exec nowrite align=16]
section .boot

; uint32_t has_cpuid(void): not 0: EFLAGS.ID can be changed. SDM volume 1, 20.1.
global has_cpuid:function
has_cpuid:
        pushfd
        pop     ecx
        mov     eax, ecx
        xor     eax, EFLAGS_ID
        push    eax
        popfd
        pushfd
        pop     eax
        push    ecx
        popfd
        xor     eax, ecx
        ret
