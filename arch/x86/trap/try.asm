; SPDX-License-Identifier: MIT
;
; trap_try()'s way in and its way back, and single-stepping: what trap.c needs that C cannot say.

EFLAGS_TF       equ 1 << 8

section .text

; uint32_t trap_try_call(void (*fn)(void *), void *arg, uint32_t *esp): keeps what C wants kept
; on the stack and the stack pointer in *esp, so that trap_landing can come back from wherever fn
; was.
global trap_try_call:function
trap_try_call:
        push    ebp
        mov     ebp, esp
        push    ebx
        push    esi
        push    edi
        mov     eax, [ebp + 16]
        mov     [eax], esp
        push    dword [ebp + 12]
        call    [ebp + 8]
        mov     eax, -1                 ; TRAP_NONE
        jmp     trap_landing.leave

; The handler returns to here with eax = vector and edx = the saved esp.
global trap_landing:function
trap_landing:
        mov     esp, edx
        lea     ebp, [esp + 12]
.leave:
        lea     esp, [ebp - 12]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

[section .exempt progbits alloc exec nowrite align=16]
section .exempt

; void trap_single_step(int on): TF for the caller. It is set by popfd's last act, so the first
; exception comes after the ret.
global trap_single_step:function
trap_single_step:
        mov     eax, [esp + 4]
        pushfd
        and     dword [esp], ~EFLAGS_TF
        test    eax, eax
        jz      .set
        or      dword [esp], EFLAGS_TF
.set:
        popfd
        ret
