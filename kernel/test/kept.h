/* SPDX-License-Identifier: MIT */
/*
 * What a self-test may change, but has to put back: another test, or the kernel's end, counts on
 * it.
 *
 *	struct kept before = kept_now(), now;
 *	test->run(&t);
 *	now = kept_now();
 *	what = kept_changed(&before, &now);	// NULL: nothing
 */
#ifndef KERNEL_TEST_KEPT_H
#define KERNEL_TEST_KEPT_H

#include "lib/printk.h"
#include <stdbool.h>
#include <stdint.h>

struct kept {
	uint64_t text, ops; /* sums of all bytes */
	unsigned online;    /* CPUs */
	unsigned tasks;
	const void *padding, *backend, *hooks[6];
	enum printk_level level;
	bool irqs_off;
};

struct kept kept_now(void);

/* The sum of all text that is there, in an order. */
uint64_t kept_text(void);

/* In words, the first thing that is otherwise than it was; NULL: all is as it was. */
const char *kept_changed(const struct kept *before, const struct kept *now);

#endif
