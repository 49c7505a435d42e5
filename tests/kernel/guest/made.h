/* SPDX-License-Identifier: MIT */
/*
 * Guests that a self-test makes, of this kernel's own image among the boot loader's modules.
 *
 *	NEEDS_IMAGE(t);
 *	guest = made_guest(t, MADE_FIRST, "selftest=windows");
 *	if (guest) {
 *		made_live(guest);
 *		guest_destroy(guest);
 *	}
 */
#ifndef TESTS_KERNEL_GUEST_MADE_H
#define TESTS_KERNEL_GUEST_MADE_H

#include "host/guest.h"
#include "kernel/test/ktap.h"
#include <stdbool.h>

#define NEEDS_IMAGE(t) \
	KTAP_SKIP_UNLESS(t, made_image(), "the boot loader handed over no image of this kernel's")

bool made_image(void);

/* What they are called by; the boot loader's are 1 and so on. */
#define MADE_FIRST 11

/* With 16 MiB. NULL, and a failed check: it cannot be. */
struct guest *made_guest(struct ktap *t, unsigned number, const char *cmdline);

/* Until it has ended. For the idle task, or a task. */
void made_live(struct guest *guest);

#endif
