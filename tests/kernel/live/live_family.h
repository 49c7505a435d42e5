/* SPDX-License-Identifier: MIT */
/*
 * A family of live sites for tests: live_sites.asm's, with two keys. Two forms of each site, of which the
 * key says which one holds, in two versions.
 *
 *	live_begin(t);			sites hold their first form
 *	why = live_set(0, true);	all sites of key 0 become their second one, at once
 *	live_function[i]();		which form does it hold?
 *	live_end(t);			as linked
 */
#ifndef TESTS_KERNEL_LIVE_LIVE_FAMILY_H
#define TESTS_KERNEL_LIVE_LIVE_FAMILY_H

#include "kernel/test/ktap.h"
#include "pv/poke.h"

#define LIVE_SITES 8
#define LIVE_FIRST 3 /* the first ones are key 0's, all others key 1's */

extern unsigned (*const live_function[LIVE_SITES])(void);
extern const char *const live_name[LIVE_SITES];
extern struct pv_stats live_stats; /* of the last change */
extern uint32_t live_refused;      /* sites, in all changes */
extern uint32_t live_overlaps;     /* changes that began before another one's end */

void live_begin(struct ktap *t);
void live_end(struct ktap *t);

/* NULL, or why not. live_set_both(): two changes in one commit. */
const char *live_set(unsigned key, bool on);
const char *live_set_both(bool on);

/* Why a site of this length that becomes this (enum pv_kind) out of nothing is refused; or PV_OK. */
enum pv_why live_try(uint8_t len, uint8_t kind);

/* Where the first byte of a site is. */
uint8_t *live_site(unsigned i);

#endif
