/* SPDX-License-Identifier: MIT */
/*
 * What must hold behind jump_label_init() and static_call_init(): records without an index got
 * their flags and are sorted, all or none, and say what they said; keys that records name have
 * their first record, and no other byte of data was written to.
 *
 *	init_check(&sites[i]);		begins and checks
 *
 * Included once, after tests/host/keyed_model.h.
 */
#ifndef TESTS_HOST_KEYED_INIT_H
#define TESTS_HOST_KEYED_INIT_H

#include "pv/insn.h"
#include "tests/host/keyed_model.h"

static bool looks_like_key(const struct sites *s, uint32_t at)
{
	const struct static_key *key = (const void *)at;
	const uint32_t first = s->jumps ? key->type & ~3u : 0;

	if (!s->jumps)
		return is_call_key(at);
	if (is_record(s, first))
		return (to((const int32_t *)first + 2) & ~(uint32_t)PV_JUMP_FLAGS) == at;
	return is_jump_key(at) || (key->type <= 1 && key->on[0] <= 1 && key->on[1] == key->on[0]);
}

static bool is_good(const struct sites *s, unsigned i)
{
	const struct flat flat = flat_of(s, i);
	const uint32_t key = flat_key(s, &flat);

	if (s->sums && s->sums[i] != sum_of(s, &flat))
		return false;
	return is_data(key,
		       s->jumps ? sizeof(struct static_key) : sizeof(struct static_call_key)) &&
	       looks_like_key(s, key);
}

/* The flags that linked text tells. False: there is no text. */
static bool flags_note(const struct sites *s, struct flat *flat)
{
	const uint8_t *at = (const uint8_t *)flat->word[0];
	const struct area *a = area_of(at, s->jumps ? 2 : LONG);
	uint32_t *word = &flat->word[s->words - 1];
	unsigned room;

	if (!a)
		return false;
	room = (unsigned)(a->image.text_end - at);
	if (!s->jumps)
		*word = flat_key(s, flat) + (*at == 0xe9 ? PV_CALL_TAIL : 0);
	else
		*word = flat_key(s, flat) + (*word & PV_JUMP_LIKELY) +
			(pv_insn_len(at, room < LONG ? room : LONG) == 2 ? PV_JUMP_SHORT : 0) +
			(*at == 0xe9 || *at == 0xeb ? PV_JUMP_LINKED : 0);
	return true;
}

/* Records of the same key and site may change places. */
static unsigned count_of(const struct flat *one, const struct flat *all, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += !memcmp(one, &all[i], sizeof(*one));
	return count;
}

static void records_check(const struct sites *s, const struct flat *wanted, bool whole)
{
	struct flat now[EACH];
	bool sorted = true;

	for (unsigned i = 0; i < s->n; i++)
		now[i] = flat_of(s, i);
	for (unsigned i = 1; i < s->n; i++)
		sorted &= !flat_before(s, &now[i], &now[i - 1]);
	must(sorted || !whole, "records that were sorted");
	must(s->table.in_order == sorted, "a table that knows its order");
	for (unsigned i = 0; i < s->n; i++)
		must(whole ? count_of(&wanted[i], now, s->n) == count_of(&wanted[i], wanted, s->n)
			   : !memcmp(&wanted[i], &now[i], sizeof(now[i])),
		     "record %u, which names %x, as it was, and flags", i, wanted[i].word[0]);
}

/* Keys that were found to be some, as they must be now. */
static void keys_wanted(const struct sites *s, struct keys *wanted, const uint32_t *keys,
			unsigned nr_keys)
{
	for (unsigned k = 0; k < nr_keys; k++) {
		struct static_key *key = (void *)((uint8_t *)wanted + (keys[k] - (uint32_t)data));
		unsigned first = 0;

		for (struct flat flat;
		     flat = flat_of(s, first), flat_key(s, &flat) != keys[k] || !is_good(s, first);)
			must(++first < s->n, "a record of key %x", keys[k]);
		key->type = (key->type & 3) | (uint32_t)&s->records[first * s->words];
		key->on[0] = key->on[1] = key->enabled > 0;
	}
}

static void init_check(struct sites *s)
{
	struct flat wanted[EACH], flat;
	struct keys keys = *data;
	uint32_t names[EACH];
	bool whole = !s->entries;
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const bool good = is_good(s, i);

		flat = wanted[i] = flat_of(s, i);
		if (good && s->jumps)
			names[n++] = flat_key(s, &flat);
		if (!s->entries)
			whole &= good && flags_note(s, &wanted[i]);
	}
	(s->jumps ? jump_label_init : static_call_init)(&s->table);
	records_check(s, wanted, whole);
	keys_wanted(s, &keys, names, n);
	must(!memcmp(&keys, data, sizeof(keys)),
	     "keys with their first records, and no other data");
}

#endif
