/* SPDX-License-Identifier: MIT */
/*
 * One instant for all CPUs, as they see it: one change after the other, of which the n-th makes all sites what n's
 * lowest bit says. All CPUs look, and tell each other what they have seen: new once, new for ever.
 *
 *	instant_reset();
 *	instant_begin(n);		// for n = 1, 2, ...
 *	... make the change
 *	instant_end(n);			// while others instant_look(site)
 *	CHECK(t, instant_was_one(), ...)
 */
#ifndef TESTS_KERNEL_LIVE_INSTANT_H
#define TESTS_KERNEL_LIVE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

void instant_reset(void);
void instant_begin(uint32_t n);
void instant_end(uint32_t n);

/* site(): 0 or 1, as the site is; anything else is torn. */
void instant_look(unsigned (*site)(void));

bool instant_looked(void);  /* while a change at most was made */
bool instant_was_one(void); /* nobody has seen old behind new, or something else */

#endif
