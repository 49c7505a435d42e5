// SPDX-License-Identifier: MIT
#include "kernel/museum/exhibits/list.h"
#include "lib/string.h"
#include <stddef.h>

static const struct exhibit *const groups[] = {museum_moment, museum_paravirt, museum_alternatives,
					       museum_locks,  museum_keys,     museum_rest};

const struct exhibit *museum_exhibit(unsigned i)
{
	for (unsigned group = 0; group < sizeof(groups) / sizeof(groups[0]); group++)
		for (const struct exhibit *e = groups[group]; e->name; e++)
			if (!i--)
				return e;
	return NULL;
}

const struct exhibit *museum_find(const char *name)
{
	const struct exhibit *e;

	for (unsigned i = 0; (e = museum_exhibit(i)); i++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}
