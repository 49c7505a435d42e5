/* SPDX-License-Identifier: MIT */
/*
 * Sites of any family, while CPUs run and all of them wait outside of sites: alternatives for other
 * features, say. As passes at boot, but wherever the others are.
 *
 *	why = pv_change_all(&(struct pv_change){&alternative_family, first, last, from, to}, &stats);
 */
#ifndef PV_OUTSIDE_H
#define PV_OUTSIDE_H

#include "pv/engine.h"

/*
 * With interrupts on, from a CPU that may gather the others. What code did before by what stood there
 * is its own affair. NULL: done, statistics are added to *stats. Otherwise why it cannot be, in words,
 * and nothing has changed.
 */
const char *pv_change_all(const struct pv_change *change, struct pv_stats *stats);

/* Would a CPU that goes on there be in the middle of a site? */
bool pv_amid_site(uint32_t address);

#endif
