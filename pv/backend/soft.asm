; SPDX-License-Identifier: MIT
;
; The soft back end: IF is a variable, the real one stays on. An interrupt that arrives while the
; variable is 0 is kept (soft.c) and replayed when it goes on. Rules that nothing gets lost by:
;
;   - going on is: set the variable, then look whether anything is kept. Whatever arrives in between finds
;     the variable set and is served at once;
;   - where the CPU must not be interrupted between the two (halt, iret), the real IF is off;
;   - soft_deliver takes one bit with one instruction, and looks again after each.
;
; The variable is addressed by %fs, so that each CPU can have its own.

%include "pv/para.inc"

EFLAGS_IF       equ 1 << 9

extern soft_if                          ; uint32_t: 0 or EFLAGS_IF
extern soft_kept                        ; uint32_t: a bit for each interrupt that waits
extern soft_replay                      ; PV_FN void soft_replay(void)
extern soft_deliver                     ; PV_FN void soft_deliver(const uint32_t *frame)

%macro SOFT_OP 1
global __raw_callee_save_soft_%1:function
__raw_callee_save_soft_%1:
%endmacro

section .text

; uint32_t soft_save_fl(void): the one that fits into a site, 64 a1 disp32.
SOFT_OP save_fl
soft_save_fl:
        mov     eax, [fs:dword soft_if]
soft_save_fl_end:
        ret

; void soft_restore_fl(uint32_t flags)
SOFT_OP restore_fl
        test    eax, EFLAGS_IF
        jnz     __raw_callee_save_soft_irq_enable
        ; fall through

; void soft_irq_disable(void)
SOFT_OP irq_disable
        mov     dword [fs:dword soft_if], 0
        ret

; void soft_irq_enable(void)
SOFT_OP irq_enable
        mov     dword [fs:dword soft_if], EFLAGS_IF
        cmp     dword [fs:dword soft_kept], 0
        jne     replay
        ret

%macro CALL_C 1
        push    eax
        push    ecx
        push    edx
        call    %1
        pop     edx
        pop     ecx
        pop     eax
%endmacro

replay:
        CALL_C  soft_replay
        ret

; void soft_irq_enter(void): the frame is below the return address (PV_FRAME_EFLAGS). The
; interrupted code gets the IF that it believes in into its frame; from here on the handler's is 0.
SOFT_OP irq_enter
        push    eax
        mov     eax, [fs:dword soft_if]
        and     dword [esp + 8 + PV_FRAME_EFLAGS], ~EFLAGS_IF
        or      [esp + 8 + PV_FRAME_EFLAGS], eax
        mov     dword [fs:dword soft_if], 0
        pop     eax
        jmp     soft_really_on

; void soft_iret(void): jumped to, with eip, cs, eflags on the stack. The frame's IF says what the
; variable becomes; the real one is on in whatever is returned to. What is kept is delivered here, on
; the frame of what goes on: with the real IF on, so the look that finds nothing left and the iret are
; one step only because it is off between them.
global soft_iret:function
soft_iret:
        test    dword [esp + 8], EFLAGS_IF
        jz      .off
.again:
        call    soft_really_off
        cmp     dword [fs:dword soft_kept], 0
        je      .on
        mov     dword [fs:dword soft_if], 0     ; what comes from here on is kept
        call    soft_really_on
        push    eax
        push    ecx
        push    edx
        lea     eax, [esp + 12]
        call    soft_deliver
        pop     edx
        pop     ecx
        pop     eax
        jmp     .again
.on:
        mov     dword [fs:dword soft_if], EFLAGS_IF
        jmp     native_iret                     ; whose frame has IF
.off:
        mov     dword [fs:dword soft_if], 0
        or      dword [esp + 8], EFLAGS_IF
        jmp     native_iret

; void soft_safe_halt(void): on, and asleep only if nothing is kept.
SOFT_OP safe_halt
        call    soft_really_off
        mov     dword [fs:dword soft_if], EFLAGS_IF
        cmp     dword [fs:dword soft_kept], 0
        je      native_safe_halt
        call    soft_really_on
        jmp     replay

; void soft_halt(void): with interrupts off only an NMI ends it, so the real ones must be off as
; well.
SOFT_OP halt
        cmp     dword [fs:dword soft_if], 0
        jne     native_halt
        call    soft_really_off
        call    native_halt
        jmp     soft_really_on

extern native_iret, native_halt, native_safe_halt

; The real IF: instructions, where the build's check allows them.
[section .pv.native]
global soft_really_on:function
soft_really_on:
        sti
        ret
soft_really_off:
        cli
        ret
__?SECT?__

section .rodata

; const struct pv_template pv_soft_templates[PV_NR_TYPES]
%define HAS_TEMPLATE_save_fl
global pv_soft_templates
pv_soft_templates:
        PV_TEMPLATES soft_
