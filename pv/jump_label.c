// SPDX-License-Identifier: MIT
/*
 * Static keys as a family of live sites. What stands at a site follows from the record's flags, its
 * target and the key's value in one of the two versions; what was linked, from the flags alone.
 */
#include "pv/jump_label.h"
#include "pv/facts.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/poke.h"

#define LEN_SHORT 2
#define LEN_LONG  5

static const uint8_t version[2] = {0, 1};
const uint8_t jump_label_linked = 2;

/* Until a pass was made changes are noted; then text follows the keys, or it stays as linked. */
static enum { NOTED, LIVE, KEPT } mode;

PV_TEXT_PART uint32_t entry_at(const struct jump_entry *e)
{
	return (uint32_t)&e->code + (uint32_t)e->code;
}

PV_TEXT_PART uint32_t entry_target(const struct jump_entry *e)
{
	return (uint32_t)&e->target + (uint32_t)e->target;
}

PV_TEXT_PART uint32_t entry_word(const struct jump_entry *e)
{
	return (uint32_t)&e->key + (uint32_t)e->key;
}

PV_TEXT_PART unsigned entry_flags(const struct jump_entry *e)
{
	return entry_word(e) & PV_JUMP_FLAGS;
}

PV_TEXT_PART struct static_key *entry_key(const struct jump_entry *e)
{
	return (struct static_key *)(entry_word(e) & ~(uint32_t)PV_JUMP_FLAGS);
}

/* ---- where records and keys may be ---- */

/* No image says where its data lie, or one of those that say it holds the key. */
static PV_TEXT bool is_data(uint32_t at)
{
	bool any = false;

	for (const struct pv_image *image = pv_images; image; image = image->next) {
		const struct pv_range data = {image->data, image->data_end};

		if (pv_range_holds(data, at, sizeof(struct static_key)))
			return true;
		any |= image->data != NULL;
	}
	return !any;
}

PV_TEXT_PART const struct jump_entry *first_entry(const struct static_key *key)
{
	return (const struct jump_entry *)(key->type & ~(uint32_t)3);
}

/* A record names it, and so it names a record of its own. */
static PV_TEXT bool is_key(const struct static_key *key)
{
	const struct pv_image *image;

	return is_data((uint32_t)key) &&
	       pv_table_of(&jump_label_family, first_entry(key), &image) &&
	       entry_key(first_entry(key)) == key;
}

PV_TEXT_PART uint32_t entry_sum(const struct jump_entry *e)
{
	return pv_sum(pv_sum(pv_sum(pv_sum(0, entry_at(e)), entry_target(e)), entry_word(e)), 0);
}

/* Or nobody knows. */
PV_TEXT_PART bool is_linked(const struct pv_table *t, const struct jump_entry *e)
{
	return !t->sums || t->sums[e - (const struct jump_entry *)t->first] == entry_sum(e);
}

/* What a pass does not see in the text: where a NOP would jump to, and whose it is. */
static PV_TEXT enum pv_why entry_why(const struct jump_entry *e)
{
	const struct pv_image *image;
	const struct pv_table *table = pv_table_of(&jump_label_family, e, &image);

	if (!table)
		return PV_OK;
	if (!is_linked(table, e))
		return PV_WHY_FACTS;
	if (!is_key(entry_key(e)))
		return PV_WHY_KEY;
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

/*
 * Does what lies there look like a key that no record has named yet, or has it a record of this table?
 * Of a damaged record it is any data, which would be written to.
 */
static bool looks_like_key(const struct pv_table *table, const struct static_key *key)
{
	const struct jump_entry *first = first_entry(key);

	if (pv_table_holds(table, first))
		return entry_key(first) == key;
	return is_key(key) || (key->type <= 1 && key->on[0] <= 1 && key->on[1] == key->on[0]);
}

/* The record of a key; NULL: of something else. */
static struct static_key *key_of(const struct pv_table *table, const struct jump_entry *e)
{
	struct static_key *key = entry_key(e);

	if (!is_linked(table, e) || !is_data((uint32_t)key))
		return NULL;
	return looks_like_key(table, key) ? key : NULL;
}

/* Flags that only the linked text, and where it lies, can tell. False: there is no such text. */
static bool entry_note(struct jump_entry *e)
{
	unsigned flags = entry_flags(e) & PV_JUMP_LIKELY;
	const uint8_t *at = (const uint8_t *)entry_at(e);

	for (const struct pv_image *image = pv_images; image; image = image->next) {
		const struct pv_range range = pv_image_text(image, (uint32_t)at, LEN_SHORT);
		const unsigned room = (unsigned)(range.end - at);

		if (!range.first)
			continue;
		if (pv_insn_len(at, room < LEN_LONG ? room : LEN_LONG) == LEN_SHORT)
			flags |= PV_JUMP_SHORT;
		flags |= *at == 0xe9 || *at == 0xeb ? PV_JUMP_LINKED : 0;
		flags |= range.first == image->init ? PV_JUMP_INIT : 0;
		e->key = (int32_t)((uint32_t)entry_key(e) + flags - (uint32_t)&e->key);
		return true;
	}
	return false;
}

static bool sorts_before(const struct jump_entry *a, const struct jump_entry *b)
{
	if (entry_key(a) != entry_key(b))
		return entry_key(a) < entry_key(b);
	return entry_at(a) < entry_at(b);
}

/* Each field is relative to itself. */
static void entry_exchange(struct jump_entry *a, struct jump_entry *b)
{
	const int32_t moved = (int32_t)((uint32_t)b - (uint32_t)a);
	const struct jump_entry was = *a;

	*a = (struct jump_entry){b->code + moved, b->target + moved, b->key + moved};
	*b = (struct jump_entry){was.code - moved, was.target - moved, was.key - moved};
}

/* A heap whose root is the last in order. */
static void sift(struct jump_entry *first, uint32_t root, uint32_t n)
{
	for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && sorts_before(&first[child], &first[child + 1]))
			child++;
		if (!sorts_before(&first[root], &first[child]))
			return;
		entry_exchange(&first[root], &first[child]);
	}
}

static bool is_sorted(const struct jump_entry *first, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (sorts_before(&first[i], &first[i - 1]))
			return false;
	return true;
}

static void sort(struct jump_entry *first, uint32_t n)
{
	if (is_sorted(first, n))
		return;
	for (uint32_t i = n / 2; i--;)
		sift(first, i, n);
	for (uint32_t i = n; i-- > 1;) {
		entry_exchange(&first[0], &first[i]);
		sift(first, 0, i);
	}
}

/* Where damage is, nothing is moved: it may be the table's end, and what is behind it others'. */
static void arrange(struct pv_table *table)
{
	struct jump_entry *first = (struct jump_entry *)(uintptr_t)table->first;
	const uint32_t n = pv_table_records(table);
	bool whole = true;

	for (uint32_t i = 0; i < n; i++)
		whole &= key_of(table, &first[i]) && entry_note(&first[i]);
	if (whole)
		sort(first, n);
}

void jump_label_init(struct pv_table *table)
{
	const struct jump_entry *first = table->first;
	const uint32_t n = pv_table_records(table);

	if (!table->index)
		arrange(table);
	table->in_order = is_sorted(first, n);
	for (uint32_t i = n; i--;) {
		struct static_key *key = key_of(table, &first[i]);

		if (!key)
			continue;
		key->type = (key->type & 3) | (uint32_t)&first[i];
		key->on[0] = key->on[1] = key->enabled > 0;
	}
}

void jump_label_live(void)
{
	mode = LIVE;
}

void jump_label_keep(void)
{
	mode = KEPT;
}

/* ---- changes ---- */

/* The first record that is not before the key's, or not before those of the key behind it. */
static const struct jump_entry *search(const struct pv_table *t, uint32_t key)
{
	const struct jump_entry *low = t->first, *high = low + pv_table_records(t);

	while (low < high) {
		const struct jump_entry *middle = low + (high - low) / 2;

		if ((uint32_t)entry_key(middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#define TABLES 4 /* with branches of their own: the kernel and what comes later */

/*
 * The records of a key in each table, or of all keys (NULL): all of a table also where damage has
 * put its records out of order. Others' sites are found to be unchanged. Returns TABLES + 1 when
 * there are more.
 */
static unsigned plan(const struct static_key *key, struct pv_change *changes)
{
	unsigned n = 0;

	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next) {
			struct pv_change c = {&jump_label_family, t->first, t->last, NULL, NULL};

			if (t->family != &jump_label_family)
				continue;
			if (key && t->in_order) {
				c.first = search(t, (uint32_t)key);
				c.last = search(t, (uint32_t)(key + 1));
			}
			if (c.first == c.last)
				continue;
			if (n == TABLES)
				return TABLES + 1;
			changes[n++] = c;
		}
	return n;
}

static void say_refused(const struct pv_refusal *refusal)
{
	pv_host_say(PV_WARN, "jump_label: site at 0x%x: refused: %s",
		    (unsigned)(uintptr_t)refusal->at, pv_why_text(refusal->why));
}

static bool say(const struct static_key *key, const char *why)
{
	pv_host_say(PV_WARN, "static key at 0x%x: not changed: %s", (unsigned)(uintptr_t)key, why);
	return false;
}

/* Nobody looks at the version that is not present, and after a commit it is the one that was. */
static void set_other(const struct static_key_change *changes, unsigned n, bool as_present)
{
	for (unsigned i = 0; i < n; i++) {
		struct static_key *key = changes[i].key;

		key->on[!pv_present] = as_present ? key->on[pv_present] : changes[i].on;
	}
}

/* In our turn. NULL: text has changed; *whole: nowhere was a site refused. */
static const char *commit(const struct static_key_change *changes, unsigned n, bool *whole)
{
	static struct pv_stats stats[TABLES];
	struct pv_change tables[TABLES];
	const unsigned many = plan(n == 1 ? changes->key : NULL, tables);
	const char *why;

	if (many > TABLES)
		return "too many tables have branches";
	for (unsigned i = 0; i < many; i++)
		stats[i] = (struct pv_stats){.ns = 0};
	set_other(changes, n, false);
	why = pv_commit(tables, many, stats);
	set_other(changes, n, true);
	for (unsigned i = 0; i < many; i++) {
		*whole &= !stats[i].total.refused;
		for (unsigned k = 0; k < stats[i].listed; k++)
			say_refused(&stats[i].refusal[k]);
	}
	return why;
}

/* NULL: it is our turn to change text. */
static const char *begin(void)
{
	return mode == KEPT ? "text is as linked" : pv_live_begin();
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
	const char *why = NULL;
	int32_t from, to;

	do {
		from = pv_key_count(key);
		next(step, from, &to);
	} while (!exchange_count(key, from, to));
	change.on = to > 0;
	if (crosses(from, to))
		why = commit(&change, 1, whole);
	if (why)
		__atomic_fetch_add(&key->enabled, from - to, __ATOMIC_SEQ_CST);
	return why;
}

static bool count(struct static_key *key, enum step step)
{
	bool whole = true;
	const char *why;
	int32_t from, to;

	do {
		from = pv_key_count(key);
		if (!next(step, from, &to))
			return say(key, "its count is at its end");
		if (mode != NOTED && crosses(from, to)) {
			why = begin();
			if (why)
				return say(key, why);
			why = cross(key, step, &whole);
			pv_live_end();
			return why ? say(key, why) : whole;
		}
	} while (!exchange_count(key, from, to));
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

bool static_key_commit(const struct static_key_change *changes, unsigned n)
{
	const bool noted = mode == NOTED;
	const char *why;
	bool whole = true;

	if (!n)
		return true;
	why = noted ? NULL : begin();
	if (why)
		return say(changes->key, why);
	if (!noted)
		why = commit(changes, n, &whole);
	for (unsigned i = 0; i < n && !why; i++)
		changes[i].key->enabled = changes[i].on;
	if (!noted)
		pv_live_end();
	return why ? say(changes->key, why) : whole;
}
