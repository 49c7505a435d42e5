; SPDX-License-Identifier: MIT
;
; The native functions and, as (start, end) of a body, their templates. TEMPLATE name ... ENDT name
; writes a function that is called through the slot while sites are as linked; its body without the
; ret is what a patched site holds. A body that is longer than a site stops the build. Arguments are
; in eax, edx, ecx (regparm 3); C prototypes are in native.h.

%include "pv/para.inc"

%define SITE_LEN 6

%macro TEMPLATE 1
%ifdef TEMPLATES_LISTED
  %error TEMPLATE %1: it must stand before the table of templates, at the end of this file
%endif
global native_%1:function (native_%1_ret - native_%1)
native_%1:
%define HAS_TEMPLATE_%1
%endmacro

%macro ENDT 1
native_%1_end:
        times ((SITE_LEN - (native_%1_end - native_%1)) >>> 31) nop    ; negative: too long
%if PV_CONV_%1 != PV_CONV_IS_jump
        ret
%endif
native_%1_ret:
%if PV_CONV_%1 == PV_CONV_IS_callee || PV_CONV_%1 == PV_CONV_IS_callee_eax
global __raw_callee_save_native_%1
__raw_callee_save_native_%1 equ native_%1
%endif
%endmacro

[section .pv.native progbits alloc exec nowrite align=64]
section .pv.native

; Unpatched, these four are called all the time: one cache line holds them.
irq_line:
TEMPLATE save_fl
        pushfd
        pop     eax
ENDT save_fl
TEMPLATE restore_fl
        push    eax
        popfd
ENDT restore_fl
TEMPLATE irq_disable
        cli
ENDT irq_disable
TEMPLATE irq_enable
        sti
ENDT irq_enable
        times ((64 - ($ - irq_line)) >>> 31) nop

TEMPLATE safe_halt
        sti                             ; interrupts wait for one more instruction
        hlt
ENDT safe_halt
TEMPLATE halt
        hlt
ENDT halt

TEMPLATE read_cr0
        mov     eax, cr0
ENDT read_cr0
TEMPLATE write_cr0
        mov     cr0, eax
ENDT write_cr0
TEMPLATE read_cr2
        mov     eax, cr2
ENDT read_cr2
TEMPLATE read_cr3
        mov     eax, cr3
ENDT read_cr3
TEMPLATE write_cr3
        mov     cr3, eax
ENDT write_cr3
TEMPLATE read_cr4
        mov     eax, cr4
ENDT read_cr4
TEMPLATE write_cr4
        mov     cr4, eax
ENDT write_cr4
TEMPLATE clts
        clts
ENDT clts
TEMPLATE load_gdt
        lgdt    [eax]
ENDT load_gdt
TEMPLATE load_idt
        lidt    [eax]
ENDT load_idt
TEMPLATE load_tr
        ltr     ax
ENDT load_tr
TEMPLATE load_sp0
        mov     [eax + 4], edx          ; tss->esp0
ENDT load_sp0
TEMPLATE read_msr
        rdmsr                           ; the third argument is the MSR, in ecx as the CPU wants it
ENDT read_msr
TEMPLATE write_msr
        wrmsr                           ; low, high, MSR
ENDT write_msr
TEMPLATE wbinvd
        wbinvd
ENDT wbinvd
TEMPLATE iret
        iret
ENDT iret
TEMPLATE io_delay
        out     0x80, al                ; the POST port: about a microsecond, and nobody listens
ENDT io_delay
TEMPLATE flush_tlb
        mov     eax, cr3
        mov     cr3, eax
ENDT flush_tlb
TEMPLATE flush_tlb_single
        invlpg  [eax]
ENDT flush_tlb_single
TEMPLATE read_tsc
        rdtsc
ENDT read_tsc

; What is too long for a site is called.

global native_cpuid:function
native_cpuid:                           ; eax, edx, ecx: &eax, &ebx, &ecx; on the stack: &edx
        push    ebx
        push    esi
        push    edi
        mov     esi, eax
        mov     edi, edx
        push    ecx
        mov     eax, [esi]
        mov     ecx, [ecx]
        cpuid
        mov     [esi], eax
        mov     [edi], ebx
        pop     eax
        mov     [eax], ecx
        mov     eax, [esp + 16]         ; edi, esi, ebx, return address
        mov     [eax], edx
        pop     edi
        pop     esi
        pop     ebx
        ret

global native_write_entry:function
native_write_entry:                     ; eax: table, edx: entry, ecx: low; on the stack: high
        mov     [eax + edx * 8], ecx
        mov     ecx, [esp + 4]
        mov     [eax + edx * 8 + 4], ecx
        ret

%macro DEBUGREG 2-3
        cmp     eax, %1
        jne     %%no
        %2
        ret
%%no:
%endmacro

global native_get_debugreg:function
native_get_debugreg:                    ; eax: which
        DEBUGREG 0, {mov eax, dr0}
        DEBUGREG 1, {mov eax, dr1}
        DEBUGREG 2, {mov eax, dr2}
        DEBUGREG 3, {mov eax, dr3}
        DEBUGREG 6, {mov eax, dr6}
        DEBUGREG 7, {mov eax, dr7}
        xor     eax, eax
        ret

global native_set_debugreg:function
native_set_debugreg:                    ; eax: which, edx: value
        DEBUGREG 0, {mov dr0, edx}
        DEBUGREG 1, {mov dr1, edx}
        DEBUGREG 2, {mov dr2, edx}
        DEBUGREG 3, {mov dr3, edx}
        DEBUGREG 6, {mov dr6, edx}
        DEBUGREG 7, {mov dr7, edx}
        ret

%if CONFIG_PARAVIRT
section .rodata

; const struct pv_template pv_native_templates[PV_NR_TYPES], by type; (0, 0): none.
global pv_native_templates
pv_native_templates:
        PV_TEMPLATES native_
%define TEMPLATES_LISTED
%endif
