; SPDX-License-Identifier: MIT
;
; CMPXCHG8B for CPUs that lack it. Called instead of the instruction, with its registers, and like it
; keeps all others; but ZF says nothing.
;
;         if ([esi] == edx:eax) [esi] = ecx:ebx; else edx:eax = [esi];
;
; The lock is for several such CPUs, interrupts are off for what runs on this one.

%include "pv/para.inc"
%include "pv/smp_locks.inc"

section .bss
locked: resd 1

section .text
global cmpxchg8b_emu:function
cmpxchg8b_emu:
        push    eax
        PARA_SITE save_fl
        PARA_SITE irq_disable
        xchg    eax, [esp]              ; flags are on the stack, and eax is as it was
        jmp     .lock
.wait:
        pause
.lock:
        LOCK_PREFIX bts dword [locked], 0
        jc      .wait
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
        mov     dword [locked], 0
        xchg    eax, [esp]
        PARA_SITE restore_fl
        pop     eax
        ret
