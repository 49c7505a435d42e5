/* SPDX-License-Identifier: MIT */
/*
 * Live changes: text changes while other CPUs run through it, and all sites of a change become new
 * at one instant. docs/live.md tells how and why; tests/model/live.pml proves it.
 *
 * A family of live sites has two versions of its state. What a record becomes is
 * bytes(record, version[0]) or bytes(record, version[1]), and pv_present says for all sites of all
 * such families at once which of them holds. Between changes both are the same. A change:
 *
 *	why = pv_live_begin();				waits for its turn
 *	if (why)
 *		return why;
 *	key->on[!pv_present] = true;			what will be, where nobody looks yet
 *	why = pv_commit(&change, 1, &stats);		from now on pv_present is the other one
 *	key->on[!pv_present] = key->on[pv_present];	both the same again, done or not
 *	pv_live_end();
 *
 * Between begin and end pv_present is this CPU's: what was read of it or written by it before is
 * worth nothing, since others may have made changes while it waited.
 */
#ifndef PV_POKE_H
#define PV_POKE_H

#include "pv/engine.h"
#include "pv/types.h"

/* 0 or 1. Written by pv_commit() only. */
extern volatile uint32_t pv_present;

/*
 * From any CPU that runs, one at a time: who comes while another one changes waits, with interrupts
 * on. NULL, and pv_live_end() gives the turn on; or why it cannot be, in words, at once: interrupts
 * are off (as in every handler), this CPU is in the middle of a change, it comes or goes.
 */
const char *pv_live_begin(void);
void pv_live_end(void);

/*
 * In one's turn, as often as wanted: take the sites of n changes, each the family and the records,
 * from version[pv_present] to the other version, `from` and `to` are not looked at. The records are
 * those of tables that were added, all or some of one; the number of changes and of sites is
 * without limit, and so many rounds through all CPUs (PV_ROUNDS) it takes, whatever that number is.
 * Time is linear in the sites when the records of each change ascend by them, and one change at most
 * is of a table without an index: for a site of such a one those of all before are looked at.
 *
 * Statistics are added to *stats, without rows; a site that is refused stays as it is, as in any pass.
 *
 * NULL: done. Otherwise why it cannot be, in words, and nothing has changed: a breakpoint of
 * somebody else's stands at a site (which is in *stats as refused, and the only one), or the caller
 * is wrong.
 */
const char *pv_commit(const struct pv_change *changes, unsigned n, struct pv_stats *stats);
#define PV_ROUNDS 4

/* Told of each commit behind its end, in the turn, by the CPU that made it. NULL: nobody asks. */
typedef void pv_committed_fn(const struct pv_change *changes, unsigned n,
			     const struct pv_stats *stats, const char *why_not);
extern pv_committed_fn *pv_committed;

/*
 * A site may be one instruction of five bytes that stands for a call of nothing: xor %eax, %eax with
 * prefixes. The breakpoint's handler has no registers, so who meets that calls the function, whose
 * result is 0 with 32 bits and with 64.
 */
#define PV_RETURN_0 5
extern const uint8_t pv_return_0[PV_RETURN_0];
uint64_t pv_return_0_called(void);

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
