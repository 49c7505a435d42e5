/* SPDX-License-Identifier: MIT */
/*
 * A guest's life.
 *
 *	why = guest_make(&guest, 1, image, size, 16 << 20, true, "selftest=off");
 *	while ((state = guest_run(guest)) != GUEST_ENDED)
 *		...				// until guest->wake_at, if it sleeps
 *	guest_destroy(guest);
 */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include "host/guest.h"
#include <stddef.h>
#include <stdint.h>

/*
 * NULL, or why it cannot be. bytes of memory are rounded down to pages. checked: see firewall.h, for the host's own
 * image only. The image stays where it is until guest_destroy().
 */
const char *guest_make(struct guest **guest, unsigned number, const void *image, size_t size,
		       uint32_t bytes, bool checked, const char *cmdline);
void guest_destroy(struct guest *guest);

/* Until it sleeps or has ended; comes back from time to time while it runs. */
enum guest_state guest_run(struct guest *guest);

/* Asked while it runs: is it somebody else's turn? NULL: it never is. */
extern bool (*guest_turn_is_over)(void);

#endif
