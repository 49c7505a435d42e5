; SPDX-License-Identifier: MIT
;
; A far jump is the only way to a new code segment: SDM volume 3, 3.4.3.

KERNEL_CS       equ 0x08
KERNEL_DS       equ 0x10
USER_DS         equ 0x23
PERCPU_FS       equ 0x28

section .text

; void segments_reload(void): make the segment registers follow a new GDT.
global segments_reload:function
segments_reload:
        jmp     KERNEL_CS:.data
.data:
        mov     ax, KERNEL_DS
        mov     ss, ax
        mov     ax, USER_DS
        mov     ds, ax
        mov     es, ax
        mov     gs, ax
        mov     ax, PERCPU_FS
        mov     fs, ax
        ret
