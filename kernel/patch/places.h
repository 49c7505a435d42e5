/* SPDX-License-Identifier: MIT */
/*
 * Whose sites they are, and what they are by now: counted by a dry walk, which writes nothing.
 *
 *	struct places places;
 *	places_count(&passes[PARAVIRT], paravirt_state(), &places);
 *	... places.own.sites + places.tests.sites
 */
#ifndef KERNEL_PATCH_PLACES_H
#define KERNEL_PATCH_PLACES_H

#include "pv/engine.h"

struct places {
	struct pv_count own;   /* the kernel's, its benchmarks' in kernel/test/ among them */
	struct pv_count tests; /* the self-tests', in tests/kernel/ */
};

/*
 * The sites of the records that a change is about, in the state that they are in. Who calls it has
 * his turn (pv/poke.h), or is alone.
 */
void places_count(const struct pv_change *change, const void *state, struct places *out);

/* Does the kernel have self-tests? */
bool places_have_tests(void);

/* One count more. */
void places_add(struct pv_count *to, const struct pv_count *count);

#endif
