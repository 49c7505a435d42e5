; SPDX-License-Identifier: MIT
;
; What a CPU's first instructions need, the boot CPU's (boot.asm) and every other one's (trampoline.asm):
; flat segments, and whether there is CPUID.

EFLAGS_ID       equ 1 << 21

[section .boot progbits alloc exec nowrite align=16]
section .boot

; uint32_t has_cpuid(void): can EFLAGS.ID be changed? SDM volume 1, 20.1.
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
        shr     eax, 21
        and     eax, 1
        ret

global boot_gdt:data (boot_gdt_ptr - boot_gdt)
boot_gdt:
        dq      0
        dq      0x00cf9b000000ffff      ; 08: code, flat, ring 0
        dq      0x00cf93000000ffff      ; 10: data, flat, ring 0
global boot_gdt_ptr:data (boot_gdt_end - boot_gdt_ptr)
boot_gdt_ptr:
        dw      boot_gdt_ptr - boot_gdt - 1
        dd      boot_gdt
boot_gdt_end:
