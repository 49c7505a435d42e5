/* SPDX-License-Identifier: MIT */
/*
 * The soft back end: IF is a variable, the real one stays on. An interrupt that arrives while the
 * variable is 0 is kept (soft.c) and replayed when it goes on. Rules that nothing gets lost by:
 *
 *   - going on is: set the variable, then look whether anything is kept. Whatever arrives in between
 *     finds the variable set and is served at once;
 *   - where the CPU must not be interrupted between the two (halt, iret), the real IF is off;
 *   - soft_deliver takes one bit with one instruction, and looks again after each.
 *
 * From C: soft_if, 0 or EFLAGS_IF; soft_kept, a bit for each interrupt that waits; soft_replay();
 * and PV_FN void soft_deliver(uint32_t *frame).
 */
#include "pv/backend/percpu.h"
#include "pv/backend/template.h"

#define EFLAGS_IF (1 << 9)

/*
 * PARA_SITE irq_enter stands where the frame's EFLAGS are at PV_FRAME_EFLAGS(%esp): right after an
 * interrupt's entry pushed two words (vector and error code) and pushal, unless told.
 */
#ifndef PV_FRAME_EFLAGS
#define PV_FRAME_EFLAGS 48	/* 8 registers, 2 words, EIP, CS */
#endif

pv_templates_of soft

	.section .pv.native, "ax", @progbits

/* uint32_t soft_save_fl(void): the one that fits into a site, 64 a1 disp32. */
TEMPLATE save_fl
	mov PV_PERCPU:soft_if, %eax
ENDT save_fl

/* void soft_restore_fl(uint32_t flags) */
CALLEE_SAVE soft_restore_fl
	test $EFLAGS_IF, %eax
	jnz __raw_callee_save_soft_irq_enable
	/* fall through */

/* void soft_irq_disable(void) */
CALLEE_SAVE soft_irq_disable
	movl $0, PV_PERCPU:soft_if
	ret

/* void soft_irq_enable(void) */
CALLEE_SAVE soft_irq_enable
	movl $EFLAGS_IF, PV_PERCPU:soft_if
	cmpl $0, PV_PERCPU:soft_kept
	jne replay
	ret

.macro CALL_C function
	push %eax
	push %ecx
	push %edx
	call \function
	pop %edx
	pop %ecx
	pop %eax
.endm

replay:
	CALL_C soft_replay
	ret

/*
 * void soft_irq_enter(void): DF is 0 from here on; the frame is below the return address. The interrupted code gets the
 * IF that it believes in into its frame; from here on the handler's is 0.
 */
CALLEE_SAVE soft_irq_enter
	cld
	push %eax
	mov PV_PERCPU:soft_if, %eax
	andl $~EFLAGS_IF, 8 + PV_FRAME_EFLAGS(%esp)
	or %eax, 8 + PV_FRAME_EFLAGS(%esp)
	movl $0, PV_PERCPU:soft_if
	pop %eax
	jmp soft_really_on

/* void soft_irq_enter_program(void): its frame has IF, and nothing was kept while it ran. */
CALLEE_SAVE soft_irq_enter_program
	movl $EFLAGS_IF, PV_PERCPU:soft_if
	jmp soft_really_on

/*
 * void soft_iret(void): jumped to, with eip, cs, eflags on the stack. The frame's IF says what the
 * variable becomes; the real one is on in whatever is returned to. What is kept is delivered here,
 * on the frame of what goes on: with the real IF on, so the look that finds nothing left and the
 * iret are one step only because it is off between them.
 */
FUNCTION soft_iret
	testl $EFLAGS_IF, 8(%esp)
	jz 3f
1:	call soft_really_off
	cmpl $0, PV_PERCPU:soft_kept
	je 2f
	movl $0, PV_PERCPU:soft_if	/* what comes from here on is kept */
	call soft_really_on
	push %eax
	push %ecx
	push %edx
	lea 12(%esp), %eax
	call soft_deliver
	pop %edx
	pop %ecx
	pop %eax
	jmp 1b
2:	movl $EFLAGS_IF, PV_PERCPU:soft_if
	jmp native_iret			/* whose frame has IF */
3:	movl $0, PV_PERCPU:soft_if
	orl $EFLAGS_IF, 8(%esp)
	jmp native_iret
ENDF soft_iret

/*
 * void soft_irq_enable_sysexit(void): jumped to, with eip in edx and esp in ecx. The same, but that
 * no frame says where what is kept came to.
 */
FUNCTION soft_irq_enable_sysexit
1:	call soft_really_off
	cmpl $0, PV_PERCPU:soft_kept
	je 2f
	call soft_really_on
	CALL_C soft_replay
	jmp 1b
2:	movl $EFLAGS_IF, PV_PERCPU:soft_if
	jmp native_irq_enable_sysexit
ENDF soft_irq_enable_sysexit

/* void soft_safe_halt(void): on, and asleep only if nothing is kept. */
CALLEE_SAVE soft_safe_halt
	call soft_really_off
	movl $EFLAGS_IF, PV_PERCPU:soft_if
	cmpl $0, PV_PERCPU:soft_kept
	je native_safe_halt
	call soft_really_on
	jmp replay

/*
 * void soft_halt(void): with interrupts off only an NMI ends it, so the real ones must be off as
 * well.
 */
CALLEE_SAVE soft_halt
	cmpl $0, PV_PERCPU:soft_if
	jne native_halt
	call soft_really_off
	call native_halt
	jmp soft_really_on

/* The real IF. */
FUNCTION soft_really_on
	sti
	ret
ENDF soft_really_on
soft_really_off:
	cli
	ret

/* const struct pv_template pv_soft_templates[PV_SOFT_TEMPLATES] */
PV_TEMPLATES save_fl

	.section .note.GNU-stack, "", @progbits
