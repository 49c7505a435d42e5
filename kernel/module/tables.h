/* SPDX-License-Identifier: MIT */
/*
 * A module's tables, by the names of their sections, in the order in which the kernel patches its own.
 *
 *	tables_plan(&m->sites, &o, &plan, base);
 *	room = ... pv_module_room(&m->sites.all)
 *	why = tables_patch(&m->sites, room);
 */
#ifndef KERNEL_MODULE_TABLES_H
#define KERNEL_MODULE_TABLES_H

#include "kernel/module/link.h"
#include "pv/alternative.h"
#include "pv/module.h"

#define TABLES_FAMILIES 6

struct module_tables {
	struct pv_module all;
	struct pv_part part[TABLES_FAMILIES];
	struct alternative_state features; /* with this module's replacements */
};

void tables_plan(struct module_tables *sites, const char *name, const struct object *o,
		 const struct link_plan *plan, uint8_t *base);

/* NULL, or why not; a line and an event for each site that was refused. */
const char *tables_patch(struct module_tables *sites, void *room);

/* Of the last tables_patch(): how many there were. */
uint32_t tables_patched(void);

#endif
