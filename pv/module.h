/* SPDX-License-Identifier: MIT */
/*
 * Text that comes while the kernel runs, with tables of its own, and goes again: a module. It is
 * patched as the kernel is by now, all of it or none, before anything of it runs; from then on its
 * sites are known as the kernel's are, and follow its keys, calls and back ends.
 *
 *	struct pv_part parts[] = {
 *		{.table = {.family = &jump_label_family, .first = f, .last = l}, .keyed = &pv_static_keys},
 *		{.table = {.family = &paravirt_family, ...}, .now = ops_now},
 *	};
 *	struct pv_module m = {.image = {.name = "hello", .text = ..., .data = ...}, parts, 2};
 *
 *	why = pv_module_add(&m, room);		pv_module_room(&m) bytes, kept until it goes
 *	...
 *	why = pv_module_remove(&m);
 */
#ifndef PV_MODULE_H
#define PV_MODULE_H

#include "pv/keyed.h"

/*
 * A table, and what its sites become. Parts are patched in their order, which is the kernel's own: a
 * site that overlaps one of a part before is refused.
 */
struct pv_part {
	struct pv_table table;         /* family, first and last are given; empty: first is last */
	const struct pv_keyed *keyed;  /* of a family whose records belong to keys, or NULL ... */
	const void *(*now)(void *arg); /* ... and then its state; called in the module's turn */
	void *arg;
	struct pv_stats *stats;
};

/* The image's text and data, writable still, are as linked and where they will be. */
struct pv_module {
	struct pv_image image;
	struct pv_part *parts;
	unsigned n;
	const uint8_t *sources; /* what alternatives copy from, all of it; as many bytes */
	size_t sources_size;
};

/* How many bytes the parts' indexes and facts take, from an address that 8 divides on: linear in the records. */
size_t pv_module_room(const struct pv_module *m);

/*
 * In a turn of its own: NULL, and it is patched; or why not, in words, and nothing of it is known
 * any more: the turn cannot be had, a table is broken, a record's site is not in the module's own
 * text, or one was refused, which is then in the statistics of its part.
 */
const char *pv_module_add(struct pv_module *m, void *room);

/*
 * Forget its sites. NULL: nobody calls it, no CPU is in it or returns into it, and its memory is whose it
 * was. Otherwise why not, in words, and it is as it was: a static call of others goes into it, or a
 * CPU did not come out within the host's patience. Pointers that others have are their own affair,
 * and it is to have taken them back. From where the host gathers CPUs, and not from the module itself.
 */
const char *pv_module_remove(struct pv_module *m);

#endif
