; SPDX-License-Identifier: MIT
;
; What tests/kernel/machine/trap.c cannot say in C: instructions that fault at a known address, registers that hold
; patterns when they do, and the CPU's own idea of the IDT. The functions that fault are void (void *)
; for trap_try(); their local label .eip is what the frame must hold (SDM volume 3, 6.5: a fault's own
; address, the next instruction's after a trap).

extern trap_try
extern trap_single_step

TRAP_UD         equ 6
LOOKS           equ 400000000           ; some seconds of any machine

section .text

; Each is a row of test_faults below.
%macro FAULT 1
global test_fault_%1:function
test_fault_%1:
%endmacro

FAULT divide_by_zero
        xor     ecx, ecx
        xor     edx, edx
        mov     eax, 1
.eip:   div     ecx
        ret

FAULT divide_overflow
        mov     eax, 0x80000000
        cdq
        mov     ecx, -1
.eip:   idiv    ecx
        ret

FAULT breakpoint
        int3
.eip:   ret

FAULT overflow
        mov     al, 127
        add     al, 1
        into
.eip:   ret

FAULT bound
        mov     eax, 5
.eip:   bound   eax, [one_to_four]
        ret

FAULT invalid
.eip:   ud2
        ret

FAULT selector
        mov     ax, 0xfff8              ; far behind the GDT's end
.eip:   mov     es, ax
        ret

FAULT single_step
        push    dword 1
        call    trap_single_step
.eip:   add     esp, 4
        ret

; int test_string_step(void): by how much a string instruction goes on, as DF has it: 4, or -4.
global test_string_step:function
test_string_step:
        push    esi
        mov     esi, esp
        lodsd
        mov     eax, esi
        sub     eax, esp
        pop     esi
        ret

; uint32_t test_backwards_until(volatile uint32_t *word): with DF set, until *word is not 0. How many looks were left.
global test_backwards_until:function
test_backwards_until:
        mov     edx, [esp + 4]
        mov     eax, LOOKS
        std
.look:  cmp     dword [edx], 0
        jne     .end
        dec     eax
        jnz     .look
.end:   cld
        ret

; void test_backwards_step(void): steps with DF set.
global test_backwards_step:function
test_backwards_step:
        push    dword 1
        call    trap_single_step
        std
        nop
        cld
        mov     dword [esp], 0
        call    trap_single_step
        add     esp, 4
        ret

; uint8_t test_read_eip[], test_write_eip[]: where the two functions touch *argument.
global test_read:function
global test_read_eip:function
test_read:
        mov     edx, [esp + 4]
test_read_eip:
        mov     eax, [edx]
        ret

global test_write:function
global test_write_eip:function
test_write:
        mov     edx, [esp + 4]
        mov     eax, 0x5a5a5a5a
test_write_eip:
        mov     [edx], eax
        ret

; void test_raise(void *): what a CPU does for an exception with an error code, where interrupts were on; they are
; off. The argument's words are where it goes, and the code.
global test_raise:function
global test_raise_eip:function
test_raise:
        mov     edx, [esp + 4]
        push    dword 0x202
        push    cs
        push    dword test_raise_eip
        push    dword [edx + 4]
        jmp     [edx]
test_raise_eip:
        ret

; void test_interrupt(void *): the same without an error code.
global test_interrupt:function
test_interrupt:
        mov     edx, [esp + 4]
        push    dword 0x202
        push    cs
        push    dword test_raise_eip
        jmp     [edx]

; void test_fault_patterned(void *): seven registers of known values at a fault. C wants some of them
; back, and so does its stack, which is also gone.
FAULT patterned
        mov     eax, 0xa0a0a0a0
        mov     ebx, 0xb0b0b0b0
        mov     ecx, 0xc0c0c0c0
        mov     edx, 0xd0d0d0d0
        mov     esi, 0x51515151
        mov     edi, 0xd1d1d1d1
        mov     ebp, 0xbbbbbbbb
        sub     esp, 512
        std
.eip:   ud2
        ret

; uint32_t test_trap_loses(void (*fn)(void *), struct regs *at): one trap_try() with patterns in the
; registers that C keeps; a bit for each that is different afterwards: 0 ebx, 1 esi, 2 edi, 3 ebp,
; 4 esp, 5 the direction flag is set; 31: the call did not say "invalid opcode".
global test_trap_loses:function
test_trap_loses:
        push    ebp
        push    ebx
        push    esi
        push    edi
        push    dword [esp + 24]        ; at
        push    dword 0
        push    dword [esp + 28]        ; fn
        mov     [saved_esp], esp
        mov     ebx, 0x0000b0b0
        mov     esi, 0x00005151
        mov     edi, 0x0000d1d1
        mov     ebp, 0x0000bbbb
        call    trap_try
        xor     ecx, ecx
%macro EXPECT 3
        cmp     %1, %2
        je      %%same
        or      ecx, 1 << %3
%%same:
%endmacro
        EXPECT  ebx, 0x0000b0b0, 0
        EXPECT  esi, 0x00005151, 1
        EXPECT  edi, 0x0000d1d1, 2
        EXPECT  ebp, 0x0000bbbb, 3
        EXPECT  esp, [saved_esp], 4
        EXPECT  eax, TRAP_UD, 31
        mov     esi, direction          ; lodsb goes forward by one
        lodsb
        EXPECT  esi, direction + 1, 5
        cld
        mov     eax, ecx
        mov     esp, [saved_esp]
        add     esp, 12
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; uint32_t test_trap_storm(uint32_t n, struct regs *at, uint32_t *caught): n invalid opcodes; returns
; by how many bytes the stack pointer moved, and how many came back as what they are.
global test_trap_storm:function
test_trap_storm:
        push    ebp
        mov     ebp, esp
        push    ebx
        push    esi
        push    edi
        mov     ebx, [ebp + 8]
        xor     esi, esi
        mov     edi, esp
.next:
        push    dword [ebp + 12]
        push    dword 0
        push    dword test_fault_invalid
        call    trap_try
        add     esp, 12
        cmp     eax, TRAP_UD
        jne     .other
        inc     esi
.other:
        dec     ebx
        jnz     .next
        mov     eax, [ebp + 16]
        mov     [eax], esi
        sub     edi, esp
        mov     eax, edi
        lea     esp, [ebp - 12]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; void test_read_idt(struct desc_ptr *)
global test_read_idt:function
test_read_idt:
        mov     eax, [esp + 4]
        sidt    [eax]
        ret

; Software interrupts of each vector that pushes no error code, but NMI, double fault and machine
; check, which are no trap_try()'s business.
%define VECTORS 0,1,3,4,5,6,7,9,15,16,19,20,22,23,24,25,26,27,28,29,31,128
%macro INT_FUNCTIONS 1-*
%rep %0
global test_int_%1:function
test_int_%1:
        db      0xcd, %1                ; NASM would make int3 of `int 3`
.eip:   ret
%rotate 1
%endrep
%endmacro
        INT_FUNCTIONS VECTORS

section .rodata

one_to_four:
        dd      1, 4
direction:
        db      0

; const struct test_fault { const char *name; void (*fn)(void *); uint32_t eip, vector, error; }
; test_faults[], ended by a row of 0.
%macro FAULT_ROW 3
%defstr %%text %1
        dd      %%name, test_fault_%1, test_fault_%1.eip, %2, %3
[section .rodata.str]
%%name: db      %%text, 0
__?SECT?__
%endmacro

[section .rodata.str progbits alloc noexec nowrite align=1]
section .rodata

        align   4
global test_faults
test_faults:
        FAULT_ROW divide_by_zero, 0, 0
        FAULT_ROW divide_overflow, 0, 0
        FAULT_ROW single_step, 1, 0
        FAULT_ROW breakpoint, 3, 0
        FAULT_ROW overflow, 4, 0
        FAULT_ROW bound, 5, 0
        FAULT_ROW invalid, TRAP_UD, 0
        FAULT_ROW patterned, TRAP_UD, 0
        FAULT_ROW selector, 13, 0xfff8
        dd      0, 0, 0, 0, 0

; const struct test_int { uint32_t vector; void (*fn)(void *); uint32_t eip; } test_ints[]
global test_ints
test_ints:
%macro INT_ROWS 1-*
%rep %0
        dd      %1, test_int_%1, test_int_%1.eip
%rotate 1
%endrep
%endmacro
        INT_ROWS VECTORS
        dd      0, 0, 0

section .bss
saved_esp:
        resd    1
