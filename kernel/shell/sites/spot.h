/* SPDX-License-Identifier: MIT */
/*
 * A site as the shell speaks of it: what its records say of it, what they say that it may hold, and in which state.
 *
 *	spots_each(0, ~0u, visit, arg);
 *	if (spot_find(address, &spot))
 *		spot_values(&spot, each, arg);
 */
#ifndef KERNEL_SHELL_SITES_SPOT_H
#define KERNEL_SHELL_SITES_SPOT_H

#include "pv/image.h"
#include <stdbool.h>
#include <stdint.h>

struct spot {
	const struct pv_image *image;
	const struct pv_table *table;
	uint32_t entry, n; /* of the table's index, and how many are of this site: alternatives */
	uint8_t *at;
	uint8_t len;
};

/* Those that begin in [from, end), table by table, each ascending; until it is false. */
typedef bool spot_visit_fn(const struct spot *spot, void *arg);
bool spots_each(uint32_t from, uint32_t end, spot_visit_fn *visit, void *arg);

/* The one that a byte belongs to, of two the outer one; and the one inside of it, or false. */
bool spot_find(uint32_t byte, struct spot *out);
bool spot_inside(const struct spot *outer, struct spot *out);

/* Its memory was given up. */
bool spot_is_gone(const struct spot *spot);

/* "irq_disable", "xmm2, !erms", "irq_statistics", "timer_clock": what its records are about. */
#define SPOT_WHAT 96
void spot_what(const struct spot *spot, char what[SPOT_WHAT]);

/* The same with what else a record says. */
void spot_record(const struct spot *spot, char text[2 * SPOT_WHAT]);

/* What it holds as linked. False: no record that can be believed says so. */
bool spot_linked(const struct spot *spot, uint8_t bytes[PV_SITE_MAX + 1]);

/*
 * Every value that it may hold on this machine, padded for this CPU, and the state that it belongs to in words. `is`: that is
 * the state now, and why. Its own turn is taken where a key is asked what it would be; NULL, or why that cannot be.
 */
struct spot_value {
	uint8_t bytes[PV_SITE_MAX + 1];
	const char *state;
	const char *is; /* NULL: it is not */
};
typedef void spot_value_fn(const struct spot_value *value, void *arg);
const char *spot_values(const struct spot *spot, spot_value_fn *each, void *arg);

#endif
