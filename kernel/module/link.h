/* SPDX-License-Identifier: MIT */
/*
 * An object becomes text and data at an address: where each section goes, their bytes, and the
 * relocations. Three parts, each of whole pages, so that each can have its protection:
 *
 *	text	sections with code		executable, read-only
 *	rodata	sections that are not written to	read-only
 *	data	the rest
 *
 * Calls of static calls are found here, since a relocation names what they go to: `call __SCT__name`
 * gets a record behind those of .static_call_sites, as `pvtool calls` makes one for the kernel's; and
 * `call pv_irq_disable` one as `pvtool relocs` makes them.
 *
 *	link_plan(&o, &plan);
 *	base = pages_alloc(plan.size / PAGE_SIZE);
 *	ok = link_object(&o, &plan, base, &symbols, why);
 */
#ifndef KERNEL_MODULE_LINK_H
#define KERNEL_MODULE_LINK_H

#include "kernel/module/object.h"

#define LINK_PAGE 4096u
#define LINK_NONE UINT32_MAX /* at[] of a section that is not loaded */

/* Bytes from the base on. */
struct link_plan {
	uint32_t at[OBJECT_SECTIONS];
	uint32_t text;               /* the end of code, before its last page's */
	uint32_t rodata, data, size; /* where these begin, and all of it: multiples of LINK_PAGE */
	uint32_t calls, calls_size;  /* the records of static calls, bytes */
	uint32_t ops, ops_n; /* struct pv_relocs, and its records: of ops that are called by name */
	uint32_t ops_room;   /* as many at most */
};

/* Who has what is not defined here. False: nobody. */
struct link_symbols {
	bool (*find)(void *arg, const char *name, uint32_t *address);
	void *arg;
	unsigned (*op)(
		uint32_t address); /* whose plain function it is; PV_RELOC_JMP and more: nobody's */
};

void link_plan(const struct object *o, struct link_plan *plan);

/* base: plan->size bytes of zeros. False, with a sentence: what is there by then is of no use. */
bool link_object(const struct object *o, struct link_plan *plan, uint8_t *base,
		 const struct link_symbols *symbols, char why[OBJECT_WHY]);

/* Where a symbol of the object's lies that is defined in a section that is loaded; 0: it is none. */
uint32_t link_address(const struct object *o, const struct link_plan *plan, const uint8_t *base,
		      const char *name);

/* The loaded section of this name; its size is 0 when there is none. */
struct link_section {
	uint8_t *at;
	uint32_t size;
};
struct link_section link_section(const struct object *o, const struct link_plan *plan,
				 uint8_t *base, const char *name);

#endif
