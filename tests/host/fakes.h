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
 */
#ifndef TESTS_HOST_FAKES_H
#define TESTS_HOST_FAKES_H

#include "pv/engine.c"
#include "pv/group.c"
#include "pv/insn.c"
#include "pv/nops.c"
#include "tests/host/host.h"

struct fake {
	uint8_t *at;
	uint8_t len, n, fill, applies, why;
};

#define NOP  0x90
#define SIZE 256

static uint8_t text[SIZE], before[SIZE], expected[SIZE];
static uint8_t map[PV_MAP_SIZE(SIZE)], scratch[sizeof(map)], own[16];
static struct pv_image image = {"test", text,    text + SIZE, own,  own + sizeof(own),
				map,    scratch, NULL,        NULL, NULL};
static struct pv_stats stats;

static enum pv_why fake_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct fake *fake = record;

	out->at = fake->at;
	out->len = fake->len;
	out->row = 0;
	if (!state)
		return PV_OK;
	out->kind = fake->applies ? PV_INLINE : PV_KEPT;
	out->n = fake->n;
	memset(out->bytes, fake->fill, fake->n);
	return fake->why;
}

static const struct pv_family fakes = {
	.name = "fakes", .record_size = sizeof(struct fake), .groups = true, .bytes = fake_bytes};

/* Text of one-byte instructions (inc %eax, 0x40); no site is patched. */
static void reset(void)
{
	memset(text, 0x40, SIZE);
	memset(map, 0, sizeof(map));
	image.gone = image.gone_end = NULL;
	interrupts = 1;
}

/* From here on text is compared. */
static void begin(void)
{
	memcpy(before, text, SIZE);
	memcpy(expected, text, SIZE);
}

static void apply(const struct fake *records, size_t n, enum pv_mode mode)
{
	static const uint8_t state;

	stats = (struct pv_stats){.ns = 0};
	trace_clear();
	pv_apply(&fakes, records, records + n, NULL, &state, mode, &stats);
}

#endif
