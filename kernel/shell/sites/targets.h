/* SPDX-License-Identifier: MIT */
/*
 * What static calls could call, as far as that is known.
 *
 *	targets_remember();				what they call now is of their type
 *	targets_each(key, visit, arg);
 */
#ifndef KERNEL_SHELL_SITES_TARGETS_H
#define KERNEL_SHELL_SITES_TARGETS_H

#include "lib/ksyms.h"
#include "pv/static_call.h"

/* What all of them call now, or one. */
void targets_remember(void);
void target_remember(const struct static_call_key *key);

/* What is no text any more, since a module went. */
void targets_forget(void);

typedef void target_fn(const void *function, void *arg); /* NULL: nothing */
void targets_each(const struct static_call_key *key, target_fn *visit, void *arg);

/* Its name, or "0". */
void target_name(const void *function, char name[KSYM_NAME]);

#endif
