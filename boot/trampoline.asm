; SPDX-License-Identifier: MIT
;
; The first instructions of every other CPU. It starts in real mode at a page below 1 MiB (SDM volume
; 3, 8.4.4), its flags and ebp as INIT makes them (9.1.1), where arch/x86/smp/smp_start.c has put a copy of
; `trampoline`; that needs to do no more than to get into 32-bit mode, and goes on here in the image, without
; a site and without anything that depends on the CPU, until the boot CPU has seen what this one can do. One
; CPU at a time.

MSR_EFER        equ 0xc0000080
KERNEL_CS       equ 0x08
KERNEL_DS       equ 0x10
USER_DS         equ 0x23
TSS_SELECTOR    equ 0x30
PERCPU_FS       equ 0x28
CR0_PE          equ 1

; ap_state, enum ap_state of smp_start.h
AP_HERE         equ 1
AP_GO           equ 2
AP_STAY_OFF     equ 3
AP_OFF          equ 4

; words of pv/feature.h
WORD_1_EDX      equ 4 * 0
WORD_EXT_EDX    equ 4 * 1
WORD_1_ECX      equ 4 * 4
WORD_EXT_ECX    equ 4 * 6
WORD_7_EBX      equ 4 * 9

extern has_cpuid

section .rodata

; Copied, so nothing in it is addressed by where it lies in the image.
global trampoline:data (trampoline_end - trampoline)
global trampoline_end
        bits    16
trampoline:
        o32 lgdt [cs:.gdt_ptr - trampoline]
        mov     eax, CR0_PE             ; the rest becomes the boot CPU's below
        mov     cr0, eax
        jmp     dword KERNEL_CS:ap_entry
        align   2
.gdt_ptr:
        dw      boot_gdt_end - boot_gdt - 1
        dd      boot_gdt
trampoline_end:
        bits    32

[section .boot progbits alloc exec nowrite align=16]
section .boot

global boot_gdt:data (boot_gdt_end - boot_gdt)
boot_gdt:
        dq      0
        dq      0x00cf9b000000ffff      ; 08: code, flat, ring 0
        dq      0x00cf93000000ffff      ; 10: data, flat, ring 0
boot_gdt_end:

ap_entry:
        mov     ax, KERNEL_DS
        mov     ds, ax
        mov     ss, ax
        mov     esp, [ap_esp]
        call    store_features
        mov     dword [ap_state], AP_HERE
.wait:
        pause
        cmp     dword [ap_state], AP_HERE
        je      .wait
        cmp     dword [ap_state], AP_GO
        jne     stay_off

        ; As the boot CPU has them: it has looked whether this one can. CR4 is as old as the local APIC.
        mov     eax, [ap_cr4]
        mov     cr4, eax
        cmp     dword [ap_has_efer], 0
        je      .paging
        mov     ecx, MSR_EFER
        xor     edx, edx
        mov     eax, [ap_efer]
        wrmsr
.paging:
        mov     eax, [ap_cr3]
        mov     cr3, eax
        mov     eax, [ap_cr0]
        mov     cr0, eax
        jmp     .tables
.tables:
        lgdt    [ap_gdt]
        lidt    [ap_idt]
        jmp     KERNEL_CS:.segments
.segments:
        mov     ax, KERNEL_DS
        mov     ss, ax
        mov     ax, USER_DS
        mov     ds, ax
        mov     es, ax
        mov     gs, ax
        mov     ax, PERCPU_FS
        mov     fs, ax
        mov     ax, TSS_SELECTOR
        ltr     ax
        xor     eax, eax
        lldt    ax                      ; see boot.asm
        push    dword 0                 ; no return address: backtraces end here, as ebp is 0
        jmp     [ap_main]               ; void (*ap_main)(void), which does not return

stay_off:
        mov     dword [ap_state], AP_OFF        ; it looks no more: the next one may be started
.rest:
        hlt
        jmp     .rest

; CPUID's words of features to ap_features; those of a leaf that is not there stay 0.
store_features:
        call    has_cpuid
        test    eax, eax
        jz      .done
        xor     eax, eax
        cpuid
        mov     esi, eax                ; the last leaf; one that has a local APIC has leaf 1
        mov     eax, 1
        cpuid
        mov     [ap_features + WORD_1_EDX], edx
        mov     [ap_features + WORD_1_ECX], ecx
        cmp     esi, 7
        jb      .extended
        mov     eax, 7
        xor     ecx, ecx
        cpuid
        mov     [ap_features + WORD_7_EBX], ebx
.extended:
        mov     eax, 0x80000000
        cpuid
        cmp     eax, 0x80000001         ; one that has none answers with anything
        jb      .done
        cmp     eax, 0x8000ffff
        ja      .done
        mov     eax, 0x80000001
        cpuid
        mov     [ap_features + WORD_EXT_EDX], edx
        mov     [ap_features + WORD_EXT_ECX], ecx
.done:
        ret

section .bss

; What the boot CPU and the one that starts say to each other: arch/x86/smp/smp_start.c.
global ap_state, ap_features, ap_main, ap_esp, ap_gdt, ap_idt
global ap_cr0, ap_cr3, ap_cr4, ap_efer, ap_has_efer
ap_state:       resd 1
ap_features:    resd 10
ap_main:        resd 1
ap_esp:         resd 1
ap_cr0:         resd 1
ap_cr3:         resd 1
ap_cr4:         resd 1
ap_efer:        resd 1
ap_has_efer:    resd 1
ap_gdt:         resw 4                  ; struct desc_ptr
ap_idt:         resw 4
