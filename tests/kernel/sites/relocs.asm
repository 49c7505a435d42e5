; SPDX-License-Identifier: MIT
;
; Calls and jumps of the ops' plain functions, as a compiler makes them: relocs.c has a record for each but
; the last, which is none that could be patched.

section .text

%macro USE 3                            ; the function's name, the instruction, the op
global %1:function
%1:
        %2      pv_%3
%ifidn %2, call
        ret
%endif
%endmacro

extern pv_irq_disable, pv_save_fl, pv_read_cr0, pv_cpuid, pv_iret

        USE     relocs_call_disable, call, irq_disable
        USE     relocs_jmp_disable, jmp, irq_disable
        USE     relocs_call_save, call, save_fl
        USE     relocs_jmp_save, jmp, save_fl
        USE     relocs_call_cr0, call, read_cr0
        USE     relocs_jmp_cr0, jmp, read_cr0
        USE     relocs_jmp_cpuid, jmp, cpuid

; PV_FN void relocs_iret(uint32_t eflags): comes back by it, with these
global relocs_iret:function
relocs_iret:
        push    eax
        push    cs
        push    dword relocs_iret_back
global relocs_jmp_iret
relocs_jmp_iret:
        jmp     pv_iret
        ud2
relocs_iret_back:
        ret

; void relocs_if_zero(int x) __attribute__((regparm(1)))
global relocs_if_zero:function
relocs_if_zero:
        test    eax, eax
        jz      near pv_irq_disable
        ret
