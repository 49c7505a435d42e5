// SPDX-License-Identifier: MIT
/*
 * The whole protocol is pv_commit(), with an image, a family and a record of its own for the site
 * under test. The table is there only while that is measured: otherwise breakpoints at the site are
 * not the engine's.
 */
#include "kernel/litmus/machine.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/poke.h"
#include <stddef.h>

struct record {
	uint8_t *at;
};

static uint32_t text[2]; /* by version: enum litmus_text */
static const uint8_t versions[2] = {0, 1}, as_linked = LITMUS_NOP;

static PV_TEXT enum pv_why litmus_site_bytes(const void *record, const void *state,
					     struct pv_site *out)
{
	uint32_t is = LITMUS_NOP;

	out->at = ((const struct record *)record)->at;
	out->len = LITMUS_BYTES;
	out->n = out->row = 0;
	if (!state)
		return PV_OK;
	if (state != &as_linked)
		is = text[*(const uint8_t *)state];
	out->kind = is == LITMUS_JMP ? PV_JMP : PV_NOP;
	out->n = is == LITMUS_JMP ? LITMUS_BYTES : 0;
	for (unsigned i = 0; i < LITMUS_BYTES; i++)
		out->bytes[i] = litmus_bytes[is][i];
	return PV_OK;
}

static const struct pv_family family = {
	.name = "litmus",
	.record_size = sizeof(struct record),
	.pads = true,
	.linked = &as_linked,
	.version = {&versions[0], &versions[1]},
	.bytes = litmus_site_bytes,
};

static struct pv_image image = {.name = "litmus"};
static struct record record;
static struct pv_table table;
static struct pv_entry entry, spare;

void litmus_commit_begin(uint8_t *code)
{
	if (!image.text)
		pv_image_add(&image);
	image.text = code;
	image.text_end = code + LITMUS_BYTES;
	record.at = code;
	text[0] = text[1] = LITMUS_NOP;
	table = (struct pv_table){.family = &family, .first = &record, .last = &record + 1};
	pv_index_make(&table, &entry, &spare);
	pv_table_add(&image, &table);
}

void litmus_commit_end(void)
{
	pv_table_remove(&image, &table);
}

const char *litmus_commit(const struct litmus_memory *site, enum litmus_text to)
{
	const struct pv_change change = {.family = &family, .first = &record, .last = &record + 1};
	static struct pv_stats stats;
	const char *why;

	(void)site;
	why = pv_live_begin();
	if (why)
		return why;
	pv_stats_begin(&stats, NULL);
	text[!pv_present] = to;
	why = pv_commit(&change, 1, &stats);
	text[!pv_present] = text[pv_present];
	pv_live_end();
	return why || !stats.total.refused ? why : pv_why_text(stats.refusal[0].why);
}
