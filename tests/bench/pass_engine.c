// SPDX-License-Identifier: MIT
/* The engine of this tree: with what the build tool leaves, and with what is made at load. */
#include "pv/index.h"
#include "pv/relocs.h"
#include "tests/bench/pass_world.h"

static struct paravirt_state native;
static struct pv_stats stats;
static uint32_t nr_images;

static const struct pv_family *const families_of[FAMILIES] = {&paravirt_family, &alternative_family,
							      &smp_locks_family};

static struct patched {
	const struct image *image;
	struct pv_image own;
	struct pv_table table[FAMILIES];
	struct alternative_state features;
} patched[IMAGES_MAX];

void engine_init(struct world_op *ops)
{
	paravirt_init();
	pv_nops_select(PV_VENDOR_INTEL, 6);
	paravirt_state_make(&native, &pv_native_ops);
	world_make(ops);
	for (unsigned i = 0; i < WORLD_OPS; i++) {
		ops[i].plain = (uint32_t)pv_plain + PV_PLAIN_SIZE * ops[i].type;
		ops[i].leads = ops[i].n && !ops[i].jumps;
	}
	pv_relocs_family.linked = paravirt_linked();
}

void engine_nops(uint8_t *at, uint32_t n)
{
	pv_nops_fill(at, n);
}

/* Sort one table into one of its two rooms. */
static void index_make(struct patched *p, unsigned family, unsigned which)
{
	const struct table *t = &p->image->table[family];
	struct pv_entry *entries = (struct pv_entry *)(void *)t->room[which];

	pv_index_make(&p->table[family], entries, entries + t->records);
}

/* What who has looked leaves of a prefix: a byte. */
static void behind_make(struct patched *p, unsigned which)
{
	const struct table *t = &p->image->table[FAMILY_SMP_LOCKS];
	struct pv_facts_room room = {.behind = t->room[which] + 16 * t->records};

	pv_facts_make(&p->table[FAMILY_SMP_LOCKS], &room);
}

static void facts_make(struct patched *p, unsigned which)
{
	const struct table *t = &p->image->table[FAMILY_ALTERNATIVES];
	uint8_t *facts = t->room[which] + 16 * t->records;
	struct pv_facts_room room = {(struct pv_fact *)(void *)facts, p->image->replacements,
				     p->image->replacement_bytes,     facts + 20 * t->records,
				     t->room_size - 36 * t->records,  NULL};

	if (t->records && !pv_facts_make(&p->table[FAMILY_ALTERNATIVES], &room))
		die("pass: no room for facts", t->records);
}

void engine_images(struct image *images, uint32_t n)
{
	nr_images = n;
	pv_images = NULL;
	for (uint32_t i = 0; i < n; i++) {
		struct patched *p = &patched[i];

		*p = (struct patched){.image = &images[i]};
		p->own = (struct pv_image){.text = images[i].text,
					   .text_end = images[i].text + images[i].text_bytes,
					   .engine = own_section,
					   .engine_end = own_section + sizeof(own_section)};
		pv_image_add(&p->own);
		alternative_state_make(&p->features, images[i].replacements,
				       images[i].replacements + images[i].replacement_bytes);
		for (unsigned family = 0; family < FAMILIES; family++) {
			const struct table *t = &images[i].table[family];

			p->table[family].family = families_of[family];
			if (field_found && family == FAMILY_PARAVIRT)
				p->table[family].family = &pv_relocs_family;
			p->table[family].first = t->record[0];
			p->table[family].last = t->record[0] + t->records * t->size;
			pv_table_add(&p->own, &p->table[family]);
		}
	}
}

/* Text is as linked now. */
void engine_prepare(void)
{
	for (uint32_t i = 0; i < nr_images; i++) {
		for (unsigned family = 0; family < FAMILIES; family++)
			if (!patched[i].table[family].index ||
			    patched[i].table[family].index ==
				    (void *)patched[i].image->table[family].room[1])
				index_make(&patched[i], family, 0);
		if (patched[i].table[FAMILY_ALTERNATIVES].facts !=
		    (void *)(patched[i].image->table[FAMILY_ALTERNATIVES].room[0] +
			     16 * patched[i].image->table[FAMILY_ALTERNATIVES].records))
			facts_make(&patched[i], 0);
		if (patched[i].table[FAMILY_SMP_LOCKS].behind !=
		    (void *)(patched[i].image->table[FAMILY_SMP_LOCKS].room[0] +
			     16 * patched[i].image->table[FAMILY_SMP_LOCKS].records))
			behind_make(&patched[i], 0);
	}
}

static void pass(struct patched *p, unsigned family)
{
	const struct pv_table *t = &p->table[family];

	switch (family) {
	case FAMILY_PARAVIRT:
		stats.row = paravirt_rows;
		pv_apply(t->family, t->first, t->last, paravirt_linked(), &native, PV_STOPPED,
			 &stats);
		stats.row = NULL;
		break;
	case FAMILY_ALTERNATIVES:
		pv_apply(t->family, t->first, t->last, &alternative_linked, &p->features,
			 PV_STOPPED, &stats);
		break;
	default:
		pv_apply(t->family, t->first, t->last, &smp_locks_smp, &smp_locks_up, PV_STOPPED,
			 &stats);
	}
}

static void passes(struct patched *p, uint32_t families)
{
	for (unsigned family = 0; family < FAMILIES; family++)
		if (families & 1u << family)
			pass(p, family);
}

void engine_run(uint32_t families, struct counts *counts)
{
	stats = (struct pv_stats){0};
	for (uint32_t i = 0; i < nr_images; i++)
		passes(&patched[i], families);
	world_count(counts, &stats);
}

void engine_sort(uint32_t families)
{
	for (uint32_t i = 0; i < nr_images; i++)
		for (unsigned family = 0; family < FAMILIES; family++)
			if (families & 1u << family)
				index_make(&patched[i], family, 1);
}

void engine_load(uint32_t families, struct counts *counts)
{
	stats = (struct pv_stats){0};
	for (uint32_t i = 0; i < nr_images; i++) {
		for (unsigned family = 0; family < FAMILIES; family++)
			if (families & 1u << family)
				index_make(&patched[i], family, 1);
		if (families & 1u << FAMILY_ALTERNATIVES)
			facts_make(&patched[i], 1);
		if (families & 1u << FAMILY_SMP_LOCKS)
			behind_make(&patched[i], 1);
		passes(&patched[i], families);
	}
	world_count(counts, &stats);
}
