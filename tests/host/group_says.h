/* SPDX-License-Identifier: MIT */
/*
 * What a record of alternatives and its fact say, worked out a second time: what stands at the site
 * in a state, what was linked, whether the sums hold. Slowly, with a decoder of its own.
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_GROUP_SAYS_H
#define TESTS_HOST_GROUP_SAYS_H

#include "pv/alternative.h"
#include "pv/facts.h"
#include "pv/image.h"
#include "pv/nops.h"
#include "tests/host/fuzz.h"
#include "tests/host/slow_insn.h"

/* Where the replacements are. */
static const uint8_t *replacements, *replacements_end;

static bool between(const uint8_t *at, const uint8_t *start, const uint8_t *end)
{
	return at >= start && at < end;
}

/* What a record of alternatives says of itself in a state. */
struct said {
	enum pv_why why;
	bool applies;
	unsigned len, n, kind, row;
	uint8_t bytes[PV_SITE_MAX];
};

/* Where the branch at bytes[i] goes, when the bytes stand at `base`. */
static uint32_t branch_target(const uint8_t *bytes, unsigned i, const struct slow_insn *insn,
			      uint32_t base)
{
	const uint8_t *rel = bytes + i + insn->len - insn->rel;
	int32_t distance = (int8_t)rel[0];

	if (insn->rel == 4)
		memcpy(&distance, rel, 4);
	return base + i + insn->len + (uint32_t)distance;
}

/* Is `at` one of base + first ... base + last? Addresses wrap. */
static bool is_one_of(uint32_t at, uint32_t base, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		if (base + i == at)
			return true;
	return false;
}

/* Branches out of the replacement keep their target. */
static bool branch_moves(struct said *said, unsigned i, const struct slow_insn *insn, uint32_t from,
			 uint32_t to)
{
	uint32_t target = branch_target(said->bytes, i, insn, from);
	int32_t distance = (int32_t)(target - (to + i + insn->len));

	if (is_one_of(target, from, 0, said->n))
		return true;
	if (said->len > 1 && is_one_of(target, to, 1, said->len - 1))
		return false;
	if (insn->rel == 1 && (distance < -128 || distance > 127))
		return false;
	memcpy(said->bytes + i + insn->len - insn->rel, &distance, insn->rel);
	if (insn->len == said->n && insn->opcode == 0xe8)
		said->kind = PV_CALL;
	if (insn->len == said->n && (insn->opcode == 0xe9 || insn->opcode == 0xeb))
		said->kind = PV_JMP;
	return true;
}

/* The replacement at `from`, as it must stand at `to`. */
static enum pv_why replacement_says(struct said *said, uint32_t from, uint32_t to)
{
	struct slow_insn insn;

	for (unsigned i = 0; i < said->n; i++)
		if (!between((uint8_t *)(uintptr_t)(from + i), replacements, replacements_end))
			return PV_WHY_SOURCE;
	if (!said->n && !between((uint8_t *)(uintptr_t)from, replacements, replacements_end + 1))
		return PV_WHY_SOURCE;
	memcpy(said->bytes, (uint8_t *)(uintptr_t)from, said->n);
	said->kind = said->n ? PV_INLINE : PV_NOP;
	for (unsigned i = 0; i < said->n; i += insn.len) {
		insn = slow_insn(said->bytes + i, said->n - i);
		if (!insn.len)
			return PV_WHY_CODE;
		if (insn.rel && !branch_moves(said, i, &insn, from, to))
			return PV_WHY_BRANCH;
	}
	return PV_OK;
}

static void alternative_says(const struct alt_instr *alt, const struct alternative_state *state,
			     struct said *said)
{
	uint32_t to = (uint32_t)&alt->instr_offset + (uint32_t)alt->instr_offset;
	uint32_t from = (uint32_t)&alt->repl_offset + (uint32_t)alt->repl_offset;
	unsigned feature = alt->cpuid & 0x7fff;
	bool has;

	*said = (struct said){.len = alt->instrlen, .kind = PV_KEPT};
	if (feature >= PV_FEATURE_WORDS * 32) {
		said->why = PV_WHY_FEATURE;
		return;
	}
	said->row = pv_feature_rows[feature] + (alt->cpuid >> 15) * PV_FEATURE_NAMES;
	if (!alt->instrlen || alt->replacementlen > alt->instrlen) {
		said->why = PV_WHY_LENGTH;
		return;
	}
	has = state->features[feature / 32] & 1u << feature % 32;
	said->applies = state != &alternative_linked && has != (alt->cpuid >> 15);
	said->n = alt->replacementlen;
	if (state != &alternative_linked)
		said->why = replacement_says(said, from, to);
	if (!said->applies)
		said->kind = PV_KEPT;
}

/* Text: is it whole instructions, and from where on is it NOPs that may be merged? */
static bool is_whole(const uint8_t *text, unsigned len, unsigned *run)
{
	struct slow_insn insn;

	*run = len;
	for (unsigned i = 0; i < len; i += insn.len) {
		insn = slow_insn(text + i, len - i);
		if (!insn.len)
			return false;
		if (insn.len != 1 || text[i] != 0x90)
			*run = len;
		else if (*run == len)
			*run = i;
	}
	for (unsigned i = 0; i < *run && *run < len; i += insn.len) {
		insn = slow_insn(text + i, len - i);
		if (insn.rel && is_one_of(branch_target(text, i, &insn, 0), 0, *run + 1, len - 1))
			*run = len;
	}
	return true;
}

/* NOPs: the longest first. */
static void fill(uint8_t *at, unsigned n)
{
	for (unsigned run; n; at += run, n -= run) {
		run = n < pv_nops->max ? n : pv_nops->max;
		memcpy(at, pv_nops->bytes[run], run);
	}
}

/* The sum of pv/facts.h: five bits to the left, and the word. */
static uint32_t sum_words(uint32_t sum, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i += 4) {
		uint32_t word = 0;

		for (unsigned k = 0; k < 4 && i + k < n; k++)
			word |= (uint32_t)bytes[i + k] << (8 * k);
		sum = (uint32_t)((uint64_t)sum * 32 % 0x100000000u + sum / 0x8000000u) + word;
	}
	return sum;
}

static uint32_t sum_of(const uint8_t *bytes, unsigned n)
{
	uint8_t eight[8] = {0};

	if (n >= 8)
		return sum_words(0, bytes, n);
	if (n)
		memcpy(eight, bytes, n);
	return sum_words(0, eight, 8);
}

static const void *model_record(const struct pv_table *table, uint32_t number)
{
	return (const uint8_t *)table->first + number * table->family->record_size;
}

static bool fact_holds(const struct pv_table *table, const struct pv_entry *entry,
		       const struct pv_fact *fact)
{
	uint32_t sum = sum_words(0, model_record(table, entry->record), sizeof(struct alt_instr));

	return sum_words(sum, (const uint8_t *)fact + 4, sizeof(*fact) - 4) == fact->sum;
}

/* As linked, of a site of len bytes; NULL: not known. */
static const uint8_t *fact_linked(const struct pv_table *table, const struct pv_entry *entry,
				  const struct pv_fact *facts, const struct pv_fact *fact,
				  unsigned len)
{
	const uint8_t *bytes = (const uint8_t *)fact->linked;

	if (!fact->n || fact->run > len || !fact_holds(table, entry, fact))
		return NULL;
	if (len <= 8)
		return bytes;
	bytes = (const uint8_t *)((uintptr_t)facts + fact->linked[0]);
	return sum_of(bytes, len) == fact->linked[1] ? bytes : NULL;
}

/* The site that an entry's record names, wherever that is. */
static bool entry_names(const struct pv_table *table, const struct pv_entry *entry, uint32_t n,
			unsigned *len)
{
	const int32_t *record = (const int32_t *)model_record(
		table, entry->record < n ? entry->record : 0);

	if (entry->record >= n)
		return false;
	*len = 1;
	if (table->family->groups)
		*len = ((const struct alt_instr *)(const void *)record)->instrlen;
	return (uint32_t)(uintptr_t)record + (uint32_t)*record == entry->at;
}

#endif
