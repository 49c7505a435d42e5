; SPDX-License-Identifier: MIT
;
; A loader that lies: it starts a kernel with whatever multiboot information a test makes up. Linked
; at 8 MiB, out of the kernel's way, and itself started by a real loader with two modules:
;
;       1  the kernel, ELF32: its PT_LOAD segments are put where they belong
;       2  a blob, copied to 0x9000: dword eax, dword ebx (what the kernel shall find there), dword
;          state (how the machine shall be: bits below), and then anything that ebx and what it
;          points to need
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

; State that firmware may leave.
LEAVE_PRIORITY  equ 1 << 0              ; the local APIC's task priority keeps all interrupts away
LEAVE_PIN       equ 1 << 1              ; and does not let the PICs' through
LEAVE_PENDING   equ 1 << 2              ; an interrupt of vector 0x90 waits there
LEAVE_SERVICE   equ 1 << 3              ; one of vector 0xa0 was begun, and nobody said that it is over
LEAVE_LONG      equ 1 << 4              ; EFER.LME is set
LEAVE_SCREEN    equ 1 << 5              ; the screen begins elsewhere in text memory

APIC            equ 0xfee00000          ; SDM volume 3, 10.4.1
APIC_PRIORITY   equ APIC + 0x80
APIC_SPURIOUS   equ APIC + 0xf0
APIC_ICR        equ APIC + 0x300
APIC_PIN        equ APIC + 0x350
APIC_ON         equ 0x1ff
TO_ITSELF       equ 0x44000             ; fixed, asserted, to this one
MASKED          equ 1 << 16
MSR_EFER        equ 0xc0000080
EFER_LME        equ 1 << 8
CRTC            equ 0x3d4
CRTC_START      equ 0x0c

LOADER_CS       equ 0x40                ; where the kernel's GDT has nothing
LOADER_DS       equ 0x48
EFLAGS_ALLOWED  equ 0x47cd7             ; AC, NT, IOPL 3, OF, DF, SF, ZF, AF, PF, CF

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
        call    leave_state
        mov     ebp, [ebp + 24]         ; e_entry
        jmp     leave_as_allowed

; The state that a kernel may find, at its worst (3.2): segments are flat, but by selectors of a GDT that is
; there no more; of EFLAGS only IF and VM are clear (TF would be ours); and no register but eax and ebx means
; anything, so not esp either.
leave_as_allowed:
        lgdt    [gdt_ptr]
        jmp     LOADER_CS:.flat
.flat:
        mov     cx, LOADER_DS
        mov     ds, cx
        mov     es, cx
        mov     fs, cx
        mov     gs, cx
        mov     ss, cx
        push    dword EFLAGS_ALLOWED
        popfd
        lgdt    [nothing]
        lidt    [nothing]
        mov     eax, [BLOB]
        mov     ebx, [BLOB + 4]
        mov     [entry], ebp
        mov     ecx, 0xdeadbeef
        mov     edx, ecx
        mov     esi, ecx
        mov     edi, ecx
        mov     ebp, ecx
        mov     esp, ecx
        jmp     [entry]

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

; void leave_state(void): as the blob says.
leave_state:
        mov     ebx, [BLOB + 8]
        test    ebx, LEAVE_SERVICE
        jz      .pending
        call    serve_without_end
.pending:
        test    ebx, LEAVE_PENDING
        jz      .priority
        mov     dword [APIC_SPURIOUS], APIC_ON
        mov     dword [APIC_ICR], TO_ITSELF | 0x90
.priority:
        test    ebx, LEAVE_PRIORITY
        jz      .pin
        mov     dword [APIC_PRIORITY], 0xff
.pin:
        test    ebx, LEAVE_PIN
        jz      .long
        mov     dword [APIC_PIN], MASKED
.long:
        test    ebx, LEAVE_LONG
        jz      .screen
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME
        wrmsr
.screen:
        test    ebx, LEAVE_SCREEN
        jz      .done
        mov     dx, CRTC
        mov     ax, 0x0800 | CRTC_START ; higher byte of the address: 0x800 cells on
        out     dx, ax
.done:
        ret

; Vector 0xa0 is taken once, by a table of this loader's own, and not ended.
serve_without_end:
        mov     eax, .served
        mov     word [idt + 8 * 0xa0], ax
        mov     word [idt + 8 * 0xa0 + 2], cs
        mov     word [idt + 8 * 0xa0 + 4], 0x8e00
        shr     eax, 16
        mov     word [idt + 8 * 0xa0 + 6], ax
        lidt    [.idt_ptr]
        mov     al, 0xff                ; the PICs' stay away
        out     0x21, al
        out     0xa1, al
        mov     dword [APIC_SPURIOUS], APIC_ON
        mov     dword [APIC_ICR], TO_ITSELF | 0xa0
        sti
        nop
        nop
        jmp     broken                  ; it did not come
.served:
        add     esp, 12
        ret
        align   4
        dw      0
.idt_ptr:
        dw      8 * 256 - 1
        dd      idt

broken:
        mov     al, BROKEN
        out     DEBUG_EXIT, al
        hlt
        jmp     broken

section .data
        align   8
gdt:
        times LOADER_CS / 8 dq 0
        dq      0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_end:
gdt_ptr:
        dw      gdt_end - gdt - 1
        dd      gdt
nothing:
        dw      0
        dd      0

section .bss
idt:    resb    8 * 256
entry:  resd    1
        resb    1024
stack_top:
