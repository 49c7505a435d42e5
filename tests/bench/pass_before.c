// SPDX-License-Identifier: MIT
/*
 * The engine as it was before sites were sorted: records in their own order, maps of the text.
 * Compiled with that commit's pv/ (pass.mk), and linked so that only what is here is seen.
 */
#include "tests/bench/pass_world.h"

static struct paravirt_state native;
static struct pv_stats stats;
static uint32_t nr_images;

static struct patched {
	const struct image *image;
	struct pv_image own;
	uint8_t *maps;
	uint32_t map_bytes;
	struct alternative_state features;
} patched[IMAGES_MAX];

void before_init(struct world_op *ops)
{
	paravirt_init();
	pv_nops_select(PV_VENDOR_INTEL, 6);
	paravirt_state_make(&native, &pv_native_ops);
	world_make(ops);
}

void before_images(struct image *images, uint32_t n)
{
	for (uint32_t i = 0; i < nr_images; i++)
		bench_pages_free((uint32_t)patched[i].maps, 2 * patched[i].map_bytes);
	nr_images = n;
	pv_images = NULL;
	for (uint32_t i = 0; i < n; i++) {
		struct patched *p = &patched[i];

		p->image = &images[i];
		p->map_bytes = PV_MAP_SIZE(images[i].text_bytes);
		p->maps = (uint8_t *)bench_pages(2 * p->map_bytes);
		p->own = (struct pv_image){.text = images[i].text,
					   .text_end = images[i].text + images[i].text_bytes,
					   .own = own_section,
					   .own_end = own_section + sizeof(own_section),
					   .map = p->maps,
					   .scratch = p->maps + p->map_bytes};
		pv_image_add(&p->own);
		alternative_state_make(&p->features, images[i].replacements,
				       images[i].replacements + images[i].replacement_bytes);
	}
}

/* Text is as linked now. */
void before_prepare(void)
{
	for (uint32_t i = 0; i < nr_images; i++)
		for (uint32_t k = 0; k < patched[i].map_bytes; k++)
			patched[i].maps[k] = 0;
}

static void pass(const struct pv_family *family, const struct table *t, const void *from,
		 const void *to)
{
	const uint8_t *first = t->record[WORLD_BEFORE];

	stats.row = family == &paravirt_family ? paravirt_rows : NULL;
	pv_apply(family, first, first + t->records * t->size, from, to, PV_STOPPED, &stats);
}

static void passes(const struct patched *p, uint32_t families)
{
	const struct image *image = p->image;

	if (families & 1u << FAMILY_PARAVIRT)
		pass(&paravirt_family, &image->table[FAMILY_PARAVIRT], paravirt_linked(), &native);
	if (families & 1u << FAMILY_ALTERNATIVES)
		pass(&alternative_family, &image->table[FAMILY_ALTERNATIVES], NULL, &p->features);
	if (families & 1u << FAMILY_SMP_LOCKS)
		pass(&smp_locks_family, &image->table[FAMILY_SMP_LOCKS], &smp_locks_smp,
		     &smp_locks_up);
}

void before_run(uint32_t families, struct counts *counts)
{
	stats = (struct pv_stats){0};
	for (uint32_t i = 0; i < nr_images; i++)
		passes(&patched[i], families);
	world_count(counts, &stats);
}
