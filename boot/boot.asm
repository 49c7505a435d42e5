; SPDX-License-Identifier: MIT
;
; The first instructions. A multiboot 1 loader (QEMU -kernel, GRUB) enters at boot_entry in
; 32-bit mode, paging off, interrupts off, eax = magic, ebx = address of its information, with flat
; segments, whose selectors may be those of a table that is gone: none is loaded before gdt_init() has one.
; The stack is whatever it used, and replaced before anything else. Source: Multiboot Specification 0.6.96,
; 3.1.1 (header) and 3.2 (machine state).

MB_HEADER_MAGIC equ 0x1BADB002
MB_LOADER_MAGIC equ 0x2BADB002
MB_PAGE_ALIGN   equ 1 << 0              ; modules on page boundaries
MB_MEMORY_INFO  equ 1 << 1              ; memory sizes and the map, please
MB_FLAGS        equ MB_PAGE_ALIGN | MB_MEMORY_INFO

VGA_TEXT        equ 0xb8000
COM1            equ 0x3f8
COM1_LSR        equ COM1 + 5
LSR_THR_EMPTY   equ 0x20
LSR_READS       equ 5000000             ; a second or more in all; one that is not there reads ff, or 0
DEBUG_EXIT      equ 0xf4
MACHINE_PANIC   equ 0x12                ; arch/x86/trap/panic.h
PATTERN         equ 0x5aa5c33c
CPUID_TSC       equ 1 << 4

extern kernel_main
extern boot_stack_top
extern boot_tsc
extern has_cpuid

[section .boot progbits alloc exec nowrite align=16]
section .boot

        align   4
multiboot_header:
        dd      MB_HEADER_MAGIC, MB_FLAGS, -(MB_HEADER_MAGIC + MB_FLAGS)

global boot_entry:function
boot_entry:
        cld
        cmp     eax, MB_LOADER_MAGIC
        jne     not_multiboot
        mov     esp, boot_stack_top
        mov     dword [esp - 4], PATTERN
        mov     dword [esp - 8], ~PATTERN       ; an empty bus may carry the last value
        cmp     dword [esp - 4], PATTERN
        jne     no_memory
        push    dword 0                 ; EFLAGS as we want them: no NT, AC, TF, DF
        popfd
        xor     ecx, ecx
        lldt    cx                      ; at RESET it is 64 KiB from address 0 on: SDM volume 3, 9.1.1
        call    has_cpuid
        test    eax, eax
        jz      .enter
        call    read_boot_tsc
.enter:
        push    eax                     ; void kernel_main(const void *info, uint32_t has_cpuid)
        push    ebx
        push    dword 0                 ; no return address: the backtrace ends here
        xor     ebp, ebp
        jmp     kernel_main

; When the kernel began, for a CPU with CPUID: boot_tsc. Keeps eax and ebx.
read_boot_tsc:
        push    eax
        push    ebx
        xor     eax, eax
        cpuid
        test    eax, eax
        jz      .none
        mov     eax, 1
        cpuid
        test    edx, CPUID_TSC
        jz      .none
        rdtsc
        mov     [boot_tsc], eax
        mov     [boot_tsc + 4], edx
.none:
        pop     ebx
        pop     eax
        ret

; Less memory than the kernel has itself, and so no stack. Its loader should have said so: both
; consoles are tried, as they are, and the port by which the kernel ends an emulator.
no_memory:
        mov     edi, VGA_TEXT
        mov     esi, boot_no_memory
        mov     ecx, LSR_READS
.next:
        mov     dx, COM1_LSR
.wait:
        in      al, dx
        test    al, LSR_THR_EMPTY
        loopz   .wait
        jnz     .send
        inc     ecx                     ; stuck: from here on one look each
.send:
        lodsb
        test    al, al
        jz      .end
        mov     dx, COM1
        out     dx, al
        mov     ah, 0x4f                ; white on red
        stosw
        jmp     .next
.end:
        mov     al, MACHINE_PANIC
        out     DEBUG_EXIT, al
.stop:
        hlt
        jmp     .stop

; Nothing is known of the machine but that it is in 32-bit mode: no stack, only the screen.
not_multiboot:
        mov     edi, VGA_TEXT
        mov     esi, boot_no_loader
        mov     ah, 0x4f                ; white on red
.next:
        lodsb
        test    al, al
        jz      .stop
        stosw
        jmp     .next
.stop:
        hlt
        jmp     .stop

global boot_no_loader:data (boot_no_memory - boot_no_loader)
boot_no_loader:
        db      " Pedant was not started by a multiboot loader (eax is not 2BADB002): stopped. ", 0

global boot_no_memory:data (boot_no_memory_end - boot_no_memory)
boot_no_memory:
        db      "panic: Pedant needs more memory than there is: stopped", 10, 0
boot_no_memory_end:
