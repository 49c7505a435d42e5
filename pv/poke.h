/* SPDX-License-Identifier: MIT */
/*
 * Live changes: text changes while other CPUs run through it, and all sites of a change become new
 * at one instant. docs/live.md tells how and why; tests/model/live.pml proves it.
 *
 * A family of live sites has two versions of its state. What a record becomes is
 * bytes(record, version[0]) or bytes(record, version[1]), and pv_present says for all sites of all
 * such families at once which of them holds. Between changes both are the same. A change:
 *
 *	key->on[!pv_present] = true;			what will be, where nobody looks yet
 *	if (pv_commit(&change, 1, &stats) == NULL)	from now on pv_present is the other one
 *		key->on[!pv_present] = true;		both the same again
 *	else
 *		key->on[!pv_present] = key->on[pv_present];
 */
#ifndef PV_POKE_H
#define PV_POKE_H

#include "pv/engine.h"
#include "pv/types.h"

/* 0 or 1. Written by pv_commit() only. */
extern volatile uint32_t pv_present;

/*
 * Take the sites of n changes, each the family and the records, from version[pv_present] to the
 * other version, `from` and `to` are not looked at. The records are those of tables that were
 * added, all or some of one; the number of changes and of sites is without limit, and so many
 * rounds through all CPUs (PV_ROUNDS) it takes, whatever that number is. Statistics are added to
 * stats[0 .. n - 1]; a site that is refused stays as it is, as in any pass.
 *
 * NULL: done. Otherwise why it cannot be now, in words, and nothing has changed: interrupts are
 * off, another change is going on, this CPU may not (see pv_host_not_live()).
 */
const char *pv_commit(const struct pv_change *changes, unsigned n, struct pv_stats *stats);
#define PV_ROUNDS 4

/*
 * For the handler of the breakpoint exception (vector 3), which runs with interrupts off, is in
 * code without sites, and knows at any time what a breakpoint in a site stands for. `frame` is what
 * the CPU pushed: EIP, CS, EFLAGS, with 4 bytes below them that may be used; behind it begins the
 * stack of what was interrupted. Returns where the frame for IRET is now, to one instruction
 * further; NULL: that is no site's breakpoint.
 */
#if CONFIG_PARAVIRT
uint32_t *pv_breakpoint(uint32_t *frame);
#else
static inline uint32_t *pv_breakpoint(uint32_t *frame)
{
	(void)frame;
	return 0;
}
#endif

#endif
