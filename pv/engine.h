/* SPDX-License-Identifier: MIT */
/*
 * The engine: every change to kernel text goes through it. A family says what stands at a site in a
 * state; the engine walks the records, checks, pads, writes, makes the CPU see it, and counts:
 *
 *	old = bytes(record, from)	new = bytes(record, to)
 *	text at the site == old ?  write new  :  refuse, say why, count
 *
 * Use:
 *
 *	pv_image_add(&kernel_image);
 *	pv_apply(&paravirt_family, first, last, paravirt_linked(), &state, PV_STOPPED, &stats);
 *	... stats.total, stats.refusal[0 .. stats.listed - 1]
 *
 * Undoing is the same call with the states exchanged. A site that is refused stays as it is.
 */
#ifndef PV_ENGINE_H
#define PV_ENGINE_H

#include "pv/image.h"

/*
 * Take the sites of the records [first, last) from one state to another, in the order of their
 * addresses. Statistics are added to *stats. Everything is checked, whether it is to be used in
 * `to` or not: a bad record, table or index is a refusal and costs nothing else. When `from` is not
 * the state that the sites are in, they are all refused (PV_WHY_BYTES).
 *
 * When these are the records of a table that was added, its index and facts are used. Otherwise
 * they are sorted a part at a time, sites are looked at (pv/look.h), and what groups hold is found
 * by decoding: text is taken as linked where no record applies in `from`, or everywhere when that
 * is NULL (not known), and what a record has changed cannot go back to `linked` (PV_WHY_FACTS).
 * Such records may name exactly a site of such a family that is in an index, or free text, but not
 * a part of one. Two such tables know nothing of each other but what they find in the text.
 *
 * All walks share what they remember of tables. So one is made at a time, dry ones and listings
 * included, and no table is added or removed meanwhile: pv_host_gather() and pv_live_begin() see to
 * the first where several CPUs change text, who calls the others sees to the rest.
 */
void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats);

/*
 * The same walk with nothing written, for listing what pv_apply() would do now. That may differ for
 * a site that has to be looked at (a table without facts) shortly behind one that the pass changes,
 * and for one inside of a site that another change of the same kind takes elsewhere before.
 */
void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg);

/* What pv_apply() takes, but for how. */
struct pv_change {
	const struct pv_family *family;
	const void *first, *last, *from, *to;
};

/*
 * For all or nothing: how many sites these n changes would refuse, by a dry run of each, which says
 * what a listing does. Nothing is written; statistics are added to stats[0 .. n - 1].
 */
uint32_t pv_refused(const struct pv_change *changes, unsigned n, struct pv_stats *stats);

/*
 * For pv/poke.c: one walk of a live change. Each site is written with interrupts off, and a site
 * that is not as the walk before left it, or cannot be what it is to be, is refused. PV_LOOK
 * refuses, and counts, sites with a breakpoint that no walk wrote, and nothing else. Returns whether
 * no site was refused or left alone: then those behind need not ask again where sites are, and
 * whose.
 */
bool pv_walk(const struct pv_change *change, enum pv_step step, pv_can_fn *can,
	     struct pv_stats *stats);
void pv_walk_known(const struct pv_change *change, enum pv_step step);

const char *pv_why_text(enum pv_why why);

#endif
