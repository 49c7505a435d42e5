// SPDX-License-Identifier: MIT
/*
 * The family and its text. What stood at a site when it was linked is a pattern of the address;
 * new bytes are one of the offset in the site. Like every family's, its function runs in the middle
 * of a pass.
 */
#include "tests/kernel/engine/engine_family.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/insn.h"
#include "pv/nops.h"

const uint8_t fake_linked = 0, fake_patched = 0x40, fake_third = 0x80;
uint8_t fake_room[FAKE_ROOM] __attribute__((aligned(FAKE_ROOM)));
struct pv_stats fake_stats;
struct pv_count fake_rows[FAKE_ROWS];

static uint8_t expected[FAKE_SIZE];

static struct pv_image image = {
	.name = "fake",
	.text = fake_text,
	.text_end = fake_text + FAKE_SIZE,
	.engine = fake_own,
	.engine_end = fake_own + FAKE_OWN,
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
	uint8_t which;

	out->at = fake->at;
	out->len = fake->len;
	out->row = fake->row;
	if (!state)
		return PV_OK;
	which = *(const uint8_t *)state;
	out->n = which ? fake->n : fake->len;
	out->kind = which ? fake->kind : PV_KEPT;
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

static void pass(const struct fake_record *records, size_t n, const void *from, const void *to,
		 enum pv_mode mode)
{
	pv_stats_begin(&fake_stats, fake_rows);
	memset(fake_rows, 0, sizeof(fake_rows));
	pv_apply(&fake_family, records, records + n, from, to, mode, &fake_stats);
}

/* The same pass with an index, in the made-up image; what came out is kept, the text put back. */
#define INDEXED_MAX 256
static struct {
	uint8_t text[FAKE_SIZE];
	struct pv_stats stats;
} indexed;

static void pass_indexed(const struct fake_record *records, size_t n, const void *from,
			 const void *to, enum pv_mode mode)
{
	static struct pv_entry entries[INDEXED_MAX], spare[INDEXED_MAX];
	static uint8_t was[FAKE_SIZE];
	struct pv_table table = {.family = &fake_family, .first = records, .last = records + n};

	memcpy(was, fake_text, FAKE_SIZE);
	if (n <= INDEXED_MAX) {
		pv_index_make(&table, entries, spare);
		fake_add(&table);
	}
	pass(records, n, from, to, mode);
	if (n <= INDEXED_MAX)
		fake_remove(&table);
	memcpy(indexed.text, fake_text, FAKE_SIZE);
	indexed.stats = fake_stats;
	memcpy(fake_text, was, FAKE_SIZE);
}

/* A refused site counts in its record's row, but there is none for a type that is none. */
static void check_rows(struct ktap *t)
{
	uint32_t sites = 0, refused = 0, none = 0;

	for (unsigned row = 0; row < FAKE_ROWS; row++) {
		sites += fake_rows[row].sites;
		refused += fake_rows[row].refused;
		CHECK_EQ(t, sum(&fake_rows[row]), fake_rows[row].sites, "row %u adds up", row);
	}
	for (unsigned i = 0; i < fake_stats.listed; i++)
		none += fake_stats.refusal[i].why == PV_WHY_TYPE;
	CHECK_EQ(t, sites + none, fake_stats.total.sites, "the rows add up to the total");
	CHECK_EQ(t, refused + none, fake_stats.total.refused, "and so do their refusals");
}

void fake_apply(struct ktap *t, const struct fake_record *records, size_t n, const void *from,
		const void *to, enum pv_mode mode)
{
	pass_indexed(records, n, from, to, mode);
	pass(records, n, from, to, mode);
	CHECK(t, !memcmp(fake_text, indexed.text, FAKE_SIZE), "the text is as with an index");
	CHECK(t, !memcmp(&fake_stats.total, &indexed.stats.total, sizeof(fake_stats.total)),
	      "and so are the totals");
	CHECK(t, fake_stats.bytes == indexed.stats.bytes && fake_stats.pad == indexed.stats.pad,
	      "and the bytes that are rewritten");
	CHECK(t,
	      !memcmp(fake_stats.refusal, indexed.stats.refusal,
		      fake_stats.listed * sizeof(fake_stats.refusal[0])),
	      "and the refusals");
	CHECK_EQ(t, fake_stats.total.sites, n, "each record is looked at once");
	CHECK_EQ(t, sum(&fake_stats.total), n, "each site is of one kind, or refused");
	check_rows(t);
	CHECK(t, fake_stats.pad <= fake_stats.bytes, "padding is part of what is rewritten");
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

void fake_add(struct pv_table *table)
{
	pv_table_add(&image, table);
}

void fake_remove(struct pv_table *table)
{
	pv_table_remove(&image, table);
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
