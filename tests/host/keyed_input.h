/* SPDX-License-Identifier: MIT */
/*
 * Hostile tables of static keys and static calls, made of a fuzzer's input: text in slots of eight
 * bytes, in which branches and calls stand as they are linked, keys in one image's data, and records
 * that are good for the most part, or there would be nothing but refusals. Of each family each image
 * has a table: with an index and sums, as pvtool leaves them, or with neither, as the linker does.
 *
 *	areas_fill(&in);		the images
 *	data_fill(&in);			the keys; strangers look like them, but are in no image's data
 *	sites_make(&sites[i], &in);	a table
 *	damage(&in);			later
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_KEYED_INPUT_H
#define TESTS_HOST_KEYED_INPUT_H

#include "pv/jump_label.h"
#include "pv/static_call.h"
#include "tests/host/fuzz.h"

#define KEYS    3
#define CALLS   2
#define EACH    8 /* records of a table, at most */
#define TABLES  4
#define SLOT    8
#define LONG    5
#define NOTHING 5 /* bytes of __static_call_return0() */

struct keys {
	struct static_key key[KEYS];
	struct static_call_key call[CALLS];
	uint8_t variable[16]; /* nobody's */
};
static struct keys *data, *strangers;

static struct sites {
	struct pv_table table;
	struct area *area;
	int32_t *records;
	struct pv_entry *entries; /* NULL: no index */
	uint32_t *sums;           /* NULL: none */
	unsigned n, words;
	bool jumps, added;
} sites[TABLES];

/* A record, as the addresses that it says. */
struct flat {
	uint32_t word[3];
};

static uint32_t to(const int32_t *field)
{
	return (uint32_t)field + (uint32_t)*field;
}

static struct flat flat_of(const struct sites *s, unsigned i)
{
	struct flat flat = {{0, 0, 0}};

	for (unsigned k = 0; k < s->words; k++)
		flat.word[k] = to(&s->records[i * s->words + k]);
	return flat;
}

static uint32_t flags_mask(const struct sites *s)
{
	return s->jumps ? PV_JUMP_FLAGS : PV_CALL_FLAGS;
}

static uint32_t flat_key(const struct sites *s, const struct flat *flat)
{
	return flat->word[s->words - 1] & ~flags_mask(s);
}

/* ---- text ---- */

static struct pv_image nothing; /* what holds __static_call_return0() */

static void areas_fill(struct input *in)
{
	uint8_t *elsewhere = exact(16);

	pv_images = NULL;
	area_make(&areas[0], 32u + take8(in) % (TEXT_MAX - 32));
	area_make(&areas[1], 61);
	for (unsigned i = 0; i < IMAGES; i++) {
		memset(areas[i].image.text, 0x40, areas[i].size);
		area_own(&areas[i], elsewhere, take8(in) | 8u, 4);
		pv_image_add(&areas[i].image);
	}
	nothing = (struct pv_image){.text = (uint8_t *)(uintptr_t)pv_return_0_called,
				    .text_end = (uint8_t *)(uintptr_t)pv_return_0_called + NOTHING};
	pv_image_add(&nothing);
}

static bool is_text(uint32_t at)
{
	return area_of((uint8_t *)(uintptr_t)at, 1) ||
	       at - (uint32_t)(uintptr_t)pv_return_0_called < NOTHING;
}

static void text_put(uint32_t at, const void *bytes, unsigned n)
{
	if (area_of((uint8_t *)(uintptr_t)at, n))
		memcpy((uint8_t *)(uintptr_t)at, bytes, n);
}

static void branch_form(uint8_t *bytes, uint8_t opcode, unsigned len, uint32_t at, uint32_t target)
{
	const uint32_t distance = target - (at + len);

	bytes[0] = opcode;
	memcpy(bytes + 1, &distance, len - 1);
}

static void branch_put(uint32_t at, uint8_t opcode, unsigned len, uint32_t target)
{
	uint8_t bytes[LONG];

	branch_form(bytes, opcode, len, at, target);
	text_put(at, bytes, len);
}

static uint32_t slot(const struct area *a, unsigned n)
{
	return (uint32_t)(uintptr_t)a->image.text + n % (unsigned)(a->size / SLOT) * SLOT;
}

/* Now and then a few bytes into a slot. */
static uint32_t place(const struct area *a, unsigned how, unsigned where)
{
	return slot(a, where) + (how & 0x80 ? where >> 6 : 0);
}

/* ---- keys ---- */

static struct keys *keys_place(void)
{
	uint8_t *p = exact(sizeof(struct keys) + 8);

	if ((uintptr_t)p & 8)
		p += 8;
	else
		spent(p + sizeof(struct keys), 8);
	return (struct keys *)(void *)p;
}

static void keys_fill(struct keys *keys, struct input *in)
{
	const uint8_t on = take8(in), how = take8(in);

	memset(keys->variable, 0x55, sizeof(keys->variable));
	for (unsigned k = 0; k < KEYS; k++)
		if (on >> k & 1)
			keys->key[k] = (struct static_key)STATIC_KEY_INIT_TRUE;
	for (unsigned k = 0; k < CALLS; k++) {
		void *linked = areas[how & 1].image.text + how % 32;

		if (on >> k & 0x10)
			linked = (void *)__static_call_return0;
		keys->call[k] = (struct static_call_key){
			{linked, linked}, (void *)slot(&areas[0], k), linked, on >> k & 0x40};
	}
}

static void data_fill(struct input *in)
{
	data = keys_place();
	strangers = keys_place();
	keys_fill(data, in);
	*strangers = *data;
	areas[0].image.data = (uint8_t *)data;
	areas[0].image.data_end = (uint8_t *)(data + 1);
}

/* ---- records ---- */

/* Now and then a record says something else than its text and its key. */
static void spoil(const struct sites *s, struct flat *flat, unsigned how, struct input *in)
{
	const uint32_t flags = flat->word[s->words - 1] & flags_mask(s);
	uint32_t *key = &flat->word[s->words - 1];

	switch (how) {
	case 0: flat->word[0] += take8(in) - 8u; break;
	case 1: *key = (uint32_t)data + (take8(in) & ~flags_mask(s)) + flags; break;
	case 2: *key = *key - (uint32_t)data + (uint32_t)strangers; break;
	case 3: flat->word[take8(in) % s->words] = take32(in); break;
	case 4: *key ^= take8(in) & flags_mask(s); break;
	case 5: flat->word[1] += take8(in) * 4u - 512; break;
	default: break;
	}
}

static struct flat jump_make(const struct sites *s, struct input *in)
{
	static const uint8_t nops[2][LONG] = {{0x3e, 0x8d, 0x74, 0x26, 0x00}, {0x66, 0x90}};
	const uint8_t how = take8(in), where = take8(in);
	const bool is_short = how & 1, linked = how & 2;
	const unsigned len = is_short ? 2 : LONG;
	const uint32_t at = place(s->area, how, where), text = (uint32_t)s->area->image.text;
	uint32_t target = text + take8(in) % (uint32_t)s->area->size;
	uint32_t key = (uint32_t)&data->key[(how >> 3) % KEYS] + (how >> 2 & PV_JUMP_LIKELY);

	if (linked)
		branch_put(at, is_short ? 0xeb : 0xe9, len, target);
	else
		text_put(at, nops[is_short], len);
	if (s->entries)
		key |= (is_short ? PV_JUMP_SHORT : 0) | (linked ? PV_JUMP_LINKED : 0);
	return (struct flat){{at, target, key}};
}

/* The first ones of the first image are the trampolines. */
static struct flat call_make(const struct sites *s, unsigned i, struct input *in)
{
	const uint8_t how = take8(in), where = take8(in);
	const bool is_trampoline = i < CALLS && s->area == areas;
	const struct static_call_key *key = &data->call[is_trampoline ? i : (how >> 3) % CALLS];
	uint32_t at = place(s->area, how, where), target = (uint32_t)key->trampoline;
	bool tail = how & 1;

	if (is_trampoline) {
		at = target;
		target = (uint32_t)key->linked;
		tail = true;
	}
	if ((how & 6) == 6 && !is_trampoline) { /* a jump that is conditional: no site */
		text_put(at, "\x0f", 1);
		branch_put(at + 1, 0x84, LONG, target);
	} else {
		branch_put(at, tail ? 0xe9 : 0xe8, LONG, target);
	}
	return (struct flat){{at, (uint32_t)key + (tail && s->entries ? PV_CALL_TAIL : 0), 0}};
}

/* Zeros up to four words. */
static uint32_t sum_of(const struct sites *s, const struct flat *flat)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 4; i++)
		sum = (sum << 5 | sum >> 27) + (i < s->words ? flat->word[i] : 0);
	return sum;
}

static bool flat_before(const struct sites *s, const struct flat *a, const struct flat *b)
{
	const uint32_t key_a = flat_key(s, a), key_b = flat_key(s, b);

	return key_a != key_b ? key_a < key_b : a->word[0] < b->word[0];
}

static void record_put(struct sites *s, unsigned i, const struct flat *flat)
{
	int32_t *field = &s->records[i * s->words];

	for (unsigned k = 0; k < s->words; k++)
		field[k] = (int32_t)(flat->word[k] - (uint32_t)&field[k]);
	if (s->sums)
		s->sums[i] = sum_of(s, flat);
}

static void entries_make(const struct sites *s, struct pv_entry *entries, const int32_t *records,
			 unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const uint32_t at = to(&records[i * s->words]);
		unsigned k = i;

		for (; k && entries[k - 1].at > at; k--)
			entries[k] = entries[k - 1];
		entries[k] = (struct pv_entry){at, i};
	}
}

/* how: 1 an index, 2 sums, too, 4 of records out of order, 8 none, 0x10 or more damaged ones. */
static void sites_make(struct sites *s, struct input *in)
{
	const uint8_t how = take8(in), spoils = how >> 4 ? take8(in) : 0;
	struct flat flat[EACH];
	unsigned k;

	s->words = s->jumps ? 3 : 2;
	s->n = how & 8 ? 0 : 1 + take8(in) % EACH;
	s->records = exact(s->n * s->words * 4 + 1);
	s->entries = how & 1 ? exact(s->n * sizeof(*s->entries) + 1) : NULL;
	s->sums = (how & 3) == 3 ? exact(s->n * 4 + 1) : NULL;
	for (unsigned i = 0; i < s->n; i++) {
		const struct flat one = s->jumps ? jump_make(s, in) : call_make(s, i, in);

		for (k = i; k && (how & 5) == 1 && flat_before(s, &one, &flat[k - 1]); k--)
			flat[k] = flat[k - 1];
		flat[k] = one;
	}
	for (unsigned i = 0; i < s->n; i++) {
		if (spoils >> i & 1)
			spoil(s, &flat[i], take8(in) & 7, in);
		record_put(s, i, &flat[i]);
	}
	if (s->entries)
		entries_make(s, s->entries, s->records, s->n);
	s->table = (struct pv_table){.family = s->jumps ? &jump_label_family : &static_call_family,
				     .first = s->records,
				     .last = s->records + s->n * s->words,
				     .index = s->entries,
				     .sums = s->sums};
}

/* A byte of anything. */
static void damage(struct input *in)
{
	const uint8_t how = take8(in), at = take8(in), with = take8(in);
	struct sites *s = &sites[how % TABLES];
	const struct {
		void *bytes;
		size_t n;
	} things[] = {{s->records, s->n * s->words * 4},
		      {s->records, s->n * s->words * 4},
		      {s->entries, s->entries ? s->n * sizeof(*s->entries) : 0},
		      {s->sums, s->sums ? s->n * 4 : 0},
		      {data, sizeof(*data)},
		      {data, sizeof(data->key)},
		      {areas[how & 1].image.text, areas[how & 1].size},
		      {&s->table.in_order, 1}};
	const unsigned which = how >> 3 & 7;

	if (things[which].n)
		((uint8_t *)things[which].bytes)[at % things[which].n] ^= which == 7 ? 1 : with;
}

#endif
