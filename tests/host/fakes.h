/* SPDX-License-Identifier: MIT */
/*
 * A family with groups whose records say all that there is to know, and an image to patch with it.
 * Included once, before all else.
 *
 *	struct fake r[] = {{text + 8, 6, 2, 0x51, 1, 0}};	two bytes 0x51 and padding, applies
 *
 *	reset();
 *	begin();
 *	apply(r, 1, PV_STOPPED);	the result is in text and stats
 *
 * `indexed` says how: a raw table, or one with an index and facts, made of the text as it is then.
 * A table that is to stay comes by add().
 */
#ifndef TESTS_HOST_FAKES_H
#define TESTS_HOST_FAKES_H

#include "pv/engine.h"
#include "pv/index.h"
#include "pv/nops.h"
#include "tests/host/host.h"

struct fake {
	uint8_t *at;
	uint8_t len, n, fill, applies, why, unused[3];
};

#define NOP       0x90
#define SIZE      256
#define FAKES_MAX 640

static uint8_t text[SIZE], before[SIZE], expected[SIZE], own[16];
static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + SIZE,
				.engine = own,
				.engine_end = own + 16};
static struct pv_stats stats;
static const uint8_t fake_linked, fake_patched = 1;
static bool indexed;
static unsigned asked; /* how often a record was */

static enum pv_why fake_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct fake *fake = record;

	asked++;
	out->at = fake->at;
	out->len = fake->len;
	out->row = 0;
	out->source = &fake->fill;
	out->source_n = fake->n != 0;
	if (!state)
		return PV_OK;
	out->kind = fake->applies && state != &fake_linked ? PV_INLINE : PV_KEPT;
	out->n = fake->n;
	memset(out->bytes, fake->fill, fake->n);
	return fake->why;
}

static const struct pv_family fakes = {.name = "fakes",
				       .record_size = sizeof(struct fake),
				       .groups = true,
				       .linked = &fake_linked,
				       .bytes = fake_bytes};

/* Text of one-byte instructions (inc %eax, 0x40). */
static __attribute__((unused)) void reset(void)
{
	memset(text, 0x40, SIZE);
	image.gone = image.gone_end = NULL;
	interrupts = 1;
}

/* From here on text is compared. */
static __attribute__((unused)) void begin(void)
{
	memcpy(before, text, SIZE);
	memcpy(expected, text, SIZE);
}

/* A table with its index and facts, in the image until removed. */
struct added {
	struct pv_table table;
	struct pv_entry entries[FAKES_MAX], spare[FAKES_MAX];
	struct pv_fact facts[FAKES_MAX];
	uint8_t linked[16 * SIZE];
};

static void add(struct added *a, const struct fake *records, size_t n)
{
	struct pv_facts_room room = {a->facts,  (const uint8_t *)records, n * sizeof(*records),
				     a->linked, sizeof(a->linked),        NULL};

	a->table = (struct pv_table){.family = &fakes, .first = records, .last = records + n};
	pv_index_make(&a->table, a->entries, a->spare);
	if (!pv_facts_make(&a->table, &room))
		printf("Bail out! no room for facts\n"), exit(1);
	pv_table_add(&image, &a->table);
}

static void pass(const struct fake *records, size_t n, const void *from, const void *to,
		 enum pv_mode mode)
{
	stats = (struct pv_stats){.ns = 0};
	trace_clear();
	pv_apply(&fakes, records, records + n, from, to, mode, &stats);
}

static __attribute__((unused)) void apply(const struct fake *records, size_t n, enum pv_mode mode)
{
	static struct added a;

	if (indexed)
		add(&a, records, n);
	pass(records, n, &fake_linked, &fake_patched, mode);
	if (indexed)
		pv_table_remove(&image, &a.table);
}

#endif
