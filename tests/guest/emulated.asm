; SPDX-License-Identifier: MIT
;
; What a kernel may do and ring 1 may not is done for it, all of it and nothing else: control and debug registers, MSRs, ports, tables by
; every form of an address, the FPU that it has not, memory that is not there. What no CPU does faults, where it is.
%include "guest.inc"

EFER            equ 0xc0000080
NXE             equ 0x800
CR0_KEPT        equ 0x3f | CR0_WP       ; PE, MP, EM, TS, ET, NE
BEYOND          equ 0x80000000          ; no guest has so much memory
LAST            equ POOL + 4096         ; behind this page is none

; Of an instruction: that it faults, with that vector and error code (-1: any).
%macro FAULTS 3+
        mov     ebx, %%on
%%at:   %3
        FAIL
%%on:   FAIL_IF ne, dword [fault_at], %%at
  %if %1 >= 0
        FAIL_IF ne, dword [faulted], %1
        FAIL_IF ne, dword [fault_error], %2
  %endif
%endmacro
; %2 is in the control or debug register %1, after it was written.
%macro HOLDS 2
        mov     eax, %2
        mov     %1, eax
        xor     eax, eax
        mov     eax, %1
        FAIL_IF ne, eax, %2
%endmacro
; IN, by %2 and so on, makes eax %1.
%macro READS 2+
        mov     eax, 0x12345678
        %2
        FAIL_IF ne, eax, %1
%endmacro
; %1 is an address for LIDT, and what is there is right: the interrupt that it has a gate for comes.
%macro LOADS 1
        lidt    [no_pointer]
        lidt    %1
        mov     dword [came], 0
        int     0x30
        FAIL_IF ne, dword [came], 1
%endmacro

section .text
main:
        GATE    6, invalid
        GATE    7, device
        GATE    13, protection
        GATE    14, page
        GATE    0x30, comes

; Control registers. CR0 keeps what a CPU has, and is what a loader leaves before.
        mov     eax, cr0
        FAIL_IF ne, eax, 0x11
        mov     eax, 0x7fffffff
        mov     cr0, eax
        mov     eax, cr0
        FAIL_IF ne, eax, CR0_KEPT
        clts
        mov     eax, cr0
        FAIL_IF ne, eax, CR0_KEPT & ~8
        mov     eax, 1
        mov     cr0, eax
        mov     eax, cr0
        FAIL_IF ne, eax, 0x11
        HOLDS   cr2, 0x12345678
        HOLDS   cr3, TABLES
        HOLDS   cr4, 0x34
        HOLDS   cr4, 4
        HOLDS   cr4, 0
        mov     eax, 8
        FAULTS  13, 0, mov cr4, eax
        mov     eax, 0x40
        FAULTS  13, 0, mov cr4, eax
        FAULTS  -1, -1, db 0x0f, 0x20, 0xc8      ; from cr1
        FAULTS  -1, -1, db 0x0f, 0x20, 0xe8      ; from cr5
        FAULTS  -1, -1, db 0x0f, 0x22, 0xc8      ; to cr1
        FAULTS  -1, -1, db 0x0f, 0x22, 0xe8      ; to cr5
        mov     eax, cr4
        FAIL_IF ne, eax, 0
        mov     ecx, cr3                        ; another register, and none beside it
        FAIL_IF ne, ecx, TABLES
        FAIL_IF ne, eax, 0
        mov     ebp, cr2
        FAIL_IF ne, ebp, 0x12345678

; All of that is said where the guest can read it, and how often it was let go on.
        FAIL_IF ne, dword [shared + SHARED_CR], 0x11
        FAIL_IF ne, dword [shared + SHARED_CR + 4 * 2], 0x12345678
        FAIL_IF ne, dword [shared + SHARED_CR + 4 * 3], TABLES
        FAIL_IF ne, dword [shared + SHARED_CR + 4 * 4], 0
        HOLDS   cr4, 4
        FAIL_IF ne, dword [shared + SHARED_CR + 4 * 4], 4
        HOLDS   cr4, 0
        wbinvd                          ; by the host or, in QEMU 10, by the CPU
        mov     esi, [shared + SHARED_ENTRIES]
        mov     ecx, 50
.enter: TO_HOST
        dec     ecx
        jnz     .enter
        sub     esi, [shared + SHARED_ENTRIES]
        FAIL_IF g, esi, -50             ; and for the machine's own interrupts

; Debug registers, each its own.
        mov     edi, 0x1000
        mov     dr0, edi
        inc     edi
        mov     dr1, edi
        inc     edi
        mov     dr2, edi
        inc     edi
        mov     dr3, edi
        mov     esi, dr0
        FAIL_IF ne, esi, 0x1000
        mov     esi, dr1
        FAIL_IF ne, esi, 0x1001
        mov     esi, dr2
        FAIL_IF ne, esi, 0x1002
        mov     esi, dr3
        FAIL_IF ne, esi, 0x1003

; The one MSR.
        mov     ecx, EFER
        mov     eax, 5
        mov     edx, 5
        rdmsr
        FAIL_IF ne, eax, 0
        FAIL_IF ne, edx, 0
        mov     eax, NXE
        wrmsr
        xor     eax, eax
        rdmsr
        FAIL_IF ne, eax, NXE
        mov     edx, 1
        FAULTS  13, 0, wrmsr
        xor     edx, edx
        mov     eax, NXE | 1
        FAULTS  13, 0, wrmsr
        mov     ecx, EFER + 1
        xor     eax, eax
        FAULTS  13, 0, wrmsr
        FAULTS  13, 0, rdmsr
        mov     ecx, EFER
        rdmsr
        FAIL_IF ne, eax, NXE
        xor     eax, eax
        wrmsr

; Ports: nobody is there.
        mov     edx, 0x3f8
        READS   0x123456ff, in al, dx
        READS   0x1234ffff, in ax, dx
        READS   0xffffffff, in eax, dx
        READS   0x123456ff, in al, 0x60
        READS   0x1234ffff, in ax, 0x60
        READS   0xffffffff, in eax, 0x60
        READS   0x1234ffff, db 0x26, 0x66, 0x2e, 0x36, 0x3e, 0xed
        READS   0x12345678, out dx, al
        READS   0x12345678, out dx, eax
        READS   0x12345678, out 0x80, al
        READS   0x12345678, out 0x80, ax

; LLDT of nothing, LTR of a task.
        mov     eax, 3
        lldt    ax
        mov     eax, 0xabcd0000
        lldt    ax
        mov     ecx, KERNEL_DS
        FAULTS  -1, -1, lldt cx
        mov     ecx, 4
        FAULTS  -1, -1, lldt cx
        mov     ecx, KERNEL_DS
        FAULTS  -1, -1, ltr cx
        mov     ecx, TSS | 4
        FAULTS  -1, -1, ltr cx
        mov     ecx, TSS
        ltr     cx

; Every form of an address.
        mov     ecx, 6
        mov     esi, idt_pointer
        mov     edi, pointers
        rep     movsb
        mov     eax, pointers
        LOADS   [eax]
        mov     edx, pointers - 0x70
        LOADS   [edx + 0x70]
        mov     edi, pointers + 0x80
        LOADS   [edi - 0x80]
        mov     esi, pointers - 0x12345
        LOADS   [esi + 0x12345]
        mov     ebp, pointers
        LOADS   [ebp]
        LOADS   [pointers]
        mov     ecx, 0x20
        mov     eax, pointers - 0x20
        LOADS   [eax + ecx]
        mov     eax, pointers - 0x40
        LOADS   [eax + 2 * ecx]
        mov     eax, pointers - 0x80
        LOADS   [eax + 4 * ecx]
        mov     eax, pointers - 0x110
        LOADS   [eax + 8 * ecx + 0x10]
        mov     ebp, pointers - 0x21
        LOADS   [ebp + ecx + 1]
        LOADS   [ecx * 8 + pointers - 0x100]
        mov     eax, pointers - 0x20000
        LOADS   [ecx * 4 + eax + 0x20000 - 0x80]
        sub     esp, 8
        mov     eax, [pointers]
        mov     [esp], eax
        mov     ax, [pointers + 4]
        mov     [esp + 4], ax
        LOADS   [esp]
        add     esp, 4
        LOADS   [esp - 4]
        add     esp, 4
        lidt    [short_pointer]         ; as long as the last that it has
        mov     dword [came], 0
        int     0x30
        FAIL_IF ne, dword [came], 1
        lidt    [idt_pointer]

; No FPU: without EM and TS its instructions pass, as on a machine without one, and change nothing.
        mov     eax, 0x1234
        fninit
        fnstsw  ax
        FAIL_IF ne, eax, 0x1234
        fld     dword [pointers]
        wait
        mov     eax, 0x15               ; EM
        mov     cr0, eax
        FAULTS  7, 0, fninit
        mov     eax, 0x19               ; TS
        mov     cr0, eax
        FAULTS  7, 0, db 0xdf, 0xe0     ; fnstsw ax
        clts
        fninit

; Memory that is not there: all ones, and what is written is gone.
        mov     dword [BEYOND], 0
        FAIL_IF ne, dword [BEYOND], 0xffffffff
        mov     byte [0xff000ffc], 0
        FAIL_IF ne, byte [0xff000ffc], 0xff

; The last instruction of what is there: it is done, and the fault is the next one's.
        call    map_all
        mov     dword [TABLES + 0x1000 + (LAST >> 10)], 0
        mov     eax, cr3
        mov     cr3, eax
        mov     word [LAST - 2], 0x060f ; TO_HOST
        mov     dword [fault_at], 0
        mov     ebx, .fetched
        mov     eax, LAST - 2
        jmp     eax
.fetched:
        FAIL_IF ne, dword [faulted], 14
        FAIL_IF ne, dword [fault_at], LAST

; An interrupt gate turns IF off behind it, a trap gate does not; both keep it as it was, and no IOPL.
        mov     dword [flags], 0x200
        mov     dword [kept], 0x200
        mov     dword [left], 0
        GATE    0x31, looks
        int     0x31
        mov     dword [kept], 0
        int     0x31
        mov     byte [idt + 8 * 0x31 + 5], 0xef
        mov     dword [flags], 0x200
        mov     dword [kept], 0x200
        mov     dword [left], 0x200
        int     0x31
        FAIL_IF ne, dword [came], 4

; A program has none of it, nor an interrupt whose gate is not for it: each faults where it is.
        GATE    13, refused
        GATE    3, breakpoint
        mov     byte [idt + 8 * 3 + 5], 0x8e
        mov     byte [idt + 8 * 4 + 5], 0x8e
        mov     byte [idt + 8 * 0x30 + 5], 0x8e
        mov     byte [idt + 8 * 0x80 + 5], 0x8e
        mov     eax, program
        jmp     run_program
program:
        cli
.hlt:   hlt
.clts:  clts
.cr0:   mov     eax, cr0
.in:    in      al, dx
.int:   int     0x30
.call:  int     HYPERCALL
.sys:   int     0x80
.int3:  int3
.add:   mov     al, 0x7f
        add     al, 1
.into:  into
.last:  mov     byte [idt + 8 * 3 + 5], 0xee
        int3
.end:

; esp: error, eip, cs, eflags, esp, ss
refused:
        FAIL_IF ne, esp, stack_top - 24
        FAIL_IF ne, dword [esp + 8], USER_CS
        FAIL_IF ne, dword [esp + 16], program_stack_top
        FAIL_IF ne, dword [esp + 20], USER_DS
        mov     esi, [next_step]
        mov     eax, [esi]
        FAIL_IF ne, eax, [esp + 4]
        mov     eax, [esi + 4]
        FAIL_IF ne, eax, [esp]
        mov     eax, [esi + 8]
        mov     [esp + 4], eax
        add     dword [next_step], 12
        add     esp, 4
        iret
breakpoint:
        FAIL_IF ne, dword [next_step], steps_end
        FAIL_IF ne, dword [esp], program.end
        PASS

comes:
        inc     dword [came]
        iret
looks:
        inc     dword [came]
        mov     eax, [esp + 8]
        and     eax, 0x3200
        FAIL_IF ne, eax, [kept]
        mov     eax, [left]
        FAIL_IF ne, eax, [flags]
        iret
invalid:
        mov     dword [faulted], 6
        jmp     go_on
device:
        mov     dword [faulted], 7
        mov     dword [fault_error], 0
        jmp     go_on
page:
        mov     dword [faulted], 14
        pop     dword [fault_error]
        jmp     go_on
protection:
        mov     dword [faulted], 13
        pop     dword [fault_error]
; ebx: where to
go_on:
        pop     dword [fault_at]
        add     esp, 4
        push    dword GUEST_CS
        push    ebx
        iret

section .data
        align   4
no_pointer:
        dw      0
        dd      0
short_pointer:
        dw      8 * 0x30 + 7
        dd      idt

; Where it is refused, with which error code, and where it goes on.
next_step:
        dd      steps
steps:
        dd      program, 0, program.hlt
        dd      program.hlt, 0, program.clts
        dd      program.clts, 0, program.cr0
        dd      program.cr0, 0, program.in
        dd      program.in, 0, program.int
        dd      program.int, 0x30 * 8 + 2, program.call
        dd      program.call, HYPERCALL * 8 + 2, program.sys
        dd      program.sys, 0x80 * 8 + 2, program.int3
        dd      program.int3, 3 * 8 + 2, program.add
        dd      program.into, 4 * 8 + 2, program.last
steps_end:

section .bss
        align   4
came:   resd    1
kept:   resd    1
left:   resd    1
faulted: resd   1
fault_error: resd 1
fault_at: resd  1
        resb    0x200
pointers:
        resb    0x200
