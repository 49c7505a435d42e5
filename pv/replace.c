// SPDX-License-Identifier: MIT
/*
 * Entries of functions as a family of live sites. As linked an entry is five instructions, and a CPU may be
 * between any two of them: to make one of them, and to make five again, takes a pass that gathers
 * everybody outside.
 */
#include "pv/replace.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/outside.h"
#include "pv/poke.h"

static const uint8_t version[2] = {0, 1}, linked = 2;

static PV_TEXT enum pv_why replace_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct pv_replacement *r = record;
	const uint32_t distance = (uint32_t)r->by - ((uint32_t)r->entry + PV_REPLACE_LEN);

	out->at = (uint8_t *)(uint32_t)r->entry;
	out->len = PV_REPLACE_LEN;
	out->row = 0;
	if (!state)
		return PV_OK;
	out->n = 0;
	out->kind = PV_NOP;
	if (state == &linked) {
		out->n = PV_REPLACE_LEN;
		for (unsigned i = 0; i < PV_REPLACE_LEN; i++)
			out->bytes[i] = r->linked[i];
	} else if (r->on[*(const uint8_t *)state]) {
		out->n = PV_REPLACE_LEN;
		out->kind = PV_JMP;
		out->bytes[0] = 0xe9;
		for (unsigned i = 1; i < PV_REPLACE_LEN; i++)
			out->bytes[i] = (uint8_t)(distance >> 8 * (i - 1));
	}
	return pv_is_text((uint32_t)r->by) ? PV_OK : PV_WHY_BRANCH;
}

const struct pv_family replace_family = {
	.name = "replace",
	.record_size = sizeof(struct pv_replacement),
	.linked = &linked,
	.version = {&version[0], &version[1]},
	.bytes = replace_bytes,
};

static struct pv_stats stats;

static void table_add(struct pv_replacing *r)
{
	struct pv_entry *entries = r->room;

	r->table = (struct pv_table){
		.family = &replace_family, .first = r->first, .last = r->first + r->n};
	pv_index_make(&r->table, entries, entries + r->n);
	pv_table_add(r->image, &r->table);
}

/* NOPs of whatever length, which end with the entry. */
static bool are_nops(const uint8_t *bytes)
{
	for (unsigned i = 0; i < PV_REPLACE_LEN; i++)
		if (bytes[i] != 0x90 && bytes[i] != 0x66)
			return false;
	return bytes[PV_REPLACE_LEN - 1] == 0x90;
}

/* False: it is no such entry, or not any more. */
static bool note_linked(struct pv_replacing *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const uint8_t *at = r->first[i].entry;

		if (!pv_image_text(r->image, (uint32_t)at, PV_REPLACE_LEN).first || !are_nops(at))
			return false;
		for (unsigned k = 0; k < PV_REPLACE_LEN; k++)
			r->first[i].linked[k] = at[k];
	}
	return true;
}

/* All or none; who has met a breakpoint of this table's has left it. */
static void table_remove(struct pv_replacing *r)
{
	pv_table_remove(r->image, &r->table);
	pv_host_sync_others();
}

/* In one's turn: all CPUs outside of sites, then a pass. NULL: all of them changed. */
static const char *change_gathered(struct pv_replacing *r, const void *from, const void *to)
{
	const struct pv_change c = {&replace_family, r->table.first, r->table.last, from, to};
	uint32_t tries = 0;
	const char *why;

	pv_stats_begin(&stats, NULL);
	if (pv_refused(&c, 1, &stats))
		return "an entry is not what it must be";
	why = pv_host_gather_outside(pv_amid_site, NULL, &tries);
	if (why)
		return why;
	pv_stats_begin(&stats, NULL);
	pv_apply(c.family, c.first, c.last, from, to, PV_GATHERED, &stats);
	pv_host_release();
	return NULL;
}

static const char *begin(struct pv_replacing *r)
{
	const char *why;

	table_add(r);
	why = change_gathered(r, &linked, &version[pv_present]);
	if (why)
		table_remove(r);
	return why;
}

const char *pv_replace_begin(struct pv_replacing *r)
{
	const char *why = r->begun ? "it has begun" : pv_live_begin();

	if (why)
		return why;
	why = note_linked(r) ? begin(r) : "a function cannot be replaced, or is by now";
	r->begun = !why;
	pv_live_end();
	return why;
}

static const char *commit(struct pv_replacing *r, bool on)
{
	const struct pv_change c = {&replace_family, r->table.first, r->table.last, NULL, NULL};
	const uint32_t was = pv_present;
	const char *why;

	for (uint32_t i = 0; i < r->n; i++)
		r->first[i].on[!was] = on;
	pv_stats_begin(&stats, NULL);
	why = pv_commit(&c, 1, &stats);
	for (uint32_t i = 0; i < r->n; i++)
		r->first[i].on[!pv_present] = r->first[i].on[pv_present];
	if (!why && stats.total.refused)
		why = "an entry is not what it must be";
	return why;
}

const char *pv_replace(struct pv_replacing *r, bool on)
{
	const char *why = r->begun ? pv_live_begin() : "it has not begun";

	if (why)
		return why;
	why = commit(r, on);
	pv_live_end();
	return why;
}

static void end(struct pv_replacing *r)
{
	table_remove(r);
	for (uint32_t i = 0; i < r->n; i++)
		r->first[i].on[0] = r->first[i].on[1] = 0;
}

const char *pv_replace_end(struct pv_replacing *r)
{
	const char *why = r->begun ? pv_live_begin() : "it has not begun";

	if (why)
		return why;
	why = change_gathered(r, &version[pv_present], &linked);
	r->begun = why;
	if (!why)
		end(r);
	pv_live_end();
	return why;
}
