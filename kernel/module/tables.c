// SPDX-License-Identifier: MIT
#include "kernel/module/tables.h"
#include "arch/x86/cpu/cpu.h"
#include "kernel/patch/stats.h"
#include "pv/jump_label.h"
#include "pv/patch.h"
#include "pv/relocs.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

static struct pv_stats stats[TABLES_FAMILIES];

static const void *ops_now(void *unused)
{
	(void)unused;
	return paravirt_state();
}

/* The kernel's, but for where replacements are. */
static const void *features_now(void *sites)
{
	struct module_tables *s = sites;

	s->features = alternative_state;
	s->features.replacements = s->all.sources;
	s->features.replacements_end = s->all.sources + s->all.sources_size;
	return &s->features;
}

static const void *locks_now(void *unused)
{
	(void)unused;
	return smp_locks_state();
}

/* In the order of the passes at boot: kernel/patch/patching.c. */
enum { BRANCHES, CALLS, PARAVIRT, RELOCS, ALTERNATIVES, LOCKS };
static const struct {
	const char *section; /* NULL: made by the linker */
	const struct pv_family *family;
	const struct pv_keyed *keyed;
	const void *(*now)(void *sites);
} families[TABLES_FAMILIES] = {
	[BRANCHES] = {"__jump_table", &jump_label_family, &pv_static_keys, NULL},
	[CALLS] = {".static_call_sites", &static_call_family, &pv_static_calls, NULL},
	[PARAVIRT] = {".parainstructions", &paravirt_family, NULL, ops_now},
	[RELOCS] = {NULL, &pv_relocs_family, NULL, ops_now},
	[ALTERNATIVES] = {".altinstructions", &alternative_family, NULL, features_now},
	[LOCKS] = {".smp_locks", &smp_locks_family, NULL, locks_now},
};

void tables_plan(struct module_tables *sites, const char *name, const struct object *o,
		 const struct link_plan *plan, uint8_t *base)
{
	const struct link_section from = link_section(o, plan, base, ".altinstr_replacement");

	*sites = (struct module_tables){.all = {.parts = sites->part, .n = TABLES_FAMILIES}};
	sites->all.image = (struct pv_image){.name = name,
					     .text = base,
					     .text_end = base + plan->text,
					     .data = base + plan->data,
					     .data_end = base + plan->size};
	sites->all.sources = from.at;
	sites->all.sources_size = from.size;
	for (unsigned i = 0; i < TABLES_FAMILIES; i++) {
		struct link_section table = {base, 0};

		if (families[i].section)
			table = link_section(o, plan, base, families[i].section);
		if (i == CALLS)
			table = (struct link_section){base + plan->calls, plan->calls_size};
		sites->part[i] = (struct pv_part){
			.table = {.family = families[i].family,
				  .first = table.at,
				  .last = table.at + table.size},
			.keyed = families[i].keyed,
			.now = families[i].now,
			.arg = sites,
			.stats = &stats[i],
		};
	}
	if (plan->ops_room)
		pv_relocs_use(&sites->part[RELOCS].table, base + plan->ops, base + plan->data);
}

const char *tables_patch(struct module_tables *sites, void *room)
{
	const struct pv_table *t = &sites->part[ALTERNATIVES].table;
	const char *why;

	for (unsigned i = 0; i < TABLES_FAMILIES; i++)
		pv_stats_begin(&stats[i], NULL);
	why = pv_module_add(&sites->all, room);
	for (unsigned i = 0; i < TABLES_FAMILIES; i++)
		stats_refused(families[i].family, &stats[i]);
	for (const struct alt_instr *alt = t->first;
	     !why && alt < (const struct alt_instr *)t->last; alt++)
		cpu_use(alt->cpuid & ~(unsigned)ALT_FLAG_NOT); /* another CPU needs it, too */
	return why;
}

uint32_t tables_patched(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < TABLES_FAMILIES; i++)
		n += stats[i].total.sites;
	return n;
}
