// SPDX-License-Identifier: MIT
/*
 * The field as the program sees it: made, put back, touched, flushed, patched by one of those who
 * do, and checked, as many images as there are side by side.
 */
#include "tests/bench/pass_field.h"

#define LINE 64u /* bytes that clflush takes away */

static struct image images[IMAGES_MAX];
static uint32_t nr_images;
static struct counts counts[NR_WHO];
bool field_found;
static struct world_op ops[WORLDS][WORLD_OPS];

typedef uint32_t __attribute__((may_alias, aligned(1))) word;
typedef uint16_t __attribute__((may_alias, aligned(1))) half;

static inline __attribute__((always_inline)) void store(const struct place *p)
{
	uint8_t *at = (uint8_t *)p->at;

	if (p->len >= 4 && p->len <= 8) {
		*(volatile word *)at = p->low;
		*(volatile word *)(at + p->len - 4) = p->tail;
	} else if (p->len == 1) {
		*(volatile uint8_t *)at = (uint8_t)p->low;
	} else if (p->len < 4) {
		*(volatile half *)at = (uint16_t)p->low;
		*(volatile half *)(at + p->len - 2) = (uint16_t)p->tail;
	} else {
		const uint8_t *bytes = (const uint8_t *)p->low;
		uint32_t i;

		for (i = 0; i + 4 < p->len; i += 4)
			*(volatile word *)(at + i) = *(const word *)(bytes + i);
		*(volatile word *)(at + p->len - 4) = *(const word *)(bytes + p->len - 4);
	}
}

/* The floor: a program that knows the answers. */
static __attribute__((noinline)) void store_all(const struct place *p, uint32_t n)
{
	for (const struct place *end = p + n; p < end; p++)
		store(p);
}

static bool holds(const struct place *p)
{
	const uint8_t *at = (const uint8_t *)p->at, *bytes = (const uint8_t *)p->low;

	if (p->len == 1)
		return *at == (uint8_t)p->low;
	if (p->len < 4)
		return *(const half *)at == (uint16_t)p->low &&
		       *(const half *)(at + p->len - 2) == (uint16_t)p->tail;
	if (p->len <= 8)
		return *(const word *)at == p->low && *(const word *)(at + p->len - 4) == p->tail;
	for (uint32_t i = 0; i < p->len; i++)
		if (at[i] != bytes[i])
			return false;
	return true;
}

static unsigned world_of(uint32_t who)
{
	return who == WHO_BEFORE ? WORLD_BEFORE : WORLD_NOW;
}

uint32_t field_has(uint32_t who)
{
	return who != WHO_BEFORE || (before_run && !field_found);
}

static void init(const struct world_op *worlds[WORLDS])
{
	engine_init(ops[WORLD_NOW]);
	if (before_init)
		before_init(ops[WORLD_BEFORE]);
	worlds[WORLD_NOW] = ops[WORLD_NOW];
	worlds[WORLD_BEFORE] = ops[before_init ? WORLD_BEFORE : WORLD_NOW];
}

uint32_t field_make(uint32_t records, uint32_t families, uint32_t n)
{
	const struct world_op *worlds[WORLDS];
	uint32_t text_bytes, per_image = records;
	const struct spec *list = records == FIELD_LINUX
					  ? linux_list(&per_image, &text_bytes)
					  : regular_list(records, families, &text_bytes);

	field_found = families & FIELD_FOUND;
	families &= ALL_FAMILIES;
	init(worlds);
	for (nr_images = 0; nr_images < n; nr_images++)
		image_make(&images[nr_images], list, per_image, text_bytes, worlds);
	engine_images(images, n);
	if (before_images && !field_found)
		before_images(images, n);
	for (unsigned who = 0; who < NR_WHO; who++)
		counts[who] = (struct counts){0};
	if (records != FIELD_LINUX)
		regular_free();
	for (per_image = 0; families; families &= families - 1)
		per_image += images[0].table[__builtin_ctz(families)].records;
	return n * per_image;
}

void field_free(void)
{
	for (uint32_t i = 0; i < nr_images; i++)
		image_free(&images[i]);
}

void field_prepare(uint32_t who, uint32_t families)
{
	(void)families;
	for (uint32_t i = 0; i < nr_images; i++)
		for (unsigned family = 0; family < FAMILIES; family++) {
			const struct table *t = &images[i].table[family];

			store_all(t->linked[world_of(who)], t->sites);
		}
	if (who == WHO_BEFORE)
		before_prepare();
	else
		engine_prepare();
}

static void floor_run(uint32_t families)
{
	for (uint32_t i = 0; i < nr_images; i++)
		for (unsigned family = 0; family < FAMILIES; family++)
			if (families & 1u << family)
				store_all(images[i].table[family].final[WORLD_NOW],
					  images[i].table[family].sites);
}

void field_run(uint32_t who, uint32_t families)
{
	switch (who) {
	case WHO_ENGINE: engine_run(families, &counts[who]); break;
	case WHO_LOAD: engine_load(families, &counts[who]); break;
	case WHO_SORT: engine_sort(families); break;
	case WHO_FLOOR: floor_run(families); break;
	default: before_run(families, &counts[who]);
	}
}

/* All who patch count the same. */
static void check_counts(uint32_t who)
{
	const struct counts *a = &counts[WHO_ENGINE], *b = &counts[who];

	if (who == WHO_FLOOR || !a->sites)
		return;
	if (b->refused)
		die("pass: sites were refused", b->refused);
	if (a->sites != b->sites || a->bytes != b->bytes || a->pad != b->pad)
		die("pass: other sites or bytes than the engine counts", b->sites);
	for (unsigned i = 0; i < 8; i++)
		if (a->kind[i] != b->kind[i])
			die("pass: other kinds than the engine counts", i);
}

void field_check(uint32_t who, uint32_t families)
{
	if (who == WHO_SORT)
		return;
	for (uint32_t i = 0; i < nr_images; i++)
		for (unsigned family = 0; family < FAMILIES; family++) {
			const struct table *t = &images[i].table[family];
			bool to_final = families & 1u << family;
			const struct place *p = (to_final ? t->final : t->linked)[world_of(who)];

			for (uint32_t k = 0; k < t->sites; k++)
				if (!holds(&p[k]))
					die("pass: wrong bytes at the site of place", k);
		}
	check_counts(who);
}

static void walk(const void *from, uint32_t bytes, bool flush)
{
	const uint8_t *p = from;

	for (uint32_t i = 0; i < bytes; i += LINE)
		if (flush)
			asm volatile("clflush %0" : : "m"(p[i]) : "memory");
		else
			(void)*(const volatile uint8_t *)(p + i);
}

static void walk_all(bool flush)
{
	for (uint32_t i = 0; i < nr_images; i++) {
		walk(images[i].tables, images[i].tables_bytes, flush);
		for (unsigned family = 0; family < FAMILIES; family++) {
			const struct table *t = &images[i].table[family];

			for (uint32_t k = 0; k < t->sites; k++)
				walk((const void *)t->final[0][k].at, t->final[0][k].len, flush);
		}
	}
}

void field_touch(void)
{
	walk_all(false);
}

void field_flush(void)
{
	walk_all(true);
	asm volatile("lock; addl $0, %0" : "+m"(counts[0].pad) : : "memory");
}
