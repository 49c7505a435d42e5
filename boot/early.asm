; SPDX-License-Identifier: MIT
;
; What a CPU's first instructions need: whether there is CPUID, the boot CPU's (boot.asm) and every other one's
; (trampoline.asm); and flat segments, for the others.

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

global boot_gdt:data (boot_gdt_end - boot_gdt)
boot_gdt:
        dq      0
        dq      0x00cf9b000000ffff      ; 08: code, flat, ring 0
        dq      0x00cf93000000ffff      ; 10: data, flat, ring 0
boot_gdt_end:
