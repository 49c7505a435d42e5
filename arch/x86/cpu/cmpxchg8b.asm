; SPDX-License-Identifier: MIT
;
; CMPXCHG8B for CPUs that lack it. Called instead of the instruction, with its registers, and like it
; keeps all others; but ZF says nothing.
;
;         if ([esi] == edx:eax) [esi] = ecx:ebx; else edx:eax = [esi];
;
; The lock is for several such CPUs, interrupts are off for what runs on this one. It is held for a
; few instructions; who waits much longer has interrupted the holder for good, by an NMI or because
; [esi] faulted, and goes on without it: a panic has to get its last lines out.

%include "pv/para.inc"
%include "pv/smp_locks.inc"

section .bss
global cmpxchg8b_locked
cmpxchg8b_locked: resd 1

section .data
global cmpxchg8b_patience
cmpxchg8b_patience: dd 300000           ; looks; an emulator may stop the other CPU for a while

section .text
global cmpxchg8b_emu:function
cmpxchg8b_emu:
        push    edi
        push    eax
        PARA_SITE save_fl
        PARA_SITE irq_disable
        xchg    eax, [esp]              ; flags are on the stack, and eax is as it was
        mov     edi, [cmpxchg8b_patience]
.lock:
        LOCK_PREFIX bts dword [cmpxchg8b_locked], 0
        jnc     .locked
        pause
        dec     edi
        jnz     .lock
.locked:
        cmp     eax, [esi]
        jne     .other
        cmp     edx, [esi + 4]
        jne     .other
        mov     [esi], ebx
        mov     [esi + 4], ecx
        jmp     .unlock
.other:
        mov     eax, [esi]
        mov     edx, [esi + 4]
.unlock:
        mov     dword [cmpxchg8b_locked], 0
        xchg    eax, [esp]
        PARA_SITE restore_fl
        pop     eax
        pop     edi
        ret
