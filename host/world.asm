; SPDX-License-Identifier: MIT
;
; From the host into a guest and back: code that both have at the same address (PAGING_FIXED), and the same of an
; IDT's 256 stubs. It is copied there, so it names nothing of the image. Around it lie, of each CPU, two pages that
; only its guest has beside it: one that the guest can read (struct world: what is loaded on the way), and one where
; its registers go.
;
;	| code | IDT | world 0 | registers 0 | world 1 | registers 1 | ...
;
; Ring 1 reads and, where pages are writable, writes what is the kernel's: so nothing in the second page is believed
; but what was written there since the guest was left.
;
; An NMI or a machine check may come at any instruction. Each has one IDT and one GDT at hand that fit each
; other: SWITCH_CS and SWITCH_DS are the same in both GDTs, and the code runs by them before one of the tables is
; changed, and after the other was. So do ds, es, fs and gs, which it saves and loads again: none of the host's is there
; by a guest's GDT, and none of a guest's by the host's. One that comes here is counted, and done again by the host.

KERNEL_CS       equ 0x08                ; arch/x86/cpu/desc.h
KERNEL_DS       equ 0x10
USER_DS         equ 0x23
PERCPU_FS       equ 0x28
SWITCH_CS       equ 0x40
SWITCH_DS       equ 0x48

WORLD_TSS       equ 0x50                ; world.h
WORLD_CODE      equ 0xffc10000
HOST_CR3        equ 0
GUEST_CR3       equ 4
HOST_ESP        equ 8
HOST_GDT        equ 12                  ; six bytes each
HOST_IDT        equ 20
GUEST_GDT       equ 28
GUEST_IDT       equ 36
REGS            equ 8192 - 76           ; from the world's page: struct guest_regs
MISSED          equ 44                  ; how many NMIs came in here
FRAME           equ 0                   ; in the other page: where the registers are, at REGS but for what is broken, or VM
REGS_CS         equ 60
REGS_EFLAGS     equ 64
EFLAGS_VM       equ 1 << 17

%macro SWITCH_SEGMENTS 0
        mov     eax, SWITCH_DS
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
%endmacro

section .rodata

global world_code:data (world_code_end - world_code)
global world_code_end
global world_enter
world_code:

; 12 bytes each, by number.
%assign vector 0
%rep 256
  %if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 30
        nop                             ; the CPU pushed an error code
        nop
  %else
        push    byte 0
  %endif
        push    strict dword vector
        jmp     strict near left
%assign vector vector + 1
%endrep

; void world_enter(struct world *): interrupts are off. Comes back when the guest is left.
world_enter:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     ebx, [esp + 20]
        mov     [ebx + HOST_ESP], esp
        mov     eax, SWITCH_DS
        mov     ss, eax
        lea     esp, [ebx + REGS]
        jmp     SWITCH_CS:(WORLD_CODE + .in - world_code)
.in:
        lidt    [ebx + GUEST_IDT]
        SWITCH_SEGMENTS                 ; not before: the host's own NMI would have loaded the kernel's
        lgdt    [ebx + GUEST_GDT]
        mov     eax, WORLD_TSS
        ltr     ax
        mov     eax, [ebx + GUEST_CR3]
        mov     cr3, eax
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popad
        add     esp, 8
        iret

left:
        pushad
        push    ds
        push    es
        push    fs
        push    gs
        SWITCH_SEGMENTS
        cld
        mov     ebx, esp
        and     ebx, -4096
        test    dword [esp + REGS_EFLAGS], EFLAGS_VM
        jnz     .leave                  ; cs says nothing of a ring then
        test    byte [esp + REGS_CS], 3
        jz      .here
.leave:
        mov     [ebx + FRAME], esp
        sub     ebx, 4096
        mov     eax, [ebx + HOST_CR3]
        mov     cr3, eax
        lgdt    [ebx + HOST_GDT]
        lidt    [ebx + HOST_IDT]
        mov     esp, [ebx + HOST_ESP]
        jmp     KERNEL_CS:(WORLD_CODE + .out - world_code)
.out:
        push    dword 2                 ; the guest's AC would let the host at programs' memory
        popfd
        mov     eax, KERNEL_DS
        mov     ss, eax
        mov     eax, USER_DS
        mov     ds, eax
        mov     es, eax
        mov     eax, PERCPU_FS
        mov     fs, eax                 ; gs is nobody's in the kernel
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
.here:
        cmp     dword [esp + 48], 2
        jne     .leave                  ; what must not have come, as the host sees by cs
        mov     eax, cr3                ; where a guest cannot write, only the host can
        mov     ecx, [ebx - 4096 + HOST_CR3]
        mov     cr3, ecx
        inc     dword [ebx - 4096 + MISSED]
        mov     cr3, eax
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popad
        add     esp, 8
        iret
world_code_end:
