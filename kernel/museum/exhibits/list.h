/* SPDX-License-Identifier: MIT */
/*
 * All exhibits, in the order of their groups.
 *
 *	for (i = 0; (e = museum_exhibit(i)); i++)
 *		say("%s\n", e->name);
 */
#ifndef KERNEL_MUSEUM_EXHIBITS_LIST_H
#define KERNEL_MUSEUM_EXHIBITS_LIST_H

#include "kernel/museum/exhibit.h"

/* NULL behind the last one. */
const struct exhibit *museum_exhibit(unsigned i);

/* NULL: there is none of this name. */
const struct exhibit *museum_find(const char *name);

#endif
