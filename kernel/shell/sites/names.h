/* SPDX-License-Identifier: MIT */
/*
 * What the tables have by name: static keys, static calls, ops, features, functions with sites. The tables of keys hold
 * addresses; their names come from tools/keynames.awk, and a module's are MODULE+OFFSET.
 *
 *	key = names_find(&pv_static_keys, "irq_statistics", &why);
 *	names_each(&pv_static_calls, list, NULL);
 */
#ifndef KERNEL_SHELL_SITES_NAMES_H
#define KERNEL_SHELL_SITES_NAMES_H

#include "kernel/shell/term/line.h"
#include "lib/ksyms.h"
#include "pv/keyed.h"
#include <stdint.h>

/* "irq_statistics", "traced[2]", "module+0x40", or the address. */
void names_of(const void *key, char name[KSYM_NAME]);

/* Each key once that a good record of a table has, with how many sites it has in all tables; until it is false. */
typedef bool names_visit_fn(void *key, uint32_t sites, void *arg);
void names_each(const struct pv_keyed *k, names_visit_fn *visit, void *arg);

/* By its name or address. NULL: *why says in words that there is none, or that there are several. */
void *names_find(const struct pv_keyed *k, const char *name, const char **why);

/* A function, FUNCTION+0xOFFSET, or an address; false: it is none of them. */
bool names_address(const char *text, uint32_t *address);

/* For completion. */
void names_offer(const struct pv_keyed *k, struct completion *c);
void names_offer_functions(struct completion *c);

#endif
