// SPDX-License-Identifier: MIT
/*
 * The family and its text. What stood at a site when it was linked is a pattern of the address;
 * new bytes are one of the offset in the site. Like every family's, its function runs in the middle
 * of a pass.
 */
#include "tests/kernel/engine/engine_family.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/nops.h"

#define GUARD 0x99

const uint8_t fake_linked = 0, fake_patched = 0x40, fake_third = 0x80;
uint8_t fake_room[FAKE_ROOM] __attribute__((aligned(FAKE_ROOM)));
struct pv_stats fake_stats;
struct pv_count fake_rows[FAKE_ROWS];

static uint8_t map[PV_MAP_SIZE(FAKE_SIZE) + 1], scratch[PV_MAP_SIZE(FAKE_SIZE) + 1];
static uint8_t saved[PV_MAP_SIZE(FAKE_SIZE)], expected[FAKE_SIZE];

static struct pv_image image = {
	.name = "fake",
	.text = fake_text,
	.text_end = fake_text + FAKE_SIZE,
	.own = fake_own,
	.own_end = fake_own + FAKE_OWN,
	.map = map,
	.scratch = scratch,
};

static PV_TEXT uint8_t linked_byte(const uint8_t *at)
{
	return (uint8_t)((uint32_t)(at - fake_text) * 13 + 5);
}

static PV_TEXT uint8_t new_byte(unsigned i, uint8_t state)
{
	return (uint8_t)(i * 7 + state);
}

static PV_TEXT enum pv_why fake_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct fake_record *fake = record;
	uint8_t which = *(const uint8_t *)state;

	out->at = fake->at;
	out->len = fake->len;
	out->n = which ? fake->n : fake->len;
	out->kind = which ? fake->kind : PV_KEPT;
	out->row = fake->row;
	for (unsigned i = 0; i < out->n; i++)
		out->bytes[i] = which ? new_byte(i, which) : linked_byte(fake->at + i);
	return fake->why;
}

const struct pv_family fake_family = {
	.name = "fake",
	.record_size = sizeof(struct fake_record),
	.rows = FAKE_ROWS,
	.linked = &fake_linked,
	.bytes = fake_bytes,
};

void fake_reset(void)
{
	static bool added;

	if (!added)
		pv_image_add(&image);
	added = true;
	memset(map, 0, sizeof(map));
	memset(scratch, 0, sizeof(scratch));
	map[sizeof(map) - 1] = scratch[sizeof(scratch) - 1] = GUARD;
	fake_expect_linked();
	memcpy(fake_text, expected, FAKE_SIZE);
}

static uint32_t sum(const struct pv_count *count)
{
	uint32_t all = count->refused;

	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		all += count->kind[kind];
	return all;
}

void fake_apply(struct ktap *t, const struct fake_record *records, size_t n, const void *from,
		const void *to, enum pv_mode mode)
{
	uint32_t sites = 0;

	fake_stats = (struct pv_stats){.row = fake_rows};
	memset(fake_rows, 0, sizeof(fake_rows));
	pv_apply(&fake_family, records, records + n, from, to, mode, &fake_stats);
	CHECK_EQ(t, fake_stats.total.sites, n, "each record is looked at once");
	CHECK_EQ(t, sum(&fake_stats.total), n, "each site is of one kind, or refused");
	for (unsigned row = 0; row < FAKE_ROWS; row++) {
		sites += fake_rows[row].sites;
		CHECK_EQ(t, sum(&fake_rows[row]), fake_rows[row].sites, "row %u adds up", row);
	}
	CHECK_EQ(t, sites + fake_stats.total.refused, n, "the rows add up to the total");
	CHECK(t, fake_stats.pad <= fake_stats.bytes, "padding is part of what is rewritten");
	CHECK(t, fake_map_sound(), "the maps are written within their bounds");
}

void fake_expect_linked(void)
{
	for (unsigned i = 0; i < FAKE_SIZE; i++)
		expected[i] = linked_byte(fake_text + i);
}

void fake_expect(const struct fake_record *record)
{
	uint8_t *at = expected + (record->at - fake_text);

	for (unsigned i = 0; i < record->n; i++)
		at[i] = new_byte(i, fake_patched);
	pv_nops_fill(at + record->n, record->len - record->n);
}

bool fake_text_as_expected(void)
{
	for (unsigned i = 0; i < FAKE_GUARD; i++)
		if (fake_room[i] || fake_text[FAKE_SIZE + i])
			return false;
	return !memcmp(fake_text, expected, FAKE_SIZE);
}

bool fake_map_empty(void)
{
	for (unsigned i = 0; i < sizeof(map) - 1; i++)
		if (map[i])
			return false;
	return true;
}

bool fake_map_sound(void)
{
	return map[sizeof(map) - 1] == GUARD && scratch[sizeof(scratch) - 1] == GUARD;
}

void fake_map_save(void)
{
	memcpy(saved, map, sizeof(saved));
}

bool fake_map_as_saved(void)
{
	return !memcmp(saved, map, sizeof(saved));
}

bool padding_decodes(const uint8_t *bytes, unsigned n)
{
	unsigned at = 0, count = 0;
	struct pv_insn insn;

	for (; at < n; at += insn.len, count++)
		if (!pv_insn_decode(bytes + at, n - at, &insn) || insn.rel_size)
			return false;
	return at == n && count == (n + pv_nops->max - 1) / pv_nops->max;
}
