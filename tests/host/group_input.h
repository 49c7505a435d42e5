/* SPDX-License-Identifier: MIT */
/*
 * Hostile tables of alternatives and lock prefixes, made of a fuzzer's input. Text and replacements
 * are instructions for the most part, and records name whole ones for the most part, or there would
 * be nothing but refusals.
 *
 *	areas_fill(&in, &sizes);	the images, the replacements
 *	tables_make(&in);		alts[0 ... nr_alts - 1], locks[0 ... nr_locks - 1], with
 *					their indexes and facts
 *	states_make(&in);		state_of(0 ... STATES - 1)
 *	damage(&in);			or give_up(&areas[i], &in): later
 *
 * Included once, after tests/host/group_model.h.
 */
#ifndef TESTS_HOST_GROUP_INPUT_H
#define TESTS_HOST_GROUP_INPUT_H

#include "pv/index.h"
#include "tests/host/group_model.h"

/* Code, and where its instructions begin; starts[n] is its end. */
static struct code {
	uint8_t *at;
	unsigned size, n;
	unsigned starts[TEXT_MAX + 1];
} codes[IMAGES], replaced_by;

static struct alt_instr *alts;
static int32_t *locks;
static size_t nr_alts, nr_locks;
static uint8_t *lock_behind;
static struct pv_entry *alt_entries, *lock_entries;
static struct pv_fact *facts; /* and linked bytes behind them, facts_size in all */
static size_t facts_size;
static struct pv_table alt_table, lock_table;

static const struct word {
	uint8_t n, rel; /* bytes, and of these the last ones: a displacement */
	uint8_t bytes[6];
} words[] = {
	{1, 0, {0x40}},                         /* inc %eax */
	{5, 0, {0xb8, 0x90, 0x90, 0x90, 0x90}}, /* mov $0x90909090,%eax */
	{3, 0, {0xf0, 0xff, 0x00}},             /* lock incl (%eax) */
	{5, 0, {0xf0, 0x83, 0x04, 0x24, 0x00}}, /* lock addl $0,(%esp) */
	{3, 0, {0x0f, 0xae, 0xf0}},             /* mfence */
	{2, 0, {0x66, 0x90}},                   /* xchg %ax,%ax */
	{2, 1, {0xeb}},                         /* jmp, short */
	{2, 1, {0x75}},                         /* jnz, short */
	{2, 1, {0xe2}},                         /* loop */
	{5, 4, {0xe8}},                         /* call */
	{5, 4, {0xe9}},                         /* jmp */
	{6, 4, {0x0f, 0x84}},                   /* jz */
	{6, 4, {0x2e, 0xe8}},                   /* cs call */
};
#define NR_WORDS (sizeof(words) / sizeof(words[0]))

/* From behind the instruction: into itself or near, into some text, anywhere. */
static int32_t any_distance(const uint8_t *end, unsigned choice, struct input *in)
{
	const struct area *a = &areas[choice & 1];

	if (choice < 10)
		return (int32_t)choice - 4;
	if (choice < 15)
		return (int32_t)((uintptr_t)a->image.text + take8(in) - (uintptr_t)end);
	return (int32_t)take32(in);
}

/*
 * An instruction, a run of NOPs, a jump over one or to its last, or any byte; what does not fit is
 * cut. Its length.
 */
static unsigned word_put(uint8_t *at, unsigned room, struct input *in)
{
	uint8_t choice = take8(in), high = choice >> 4, bytes[16];
	unsigned n = high + 1u;

	memset(bytes, 0x90, sizeof(bytes));
	choice &= 15;
	if (choice < NR_WORDS) {
		const struct word *word = &words[choice];
		int32_t distance = 0;

		n = word->n;
		if (word->rel)
			distance = any_distance(at + n, high, in);
		memcpy(bytes, word->bytes, n);
		memcpy(bytes + n - word->rel, &distance, word->rel);
	} else if (choice == NR_WORDS) {
		bytes[0] = take8(in);
		n = 1;
	} else if (choice == NR_WORDS + 1) {
		n = 2u + (high & 7);
		bytes[0] = 0xeb;
		bytes[1] = (uint8_t)(n - 2 - (high >> 3));
	}
	n = n < room ? n : room;
	memcpy(at, bytes, n);
	return n;
}

static void code_fill(struct code *code, uint8_t *at, unsigned size, struct input *in)
{
	unsigned end = 0;

	*code = (struct code){.at = at, .size = size};
	while (end < size) {
		code->starts[code->n++] = end;
		end += word_put(at + end, size - end, in);
	}
	code->starts[code->n] = end;
}

/*
 * Replacements have memory of their own, or are the engine's own section, where no site can be: in
 * the middle of text, so that short branches reach both.
 */
static void replacements_fill(struct input *in, struct input *sizes, uint8_t *own_section)
{
	struct area *a = &areas[1];
	size_t start = take8(sizes), n = 16 + (take8(sizes) + 24) % 48;
	uint8_t *at;

	area_own(a, own_section, start, n);
	if (start + n >= a->size || start & 1)
		at = exact(n);
	else
		at = a->image.engine;
	code_fill(&replaced_by, at, (unsigned)n, in);
	replacements = at;
	replacements_end = at + n;
}

static void areas_fill(struct input *in, struct input *sizes)
{
	unsigned first = 16u + take8(sizes);
	uint8_t *own_section = exact(16);

	if (first < 192) /* seldom long: text eats up the input */
		first = 16 + first / 4;
	pv_images = NULL;
	area_make(&areas[0], first < TEXT_MAX ? first : TEXT_MAX);
	area_make(&areas[1], 61);
	for (unsigned i = 0; i < IMAGES; i++) {
		code_fill(&codes[i], areas[i].image.text, (unsigned)areas[i].size, in);
		pv_image_add(&areas[i].image);
	}
	area_own(&areas[0], own_section, take8(sizes), 4);
	replacements_fill(in, sizes, own_section);
}

/* Of `code`, up to `most` instructions from the n-th on; wrapped. */
static unsigned span(const struct code *code, unsigned n, unsigned most, unsigned *start)
{
	unsigned last = n % code->n + most;

	*start = code->starts[n % code->n];
	return code->starts[last < code->n ? last : code->n] - *start;
}

/* One whole instruction less until it fits. */
static unsigned fitting(const struct code *code, unsigned start, unsigned n, unsigned room)
{
	for (unsigned i = code->n + 1; i-- && n > room;)
		if (code->starts[i] < start + n)
			n = code->starts[i] > start ? code->starts[i] - start : 0;
	return n;
}

static const uint16_t features[] = {
	X86_FEATURE_FPU, X86_FEATURE_XMM2,      X86_FEATURE_ALWAYS, X86_FEATURE_SMAP,
	9 * 32 + 31,     PV_FEATURE_WORDS * 32, X86_FEATURE_POPCNT, X86_FEATURE_ERMS,
};
#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

/* Where, from where on and how much: now and then nonsense. */
struct wish {
	uint32_t to, from;
	unsigned len, n;
};

static void spoil(struct wish *wish, unsigned how, struct input *in)
{
	switch (how) {
	case 0: wish->to += take8(in) - 8u; break;
	case 1: wish->len = take8(in); break;
	case 2: wish->to = take32(in); break;
	case 3: wish->len++; break;
	case 4: wish->from += take8(in) - 8u; break;
	case 5: wish->n = take8(in); break;
	case 6: wish->from = take32(in); break;
	case 7: wish->n++; break;
	default: break;
	}
}

static void alt_make(size_t i, struct input *in)
{
	uint8_t how = take8(in), feature = take8(in);
	const struct code *code = &codes[how & 1];
	struct alt_instr *alt = &alts[i];
	unsigned start, from;
	struct wish wish;

	wish.len = span(code, take8(in), 1 + (feature >> 3 & 3), &start);
	wish.to = (uint32_t)code->at + start;
	if (how & 2 && i) {
		const struct alt_instr *other = &alts[take8(in) % i];

		wish.to = (uint32_t)&other->instr_offset + (uint32_t)other->instr_offset;
		wish.len = other->instrlen;
	}
	wish.n = span(&replaced_by, take8(in), feature >> 5 & 3, &from);
	wish.n = fitting(&replaced_by, from, wish.n, wish.len);
	wish.from = (uint32_t)replaced_by.at + from;
	spoil(&wish, how >> 2, in);
	alt->instr_offset = (int32_t)(wish.to - (uint32_t)&alt->instr_offset);
	alt->repl_offset = (int32_t)(wish.from - (uint32_t)&alt->repl_offset);
	alt->instrlen = (uint8_t)wish.len;
	alt->replacementlen = (uint8_t)wish.n;
	alt->cpuid = features[feature & 7] | (feature & 0x80 ? ALT_FLAG_NOT : 0);
}

/* The next prefix from some byte on, or that byte if there is none; or in a site; or anywhere. */
static void lock_make(size_t i, struct input *in)
{
	uint8_t how = take8(in), where = take8(in);
	const struct code *code = &codes[how & 1];
	unsigned offset = where % code->size, next = offset;
	const struct alt_instr *alt;
	uint32_t at;

	while (next < code->size && code->at[next] != 0xf0)
		next++;
	at = (uint32_t)code->at + (next < code->size ? next : offset);
	if (how & 2 && nr_alts) {
		alt = &alts[where % nr_alts];
		at = (uint32_t)&alt->instr_offset + (uint32_t)alt->instr_offset + (how >> 2 & 3);
	}
	if (how >= 0xf0)
		at = take32(in);
	locks[i] = (int32_t)(at - (uint32_t)&locks[i]);
}

static struct pv_entry *index_of(struct pv_table *table, const struct pv_family *family,
				 const void *first, size_t n)
{
	struct pv_entry *entries = exact(n * sizeof(*entries) + 1);
	struct pv_entry *spare = exact(n * sizeof(*spare) + 1);

	*table = (struct pv_table){.family = family,
				   .first = first,
				   .last = (const uint8_t *)first + n * family->record_size};
	pv_index_make(table, entries, spare);
	spent(spare, n * sizeof(*spare));
	return entries;
}

static void facts_make(void)
{
	struct pv_facts_room room = {.sources = replacements,
				     .sources_size = (size_t)(replacements_end - replacements)};
	size_t size = nr_alts * sizeof(*facts);

	for (size_t i = 0; i < nr_alts; i++)
		room.linked_size += alts[i].instrlen;
	facts_size = size + room.linked_size;
	facts = exact(facts_size + 1);
	room.facts = facts;
	room.linked = (uint8_t *)facts + size;
	must(pv_facts_make(&alt_table, &room), "room for facts");
}

/* As if somebody had looked, and found each good. */
static void behind_make(void)
{
	lock_behind = exact(nr_locks + 1);
	for (size_t i = 0; i < nr_locks; i++) {
		const uint8_t *at = (const uint8_t *)(uintptr_t)lock_entries[i].at;

		lock_behind[i] = area_of(at, 2) ? at[1] : 0;
	}
	lock_table.behind = lock_behind;
}

static void tables_make(struct input *in)
{
	nr_alts = take8(in) % (RECORDS_MAX + 1);
	nr_locks = take8(in) % (RECORDS_MAX / 2);
	alts = exact(nr_alts * sizeof(*alts) + 1);
	locks = exact(nr_locks * sizeof(*locks) + 1);
	for (size_t i = 0; i < nr_alts; i++)
		alt_make(i, in);
	for (size_t i = 0; i < nr_locks; i++)
		lock_make(i, in);
	alt_entries = index_of(&alt_table, &alternative_family, alts, nr_alts);
	lock_entries = index_of(&lock_table, &smp_locks_family, locks, nr_locks);
	facts_make();
	behind_make();
}

/* Linked, and three sets of features. */
#define STATES 4
static struct alternative_state sets[STATES - 1];

static const struct alternative_state *state_of(unsigned i)
{
	return i % STATES ? &sets[i % STATES - 1] : &alternative_linked;
}

static void states_make(struct input *in)
{
	for (unsigned i = 0; i < STATES - 1; i++) {
		uint8_t set = (uint8_t)~take8(in);

		memset(host_features, 0, sizeof(host_features));
		for (unsigned k = 0; k < NR_FEATURES; k++)
			if (features[k] / 32 < PV_FEATURE_WORDS && set >> k & 1)
				host_features[features[k] / 32] |= 1u << features[k] % 32;
		alternative_state_make(&sets[i], replacements, replacements_end);
	}
}

static bool is_damaged;

/* A byte of anything; of what facts bind, once. */
static void damage(struct input *in)
{
	uint8_t how = take8(in), with = take8(in);
	const struct {
		void *bytes;
		size_t n;
	} things[] = {{alts, nr_alts * sizeof(*alts)},
		      {facts, nr_alts * sizeof(*facts)},
		      {facts, facts_size},
		      {(void *)(uintptr_t)replacements, (size_t)(replacements_end - replacements)},
		      {alt_entries, nr_alts * sizeof(*alt_entries)},
		      {lock_entries, nr_locks * sizeof(*lock_entries)},
		      {lock_behind, nr_locks},
		      {areas[0].image.text, areas[0].size},
		      {areas[1].image.text, areas[1].size}};
	unsigned which = (how & 15) % 9, at = take8(in) | (how & 0x10) << 4;

	if (!things[which].n || (which < 4 && is_damaged))
		return;
	is_damaged |= which < 4;
	((uint8_t *)things[which].bytes)[at % things[which].n] ^= with;
}

/* Once an image; in eights, which is what ASan can poison; not where replacements are. */
static void give_up(struct area *a, struct input *in)
{
	size_t start = take8(in) % a->size & ~7u, n = 8u + (take8(in) & 0x38);
	uint8_t *gone = a->image.text + start;

	if (a->image.gone || start + n > a->size ||
	    (gone < replacements_end && replacements < gone + n))
		return;
	a->image.gone = gone;
	a->image.gone_end = gone + n;
}

#endif
