; SPDX-License-Identifier: MIT
;
; The multiboot entry (Multiboot Specification 0.6.96, 3.1.1 and 3.2), and sites by NASM's macros.

%include "pv/alternative.inc"
%include "pv/para.inc"
%include "pv/smp_locks.inc"

extern adopt_main, counter, stack_top

[section .boot progbits alloc exec nowrite align=4]
        dd      0x1badb002, 0, -0x1badb002 ; the header, no wishes
global start
start:
        mov     esp, stack_top
        push    dword 0                 ; EFLAGS
        popfd
        lgdt    [gdt_ptr]               ; IRET loads CS from it; data segments stay the loader's
        jmp     0x08:adopt_main         ; _Noreturn void adopt_main(void)

section .text
global flags_while_off, flags_by_iret, choices
flags_while_off:                        ; uint32_t flags_while_off(void)
        PARA_SITE irq_disable           ; ff 15 <slot> -> fa, padding
        PARA_SITE save_fl               ; ff 15 <slot> -> 9c 58, padding
        PARA_SITE irq_enable            ; ff 15 <slot> -> fb, padding
        ret

flags_by_iret:                          ; regparm(1) void flags_by_iret(uint32_t flags)
        push    eax
        push    cs
        push    dword .back
        PARA_SITE iret                  ; ff 25 <slot> -> cf, padding
.back:
        ret

choices:                                ; uint32_t choices(void)
        LOCK_PREFIX inc dword [counter] ; f0 -> 3e, and back
        ALTERNATIVE {xor eax, eax}, {mov eax, 1}, X86_FEATURE_FPU       ; 31 c0 90 90 90 -> b8 01 00 00 00
        ALTERNATIVE {}, {or eax, 2}, ALT_NOT(X86_FEATURE_CX8)           ; 90 90 90 -> 83 c8 02, or padding
        ret

section .rodata
gdt:    dq      0, 0x00cf9b000000ffff   ; 08: code, flat
gdt_ptr: dw     gdt_ptr - gdt - 1
        dd      gdt
