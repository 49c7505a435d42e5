; SPDX-License-Identifier: MIT
;
; Each CPU's task state, and right below it the stack that SYSENTER comes to, which the next instruction
; leaves: what can come before that instruction, an NMI or a debug exception, needs one. They stand in
; one file, since the entry counts on their distance (arch/x86/trap/sysenter.asm).

ENTRY_STACK     equ 2048
TSS_SIZE        equ 104                 ; struct tss, arch/x86/cpu/desc.h

section .bss.percpu nobits alloc noexec write align=64

        resb    ENTRY_STACK
global kernel_tss:data (kernel_tss.end - kernel_tss)
kernel_tss:
        resb    TSS_SIZE
.end:
