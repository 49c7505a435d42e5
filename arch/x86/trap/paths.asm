; SPDX-License-Identifier: MIT
;
; From a stub (entry.asm) or SYSENTER (sysenter.asm) to C and back: entry (irq_enter), enabling, disabling and the
; return go through sites. What is called is cdecl with one argument, the struct regs (regs.h). An exception
; while this CPU panics ends the machine before any site is met: what is wrong may be the sites.

%include "pv/para.inc"
%include "arch/x86/trap/enter.inc"

extern trap_handle
extern trap_syscall
extern trap_leave
extern trap_attention
extern irq_handle
extern stray_handle
extern panic_again
extern panic_runs

section .text

global trap_common, page_fault_common, irq_common, stray_common, syscall_common
trap_common:
        ENTER
trap_entered:
        cmp     dword [fs:panic_runs], 0
        jne     ..@again
        PARA_SITE irq_enter             ; here, since it knows where the frame is
        test    dword [esp + REGS_EFLAGS], EFLAGS_IF
        jz      .call
        PARA_SITE irq_enable            ; what was interrupted had interrupts on
.call:
        push    esp
        call    trap_handle
        jmp     leave_common

page_fault_common:                      ; CR2 is read before anything else can fault
        ENTER
        cmp     dword [fs:panic_runs], 0
        jne     ..@again
        PARA_SITE irq_enter
        push    esp
        call    trap_handle
        jmp     leave_common

irq_common:
        ENTER
        PARA_SITE irq_enter
        push    esp
        call    irq_handle
        jmp     leave_common

stray_common:
        ENTER
        PARA_SITE irq_enter
        push    esp
        call    stray_handle
        jmp     leave_common

syscall_common:
        ENTER
        test    byte [esp + REGS_CS], 2
        jz      trap_entered            ; an instruction of the kernel's that nobody meant
        cld
        PARA_SITE irq_enter_program
        push    esp
        call    trap_syscall
        jmp     leave_common

..@again:
        cld
        jmp     panic_again

; void user_enter(struct user_regs *)
global user_enter:function
user_enter:
        mov     esp, [esp + 4]
        push    esp
        jmp     leave_common

; With esp pushed. Before a program goes on, this CPU may have something else to do.
global leave_common, trap_entered
leave_common:
        PARA_SITE irq_disable
        test    byte [esp + 4 + REGS_CS], 2
        jz      .leave
        cmp     dword [fs:trap_attention], 0
        jne     .attention
.leave:
        add     esp, 4
        popad
        add     esp, 8                  ; vector, error
        PARA_SITE iret
.attention:
        call    trap_leave              ; void trap_leave(struct regs *)
        jmp     leave_common
