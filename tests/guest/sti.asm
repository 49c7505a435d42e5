; SPDX-License-Identifier: MIT
;
; STI and a load of SS let one more instruction pass before an interrupt: SDM volume 2B, "STI", "MOV". So `sti; hlt` is woken, and not
; interrupted before it sleeps; and what waits is not passed over by the next CLI.
%include "guest.inc"

ROUNDS          equ 20
IRQ             equ 32

section .text
main:
        GATE    IRQ, tick
        CALL_HOST ticks, 1000000
        mov     edi, ROUNDS
.again:
        call    wait_for_one
        sti
        hlt
.woken:
        cli
        FAIL_IF ne, dword [came_at], .woken

        call    wait_for_one
        sti
        nop
.behind:
        cli
        FAIL_IF ne, dword [came_at], .behind

        call    wait_for_one
        call    returns
.returned:
        cmp     dword [came_at], 0      ; at once or, as nothing here needs the host, by its next tick
        je      .returned
        FAIL_IF e, dword [came_at], returns.ret

        mov     dword [shared + SHARED_MASKED], 1
        call    wait_for_one
        mov     dword [flags], 0x200
        mov     dword [shared + SHARED_MASKED], 0
        mov     eax, KERNEL_DS & ~1     ; is the host's to do
        mov     ss, eax
.stack:
        mov     esp, stack_top
.loaded:
        cli
        FAIL_IF e, dword [came_at], .stack      ; the host's own tick may have come before
        FAIL_IF e, dword [came_at], 0

        dec     edi
        jnz     .again
        PASS

returns:
        sti
.ret:
        ret

; Interrupts are off, and one waits.
wait_for_one:
        mov     dword [came_at], 0
.look:
        test    dword [shared + SHARED_PENDING], 1
        jz      .look
        ret

; Interrupts stay off behind it.
tick:
        push    dword [esp]
        pop     dword [came_at]
        iret

section .bss
came_at:
        resd    1
