/* SPDX-License-Identifier: MIT */
/*
 * Between a guest that tests its interrupts and its host, which is the same image and so knows where this lies in the
 * guest's memory: when one is to come. The host's side is steps.h.
 *
 *	guest_plan.at = 7;	behind the seventh instruction from
 *	plan_arm();		here on
 *	...
 *	plan_disarm();
 *	CHECK_EQ(t, handled, guest_plan.brought - before, "none is lost");
 */
#ifndef TESTS_KERNEL_GUEST_PLAN_H
#define TESTS_KERNEL_GUEST_PLAN_H

#include "arch/x86/dev/guest.h"
#include "kernel/test/ktap.h"
#include <stdint.h>

#define PLAN_PLACES 2048

/* From the look on: an interrupt of the machine's may come between the guest's word and that. */
enum { PLAN_OFF, PLAN_ASKED, PLAN_ARMED };

struct guest_plan {
	/* the guest's */
	uint32_t armed; /* PLAN_: the machine interrupts it behind each instruction */
	uint32_t at; /* behind so many of them `lines` are raised; 0: at none, and all are noted */
	uint32_t lines; /* a bit for each interrupt */
	uint32_t now;   /* raised when the guest asks its host to look */
	uint32_t waker; /* `lines` that wake it if it sleeps, and nothing else would; not counted */
	uint32_t asleep;    /* raised when it is asleep; not counted */
	uint32_t each_call; /* armed anew at each program's call, one instruction further on */
	uint32_t loops;
	/* the host's */
	uint32_t there;   /* somebody looks at this */
	uint32_t brought; /* interrupts that were raised */
	uint32_t came;    /* `at` was reached */
	uint32_t over;    /* enough */
	uint32_t n;       /* places since it was armed; each is noted when `at` is 0 */
	uint32_t stuck;   /* if this is still the last one's, nothing was executed since */
	uint32_t last;
	uint32_t injected;
	struct {
		uint32_t eip, on; /* and was IF? */
	} place[PLAN_PLACES];
};

extern volatile struct guest_plan guest_plan;

#define NEEDS_PLAN(t)                                       \
	KTAP_SKIP_UNLESS(t, guest_is() && guest_plan.there, \
			 "this is no guest whose machine interrupts it where it says so")

static inline __attribute__((always_inline)) void plan_look(void)
{
	pv_hypercall(PV_HYPERCALL_look, 0, 0, 0);
}

static inline __attribute__((always_inline)) void plan_arm(void)
{
	guest_plan.n = guest_plan.came = 0;
	guest_plan.armed = PLAN_ASKED;
	plan_look();
}

static inline __attribute__((always_inline)) void plan_disarm(void)
{
	guest_plan.armed = PLAN_OFF;
	plan_look();
}

#endif
