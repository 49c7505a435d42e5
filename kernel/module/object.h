/* SPDX-License-Identifier: MIT */
/*
 * A file that says that it is a relocatable object, looked at before anything is done by it: whatever
 * object_read() has let pass lies in the file, and has a name that ends. Nothing is written.
 *
 *	struct object o;
 *	char why[OBJECT_WHY];
 *
 *	if (!object_read(&o, file, size, why))
 *		pr_err("%s\n", why);
 *	for (unsigned i = 1; i < o.n; i++)
 *		if (o.sections[i].flags & SHF_ALLOC)
 *			... object_name(&o, i), object_bytes(&o, i)
 */
#ifndef KERNEL_MODULE_OBJECT_H
#define KERNEL_MODULE_OBJECT_H

#include "lib/elf.h"
#include <stdbool.h>
#include <stddef.h>

#define OBJECT_WHY      160        /* room for a sentence */
#define OBJECT_SECTIONS 256u       /* at most */
#define OBJECT_MEMORY   0x4000000u /* bytes of sections that are loaded, at most */

struct object {
	const uint8_t *file;
	size_t size;
	const struct elf_section *sections; /* [0] is none */
	unsigned n;
	const char *names; /* of sections */
	const struct elf_symbol *symbols;
	unsigned symbols_n;
	const char *strings; /* of symbols */
};

/* Is it worth a try? Of anything else that a boot loader hands over, nothing is said. */
bool object_is_elf(const void *file, size_t size);

/* The same, but one that is to be run: a program, or a kernel. */
bool object_is_image(const void *file, size_t size);

/* False, with a sentence: it is none that can be loaded. */
bool object_read(struct object *o, const void *file, size_t size, char why[OBJECT_WHY]);

const char *object_name(const struct object *o, unsigned section);

/* Of a section with bytes in the file. */
const uint8_t *object_bytes(const struct object *o, unsigned section);

/* The section of this name that is loaded; 0: there is none. */
unsigned object_section(const struct object *o, const char *name);

/* A symbol's name; "" where it has none. */
const char *object_symbol(const struct object *o, const struct elf_symbol *symbol);

/* The symbol of this name that is defined here; NULL: there is none. */
const struct elf_symbol *object_find(const struct object *o, const char *name);

#endif
