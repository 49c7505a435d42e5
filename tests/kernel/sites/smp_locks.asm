; SPDX-License-Identifier: MIT
;
; Lock prefixes by NASM's macro, for tests/kernel/sites/smp_locks.c.

%include "pv/smp_locks.inc"

section .bss
global locks_counter
locks_counter:
        resd    1

section .text

; void locks_increment(void): twice
global locks_increment:function, locks_first, locks_second
locks_increment:
locks_first:
        LOCK_PREFIX inc dword [locks_counter]
locks_second:
        LOCK_PREFIX add dword [locks_counter], byte 1
        ret
