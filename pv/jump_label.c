// SPDX-License-Identifier: MIT
/*
 * Static keys as a family of live sites. What stands at a site follows from the record's flags, its
 * target and the key's value in one of the two versions; what was linked, from the flags alone.
 */
#include "pv/jump_label.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/keyed.h"
#include "pv/poke.h"

#define LEN_SHORT 2
#define LEN_LONG  5

static const uint8_t version[2] = {0, 1};
const uint8_t jump_label_linked = 2;

PV_TEXT_PART uint32_t entry_at(const struct jump_entry *e)
{
	return pv_keyed_to(&e->code);
}

PV_TEXT_PART uint32_t entry_target(const struct jump_entry *e)
{
	return pv_keyed_to(&e->target);
}

PV_TEXT_PART unsigned entry_flags(const struct jump_entry *e)
{
	return pv_keyed_to(&e->key) & PV_JUMP_FLAGS;
}

PV_TEXT_PART struct static_key *entry_key(const struct jump_entry *e)
{
	return (struct static_key *)(pv_keyed_to(&e->key) & ~(uint32_t)PV_JUMP_FLAGS);
}

PV_TEXT_PART const struct jump_entry *first_entry(const struct static_key *key)
{
	return (const struct jump_entry *)(key->type & ~(uint32_t)3);
}

/* A record names it, and so it names a record of its own. */
static PV_TEXT bool is_key(const void *key)
{
	const struct jump_entry *first = first_entry(key);
	const struct pv_image *image;

	return pv_table_of(&jump_label_family, first, &image) && entry_key(first) == key;
}

/* What a pass does not see in the text: where a NOP would jump to, and whose it is. */
static PV_TEXT enum pv_why entry_why(const struct jump_entry *e)
{
	const struct pv_image *image;
	enum pv_why why = pv_keyed_why(&pv_static_keys, &e->code, &image);

	if (why || !image)
		return why;
	return pv_image_range(image, entry_target(e), 1).first ? PV_OK : PV_WHY_BRANCH;
}

/* ---- the bytes ---- */

static PV_TEXT enum pv_why put_jump(const struct jump_entry *e, struct pv_site *out)
{
	const uint32_t distance = entry_target(e) - ((uint32_t)out->at + out->len);

	out->kind = PV_JMP;
	out->n = out->len;
	for (unsigned i = 1; i < out->len; i++)
		out->bytes[i] = (uint8_t)(distance >> 8 * (i - 1));
	if (out->len == LEN_LONG)
		out->bytes[0] = 0xe9;
	else
		out->bytes[0] = 0xeb;
	return out->len == LEN_LONG || distance + 128 < 256 ? PV_OK : PV_WHY_BRANCH;
}

/* As linked it is the 486's; else none but padding, which the engine makes. */
static PV_TEXT void put_nop(bool linked, struct pv_site *out)
{
	static const uint8_t nop_long[LEN_LONG] = {0x3e, 0x8d, 0x74, 0x26, 0x00};
	static const uint8_t nop_short[LEN_SHORT] = {0x66, 0x90};
	const uint8_t *from = out->len == LEN_LONG ? nop_long : nop_short;

	out->kind = PV_NOP;
	out->n = linked ? out->len : 0;
	for (unsigned i = 0; i < out->n; i++)
		out->bytes[i] = from[i];
}

static PV_TEXT enum pv_why jump_label_bytes(const void *record, const void *state,
					    struct pv_site *out)
{
	const struct jump_entry *e = record;
	const unsigned flags = entry_flags(e);
	enum pv_why why;
	bool jump;

	out->at = (uint8_t *)entry_at(e);
	out->len = flags & PV_JUMP_SHORT ? LEN_SHORT : LEN_LONG;
	out->row = 0;
	if (!state)
		return PV_OK;
	why = entry_why(e);
	if (why)
		return why;
	if (state == &jump_label_linked)
		jump = flags & PV_JUMP_LINKED;
	else
		jump = entry_key(e)->on[*(const uint8_t *)state] != (flags & PV_JUMP_LIKELY);
	if (jump)
		return put_jump(e, out);
	put_nop(state == &jump_label_linked, out);
	return PV_OK;
}

const struct pv_family jump_label_family = {
	.name = "jump_label",
	.record_size = sizeof(struct jump_entry),
	.sums = true,
	.linked = &jump_label_linked,
	.version = {&version[0], &version[1]},
	.bytes = jump_label_bytes,
};

/* ---- the table ---- */

static unsigned note(const uint8_t *at, unsigned room)
{
	const unsigned len = pv_insn_len(at, room < LEN_LONG ? room : LEN_LONG);

	return (len == LEN_SHORT ? PV_JUMP_SHORT : 0) |
	       (*at == 0xe9 || *at == 0xeb ? PV_JUMP_LINKED : 0);
}

/*
 * Does what lies there look like a key that no record has named yet, or has it a record of this table?
 * Of a damaged record it is any data, which would be written to.
 */
static bool looks_like_key(const struct pv_table *table, const void *at)
{
	const struct static_key *key = at;
	const struct jump_entry *first = first_entry(key);

	if (pv_table_holds(table, first))
		return entry_key(first) == key;
	return is_key(key) || (key->type <= 1 && key->on[0] <= 1 && key->on[1] == key->on[0]);
}

void jump_label_init(struct pv_table *table)
{
	const struct jump_entry *first = table->first;

	pv_keyed_init(&pv_static_keys, table);
	for (uint32_t i = pv_table_records(table); i--;) {
		struct static_key *key = pv_keyed_linked_key(&pv_static_keys, table,
							     &first[i].code);

		if (!key)
			continue;
		key->type = (key->type & 3) | (uint32_t)&first[i];
		key->on[0] = key->on[1] = key->enabled > 0;
	}
}

/* Of tables in order another one's first record; of those that damage has put out of order none. */
static const struct jump_entry *other_entry(const struct pv_table * not,
					    const struct static_key *key)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next) {
			const struct jump_entry *e;

			if (t == not || t->family != &jump_label_family || !t->in_order)
				continue;
			e = (const void *)pv_keyed_search(&pv_static_keys, t, (uint32_t)key);
			if (pv_table_holds(t, e) && entry_key(e) == key)
				return e;
		}
	return NULL;
}

static void forget(const struct pv_table *table)
{
	const struct jump_entry *e = table->first;

	for (uint32_t n = pv_table_records(table); n--; e++) {
		struct static_key *key = pv_keyed_linked_key(&pv_static_keys, table, &e->code);

		if (key && pv_table_holds(table, first_entry(key)))
			key->type = (key->type & 3) | (uint32_t)other_entry(table, key);
	}
}

void jump_label_live(void)
{
	pv_static_keys.mode = PV_KEYS_LIVE;
}

void jump_label_keep(void)
{
	pv_static_keys.mode = PV_KEYS_KEPT;
}

/* ---- changes ---- */

static void put(const void *change, unsigned in_version)
{
	const struct static_key_change *c = change;

	c->key->on[in_version] = c->on;
}

static void same(const void *change, unsigned from)
{
	struct static_key *key = ((const struct static_key_change *)change)->key;

	key->on[!from] = key->on[from];
}

static void done(const void *change)
{
	const struct static_key_change *c = change;

	c->key->enabled = c->on;
}

struct pv_keyed pv_static_keys = {
	.family = &jump_label_family,
	.what = "static key",
	.words = sizeof(struct jump_entry) / sizeof(int32_t),
	.flags = PV_JUMP_FLAGS,
	.given = PV_JUMP_LIKELY,
	.init = PV_JUMP_INIT,
	.key_size = sizeof(struct static_key),
	.change_size = sizeof(struct static_key_change),
	.site_least = LEN_SHORT,
	.note = note,
	.is_key = is_key,
	.looks_like_key = looks_like_key,
	.put = put,
	.same = same,
	.done = done,
	.prepare = jump_label_init,
	.forget = forget,
	.state = pv_keyed_state,
};

bool static_key_commit(const struct static_key_change *changes, unsigned n)
{
	const struct pv_keyed_part part = {&pv_static_keys, changes, n};

	return pv_keyed_commit(&part, 1);
}

/* ---- counts ---- */

enum step { ENABLE, DISABLE, MORE, LESS };

/* False: there is no such count. */
static bool next(enum step step, int32_t from, int32_t *to)
{
	const int32_t end = step == MORE ? INT32_MAX : INT32_MIN;

	switch (step) {
	case ENABLE: *to = 1; return true;
	case DISABLE: *to = 0; return true;
	default: break;
	}
	*to = from == end ? from : step == MORE ? from + 1 : from - 1;
	return from != end;
}

static bool crosses(int32_t from, int32_t to)
{
	return (from > 0) != (to > 0);
}

static bool exchange_count(struct static_key *key, int32_t from, int32_t to)
{
	return __atomic_compare_exchange_n(&key->enabled, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/*
 * The count goes first: with it on this side of 0 already, who wants it back on the other one waits
 * for our turn's end.
 */
static const char *cross(struct static_key *key, enum step step, bool *whole)
{
	struct static_key_change change = {key, false};
	const struct pv_keyed_part part = {&pv_static_keys, &change, 1};
	const char *why = NULL;
	int32_t from, to;

	do {
		from = pv_key_count(key);
		next(step, from, &to);
	} while (!exchange_count(key, from, to));
	change.on = to > 0;
	if (crosses(from, to))
		why = pv_keyed_change(&part, 1, whole);
	if (why)
		__atomic_fetch_add(&key->enabled, from - to, __ATOMIC_SEQ_CST);
	return why;
}

static bool refuse(const struct static_key *key, const char *why)
{
	return pv_keyed_say(pv_static_keys.what, key, why);
}

static bool count_live(struct static_key *key, enum step step)
{
	bool whole = true;
	const char *why = pv_static_keys.mode == PV_KEYS_KEPT ? "text is as linked"
							      : pv_live_begin();

	if (why)
		return refuse(key, why);
	why = cross(key, step, &whole);
	pv_live_end();
	return why ? refuse(key, why) : whole;
}

static bool count(struct static_key *key, enum step step)
{
	int32_t from, to;

	do {
		from = pv_key_count(key);
		if (!next(step, from, &to))
			return refuse(key, "its count is at its end");
		if (pv_static_keys.mode != PV_KEYS_NOTED && crosses(from, to))
			return count_live(key, step);
	} while (!exchange_count(key, from, to));
	if (pv_static_keys.mode == PV_KEYS_NOTED)
		key->on[0] = key->on[1] = to > 0;
	return true;
}

bool static_key_enable(struct static_key *key)
{
	return count(key, ENABLE);
}

bool static_key_disable(struct static_key *key)
{
	return count(key, DISABLE);
}

bool static_key_slow_inc(struct static_key *key)
{
	return count(key, MORE);
}

bool static_key_slow_dec(struct static_key *key)
{
	if (pv_key_count(key) <= 0)
		pv_host_say(PV_WARN, "static key at 0x%x: its count falls below 0",
			    (unsigned)(uintptr_t)key);
	return count(key, LESS);
}
