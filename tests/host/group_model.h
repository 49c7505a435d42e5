/* SPDX-License-Identifier: MIT */
/*
 * What a pass over alternatives or lock prefixes must do, worked out a second time: from the rules
 * in pv/site.h, pv/engine.h, pv/facts.h, pv/alternative.h and pv/smp_locks.h, byte by byte, slowly,
 * and with nothing of the code under test but its numbers (pv_why, pv_kind) and its tables of NOPs
 * and of features.
 *
 *	model_alternatives(&pass, dry);	or model_locks(&pass, dry)
 *	...				text is expected[], events[] are in the order of the pass
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_GROUP_MODEL_H
#define TESTS_HOST_GROUP_MODEL_H

#include "pv/smp_locks.h"
#include "tests/host/group_place.h"

/* A group of n entries from i on. */
struct group {
	const struct pass *pass;
	uint32_t i, n, at;
	unsigned len;
	struct place place;
};

static const void *group_record(const struct group *g, uint32_t k)
{
	return model_record(g->pass->table, g->pass->entries[g->i + k].record);
}

/* What its k-th record says, and whether that is what was linked. */
static void group_says(const struct group *g, uint32_t k, const void *state, struct said *said)
{
	const struct pv_fact *facts = g->pass->facts;
	const struct alt_instr *alt = group_record(g, k);

	alternative_says(alt, state, said);
	if (said->why || !facts)
		return;
	if (!fact_holds(g->pass->table, &g->pass->entries[g->i + k], &facts[g->i + k]))
		said->why = PV_WHY_FACTS;
	else if (state != &alternative_linked &&
		 sum_of((uint8_t *)((uintptr_t)&alt->repl_offset + (uint32_t)alt->repl_offset),
			said->n) != facts[g->i + k].source)
		said->why = PV_WHY_FACTS;
}

/* What no record decides, in a state: bytes and how many of them are no padding. */
static enum pv_why group_kept(const struct group *g, const void *state, struct said *said)
{
	const struct pv_fact *facts = g->pass->facts;
	const uint8_t *linked = text_at(&g->place);
	unsigned run = g->len;

	said->len = g->len;
	said->kind = PV_KEPT;
	said->applies = false;
	if (facts) {
		linked = fact_linked(g->pass->table, &g->pass->entries[g->i], facts, &facts[g->i],
				     g->len);
		if (!linked)
			return facts[g->i].n ? PV_WHY_FACTS : PV_WHY_CODE;
		run = facts[g->i].run;
	} else {
		is_whole(linked, g->len, &run);
	}
	said->n = state == &alternative_linked ? g->len : run;
	memmove(said->bytes, linked, g->len);
	return PV_OK;
}

static enum pv_why group_old(const struct group *g, struct said *old)
{
	const uint8_t *text = text_at(&g->place);
	enum pv_why why = PV_OK;
	bool known = true;
	unsigned run;

	for (uint32_t k = g->n; k--;) {
		group_says(g, k, g->pass->from, old);
		if (!old->why && old->applies)
			break;
		old->applies = false;
	}
	if (!old->applies) {
		known = g->pass->facts != NULL;
		why = group_kept(g, g->pass->from, old);
	}
	if (why)
		return why;
	if (!known)
		return is_whole(text, g->len, &run) && begins(&g->place) ? PV_OK : PV_WHY_CODE;
	fill(old->bytes + old->n, g->len - old->n);
	if (memcmp(old->bytes, text, g->len))
		return PV_WHY_BYTES;
	if (!g->pass->facts && g->pass->to == &alternative_linked && old->applies)
		return PV_WHY_FACTS;
	return PV_OK;
}

static enum pv_why group_change(const struct group *g, struct said *winner)
{
	struct said old;
	enum pv_why why = group_old(g, &old);
	unsigned kept = 0;

	if (!why && !winner->applies)
		why = group_kept(g, g->pass->to, winner);
	if (why)
		return why;
	fill(winner->bytes + winner->n, g->len - winner->n);
	if (!old.applies && !winner->applies && winner->n < g->len)
		kept = winner->n;
	site_changes(&g->place, g->at, winner->bytes, g->len - kept, g->len - winner->n);
	return PV_OK;
}

/* A record that another one overrides is checked as one that decides. */
static void group_others(const struct group *g, uint32_t n)
{
	struct said said;

	while (n--) {
		group_says(g, n, g->pass->to, &said);
		if (said.why)
			say(said.why, group_record(g, n), g->at, 0, 0, 0);
	}
}

static void group_decide(const struct group *g, bool gone)
{
	uint32_t by = g->n;
	struct said said;
	unsigned row;

	for (uint32_t k = g->n; k--;) {
		group_says(g, k, g->pass->to, &said);
		if (!said.why && !said.applies)
			continue;
		by = k;
		break;
	}
	row = said.row;
	if (!said.why && !gone)
		said.why = group_change(g, &said);
	if (said.why)
		say(said.why, group_record(g, by < g->n ? by : g->n - 1), g->at, 0, 0, 0);
	else
		say(PV_OK, group_record(g, 0), g->at, gone ? PV_GONE : said.kind, row, g->len);
	group_others(g, by < g->n ? by : 0);
}

static void group_run(struct group *g)
{
	const struct pv_fact *fact = g->pass->facts ? &g->pass->facts[g->i] : NULL;
	unsigned where = PV_WHY_LENGTH;
	struct said said;

	if (g->len)
		where = place_judge(g->pass, g->at, g->len, &g->place);
	if (!where && fact && fact->n && fact->n != g->n)
		where = PV_WHY_FACTS;
	if (!where || where == GONE) {
		group_decide(g, where == GONE);
		return;
	}
	for (uint32_t k = g->n; k--;) {
		group_says(g, k, g->pass->to, &said);
		say(said.why ? said.why : (enum pv_why)where, group_record(g, k), g->at, 0, 0, 0);
	}
}

/* An entry that names no site of its own. */
static bool is_refused(const struct pass *pass, uint32_t i, unsigned *len)
{
	const struct pv_entry *entry = &pass->entries[i];
	bool there = entry->record < pass->n;

	if (entry_names(pass->table, entry, pass->n, len))
		return false;
	say(PV_WHY_INDEX, there ? model_record(pass->table, entry->record) : NULL, entry->at, 0, 0,
	    0);
	return true;
}

static void model_alternatives(const struct pass *pass, bool dry)
{
	unsigned len;

	model_begin(dry);
	for (uint32_t i = 0, n; i < pass->n; i += n) {
		const struct pv_entry *entry = &pass->entries[i];
		unsigned other;

		n = 1;
		if (is_refused(pass, i, &len))
			continue;
		while (i + n < pass->n && entry[n].at == entry->at &&
		       entry[n].record > entry[n - 1].record &&
		       entry_names(pass->table, &entry[n], pass->n, &other) && other == len)
			n++;
		group_run(
			&(struct group){.pass = pass, .i = i, .n = n, .at = entry->at, .len = len});
	}
}

/* Lock prefixes, one byte each. */
static enum pv_why lock_look(const struct pass *pass, const struct pv_entry *entry,
			     const struct place *place)
{
	struct pv_range around;
	const uint8_t *text = look_at(place, &around);

	if (around.end - text < 2)
		return PV_WHY_CODE;
	if (!pass->behind)
		return pv_look_lock(around, text) ? PV_OK : PV_WHY_CODE;
	return text[1] == pass->behind[entry - pass->entries] ? PV_OK : PV_WHY_FACTS;
}

static void model_lock(const struct pass *pass, const struct pv_entry *entry)
{
	const void *record = model_record(pass->table, entry->record);
	const uint8_t *from = pass->from, *to = pass->to;
	struct place place;
	unsigned why = place_judge(pass, entry->at, 1, &place);

	if (!why && *text_at(&place) != *from)
		why = PV_WHY_BYTES;
	if (!why)
		why = lock_look(pass, entry, &place);
	if (!why)
		site_changes(&place, entry->at, to, 1, 0);
	if (why == GONE || why == INNER) {
		say(PV_OK, record, entry->at, why == GONE ? PV_GONE : PV_KEPT, 0, 1);
		events[nr_events - 1].changed = false;
		return;
	}
	say((enum pv_why)why, record, entry->at, to == &smp_locks_smp ? PV_KEPT : PV_INLINE, 0, 1);
}

static void model_locks(const struct pass *pass, bool dry)
{
	unsigned len;

	model_begin(dry);
	for (uint32_t i = 0; i < pass->n; i++)
		if (!is_refused(pass, i, &len))
			model_lock(pass, &pass->entries[i]);
}

#endif
