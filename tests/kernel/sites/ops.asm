; SPDX-License-Identifier: MIT
;
; What tests/ops*.c ask of the CPU and no op answers: which descriptor tables and task are loaded.

section .text

; void ops_sgdt(struct desc_ptr *), void ops_sidt(struct desc_ptr *), uint32_t ops_str(void)
global ops_sgdt:function
ops_sgdt:
        mov     eax, [esp + 4]
        sgdt    [eax]
        ret

global ops_sidt:function
ops_sidt:
        mov     eax, [esp + 4]
        sidt    [eax]
        ret

global ops_str:function
ops_str:
        xor     eax, eax
        str     ax
        ret
