/* SPDX-License-Identifier: MIT */
/*
 * A site of the first family in a text that nobody executes, for tests of what stands there then.
 *
 *	stats = site_patch(site_record(PV_TYPE_wbinvd, PV_CLOBBER_ANY), site_state(&ops));
 *	... fake_text + SITE_AT
 */
#ifndef TESTS_KERNEL_ENGINE_ENGINE_SITE_H
#define TESTS_KERNEL_ENGINE_ENGINE_SITE_H

#include "pv/patch.h"
#include "tests/kernel/engine/engine_family.h"

#define SITE_AT 512 /* where in the fake text it is */

struct paravirt_patch_site site_record(unsigned type, uint16_t clobbers);

/* The state for a table. Lasts until the next call. */
const struct paravirt_state *site_state(const struct pv_ops *ops);

/* Text anew, with the site as linked and int3 around it; then a pass with this one record. */
struct pv_stats *site_patch(struct paravirt_patch_site site, const struct paravirt_state *state);

/* That a direct call to target stands there. */
void site_check_call(struct ktap *t, uint32_t target);

/*
 * Where in the site a template of n bytes begins, of an op that comes back: behind the padding, by
 * a table whose CPUs take prefixes; otherwise at once.
 */
unsigned site_lead(unsigned n);

/* That it stands there, with its padding before it or behind. */
void site_check_template(struct ktap *t, const void *bytes, unsigned n, unsigned lead,
			 const char *what);

uint32_t site_get32(const uint8_t *at);
void site_put32(uint8_t *at, uint32_t value);

#endif
