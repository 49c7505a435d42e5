/* SPDX-License-Identifier: MIT */
/*
 * What a pass over alternatives or lock prefixes must do, worked out a second time: from the rules
 * in pv/engine.h, pv/alternative.h and pv/smp_locks.h, byte by byte, slowly, and with nothing of
 * the code under test but its numbers (pv_why, pv_kind) and its tables of NOPs and of features.
 *
 *	model_alternatives(records, n);		or model_locks(records, n, from_up, to_up)
 *	...					the pass
 *	model_commit();				unless it was a dry run
 *	...					text is expected[], statistics are verdicts[]
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_GROUP_MODEL_H
#define TESTS_HOST_GROUP_MODEL_H

#include "pv/alternative.h"
#include "pv/nops.h"
#include "pv/smp_locks.h"
#include "tests/host/fuzz.h"
#include "tests/host/slow_insn.h"

#define RECORDS_MAX 24

/* Whose a byte is: NOBODYS while its site is as linked. */
struct owner {
	enum { NOBODYS, GROUPS, LOCKS } who;
	unsigned start, len;
};

static struct owner owners[IMAGES][TEXT_MAX], owners_next[IMAGES][TEXT_MAX];
static uint8_t expected[IMAGES][TEXT_MAX];
static bool changed[IMAGES][TEXT_MAX]; /* the site is written, whether this byte differs or not */

/* What becomes of a record. `counts`: it is the one that its site is counted with. */
static struct verdict {
	enum pv_why why;
	bool counts;
	unsigned kind, row, first; /* first: the table's first record of the same site */
} verdicts[RECORDS_MAX];
static unsigned changes, bytes_changed, bytes_padded;

/* Where the replacements are. */
static const uint8_t *replacements, *replacements_end;

/* A range of bytes in text, or why it is none. */
struct place {
	enum pv_why why;
	const struct area *area;
	unsigned image, start, len;
	bool gone;
};

static bool between(const uint8_t *at, const uint8_t *start, const uint8_t *end)
{
	return at >= start && at < end;
}

static struct place place_of(uint32_t at, unsigned len)
{
	struct place place = {.area = area_of((uint8_t *)(uintptr_t)at, 1), .len = len};
	unsigned gone = 0, inside = 0;

	for (unsigned i = 0; i < len; i++) {
		const uint8_t *byte = (uint8_t *)(uintptr_t)(at + i);

		for (unsigned image = 0; image < IMAGES; image++)
			if (between(byte, areas[image].image.own, areas[image].image.own_end))
				place.why = PV_WHY_OWN;
		inside += place.area && area_of(byte, 1) == place.area;
		gone += place.area &&
			between(byte, place.area->image.gone, place.area->image.gone_end);
	}
	if (!len)
		place.why = PV_WHY_LENGTH;
	else if (!place.why && (inside < len || (gone && gone < len)))
		place.why = PV_WHY_RANGE;
	if (place.why)
		return place;
	place.image = (unsigned)(place.area - areas);
	place.start = (unsigned)((uintptr_t)at - (uintptr_t)place.area->image.text);
	place.gone = gone != 0;
	return place;
}

/* All bytes free, or all those of this very site. */
static bool is_open(const struct owner *map, unsigned start, unsigned len)
{
	unsigned free = 0, mine = 0;

	for (unsigned i = start; i < start + len; i++) {
		free += map[i].who == NOBODYS;
		mine += map[i].who == GROUPS && map[i].start == start && map[i].len == len;
	}
	return free == len || mine == len;
}

static void own(struct owner *map, unsigned start, unsigned len)
{
	for (unsigned i = start; i < start + len; i++)
		map[i] = (struct owner){GROUPS, start, len};
}

/* What a record of alternatives says of itself. */
struct said {
	struct place place;
	enum pv_why why;
	bool applies, placed;
	unsigned n, kind, row;
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
	if (said->place.len > 1 && is_one_of(target, to, 1, said->place.len - 1))
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

static void alternative_says(const struct alt_instr *alt, struct said *said)
{
	uint32_t to = (uint32_t)&alt->instr_offset + (uint32_t)alt->instr_offset;
	uint32_t from = (uint32_t)&alt->repl_offset + (uint32_t)alt->repl_offset;
	unsigned feature = alt->cpuid & 0x7fff;
	bool has = pv_host_has(feature) || feature == X86_FEATURE_ALWAYS;

	*said = (struct said){.place = place_of(to, alt->instrlen), .kind = PV_KEPT};
	if (feature >= PV_FEATURE_WORDS * 32) {
		said->why = PV_WHY_FEATURE;
		return;
	}
	said->row = pv_feature_rows[feature];
	if (!alt->instrlen || alt->replacementlen > alt->instrlen) {
		said->why = PV_WHY_LENGTH;
		return;
	}
	said->applies = has != (alt->cpuid >> 15);
	said->n = alt->replacementlen;
	if (said->applies)
		said->why = replacement_says(said, from, to);
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

/* `rewritten` bytes of the site count, of which `pad` are padding; it is written as a whole. */
static void site_changes(const struct place *place, const uint8_t *bytes, unsigned rewritten,
			 unsigned pad)
{
	uint8_t *now = expected[place->image] + place->start;

	if (!memcmp(now, bytes, place->len))
		return;
	memcpy(now, bytes, place->len);
	memset(changed[place->image] + place->start, true, place->len);
	changes++;
	bytes_changed += rewritten;
	bytes_padded += pad;
}

static void model_begin(void)
{
	memcpy(owners_next, owners, sizeof(owners));
	memset(changed, 0, sizeof(changed));
	memset(verdicts, 0, sizeof(verdicts));
	changes = bytes_changed = bytes_padded = 0;
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(expected[i], areas[i].image.text, areas[i].size);
}

/* The rules for several records. The last of a table has the first claim on its bytes. */
static struct said says[RECORDS_MAX];

static void place_all(size_t n)
{
	static struct owner held[IMAGES][TEXT_MAX];

	memset(held, 0, sizeof(held));
	for (size_t i = n; i--;) {
		const struct place *p = &says[i].place;
		enum pv_why why = p->why;

		if (!why && !is_open(held[p->image], p->start, p->len))
			why = PV_WHY_OVERLAP;
		if (!why && !p->gone && !is_open(owners[p->image], p->start, p->len))
			why = PV_WHY_OVERLAP;
		says[i].placed = !why;
		verdicts[i].why = says[i].why ? says[i].why : why;
		if (!why)
			own(held[p->image], p->start, p->len);
	}
}

static bool same_site(size_t a, size_t b)
{
	const struct place *p = &says[a].place, *q = &says[b].place;

	return says[a].placed && says[b].placed && p->image == q->image && p->start == q->start &&
	       p->len == q->len;
}

/* No record gives the bytes: those that are there, with other NOPs at their end. */
static void site_keep(const struct place *p, unsigned run)
{
	uint8_t bytes[PV_SITE_MAX];

	if (owners[p->image][p->start].who != NOBODYS)
		return;
	memcpy(bytes, p->area->image.text + p->start, p->len);
	fill(bytes + run, p->len - run);
	site_changes(p, bytes, p->len - run, p->len - run);
}

static void site_replace(const struct place *p, struct said *winner)
{
	fill(winner->bytes + winner->n, p->len - winner->n);
	own(owners_next[p->image], p->start, p->len);
	site_changes(p, winner->bytes, p->len, p->len - winner->n);
}

/* The site whose last record is this one: of which record are its bytes? */
static void site_decide(size_t last)
{
	const struct place *p = &says[last].place;
	size_t winner = RECORDS_MAX, first = last;
	unsigned run = 0;

	for (size_t i = last + 1; i--;)
		first = same_site(i, last) ? i : first;
	for (size_t i = first; i <= last; i++)
		if (same_site(i, last) && (says[i].why || says[i].applies))
			winner = i;
	if (!p->gone && !is_whole(p->area->image.text + p->start, p->len, &run)) {
		verdicts[last].why = says[last].why ? says[last].why : PV_WHY_CODE;
		return;
	}
	if (winner < RECORDS_MAX && says[winner].why)
		return;
	if (!p->gone && winner < RECORDS_MAX)
		site_replace(p, &says[winner]);
	else if (!p->gone)
		site_keep(p, run);
	winner = winner < RECORDS_MAX ? winner : first;
	verdicts[winner] = (struct verdict){PV_OK, true, p->gone ? PV_GONE : says[winner].kind,
					    says[winner].row, (unsigned)first};
}

static void model_alternatives(const struct alt_instr *records, size_t n)
{
	model_begin();
	for (size_t i = 0; i < n; i++)
		alternative_says(&records[i], &says[i]);
	place_all(n);
	for (size_t i = 0; i < n; i++) {
		bool last = says[i].placed;

		for (size_t j = i + 1; j < n; j++)
			last &= !same_site(i, j);
		if (last)
			site_decide(i);
	}
}

/* Lock prefixes, one byte each; the first record of the table has the first claim. */
static bool locks_taken[IMAGES][TEXT_MAX];

static void model_lock(size_t i, const struct place *p, bool from_up, bool to_up)
{
	static const uint8_t prefix[2] = {0xf0, 0x3e};
	struct owner *owner = &owners_next[p->image][p->start];
	bool *taken = &locks_taken[p->image][p->start];

	if (from_up && (owner->who != LOCKS || *taken))
		verdicts[i].why = PV_WHY_BYTES;
	else if (!from_up && (owner->who == LOCKS || *taken))
		verdicts[i].why = PV_WHY_OVERLAP;
	else if (expected[p->image][p->start] != prefix[from_up])
		verdicts[i].why = PV_WHY_BYTES;
	if (verdicts[i].why)
		return;
	*taken = true;
	owner->who = to_up ? LOCKS : NOBODYS;
	site_changes(p, &prefix[to_up], 1, 0);
	verdicts[i] = (struct verdict){PV_OK, true, to_up ? PV_INLINE : PV_KEPT, 0, (unsigned)i};
}

static void model_locks(const int32_t *records, size_t n, bool from_up, bool to_up)
{
	model_begin();
	memset(locks_taken, 0, sizeof(locks_taken));
	for (size_t i = 0; i < n; i++) {
		struct place p = place_of((uint32_t)&records[i] + (uint32_t)records[i], 1);
		struct verdict left = {PV_OK, true, p.gone ? PV_GONE : PV_KEPT, 0, (unsigned)i};

		verdicts[i].why = p.why;
		if (!p.why && (p.gone || owners[p.image][p.start].who == GROUPS))
			verdicts[i] = left;
		else if (!p.why)
			model_lock(i, &p, from_up, to_up);
	}
}

static void model_commit(void)
{
	memcpy(owners, owners_next, sizeof(owners));
}

#endif
