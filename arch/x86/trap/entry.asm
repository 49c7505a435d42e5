; SPDX-License-Identifier: MIT
;
; Where the CPU enters the kernel: 32 exceptions, 32 interrupts, system calls, and 191 vectors that are nobody's. All push the
; same struct regs (regs.h), and go on in paths.asm. The vectors that can come in the middle of a pass have
; stubs of their own in .text.exempt, without sites and with a raw iret.
; The CPU's side: SDM volume 3, 6.12 (frames) and 6.13 (error codes).

%include "arch/x86/trap/enter.inc"

extern trap_common
extern page_fault_common
extern irq_common
extern stray_common
extern syscall_common
extern trap_entered
extern trap_exempt
extern trap_breakpoint
extern sysenter_entry
extern sysenter_traced
extern double_fault_fatal
%if CONFIG_PARAVIRT
extern pv_in_guest
extern lguest_iret
%endif

FRAME_CS        equ 4                   ; of eip, cs, eflags

section .text

; The stubs of exceptions. %1: vector, %2: where they go on. Those in .text have no names of their own.
%macro STUB 2
..@stub_%1:
        push    dword 0
        push    dword %1
        jmp     %2
%endmacro
%macro STUB_ERROR 2
..@stub_%1:
        push    dword %1                ; the CPU pushed the error code
        jmp     %2
%endmacro

exception_stubs:
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

global syscall_stub:function
syscall_stub:
        push    dword 0
        push    dword SYSCALL_VECTOR
        jmp     syscall_common

; All others have four bytes each, which a byte with the vector's distance from 128 and a short jump make possible: 32 of
; them, the way on, and so forth. idt.c finds them by their numbers.
STUBS_BLOCK     equ 32 * 4 + 5
%macro STUBS 2 ; the first vector, where they go on
%%begin:
%assign vector %1
%rep 32
        push    byte vector - 128
        jmp     short %%on
%assign vector vector + 1
%endrep
%%on:   jmp     strict near %2
        times ($ - %%begin - STUBS_BLOCK) nop
        times (STUBS_BLOCK - ($ - %%begin)) nop
%endmacro
; Into the error code's place came the distance.
%macro STUBS_ON 1
        push    dword [esp]
        sub     dword [esp], -128
        mov     dword [esp + 4], 0
        jmp     %1
%endmacro

global interrupt_stubs:function
interrupt_stubs:
        STUBS   32, irq_numbered
%assign first 64
%rep 6
        STUBS   first, stray_numbered
%assign first first + 32
%endrep
irq_numbered:
        STUBS_ON irq_common
stray_numbered:
        STUBS_ON stray_common

[section .entry progbits alloc exec nowrite align=16]
section .entry

; AC is still as the program had it.
exempt_of_program:
        push    dword 2
        popfd
        jmp     trap_entered

[section .exempt progbits alloc exec nowrite align=16]
section .exempt

; No site. In a guest it is the back end's, since IF is not the CPU's.
%macro RAW_IRET 0
%if CONFIG_PARAVIRT
        cmp     byte [pv_in_guest], 0
        jne     lguest_iret
%endif
        iret
%endmacro

; uint32_t trap_exempt(struct regs *): 0, or a program has to answer for it, which is for code with
; sites. These can come before an entry has loaded the kernel's segments, so they do.
exempt_common:
        pushad
        KERNEL_SEGMENTS
        cld
        push    esp
        call    trap_exempt
        add     esp, 4
        test    eax, eax
        jnz     exempt_of_program
        popad
        add     esp, 8
        RAW_IRET

; uint32_t *trap_breakpoint(struct regs *): where the frame is then, which may have moved by a word
; to where the error code or the interrupted stack is; not to where the vector is.
breakpoint_common:
        pushad
        KERNEL_SEGMENTS
        cld
        push    esp
        call    trap_breakpoint
        add     esp, 4
        mov     [esp + 32], eax         ; vector
        popad
        pop     esp
        RAW_IRET

; After a SYSENTER with TF set the exception comes before the entry has its stack. A program may have jumped
; there with TF set: that has not entered the kernel by SYSENTER.
stub_1:
..@stub_1:
        cmp     dword [esp], sysenter_entry
        jne     .other
        test    byte [esp + FRAME_CS], 2
        jz      sysenter_traced
.other:
        push    dword 0
        push    dword 1
        jmp     exempt_common
stub_2:
        STUB    2, exempt_common
stub_3:
        STUB    3, breakpoint_common
stub_18:
        STUB    18, exempt_common

; The double fault's task begins here, on its own stack, with the error code (0) on it.
..@stub_8:
global double_fault_entry:function
double_fault_entry:
        cld
        call    double_fault_fatal
.stop:
        hlt
        jmp     .stop

section .rodata

; const uint32_t trap_stubs[NR_TRAPS]
global trap_stubs
trap_stubs:
%assign vector 0
%rep 32
        dd      ..@stub_%[vector]
%assign vector vector + 1
%endrep
