; SPDX-License-Identifier: MIT
;
; The programs in the image: struct program of kernel/task/program.h.

%macro PROGRAM 1
        section .rodata align=16
%%start:
        %strcat %%path "tests/user/", %1, ".elf"
        incbin %%path
%%end:
%%name: db %1, 0
        section .programs progbits alloc noexec nowrite align=4
        dd %%name, %%start, %%end
%endmacro

        PROGRAM "hello"
        PROGRAM "true"
        PROGRAM "sh"
        PROGRAM "work"
        PROGRAM "checks"
        PROGRAM "hostile"
        PROGRAM "pointers"
        PROGRAM "greedy"
        PROGRAM "fuzz"
