/* SPDX-License-Identifier: MIT */
/*
 * A guest stopped behind its next instruction by breakpoints, wherever that may go: for machines without TF. They are in its
 * text only while it runs, so whoever looks at it sees what it is. Of code that lies where it is linked to.
 *
 *	stops_set(&stops, guest);
 *	world_run(guest, cr2);
 *	if (stops_clear(&stops, guest))
 *		...			// it came to one, and is where that was
 */
#ifndef TESTS_KERNEL_GUEST_STOPS_H
#define TESTS_KERNEL_GUEST_STOPS_H

#include "host/guest.h"
#include <stdbool.h>
#include <stdint.h>

#define STOPS_MAX 2

struct stops {
	unsigned n;
	struct {
		uint32_t at;
		uint8_t byte;
	} stop[STOPS_MAX];
};

void stops_set(struct stops *stops, struct guest *guest);
bool stops_clear(struct stops *stops, struct guest *guest);

#endif
