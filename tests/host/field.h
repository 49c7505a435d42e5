/* SPDX-License-Identifier: MIT */
/*
 * A field of alternatives of every sort, and lock prefixes inside and outside of their sites, with
 * index and facts:
 *
 *	field_make();				as linked, the two tables not added
 *	state_set(&state, 5);			features 0 and 2
 *	forms_agree(&alternatives, &image, &alternative_linked, &state, GENERAL, &out)
 *
 * Included once, after tests/host/host.h.
 */
#ifndef TESTS_HOST_FIELD_H
#define TESTS_HOST_FIELD_H

#include "pv/alternative.h"
#include "pv/index.h"
#include "pv/insn.h"
#include "pv/nops.h"
#include "pv/smp_locks.h"

#define TEXT_SIZE 192
#define ROWS_MAX  PV_FEATURE_ROWS
#define SETS      8 /* of the features 0, 1 and 2 */

#include "tests/host/forms.h"

#define N 0x90

/* A site as linked, and its records: feature, replacement, and where its first branch is to go. */
static const struct spot {
	const char *name;
	uint8_t len, linked[16], records;
	struct {
		uint16_t feature;
		uint8_t n, bytes[16], rel_at, rel_size;
		int16_t target; /* in text */
		uint8_t kind, fact_rel_at;
	} record[3];
} spots[] = {
	{"lock, fence",
	 5,
	 {0xf0, 0x83, 0x04, 0x24, 0x00},
	 1,
	 {{0, 3, {0x0f, 0xae, 0xf0}, 0, 0, 0, PV_INLINE, 0}}},
	{"three",
	 6,
	 {0x40, N, N, N, N, N},
	 3,
	 {{0, 1, {0x41}, 0, 0, 0, PV_INLINE, 0},
	  {1, 3, {0x0f, 0xae, 0xf0}, 0, 0, 0, PV_INLINE, 0},
	  {2, 6, {0xb8, N, N, N, N, 0x42}, 0, 0, 0, PV_INLINE, 0}}},
	{"long",
	 12,
	 {0xb8, 1, 2, 3, 4, N, N, N, N, N, N, N},
	 2,
	 {{1, 12, {0xb8, 5, 4, 3, 2, 0xb9, 1, 2, 3, 4, 0x40, 0x41}, 0, 0, 0, PV_INLINE, 0},
	  {ALT_NOT(2), 8, {0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, N}, 0, 0, 0, PV_INLINE, 0}}},
	{"call", 5, {0xe8, 1, 2, 3, 4}, 1, {{1, 5, {0xe8}, 1, 4, -900, PV_CALL, 1}}},
	{"jmp", 5, {N, N, N, N, N}, 1, {{2, 5, {0xe9}, 1, 4, 5, PV_JMP, 1}}},
	{"jcc", 8, {0x40, N, N, N, N, N, N, N}, 1, {{0, 6, {0x0f, 0x84}, 2, 4, 9, PV_INLINE, 2}}},
	{"call behind",
	 7,
	 {0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40},
	 1,
	 {{2, 7, {0x40, 0x40, 0xe8}, 3, 4, 11, PV_INLINE, 3}}},
	{"two calls",
	 10,
	 {N, N, N, N, N, N, N, N, N, N},
	 1,
	 {{1, 10, {0xe8, 0, 0, 0, 0, 0xe8, 1, 2, 3, 4}, 1, 4, 7, PV_FACT_DECODE, 1}}},
	{"empty", 3, {0xf0, 0xff, 0x00}, 1, {{0, 0, {0}, 0, 0, 0, PV_NOP, 0}}},
	{"jump inside",
	 4,
	 {0x40, 0x40, N, N},
	 1,
	 {{0, 4, {0xeb, 0x01, 0x40, 0x40}, 0, 0, 0, PV_INLINE, 0}}},
	{"a byte", 1, {0x40}, 1, {{1, 1, {0x41}, 0, 0, 0, PV_INLINE, 0}}},
	{"longest",
	 8,
	 {0xb8, 1, 2, 3, 4, 0xf0, 0xff, 0x00},
	 2,
	 {{0, 8, {0xb9, 1, 2, 3, 4, 0xf0, 0xff, 0x00}, 0, 0, 0, PV_INLINE, 0},
	  {1, 5, {0xb9, 4, 3, 2, 1}, 0, 0, 0, PV_INLINE, 0}}},
	{"long with a lock",
	 11,
	 {0xf0, 0xff, 0x00, 0xb8, 4, 3, 2, 1, N, N, N},
	 1,
	 {{2, 11, {0xf0, 0xff, 0x00, 0xb9, 4, 3, 2, 1, 0x40, 0x40, 0x40}, 0, 0, 0, PV_INLINE, 0}}},
	{"short jump out", 2, {N, N}, 1, {{2, 2, {0xeb}, 1, 1, TEXT_SIZE - 1, PV_FACT_DECODE, 0}}},
	{"long, a call behind",
	 10,
	 {0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, N, N},
	 1,
	 {{0, 9, {0x41, 0x41, 0x41, 0x41, 0xe8}, 5, 4, 13, PV_INLINE, 5}}},
};
#undef N

#define SPOTS       (sizeof(spots) / sizeof(spots[0]))
#define RECORDS_MAX 24
#define LOCKS_MAX   8

/* Short branches reach, so it is all together; words are read behind the replacements' end. */
static struct {
	uint8_t text[TEXT_SIZE], sources[128], own[16];
} field;

static unsigned starts[SPOTS]; /* of the sites, in text */
static struct alt_instr records[RECORDS_MAX];
static unsigned spot_of[RECORDS_MAX], which_of[RECORDS_MAX], source_of[RECORDS_MAX];
static unsigned nr_records, nr_locks, sources_n;
static int32_t locks[LOCKS_MAX];
static unsigned lock_place[LOCKS_MAX];

static struct pv_entry entries[RECORDS_MAX], spare[RECORDS_MAX];
static struct pv_entry lock_entries[LOCKS_MAX], lock_spare[LOCKS_MAX];

/* Behind the facts: linked bytes of long sites, as pvtool has them. */
static struct {
	struct pv_fact fact[RECORDS_MAX];
	uint8_t linked[64];
} facts;

static struct pv_table alternatives = {.family = &alternative_family, .first = records};
static struct pv_table lock_table = {.family = &smp_locks_family, .first = locks};

static struct pv_image image = {.name = "field",
				.text = field.text,
				.text_end = field.text + TEXT_SIZE,
				.engine = field.own,
				.engine_end = field.own + sizeof(field.own)};

static uint8_t as_linked[TEXT_SIZE];

static void state_set(struct alternative_state *state, unsigned set)
{
	memset(state, 0, sizeof(*state));
	state->features[0] = set;
	state->replacements = field.sources;
	state->replacements_end = field.sources + sources_n;
}

static void record_make(unsigned i, unsigned spot, unsigned which)
{
	struct alt_instr *alt = &records[i];
	unsigned at = sources_n, n = spots[spot].record[which].n;
	unsigned rel_at = spots[spot].record[which].rel_at;
	uint8_t *source = field.sources + at;
	uint32_t distance;

	memcpy(source, spots[spot].record[which].bytes, n);
	if (rel_at) {
		distance = (uint32_t)(field.text + spots[spot].record[which].target) -
			   (uint32_t)(source + rel_at + spots[spot].record[which].rel_size);
		memcpy(source + rel_at, &distance, spots[spot].record[which].rel_size);
	}
	sources_n += n;
	spot_of[i] = spot;
	which_of[i] = which;
	source_of[i] = at;
	alt->instr_offset = (int32_t)((uint32_t)(field.text + starts[spot]) - (uint32_t)alt);
	alt->repl_offset = (int32_t)((uint32_t)source - (uint32_t)alt - 4);
	alt->cpuid = spots[spot].record[which].feature;
	alt->instrlen = spots[spot].len;
	alt->replacementlen = (uint8_t)n;
}

static void lock_make(unsigned at)
{
	lock_place[nr_locks] = at;
	locks[nr_locks] = (int32_t)((uint32_t)(field.text + at) - (uint32_t)&locks[nr_locks]);
	nr_locks++;
}

/* All sites, with three bytes between two; the records one of each site after the other. */
static void sites_make(void)
{
	unsigned at = 3, i = 0;

	memset(field.text, 0xcc, TEXT_SIZE);
	for (unsigned spot = 0; spot < SPOTS; spot++) {
		starts[spot] = at;
		memcpy(field.text + at, spots[spot].linked, spots[spot].len);
		for (unsigned k = 0; k < spots[spot].len; k++)
			if (spots[spot].linked[k] == 0xf0)
				lock_make(at + k);
		at += spots[spot].len + 3;
	}
	for (unsigned which = 0; which < 3; which++)
		for (unsigned spot = SPOTS; spot--;)
			if (which < spots[spot].records)
				record_make(i++, spot, which);
	nr_records = i;
	memcpy(field.text + at, (uint8_t[]){0xf0, 0xff, 0x00}, 3);
	lock_make(at);
}

static struct pv_facts_room facts_room(void)
{
	return (struct pv_facts_room){facts.fact,   field.sources,        sources_n,
				      facts.linked, sizeof(facts.linked), NULL};
}

static void field_make(void)
{
	struct pv_facts_room room;

	memset(&field, 0, sizeof(field));
	memset(&facts, 0, sizeof(facts));
	nr_locks = sources_n = 0;
	sites_make();
	memcpy(as_linked, field.text, TEXT_SIZE);
	image.tables = NULL;
	alternatives.last = records + nr_records;
	lock_table.last = locks + nr_locks;
	pv_index_make(&alternatives, entries, spare);
	pv_index_make(&lock_table, lock_entries, lock_spare);
	room = facts_room();
	if (!pv_facts_make(&alternatives, &room))
		printf("Bail out! no room for facts\n"), exit(1);
}

/* Worked out from the list above: the text in a state; NULL is as linked. */
static __attribute__((unused)) void text_in(const struct alternative_state *state, uint8_t *text)
{
	memcpy(text, as_linked, TEXT_SIZE);
	for (unsigned i = 0; state && i < SPOTS; i++) {
		const struct spot *spot = &spots[i];
		uint8_t *at = text + starts[i];
		int by = -1;

		for (unsigned which = 0; which < spot->records; which++) {
			unsigned feature = spot->record[which].feature;

			if ((state->features[0] >> (feature & 31) & 1) != (feature >> 15))
				by = (int)which;
		}
		if (by >= 0) {
			unsigned n = spot->record[by].n, rel_at = spot->record[by].rel_at;
			unsigned size = spot->record[by].rel_size;
			uint32_t distance;

			distance = (uint32_t)spot->record[by].target - (starts[i] + rel_at + size);
			memcpy(at, spot->record[by].bytes, n);
			memcpy(at + rel_at, &distance, size);
			if (!strcmp(spot->name, "two calls")) {
				distance = 0x04030201 + (uint32_t)field.sources -
					   (uint32_t)field.text - starts[i];
				for (unsigned k = 0; k < nr_records; k++)
					if (spot_of[k] == i)
						distance += source_of[k];
				memcpy(at + 6, &distance, 4);
			}
			pv_nops_fill(at + n, spot->len - n);
		} else {
			unsigned run = spot->len;

			while (run && at[run - 1] == 0x90)
				run--;
			pv_nops_fill(at + run, spot->len - run);
		}
	}
}

#endif
