; SPDX-License-Identifier: MIT
;
; Where the CPU enters the kernel: 32 exceptions, 32 interrupts, and 192 vectors that are nobody's. All push the same struct regs
; (trap.h). Entry (irq_enter), enabling, disabling and the return go through sites. The vectors
; that can come in the middle of a pass have stubs of their own in .text.exempt, without sites
; and with a raw iret. An exception while this CPU panics ends the machine before any site is met:
; what is wrong may be the sites. The CPU's side: SDM volume 3, 6.12 (frames) and 6.13 (error codes).

%include "pv/para.inc"

EFLAGS_IF       equ 1 << 9

extern trap_handle
extern trap_exempt
extern trap_breakpoint
extern irq_handle
extern stray_handle
extern double_fault_fatal
extern panic_again
extern panic_runs

section .text

; void trap_handle(struct regs *), irq_handle(), stray_handle(): cdecl, one argument.
trap_common:
        pushad
        cmp     dword [fs:panic_runs], 0
        jne     panic_again
        PARA_SITE irq_enter             ; here, since it knows where the frame is
        cld
        test    dword [esp + PV_FRAME_EFLAGS], EFLAGS_IF
        jz      .call
        PARA_SITE irq_enable            ; what was interrupted had interrupts on
.call:
        push    esp
        call    trap_handle
        jmp     leave_common

page_fault_common:                      ; CR2 is read before anything else can fault
        pushad
        cmp     dword [fs:panic_runs], 0
        jne     panic_again
        PARA_SITE irq_enter
        cld
        push    esp
        call    trap_handle
        jmp     leave_common

irq_common:
        pushad
        PARA_SITE irq_enter
        cld
        push    esp
        call    irq_handle
        jmp     leave_common

stray_common:
        pushad
        PARA_SITE irq_enter
        cld
        push    esp
        call    stray_handle

leave_common:
        PARA_SITE irq_disable
        add     esp, 4
        popad
        add     esp, 8                  ; vector, error
        PARA_SITE iret

; The stubs. %1: vector, %2: where they go on.
%macro STUB 2
stub_%1:
        push    dword 0
        push    dword %1
        jmp     %2
%endmacro
%macro STUB_ERROR 2
stub_%1:
        push    dword %1                ; the CPU pushed the error code
        jmp     %2
%endmacro

        STUB       0, trap_common
        STUB       4, trap_common
        STUB       5, trap_common
        STUB       6, trap_common
        STUB       7, trap_common
        STUB       9, trap_common
        STUB_ERROR 10, trap_common
        STUB_ERROR 11, trap_common
        STUB_ERROR 12, trap_common
        STUB_ERROR 13, trap_common
        STUB_ERROR 14, page_fault_common
        STUB       15, trap_common
        STUB       16, trap_common
        STUB_ERROR 17, trap_common
        STUB       19, trap_common
        STUB       20, trap_common
        STUB_ERROR 21, trap_common
%assign vector 22
%rep 8
        STUB       vector, trap_common
%assign vector vector + 1
%endrep
        STUB_ERROR 30, trap_common
        STUB       31, trap_common
%assign vector 32
%rep 32
        STUB       vector, irq_common
%assign vector vector + 1
%endrep
%rep 192
        STUB       vector, stray_common
%assign vector vector + 1
%endrep

[section .exempt progbits alloc exec nowrite align=16]
section .exempt

; void trap_exempt(struct regs *)
exempt_common:
        pushad
        cld
        push    esp
        call    trap_exempt
        add     esp, 4
        popad
        add     esp, 8
        iret

; uint32_t *trap_breakpoint(struct regs *): where the frame is then, which may have moved by a word
; to where the error code or the interrupted stack is; not to where the vector is.
breakpoint_common:
        pushad
        cld
        push    esp
        call    trap_breakpoint
        add     esp, 4
        mov     [esp + 32], eax         ; vector
        popad
        pop     esp
        iret

        STUB    1, exempt_common
        STUB    2, exempt_common
        STUB    3, breakpoint_common
        STUB    18, exempt_common

; The double fault's task begins here, on its own stack, with the error code (0) on it.
stub_8:
global double_fault_entry:function
double_fault_entry:
        cld
        call    double_fault_fatal
.stop:
        hlt
        jmp     .stop

section .rodata

; const uint32_t trap_stubs[NR_VECTORS]
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
        dd      stub_%[vector]
%assign vector vector + 1
%endrep
