/* SPDX-License-Identifier: MIT */
/*
 * Sites of one function, for tests: take them from the state that the kernel is in to any other,
 * through the engine, run the function, and take them back. It works the same when the kernel was
 * booted with noreplace-paravirt.
 *
 *	static void probe(void *result) { *(uint32_t *)result = read_cr0(); }
 *	...
 *	sites_run(t, probe, PV_TYPE_read_cr0, target, PV_CALL, &result);
 *
 * A site does not check types, so a test may put any function into any slot. Only the one under
 * test may run meanwhile: a probe contains nothing but the site and stores.
 */
#ifndef TESTS_KERNEL_SITES_SITES_H
#define TESTS_KERNEL_SITES_SITES_H

#include "kernel/test/ktap.h"
#include "pv/patch.h"

#define SITES_MAX 24

typedef void probe_fn(void *arg);

/*
 * The sites of one function, and the state that these are in: private copies of the records of annotated
 * ones; or records of .pv_relocs, which are known in their table only.
 */
struct sites {
	const struct pv_family *family;
	const void *first, *last; /* its records */
	struct paravirt_patch_site record[SITES_MAX];
	unsigned n;
	const uint8_t *at; /* the first one */
	const struct paravirt_state *now;
};

/* The records whose sites lie in fn. False, and a failed check, if there are none or too many. */
bool sites_find(struct ktap *t, struct sites *sites, const void *fn);

/* All of the kernel's, of both kinds, as pv_apply() takes those of one; statistics of all. */
void sites_apply_all(const struct paravirt_state *from, const struct paravirt_state *to,
		     enum pv_mode mode, struct pv_stats *stats);

/* fn(arg, site) for each of the kernel's, of both kinds. */
typedef void sites_each_fn(void *arg, const struct pv_site *site);
void sites_each(sites_each_fn *fn, void *arg);

/* To another state; a failed check if the engine refused one. */
bool sites_patch(struct ktap *t, struct sites *sites, const struct paravirt_state *to);

/* Back to the kernel's state. */
void sites_restore(struct ktap *t, struct sites *sites);

/* The native table with one slot changed; NULL empties it. Lasts until the next call. */
const struct pv_ops *sites_ops(unsigned type, const void *target);

/* The state for sites_ops(type, target). Lasts until the next call. */
const struct paravirt_state *sites_state(unsigned type, const void *target);

/*
 * fn(arg) with `target` in the live slot and interrupts off, while the other CPUs wait: nobody else
 * may use the slot.
 */
void sites_with_slot(unsigned type, const void *target, probe_fn *fn, void *arg);

/*
 * fn(arg), whose sites are all of `type`, with each of them calling `target` as `kind` says:
 * PV_KEPT is the indirect call as linked. A failed check when another kind results. Target NULL:
 * the native function.
 */
void sites_run(struct ktap *t, probe_fn *fn, unsigned type, const void *target, enum pv_kind kind,
	       void *arg);

/* The same with run(arg), which calls fn as often as it likes and has no site itself. */
void sites_run_by(struct ktap *t, probe_fn *fn, unsigned type, const void *target,
		  enum pv_kind kind, probe_fn *run, void *arg);

/*
 * fn(t, form) once for each form of the sites in `at` (usually fn itself): "as linked", "native"
 * (templates), "direct" (calls of the native functions), "other" (for the table given; NULL: not).
 */
typedef void sites_form_fn(struct ktap *t, const char *form);
void sites_each_form(struct ktap *t, const void *at, sites_form_fn *fn, const struct pv_ops *other);

#endif
