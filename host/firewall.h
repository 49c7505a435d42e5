/* SPDX-License-Identifier: MIT */
/*
 * Which bytes may stand in a guest's text: those that a record says, in a state that there is, and on the way from one to
 * the other what the live protocol writes. Guest and host are one image, so the records are the host's own, which
 * the guest cannot reach.
 *
 *	if (firewall_find(to, n, &site) && firewall_judge(&site, linked, now, then)) ...
 */
#ifndef HOST_FIREWALL_H
#define HOST_FIREWALL_H

#include "host/guest.h"
#include <stdbool.h>
#include <stdint.h>

/* Once: the states that a guest's ops can be in. */
void firewall_init(void);

/* Has the image the host's own records? Of another one nothing is known. */
bool firewall_knows(const void *image, size_t size);

struct firewall_site {
	uint32_t at;
	unsigned len;
};

/* The site that has these n bytes; false: none has all of them. */
bool firewall_find(uint32_t byte, unsigned n, struct firewall_site *site);

/* May a site that was linked so, and is this now, become that? All are the site's bytes. */
enum firewall {
	FIREWALL_REFUSED,
	FIREWALL_SAME,
	FIREWALL_DONE,       /* one state's bytes after another's */
	FIREWALL_BREAKPOINT, /* stands now, before the old bytes' rest */
	FIREWALL_MOVES,      /* the new bytes' rest behind it */
	FIREWALL_GOES
};
enum firewall firewall_judge(const struct firewall_site *site, const uint8_t *linked,
			     const uint8_t *now, const uint8_t *then);

#endif
