/* SPDX-License-Identifier: MIT */
/*
 * Another back end while the kernel runs, on all CPUs at one time, and back again to the byte:
 *
 *	struct pv_switched did;
 *	const char *why = pv_switch("soft", &did);
 *
 * All CPUs wait, in a place where that may be: with nothing of the old back end, and no site, half
 * done. Then the table and all sites change, each CPU's IF goes from the old form to the new one,
 * and all go on. What the old back end had kept of interrupts, it has delivered before.
 */
#ifndef PV_BACKEND_SWITCH_H
#define PV_BACKEND_SWITCH_H

#include "pv/backend/backend.h"

struct pv_switched {
	const char *from, *to;
	uint32_t sites; /* of all tables that were added; in paravirt_stats: what they became */
	uint32_t
		tries; /* how often all CPUs were called until none stood in the middle of something */
	uint64_t ns;
};

/*
 * With interrupts on, from a CPU that may gather the others, and not out of a back end's own code.
 * Refused unless an image says by `native` where that is.
 * NULL: done; sites that were refused before, or damaged since, are as they were, and counted in
 * paravirt_stats, with their reasons. Otherwise why it cannot be, in words, and nothing has changed.
 */
const char *pv_switch(const char *name, struct pv_switched *did);

/* Does a back end's function lie there, of the kernel or of a module? */
bool pv_in_backend(uint32_t address);

#endif
