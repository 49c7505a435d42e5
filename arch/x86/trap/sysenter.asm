; SPDX-License-Identifier: MIT
;
; System calls by SYSENTER, and the code by which programs make them. SYSENTER (SDM volume 2B) saves nothing, so
; that code keeps what SYSEXIT wants for itself on the program's stack, and tells where that is in ebp:
;
;       ebp ->  the program's ebp, edx, ecx, return address
;
; The kernel makes the frame of an interrupt of it, and leaves by SYSEXIT if that still says what it said:
; whoever gives the program another place to go on uses IRET.

%include "pv/para.inc"
%include "arch/x86/trap/enter.inc"

TSS_ESP0        equ 4
TRAP_DB         equ 1
REGS_EIP        equ 40
FRAME_ESP       equ 20                  ; of vector, error code, eip, cs, eflags, esp, ss
USER_PAGE       equ 0xeffff000          ; arch/x86/trap/user.h: where programs have the page
SYSENTER_RETURN equ USER_PAGE + (syscall_by_sysenter.return - syscall_by_sysenter)

extern trap_syscall
extern trap_leave
extern trap_attention
extern leave_common
extern trap_entered

[section .entry progbits alloc exec nowrite align=16]
section .entry

; From SYSENTER's state to a frame and the kernel's own. Its stack pointer is this CPU's task state,
; kernel_tss. NT, AC and DF are as the program had them.
%macro SYSENTER_ENTER 1                 ; vector
        mov     esp, [ss:esp + TSS_ESP0]
        push    dword USER_DS
        push    ebp                     ; the program's stack
        push    dword EFLAGS_IF | 2
        push    dword USER_CS
        push    dword SYSENTER_RETURN
        push    dword 0
        push    dword %1
        pushad
        KERNEL_SEGMENTS
        push    dword 2
        popfd
%endmacro

global sysenter_entry
sysenter_entry:
        SYSENTER_ENTER SYSCALL_VECTOR
        jmp     sysenter_common

; Here and not at its next instruction, since TF was set: an exception that the program has to answer for.
; The frame on this CPU's small stack is not needed.
global sysenter_traced
sysenter_traced:
        add     esp, 12
        SYSENTER_ENTER TRAP_DB
        jmp     trap_entered

section .text

sysenter_common:
        PARA_SITE irq_enter_program
        push    esp
        call    trap_syscall
.leave:
        PARA_SITE irq_disable
        cmp     dword [fs:trap_attention], 0
        jne     .attention
        cmp     dword [esp + 4 + REGS_EIP], SYSENTER_RETURN
        jne     leave_common
        add     esp, 4
        popad
        mov     edx, SYSENTER_RETURN
        mov     ecx, [esp + FRAME_ESP]
        PARA_SITE irq_enable_sysexit
.attention:
        call    trap_leave
        jmp     .leave

; What each program has at USER_PAGE, one of the two as the CPU can, and of which the first address is all that
; it calls: int32_t syscall(eax number, ebx, ecx, edx, esi, edi). Only eax changes.
section .rodata

global syscall_by_sysenter, syscall_by_sysenter_end
syscall_by_sysenter:
        push    ecx
        push    edx
        push    ebp
        mov     ebp, esp
        sysenter
.return:
        pop     ebp
        pop     edx
        pop     ecx
        ret
syscall_by_sysenter_end:

global syscall_by_int, syscall_by_int_end
syscall_by_int:
        int     SYSCALL_VECTOR
        ret
syscall_by_int_end:
