/* SPDX-License-Identifier: MIT */
/*
 * Lock prefixes that vanish while one CPU runs. PV_LOCK_PREFIX is a `lock` that is recorded; as
 * LOCK_PREFIX, Linux's name, it comes with pv/smp_locks.h.
 *
 *	asm volatile(PV_LOCK_PREFIX "incl %0" : "+m"(*counter));
 *
 *	text:		f0 ff 00		lock; incl (%eax)
 *	.smp_locks:	<where, relative to the record itself>
 *
 * On one CPU the byte is 3e, a DS prefix: part of the same instruction, so that a task which was
 * interrupted right before it cannot go on behind it, unlocked, when the second CPU has come.
 */
#ifndef PV_SMP_LOCKS_TYPES_H
#define PV_SMP_LOCKS_TYPES_H

#include "pv/engine.h"
#include "pv/types.h"

#if CONFIG_PARAVIRT
#define PV_LOCK_PREFIX                                \
	".pushsection .smp_locks, \"a\", @progbits\n" \
	"	.balign 4\n"                                \
	"	.long 673f - .\n"                           \
	".popsection\n"                               \
	"673:	lock; "
#else
#define PV_LOCK_PREFIX "lock; "
#endif

/* The states: more CPUs than one, which is how text is linked, and one. */
extern const uint8_t smp_locks_smp, smp_locks_up;
extern const struct pv_family smp_locks_family;

/* The state that the sites are in. */
const uint8_t *smp_locks_state(void);

/*
 * Take a table from the present state, which is smp_locks_smp at first, to `to`, which is the state
 * from then on. The result is added to *stats. Alternatives come first: a prefix may stand in one,
 * and one whose prefix was changed is refused.
 */
void smp_locks_switch(const int32_t *start, const int32_t *end, const uint8_t *to,
		      struct pv_stats *stats);

/* noreplace-smp: every prefix stays as it is, from the first switch on. */
void smp_locks_keep(void);

#endif
