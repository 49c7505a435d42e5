; SPDX-License-Identifier: MIT
;
; What C cannot say for tests/kernel/machine/smp.c.

section .text

; void test_read_gdt(struct desc_ptr *)
global test_read_gdt:function
test_read_gdt:
        mov     eax, [esp + 4]
        sgdt    [eax]
        ret

; uint32_t test_read_tr(void): the task register's selector
global test_read_tr:function
test_read_tr:
        xor     eax, eax
        str     ax
        ret

; uint32_t test_read_fs(void): %fs's selector
global test_read_fs:function
test_read_fs:
        xor     eax, eax
        mov     ax, fs
        ret

; uint32_t test_read_ss(void), and so on: the others
%macro READ 1
global test_read_%1:function
test_read_%1:
        xor     eax, eax
        mov     ax, %1
        ret
%endmacro
        READ    ss
        READ    ds
        READ    es

; uint32_t test_read_ldt(void): is there anything at the LDT's second place, which an LDT of 64 KiB from
; address 0 on has, as RESET and INIT leave it?
global test_read_ldt:function
test_read_ldt:
        mov     edx, 8 | 4
        xor     eax, eax
        lar     ecx, edx
        setz    al
        ret

; uint32_t test_read_esp(void)
global test_read_esp:function
test_read_esp:
        mov     eax, esp
        ret
