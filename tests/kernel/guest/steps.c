// SPDX-License-Identifier: MIT
/*
 * A place is where the guest is let go on. An exit that leaves it where it was (a page that was not there yet, an interrupt
 * of the real machine's before the first instruction) is none, so places are the same each time.
 */
#include "tests/kernel/guest/steps.h"
#include "arch/x86/trap/trap.h"
#include "host/control.h"
#include "host/inject.h"
#include "host/world.h"
#include "pv/static_call.h"

volatile struct guest_plan *steps_plan(const struct guest *guest)
{
	return (volatile struct guest_plan *)(guest->memory + (uint32_t)&guest_plan);
}

void steps_raise(struct guest *guest, uint32_t lines)
{
	uint32_t more = lines & ~guest->pending;

	guest->pending |= more;
	for (; more; more &= more - 1)
		steps_plan(guest)->brought++;
}

/* The guest is at a place. Where one was injected, it is in its handler: no more of that. */
static void note(struct guest *guest, volatile struct guest_plan *plan)
{
	const uint32_t n = plan->n, eip = guest->regs.eip;

	if (!n)
		plan->injected = (uint32_t)guest->counts.injected;
	if (plan->injected != (uint32_t)guest->counts.injected ||
	    (plan->each_call && n && (guest->regs.cs & 3) == 3)) {
		plan->armed = 0;
		return;
	}
	if (plan->stuck)
		return;
	if (!plan->at && n < PLAN_PLACES) {
		plan->place[n].eip = eip;
		plan->place[n].on = inject_is_on(guest);
	}
	plan->n = n + 1;
}

static bool sleeps(const struct guest *guest)
{
	return guest->regs.vector == PV_HYPERCALL_VECTOR && guest->regs.eax == PV_HYPERCALL_sleep;
}

/* It was left while it was armed. What has not come before it sleeps comes then. */
static void left_armed(struct guest *guest, volatile struct guest_plan *plan)
{
	const uint32_t vector = guest->regs.vector;

	guest->regs.eflags &= ~EFLAGS_TF;
	plan->stuck = vector == TRAP_PF || world_was_machine(vector);
	if (vector == TRAP_DB)
		guest->regs.vector = TRAP_NMI; /* the machine's, and handled */
	if (plan->came || plan->stuck)
		return;
	if ((plan->at && plan->at == plan->n) || sleeps(guest)) {
		plan->came = 1;
		steps_raise(guest, plan->lines);
	}
}

static void left(struct guest *guest, volatile struct guest_plan *plan)
{
	const uint32_t vector = guest->regs.vector;

	if (vector == PV_HYPERCALL_VECTOR && guest->regs.eax == PV_HYPERCALL_look && plan->now) {
		steps_raise(guest, plan->now);
		plan->now = 0;
	}
	if (plan->each_call && vector == SYSCALL_VECTOR && (guest->regs.cs & 3) == 3) {
		plan->at = plan->came ? plan->at + 1 : 1;
		plan->n = plan->came = 0;
		plan->armed = 1;
	}
	if (plan->armed && !plan->n)
		plan->stuck = 0;
}

static void run_in_steps(struct guest *guest, uint32_t *cr2)
{
	volatile struct guest_plan *plan = steps_plan(guest);
	bool armed;

	plan->there = 1;
	if (plan->armed)
		note(guest, plan);
	armed = plan->armed;
	if (armed)
		guest->regs.eflags |= EFLAGS_TF;
	world_run(guest, cr2);
	if (armed)
		left_armed(guest, plan);
	else
		left(guest, plan);
	if (sleeps(guest) && !inject_wanted(guest))
		guest->pending |= plan->waker;
}

bool steps_begin(void)
{
	return static_call_update(guest_enter, run_in_steps);
}

void steps_end(void)
{
	static_call_update(guest_enter, world_run);
}
