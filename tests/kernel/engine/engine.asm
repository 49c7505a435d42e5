; SPDX-License-Identifier: MIT
;
; Sites where a page ends: one in its last six bytes, one across two pages. Text is read-only by
; then, so a write to them needs the right page, or both.

%include "pv/para.inc"

section .text

        align   4096, nop
        times   4090 nop

; void page_end_site(void), void page_cross_site(void): interrupts off.
global page_end_site:function
page_end_site:
        PARA_SITE irq_disable
        ret

page_filler:
        times   4096 + 4093 - ($ - page_end_site + 4090) nop

global page_cross_site:function
page_cross_site:
        PARA_SITE irq_disable
        ret
