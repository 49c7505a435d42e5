/* SPDX-License-Identifier: MIT */
/*
 * Guests of boot modules, one by one, for who asks while the kernel runs. By the boot CPU.
 *
 *	why = guest_start("pedant", "selftest=off", &number);
 *	...
 *	if (guest_is_over(number))
 *		guest_bury(number);	says how it ended
 */
#ifndef KERNEL_GUEST_BOOT_H
#define KERNEL_GUEST_BOOT_H

#include <stdbool.h>
#include <stddef.h>

#define GUESTS_MAX 8

/*
 * name: the boot module's; NULL: the first one's that could be a guest. cmdline NULL: what the loader said behind
 * its name. It runs in a thread of its own, which leaves this CPU a millisecond in eleven. NULL, or why not.
 */
const char *guest_start(const char *name, const char *cmdline, unsigned *number);

/* Who hears of a guest's lines: true keeps one out of the log. */
typedef bool guest_listen_fn(const char *line, size_t n);

/* The same for who knows which boot module. */
struct guest_order {
	unsigned module;
	const char *cmdline;
	bool open;               /* it may do with its text what it likes */
	guest_listen_fn *listen; /* NULL: its lines are the log's, with how it begins and ends */
};
const char *guest_start_as(const struct guest_order *order, unsigned *number);

/* A guest of this number is there, and what of. NULL: none. */
const char *guest_name(unsigned number);

/* It has ended; it is to end, and soon does. */
bool guest_is_over(unsigned number);
void guest_stop(unsigned number);

/* How one that is over has ended, in words. */
const char *guest_why(unsigned number);

/* Of one that is over: lines and an event that say how, and its memory is given back. False: it did not pass. */
bool guest_bury(unsigned number);

/* Boot modules that could be guests, by their names. */
void guest_each_image(void (*each)(const char *name, void *arg), void *arg);

#endif
