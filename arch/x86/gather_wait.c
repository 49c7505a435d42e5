// SPDX-License-Identifier: MIT
/*
 * Where a CPU waits. It is called by an interrupt, and no NMI: a handler has interrupts off, and one
 * that turns them on is let go on to its end. So there is one place where the CPU goes on
 * afterwards, what was interrupted. Were that the middle of a site, it would go on in the middle of
 * something else:
 *
 *	site:	9d		popf		turns interrupts on
 *	eip ->	0f 1f 40 00	nopl
 *
 *	site:	ff 15 d8 42			the pass makes this of it
 *	eip ->	13 00				and there is no such instruction
 *
 * So it leaves the site first, a single step (EFLAGS.TF) at a time, and waits in the debug
 * exception then. Each step brings it nearer to the site's end; without them it might never be
 * found elsewhere, when interrupts are on in there only. When the back end is switched, its
 * functions are such places, too, and so is what is called by them: a CPU that sleeps in one, or
 * delivers from there what was kept, comes out of it by itself.
 *
 * What it returns to, it has from the chain of frames, which the compiler makes in every function. An
 * assembler's function without one hides its own return address, so those of back ends are known by
 * where they lie. An exception's own place (regs) is in no frame, but no handler of one goes back
 * there.
 */
#include "arch/x86/gather_wait.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "pv/host.h"
#include "pv/kept.h"
#include "pv/native.h"
#include "pv/outside.h"
#include <stddef.h>

#define SPINS     200
#define EFLAGS_TF 0x100u

#define PUSHF       0x9c
#define PUSH_EBP    0x55
#define RET         0xc3
#define MOV_ESP_EBP "\x89\xe5"

struct gather_rule gather_rule = {.inside = pv_amid_site};
DEFINE_PER_CPU(volatile uint32_t, gathered);

/* The instruction that the next step is behind; NULL: not known. */
static DEFINE_PER_CPU(const uint8_t *, stepped);

static PV_TEXT bool returns_inside(bool (*inside)(uint32_t address), uint32_t frame)
{
	const uint32_t *words;

	for (; stack_room_above(frame) >= 2 * sizeof(*words); frame = words[0]) {
		words = (const uint32_t *)frame;
		if (inside(words[1]))
			return true;
		if (words[0] <= frame)
			break;
	}
	return false;
}

PV_TEXT bool gather_returns_inside(uint32_t frame)
{
	return returns_inside(gather_rule.inside, frame);
}

/* Before its frame is made, and when that is gone, a function's return address is in no frame. */
static PV_TEXT uint32_t frameless_return(uint32_t eip, const uint32_t *esp)
{
	const uint8_t *next = (const uint8_t *)eip;

	if (*next == PUSH_EBP || *next == RET)
		return esp[0];
	return next[0] == MOV_ESP_EBP[0] && next[1] == MOV_ESP_EBP[1] ? esp[1] : 0;
}

/* It goes on at eip with this stack and this frame; interrupts are off. */
static PV_TEXT bool goes_on_inside(bool (*inside)(uint32_t address), uint32_t eip,
				   const uint32_t *esp, uint32_t frame)
{
	return inside(eip) || inside(frameless_return(eip, esp)) || returns_inside(inside, frame);
}

static PV_TEXT bool is_inside(uint32_t eip, const uint32_t *esp, uint32_t frame)
{
	return goes_on_inside(gather_rule.inside, eip, esp, frame);
}

bool gather_goes_on_inside(bool (*inside)(uint32_t address), const struct regs *regs)
{
	return goes_on_inside(inside, regs->eip, (const uint32_t *)(regs + 1), regs->ebp);
}

static PV_TEXT bool keeps_interrupts(void)
{
	return gather_rule.carry && pv_irq_kept();
}

/*
 * Who waits long sleeps, since an emulated CPU that spins takes its host's time from the one that
 * is waited for: four of them on two cores made a pass last 10 ms. Interrupts are off, so an NMI
 * ends it.
 */
static PV_TEXT void wait_here(uint32_t call, uint32_t *eflags)
{
	this_cpu_write(trap_step_hook, NULL);
	if (call < GATHER_CALLED ||
	    cmpxchg_always(&per_cpu(gathered, smp_processor_id()), call, GATHER_WAITS) != call)
		return; /* given up */
	for (unsigned spins = 0; this_cpu_read(gathered) != GATHER_GO; spins++)
		if (spins < SPINS)
			cpu_relax();
		else
			native_halt();
	pv_host_sync_self();
	if (gather_rule.carry)
		*eflags = gather_rule.carry(*eflags);
	this_cpu_write(gathered, GATHER_FREE);
}

/* A step behind pushf: what that pushed has this TF in it, and would be popped some time. */
static PV_TEXT void mend_pushed(uint32_t *top)
{
	const uint8_t *last = this_cpu_read(stepped);

	if (last && *last == PUSHF)
		*top &= ~EFLAGS_TF;
}

static PV_TEXT void on_step(struct regs *regs)
{
	const uint32_t call = this_cpu_read(gathered); /* before it is judged */
	uint32_t *top = (uint32_t *)(regs + 1);
	bool user = regs_of_user(regs); /* SYSEXIT was the last step */

	mend_pushed(top);
	this_cpu_write(stepped, (const uint8_t *)regs->eip);
	regs->eflags |= EFLAGS_TF;
	if (call >= GATHER_CALLED && !user &&
	    (is_inside(regs->eip, top, regs->ebp) || keeps_interrupts()))
		return;
	regs->eflags &= ~EFLAGS_TF;
	wait_here(call, &regs->eflags);
}

/* From its next instruction on: behind the handler's IRET, or, where none follows, from here. */
static void step(struct irq_frame *frame)
{
	this_cpu_write(stepped, frame ? (const uint8_t *)frame->eip : NULL);
	this_cpu_write(trap_step_hook, on_step);
	if (frame)
		frame->eflags |= EFLAGS_TF;
	else
		trap_single_step(1);
}

/*
 * Called again between two steps, in a handler that is stepped through itself or that is not: no more
 * of them, or one could come in between what step() does.
 */
static PV_TEXT void no_step(struct regs *regs)
{
	regs->eflags &= ~EFLAGS_TF;
}

static PV_TEXT void end_steps(struct irq_frame *frame)
{
	const bool stepping = this_cpu_read(trap_step_hook) == on_step;

	this_cpu_write(trap_step_hook, no_step); /* called behind this, if at all */
	if (stepping && frame)
		frame->eflags &= ~EFLAGS_TF;
}

/* Comes back with true when it has waited. */
static PV_TEXT bool wait_in_handler(uint32_t call, const struct irq_frame *frame, uint32_t own)
{
	uint32_t flags = pv_host_irq_save();
	bool may = !keeps_interrupts();

	if (may && frame)
		may = (frame->cs & 2) || !is_inside(frame->eip, (const uint32_t *)(frame + 1), own);
	else if (may)
		may = !gather_returns_inside(own);
	if (may)
		wait_here(call, &flags);
	pv_host_irq_restore(flags);
	return may;
}

void gather_on_call(unsigned irq)
{
	const uint32_t call = this_cpu_read(gathered);
	struct irq_frame *frame = irq_interrupted();

	(void)irq;
	if (call < GATHER_CALLED || irq_is_nested())
		return; /* it came twice; or is called again, when there is one place to look at */
	end_steps(frame);
	if (!wait_in_handler(call, frame, (uint32_t)__builtin_frame_address(0)) &&
	    !(frame && (frame->cs & 2))) /* a program is no place to step through: called again */
		step(frame);
}
