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
#include "tests/kernel/guest/stops.h"

#define STEPPED TRAP_NMI

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
	    (plan->each_call && n && guest_ring(guest) == 3)) {
		plan->armed = PLAN_OFF;
		return;
	}
	if (n && plan->stuck && plan->last == eip)
		return;
	plan->last = eip;
	if (!plan->at && n < PLAN_PLACES) {
		plan->place[n].eip = eip;
		plan->place[n].on = inject_is_on(guest) &&
				    !(guest->shade_left && guest->shade_at == eip);
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

	plan->stuck = vector != STEPPED && (vector == TRAP_PF || world_was_machine(vector));
	if (plan->came || (plan->stuck && plan->last == guest->regs.eip))
		return;
	if ((plan->at && plan->at == plan->n) || sleeps(guest)) {
		plan->came = 1;
		steps_raise(guest, plan->lines);
	}
}

static void left(struct guest *guest, volatile struct guest_plan *plan)
{
	const uint32_t vector = guest->regs.vector;

	if (vector == PV_HYPERCALL_VECTOR && guest->regs.eax == PV_HYPERCALL_look) {
		steps_raise(guest, plan->now);
		plan->now = 0;
		if (plan->armed == PLAN_ASKED)
			plan->armed = PLAN_ARMED;
	}
	if (plan->each_call && vector == SYSCALL_VECTOR && guest_ring(guest) == 3) {
		plan->at = plan->came ? plan->at + 1 : 1;
		plan->n = plan->came = 0;
		plan->armed = PLAN_ARMED;
	}
	if (plan->armed == PLAN_ARMED && !plan->n)
		plan->stuck = 0;
}

static bool by_stops;

/* One instruction, behind which comes, as the host sees it, an interrupt of the machine's that is handled already. */
static void step(struct guest *guest, uint32_t *cr2)
{
	struct stops stops = {0};

	if (by_stops)
		stops_set(&stops, guest);
	else
		guest->regs.eflags |= EFLAGS_TF;
	world_run(guest, cr2);
	guest->regs.eflags &= ~EFLAGS_TF;
	if (stops_clear(&stops, guest) || (!by_stops && guest->regs.vector == TRAP_DB))
		guest->regs.vector = STEPPED;
}

static void run_in_steps(struct guest *guest, uint32_t *cr2)
{
	volatile struct guest_plan *plan = steps_plan(guest);
	bool armed;

	plan->there = 1;
	if (plan->armed == PLAN_ARMED)
		note(guest, plan);
	armed = plan->armed == PLAN_ARMED;
	if (armed) {
		step(guest, cr2);
		left_armed(guest, plan);
	} else {
		world_run(guest, cr2);
		left(guest, plan);
	}
	if (sleeps(guest) && !inject_wanted(guest))
		guest->pending |= plan->waker;
}

bool steps_begin(bool stops)
{
	by_stops = stops;
	return static_call_update(guest_enter, run_in_steps);
}

void steps_end(void)
{
	static_call_update(guest_enter, world_run);
}
