; SPDX-License-Identifier: MIT
;
; Registers around a site: each around_NAME loads all of them with the pattern in around_before, runs
; the site, and stores what it left in around_after. And functions for slots that see what a site
; passes and change all that their convention lets them. Labels are macro-local, so that a function
; is one symbol (tests/kernel/sites/sites.h).

%include "pv/para.inc"

extern native_save_fl
extern native_restore_fl
extern native_iret

struc around                            ; struct around of tests/kernel/sites/macros.h
.eax:   resd 1
.ecx:   resd 1
.edx:   resd 1
.ebx:   resd 1
.ebp:   resd 1
.esi:   resd 1
.edi:   resd 1
.esp:   resd 1
.flags: resd 1
endstruc

section .bss

global around_before, around_after, around_code, macros_seen, macros_result, macros_count
around_before:  resb around_size
around_after:   resb around_size
around_code:    resd 1                  ; what around_call calls
macros_seen:    resd 8                  ; eax, edx, ecx, [esp + 4], esp of the last two calls, esi, edi
macros_result:  resd 2
macros_count:   resd 1
saved_flags:    resd 1
saved_esp:      resd 1

section .text

; A site by the C convention, as PV_SITE_ASM writes it.
%macro FAST_SITE 1
%%site:
        call    dword [pv_ops + PV_TYPE_%1 * 4]
%%end:
[section .parainstructions]
%%record:
        dd      %%site
        db      PV_TYPE_%1, %%end - %%site
        dw      7
__?SECT?__
%endmacro

; void around_NAME(void *): the argument is not used. Flags are read and set by native functions,
; which change no other register; mov changes no flag.
%macro AROUND 1
global around_%1:function
around_%1:
        pushad
        call    native_save_fl
        mov     [saved_flags], eax
        mov     [saved_esp], esp
        mov     eax, [around_before + around.flags]
        call    native_restore_fl
        mov     ecx, [around_before + around.ecx]
        mov     edx, [around_before + around.edx]
        mov     ebx, [around_before + around.ebx]
        mov     ebp, [around_before + around.ebp]
        mov     esi, [around_before + around.esi]
        mov     edi, [around_before + around.edi]
        mov     [around_before + around.esp], esp
        mov     eax, [around_before + around.eax]
%endmacro

%macro ENDAROUND 0
        mov     [around_after + around.eax], eax
        mov     [around_after + around.ecx], ecx
        mov     [around_after + around.edx], edx
        mov     [around_after + around.ebx], ebx
        mov     [around_after + around.ebp], ebp
        mov     [around_after + around.esi], esi
        mov     [around_after + around.edi], edi
        mov     [around_after + around.esp], esp
        mov     esp, [saved_esp]
        call    native_save_fl
        mov     [around_after + around.flags], eax
        mov     eax, [saved_flags]
        call    native_restore_fl
        popad
        ret
%endmacro

        AROUND  irq_disable
        PARA_SITE irq_disable
        ENDAROUND

        AROUND  irq_enable
        PARA_SITE irq_enable
        ENDAROUND

        AROUND  save_fl
        PARA_SITE save_fl
        ENDAROUND

        AROUND  restore_fl
        PARA_SITE restore_fl
        ENDAROUND

        AROUND  io_delay
        FAST_SITE io_delay
        ENDAROUND

        AROUND  cpuid                   ; four arguments
        push    dword 0x44444444
        FAST_SITE cpuid
        lea     esp, [esp + 4]
        ENDAROUND

%macro IRET_SITE 0
        push    dword [around_before + around.flags]
        push    cs
        push    dword %%back
        PARA_SITE iret
        ud2
%%back:
%endmacro
        AROUND  iret
        IRET_SITE
        ENDAROUND

        AROUND  call
        call    [around_code]
        ENDAROUND

; void macros_iret(void): for the slot of iret; an interrupt frame is on the stack.
global macros_iret:function
macros_iret:
        inc     dword [macros_count]
        jmp     native_iret

; A regparm(3) function of up to four arguments: notes them, loses what it may, and returns
; macros_result in edx:eax.
global macros_target:function
macros_target:
        mov     [macros_seen], eax
        mov     [macros_seen + 4], edx
        mov     [macros_seen + 8], ecx
        mov     ecx, [esp + 4]
        mov     [macros_seen + 12], ecx
        mov     ecx, [macros_seen + 16]
        mov     [macros_seen + 20], ecx
        mov     [macros_seen + 16], esp
        inc     dword [macros_count]
        mov     ecx, 0xdeadc0de
        mov     eax, [macros_result]
        mov     edx, [macros_result + 4]
        ret

; The same for callee-save slots: with a result, and without.
global macros_callee_eax:function
macros_callee_eax:
        mov     [macros_seen], eax
        inc     dword [macros_count]
        mov     eax, [macros_result]
        ret

global macros_callee:function
macros_callee:
        mov     [macros_seen], eax
        inc     dword [macros_count]
        ret

; void macros_trash(void): lose all that C may lose.
global macros_trash:function
macros_trash:
        inc     dword [macros_count]
        mov     eax, 0xdeada0a0
        mov     ecx, 0xdeadc0c0
        mov     edx, 0xdeadd0d0
        ret

; void macros_int3(void *): the breakpoint is the first byte.
global macros_int3:function
macros_int3:
        int3
        ret
