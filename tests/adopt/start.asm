; SPDX-License-Identifier: MIT
;
; The multiboot entry (Multiboot Specification 0.6.96, 3.1.1 and 3.2), and sites by PARA_SITE.

%include "pv/para.inc"

extern adopt_main, stack_top

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
global flags_while_off, flags_by_iret
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

section .rodata
gdt:    dq      0, 0x00cf9b000000ffff   ; 08: code, flat
gdt_ptr: dw     gdt_ptr - gdt - 1
        dd      gdt
