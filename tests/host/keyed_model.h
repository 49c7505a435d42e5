/* SPDX-License-Identifier: MIT */
/*
 * What sites of static keys and static calls become, worked out a second time from their records,
 * their keys and the rules in pv/jump_label.h, pv/static_call.h and pv/poke.h: what a record says,
 * which of them a commit is about, and which of those it takes. Passes are engine_model.h's.
 *
 *	commit_plan(&part, k);		keys or calls, as a commit's part
 *	commit_judge();			what is in version[!pv_present] by then will be
 *	... expected_after(stage) ...
 *
 * Included once, after tests/host/keyed_input.h.
 */
#ifndef TESTS_HOST_KEYED_MODEL_H
#define TESTS_HOST_KEYED_MODEL_H

#include "pv/nops.h"
#include "tests/host/engine_model.h"
#include "tests/host/keyed_input.h"

/* ---- what a record says ---- */

static const struct sites *sites_of(const void *record)
{
	for (unsigned i = 0; i < TABLES; i++) {
		const uint32_t offset = (uint32_t)record - (uint32_t)sites[i].records;

		if (offset < sites[i].n * sites[i].words * 4)
			return &sites[i];
	}
	return NULL;
}

static bool is_record(const struct sites *s, uint32_t at)
{
	const uint32_t offset = at - (uint32_t)s->records;

	return offset < s->n * s->words * 4 && offset % (s->words * 4) == 0;
}

/* Whole, in an image's data. */
static bool is_data(uint32_t at, uint32_t size)
{
	const uint32_t offset = at - (uint32_t)data;

	return offset < sizeof(*data) && size <= sizeof(*data) - offset;
}

static bool is_jump_key(uint32_t at)
{
	const uint32_t first = ((const struct static_key *)at)->type & ~3u;

	for (unsigned i = 0; i < TABLES; i++)
		if (sites[i].added && sites[i].jumps && is_record(&sites[i], first))
			return (to((const int32_t *)first + 2) & ~(uint32_t)PV_JUMP_FLAGS) == at;
	return false;
}

static bool is_call_key(uint32_t at)
{
	const struct static_call_key *key = (const void *)at;

	return is_text((uint32_t)key->trampoline) && is_text((uint32_t)key->linked);
}

static bool is_key(const struct sites *s, uint32_t at)
{
	if (!is_data(at, s->jumps ? sizeof(struct static_key) : sizeof(struct static_call_key)))
		return false;
	return s->jumps ? is_jump_key(at) : is_call_key(at);
}

static enum pv_why jump_says(const struct sites *s, const struct flat *flat, const void *state,
			     struct pv_site *out)
{
	static const uint8_t nops[2][LONG] = {{0x3e, 0x8d, 0x74, 0x26, 0x00}, {0x66, 0x90}};
	const uint32_t flags = flat->word[2] & PV_JUMP_FLAGS;
	const struct static_key *key = (const void *)flat_key(s, flat);
	const uint32_t distance = flat->word[1] - (flat->word[0] + out->len);
	const bool linked = state == &jump_label_linked;
	bool jump = flags & PV_JUMP_LINKED;

	if (area_of((uint8_t *)flat->word[1], 1) != s->area)
		return PV_WHY_BRANCH;
	if (!linked)
		jump = key->on[state == jump_label_family.version[1]] != (flags & PV_JUMP_LIKELY);
	out->kind = jump ? PV_JMP : PV_NOP;
	out->n = jump || linked ? out->len : 0;
	if (!jump)
		memcpy(out->bytes, nops[out->len == 2], out->len);
	else
		branch_form(out->bytes, out->len == 2 ? 0xeb : 0xe9, out->len, flat->word[0],
			    flat->word[1]);
	return jump && out->len == 2 && distance + 128 > 255 ? PV_WHY_BRANCH : PV_OK;
}

static enum pv_why call_says(const struct sites *s, const struct flat *flat, const void *state,
			     struct pv_site *out)
{
	const struct static_call_key *key = (const void *)flat_key(s, flat);
	const bool tail = flat->word[1] & PV_CALL_TAIL;
	const uint32_t at = flat->word[0], none = (uint32_t)__static_call_return0;
	uint32_t func = (uint32_t)(at == (uint32_t)key->trampoline ? key->linked : key->trampoline);

	if (state != &static_call_linked)
		func = (uint32_t)key->func[state == static_call_family.version[1]];
	out->n = LONG;
	out->kind = tail ? PV_JMP : PV_CALL;
	if (state != &static_call_linked && !tail && key->narrow && (!func || func == none)) {
		out->kind = PV_INLINE;
		memcpy(out->bytes, "\x2e\x2e\x2e\x31\xc0", LONG);
		return PV_OK;
	}
	func = func ? func : none;
	branch_form(out->bytes, tail ? 0xe9 : 0xe8, LONG, at, func);
	return state == &static_call_linked || is_text(func) ? PV_OK : PV_WHY_BRANCH;
}

static enum pv_why says(const void *record, const void *state, struct pv_site *out)
{
	const struct sites *s = sites_of(record);
	const unsigned i = (unsigned)((const int32_t *)record - s->records) / s->words;
	const struct flat flat = flat_of(s, i);

	out->at = (uint8_t *)flat.word[0];
	out->len = s->jumps && flat.word[2] & PV_JUMP_SHORT ? 2 : LONG;
	out->row = 0;
	if (s->sums && s->sums[i] != sum_of(s, &flat))
		return PV_WHY_FACTS;
	if (!is_key(s, flat_key(s, &flat)))
		return PV_WHY_KEY;
	return (s->jumps ? jump_says : call_says)(s, &flat, state, out);
}

static const void *state_of(const struct sites *s, unsigned version)
{
	if (version == 2)
		return s->table.family->linked;
	return s->table.family->version[version];
}

/* ---- passes ---- */

/* Where damage has put an index out of order what halving finds is not foretold. */
static bool is_exact(void)
{
	for (unsigned i = 0; i < TABLES; i++)
		for (unsigned k = 1; sites[i].entries && k < sites[i].n; k++)
			if (sites[i].entries[k].at < sites[i].entries[k - 1].at)
				return false;
	return true;
}

/* Raw, where a part of a table is meant or it has no index. */
struct planned {
	const struct sites *s;
	struct pv_table part;
	struct pv_entry sorted[EACH];
	struct pass pass;
};

static void plan_one(struct planned *p, const struct sites *s, unsigned first, unsigned last,
		     unsigned from, unsigned version)
{
	const bool whole = s->entries && first == 0 && last == s->n;

	p->s = s;
	p->part = (struct pv_table){.family = s->table.family,
				    .first = s->records + first * s->words,
				    .last = s->records + last * s->words};
	entries_make(s, p->sorted, p->part.first, last - first);
	p->pass = (struct pass){.table = whole ? &s->table : &p->part,
				.entries = whole ? s->entries : p->sorted,
				.n = last - first,
				.image = whole ? s->area : NULL,
				.from = state_of(s, from),
				.to = state_of(s, version),
				.bytes = says};
}

/* ---- commits ---- */

static struct planned plan[TABLES];
static unsigned planned;
static struct result {
	struct verdict verdicts[EACH];
} results[TABLES];
static bool others_stop; /* a breakpoint of somebody else's */

/* The first record whose key is not below: by halving, which ends somewhere in any order. */
static unsigned first_of(const struct sites *s, uint32_t key)
{
	unsigned low = 0, high = s->n;

	while (low < high) {
		const unsigned middle = (low + high) / 2;
		const struct flat flat = flat_of(s, middle);

		if (flat_key(s, &flat) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the indexes lead to, in the order in which tables are asked. */
static const void *indexed_at(const uint8_t *at)
{
	static const uint8_t order[TABLES] = {2, 3, 0, 1};

	for (unsigned t = 0; t < TABLES; t++) {
		const struct sites *s = &sites[order[t]];

		for (unsigned i = 0; s->added && s->entries && i < s->n; i++) {
			const struct pv_entry *e = &s->entries[i];

			if (e->at == (uint32_t)at && e->record < s->n &&
			    to(&s->records[e->record * s->words]) == e->at)
				return &s->records[e->record * s->words];
		}
	}
	return NULL;
}

/* Is the pass' record good in itself, and names a place from `at` to `end`? */
static bool is_named(const struct pass *pass, unsigned i, uint32_t at, uint32_t end)
{
	const struct pv_entry *e = &pass->entries[i];
	struct pv_site was, is;

	return !model_says(pass, model_record(pass->table, e->record), e->at, &was, &is) &&
	       e->at < end && e->at + is.len > at;
}

/* Does a change before, in records without an index? */
static bool is_named_before(const struct pass *pass, uint32_t at, uint32_t end)
{
	for (unsigned i = 0; &plan[i].pass != pass; i++)
		for (unsigned k = 0; !plan[i].s->entries && k < plan[i].pass.n; k++)
			if (is_named(&plan[i].pass, k, at, end))
				return true;
	return false;
}

/* Who meets a breakpoint has to find the record: by an index, or as the commit's first. */
static enum pv_why way_back(const struct pass *pass, const struct verdict *v)
{
	const uint32_t at = (uint32_t)v->at, n = (uint32_t)(v - verdicts);
	const struct sites *s = sites_of(v->record);
	const void *first = indexed_at(v->at);
	bool again = false;

	if (is_named_before(pass, at, at + v->site.len))
		return PV_WHY_LIVE;
	for (unsigned i = 0; !pass->image && i < n; i++)
		again |= pass->entries[i].at == at && is_named(pass, i, at, at + 1);
	if (again)
		return PV_WHY_OVERLAP;
	if (s->entries && area_of(v->at, v->site.len) != s->area)
		return PV_WHY_RANGE;
	if (first == v->record || (!first && !s->entries))
		return PV_OK;
	return first ? PV_WHY_OVERLAP : PV_WHY_INDEX;
}

/* key 0: all keys. */
static void commit_plan(bool jumps, uint32_t key)
{
	static const uint8_t order[TABLES] = {2, 3, 0, 1};

	for (unsigned t = 0; t < TABLES; t++) {
		const struct sites *s = &sites[order[t]];
		unsigned first = 0, last = s->n;

		if (!s->added || s->jumps != jumps)
			continue;
		if (key && s->table.in_order) {
			first = first_of(s, key);
			last = first_of(s, key + 1);
		}
		if (first != last)
			plan_one(&plan[planned++], s, first, last, pv_present, !pv_present);
	}
}

static bool stopped(const struct pass *pass, const struct pv_entry *entry)
{
	const struct area *area;
	struct pv_site named, was, is;
	const void *record;

	if (!model_named(pass->table, entry, &named))
		return false;
	record = model_record(pass->table, entry->record);
	if (model_says(pass, record, entry->at, &was, &is) ||
	    model_place(pass, entry->at, was.len, &area) ||
	    model_others(pass, area, entry->at, was.len) || *was.at != PV_BREAKPOINT)
		return false;
	return !memcmp(was.at + 1, was.bytes + 1, was.len - 1u) ||
	       !memcmp(was.at + 1, is.bytes + 1, was.len - 1u);
}

static void commit_judge(void)
{
	others_stop = false;
	model_begin();
	for (unsigned i = 0; i < planned; i++)
		for (unsigned k = 0; k < plan[i].pass.n; k++)
			others_stop |= stopped(&plan[i].pass, &plan[i].pass.entries[k]);
	for (unsigned i = 0; i < planned && !others_stop; i++) {
		plan[i].pass.live = way_back;
		model_run(&plan[i].pass);
		memcpy(results[i].verdicts, verdicts, sizeof(results[i].verdicts));
	}
}

/* Behind the walk that this is: text with breakpoints, old or new tails, or all of it new. */
enum stage { STOPPED_OLD, STOPPED_NEW, NEW };

static void expected_after(enum stage stage)
{
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(expected[i], areas[i].before, areas[i].size);
	for (unsigned i = 0; i < planned && !others_stop; i++)
		for (unsigned k = 0; k < plan[i].pass.n; k++) {
			const struct verdict *v = &results[i].verdicts[k];
			const struct area *a = area_of(v->at, 1);
			uint8_t *text;

			if (v->why || !v->changed)
				continue;
			text = expected[a - areas] + (v->at - a->image.text);
			if (stage != STOPPED_OLD)
				memcpy(text, v->site.bytes, v->site.len);
			if (stage != NEW)
				*text = PV_BREAKPOINT;
		}
}

/* The record whose breakpoint stands there during the commit. */
static const void *stopping(const uint8_t *at)
{
	for (unsigned i = 0; i < planned && !others_stop; i++)
		for (unsigned k = 0; k < plan[i].pass.n; k++) {
			const struct verdict *v = &results[i].verdicts[k];

			if (!v->why && v->changed && v->at == at)
				return v->record;
		}
	return NULL;
}

#endif
