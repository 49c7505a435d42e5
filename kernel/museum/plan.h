/* SPDX-License-Identifier: MIT */
/*
 * What an exhibit changes, as bytes and places, worked out from the kernel as it was linked:
 *
 *	entry	55 89 e5 57 56 ...	e9 to the wrong version
 *	room	cc cc cc ...		55 89 e5 57 56, e9 to behind them: the right version
 *
 * The instructions that a jump takes the place of are copied, and their branches moved.
 */
#ifndef KERNEL_MUSEUM_PLAN_H
#define KERNEL_MUSEUM_PLAN_H

#include "kernel/museum/exhibit.h"

#define PLAN_SPOTS (2 * MUSEUM_CHANGES)
#define SPOT_BYTES 32

struct spot {
	uint32_t at;
	uint8_t n, old[SPOT_BYTES], broken[SPOT_BYTES];
};

struct plan {
	const struct exhibit *exhibit;
	struct spot spots[PLAN_SPOTS]; /* RIGHT() is there before somebody calls it */
	unsigned n;
};

/* n bytes at this address, as they were linked; NULL: there are none. */
typedef const uint8_t *plan_look_fn(uint32_t at, unsigned n);

/* NULL, or why this kernel cannot make the mistake, in words. */
const char *plan_make(struct plan *plan, const struct exhibit *exhibit, plan_look_fn *look);

/* How many bytes are otherwise. */
unsigned plan_bytes(const struct plan *plan);

#endif
