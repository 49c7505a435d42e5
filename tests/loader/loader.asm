; SPDX-License-Identifier: MIT
;
; A loader that lies: it starts a kernel with whatever multiboot information a test makes up. Linked
; at 8 MiB, out of the kernel's way, and itself started by a real loader with two modules:
;
;       1  the kernel, ELF32: its PT_LOAD segments are put where they belong
;       2  a blob, copied to 0x9000: dword eax, dword ebx (what the kernel shall find there), and
;          then anything that ebx and what it points to need
;
; QEMU puts modules behind what it loaded, which is this loader: above 8 MiB, so that the kernel is
; not loaded over them. That is checked, like the rest: what is wrong with the modules ends the run
; by isa-debug-exit with 0x7f, so that a broken test is not taken for a kernel that noticed something.
; Sources: Multiboot Specification 0.6.96, 3.3; System V ABI, chapter 5, "Program Header".

BLOB            equ 0x9000
BLOB_END        equ 0xa0000             ; the end of base memory: the EBDA may be overwritten too
DEBUG_EXIT      equ 0xf4
BROKEN          equ 0x7f
MB_LOADER_MAGIC equ 0x2BADB002
MB_HAS_MODULES  equ 1 << 3
PT_LOAD         equ 1

extern _end

section .text
        align   4
        dd      0x1BADB002, 0, -0x1BADB002

global _start
_start:
        cli
        cld
        mov     esp, stack_top
        cmp     eax, MB_LOADER_MAGIC
        jne     broken
        test    dword [ebx], MB_HAS_MODULES
        jz      broken
        cmp     dword [ebx + 20], 2     ; mods_count
        jne     broken
        mov     esi, [ebx + 24]         ; mods_addr: start, end, string, 0 each
        mov     ebp, [esi]              ; the kernel
        cmp     ebp, _end
        jb      broken
        mov     eax, [esi + 16]
        mov     ecx, [esi + 20]
        mov     esi, eax                ; the blob
        cmp     esi, _end
        jb      broken
        sub     ecx, eax
        cmp     ecx, 8
        jb      broken
        cmp     ecx, BLOB_END - BLOB
        ja      broken
        mov     edi, BLOB               ; from here on the real loader's information is gone
        rep     movsb
        call    load_elf
        mov     eax, [BLOB]
        mov     ebx, [BLOB + 4]
        jmp     [ebp + 24]              ; e_entry

; void load_elf(void): the file at ebp.
load_elf:
        cmp     dword [ebp], 0x464c457f ; "\x7fELF"
        jne     broken
        mov     edx, [ebp + 28]         ; e_phoff
        add     edx, ebp
        movzx   eax, word [ebp + 44]    ; e_phnum
        test    eax, eax
        jz      broken
.next:
        cmp     dword [edx], PT_LOAD
        jne     .skip
        call    load_segment
.skip:
        movzx   ecx, word [ebp + 42]    ; e_phentsize
        add     edx, ecx
        dec     eax
        jnz     .next
        ret

; void load_segment(void): the program header at edx of the file at ebp.
load_segment:
        mov     edi, [edx + 12]         ; p_paddr
        mov     ecx, [edx + 20]         ; p_memsz
        add     ecx, edi
        cmp     ecx, _start             ; would it be written over this loader?
        ja      broken
        mov     esi, [edx + 4]          ; p_offset
        add     esi, ebp
        mov     ecx, [edx + 16]         ; p_filesz
        rep     movsb
        push    eax
        xor     eax, eax
        mov     ecx, [edx + 20]
        sub     ecx, [edx + 16]
        rep     stosb
        pop     eax
        ret

broken:
        mov     al, BROKEN
        out     DEBUG_EXIT, al
        hlt
        jmp     broken

section .bss
        resb    1024
stack_top:
