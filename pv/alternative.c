// SPDX-License-Identifier: MIT
/*
 * Alternatives as a family of the engine:
 *
 *	as linked	f0 83 04 24 00		lock; addl $0,(%esp)
 *	replacement	0f ae f0 66 90		mfence; nop
 *	call elsewhere	e8 <rel32>		moved: the same target from the site
 *	jump inside	eb <rel8>		as it is: its target moves with it
 *
 * A record does not say what was linked, so kept ones have no bytes: the engine leaves the text.
 */
#include "pv/alternative_types.h"
#include "pv/feature.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/sweep.h"

struct alternative_state alternative_state;
const struct alternative_state alternative_linked;

/* The whole replacement is this one branch. */
static PV_TEXT uint8_t branch_kind(uint8_t opcode)
{
	switch (opcode) {
	case 0xe8: return PV_CALL;
	case 0xe9:
	case 0xeb: return PV_JMP;
	default: return PV_INLINE;
	}
}

/*
 * The instruction at bytes[i], which was at `from` and will be at out->at. A branch to inside of
 * the replacement goes with it; its end is inside, too. One into the middle of the site would meet
 * what is overwritten.
 */
static PV_TEXT enum pv_why branch_move(struct pv_site *out, unsigned i, const struct pv_insn *insn,
				       uint32_t from)
{
	uint8_t *bytes = out->bytes + i;
	uint32_t target = pv_insn_target(from + i, bytes, insn), to = (uint32_t)out->at;

	if (target - from <= out->n)
		return PV_OK;
	if (target - to < out->len && target != to)
		return PV_WHY_BRANCH;
	if (!pv_insn_retarget(to + i, bytes, insn, target))
		return PV_WHY_BRANCH;
	if (insn->len == out->n)
		out->kind = branch_kind(bytes[insn->rel_at - 1]);
	return PV_OK;
}

static PV_TEXT enum pv_why replacement_move(struct pv_site *out, uint32_t from)
{
	struct pv_insn insn;

	out->kind = out->n ? PV_INLINE : PV_NOP;
	for (unsigned i = 0; i < out->n; i += insn.len) {
		enum pv_why why = PV_OK;

		if (!pv_insn_decode(out->bytes + i, out->n - i, &insn))
			return PV_WHY_CODE;
		if (insn.rel_size)
			why = branch_move(out, i, &insn, from);
		if (why)
			return why;
	}
	return PV_OK;
}

PV_TEXT_PART bool applies(const struct alternative_state *state, unsigned feature, bool negated)
{
	return (state->features[feature / 32] >> (feature % 32) & 1) != negated;
}

PV_TEXT_PART bool is_replacement(const struct alternative_state *state, uint32_t at, unsigned n)
{
	uint32_t start = (uint32_t)state->replacements;
	uint32_t size = (uint32_t)state->replacements_end - start;

	return at - start <= size && n <= size - (at - start);
}

/* The line of statistics that a record with this feature, which there is, is counted in. */
PV_TEXT_PART unsigned row_of(uint16_t cpuid)
{
	return pv_feature_rows[cpuid & ~PV_ALT_FLAG_NOT] +
	       (cpuid & PV_ALT_FLAG_NOT ? PV_FEATURE_NAMES : 0);
}

static PV_TEXT enum pv_why alternative_bytes(const void *record, const void *state,
					     struct pv_site *out)
{
	const struct alt_instr *alt = record;
	enum pv_why why;
	unsigned feature = alt->cpuid & ~(unsigned)PV_ALT_FLAG_NOT;
	uint32_t place = (uint32_t)record;
	uint32_t from = place + offsetof(struct alt_instr, repl_offset) +
			(uint32_t)alt->repl_offset;

	out->at = (uint8_t *)(place + (uint32_t)alt->instr_offset);
	out->len = alt->instrlen;
	out->n = out->row = 0;
	out->kind = PV_KEPT;
	out->source = (const uint8_t *)from;
	out->source_n = alt->replacementlen;
	if (feature < PV_FEATURE_WORDS * 32)
		out->row = (uint8_t)row_of(alt->cpuid);
	else if (state)
		return PV_WHY_FEATURE;
	if (!state)
		return PV_OK;
	if (!alt->instrlen || alt->replacementlen > alt->instrlen)
		return PV_WHY_LENGTH;
	if (state == &alternative_linked)
		return PV_OK;
	if (!is_replacement(state, from, out->source_n))
		return PV_WHY_SOURCE;
	out->n = out->source_n;
	pv_copy(out->bytes, (const uint8_t *)from, out->n);
	why = replacement_move(out, from);
	if (!applies(state, feature, alt->cpuid & PV_ALT_FLAG_NOT)) {
		out->kind = PV_KEPT;
		out->n = 0;
	}
	return why;
}

/*
 * The short loop: from what was linked to a state, groups of 1 to 8 bytes, as two words in
 * registers, without branches for lengths and kinds: what comes next is what a CPU cannot predict.
 * What the facts say is bound to the records by their sums, and all replacements together by one,
 * before the loop, used or not; so nothing is decoded.
 * Eight bytes of text are read and stored; those behind the site do not change.
 */
struct words {
	uint32_t low, high;
};

/* Which are the first n bytes, and the CPU's padding behind them up to len. */
static struct lines {
	const struct pv_nops *nops; /* whose padding that is */
	struct words mask[9], pad[9][9];
} lines;

static PV_TEXT void lines_make(void)
{
	if (lines.nops == pv_nops)
		return;
	lines.nops = pv_nops;
	for (unsigned n = 0; n <= 8; n++) {
		lines.mask[n] = (struct words){0, 0};
		for (unsigned i = 0; i < n; i++)
			((uint8_t *)&lines.mask[n])[i] = 0xff;
		for (unsigned len = n; len <= 8; len++) {
			lines.pad[len][n] = (struct words){0, 0};
			pv_nops_fill((uint8_t *)&lines.pad[len][n] + n, len - n);
		}
	}
}

/* A record of the group that the loop is at, and what was linked for it. */
struct member {
	const struct alt_instr *alt;
	const struct pv_fact *fact;
};

/* Is it for this place, as it was linked, and nothing that has to be decoded? */
PV_TEXT_PART bool is_good(struct member m, uint32_t at)
{
	const pv_word *record = (const pv_word *)m.alt, *fact = (const pv_word *)m.fact;
	uint32_t sum = pv_sum(pv_sum(record[0], record[1]), record[2]);

	sum = pv_sum(pv_sum(pv_sum(pv_sum(sum, fact[1]), fact[2]), fact[3]), fact[4]);
	return sum == fact[0] && (uint32_t)record + record[0] == at && m.fact->kind < PV_NR_KINDS;
}
_Static_assert(sizeof(struct pv_fact) == 20 && sizeof(struct alt_instr) == 12, "all its words");

PV_TEXT_PART bool decides(const struct alt_instr *alt, const struct alternative_state *state)
{
	return applies(state, alt->cpuid & ~PV_ALT_FLAG_NOT, alt->cpuid & PV_ALT_FLAG_NOT);
}

/* The replacement for a site at `at`: all of them are as linked. False: it is not a usual one. */
PV_TEXT_PART bool replaced(struct member m, const struct alternative_state *state, uint32_t at,
			   unsigned len, struct words *out)
{
	uint32_t from = (uint32_t)&m.alt->repl_offset + (uint32_t)m.alt->repl_offset, target;
	unsigned n = m.alt->replacementlen;
	uint32_t low, high;

	if (n > len || m.fact->rel_at > 1 || !is_replacement(state, from, 8))
		return false;
	low = ((const pv_word *)from)[0] & lines.mask[n].low;
	high = ((const pv_word *)from)[1] & lines.mask[n].high;
	target = (low >> 8 | high << 24) + ((from - at) & -(uint32_t)m.fact->rel_at);
	out->low = ((low & 0xff) | target << 8) | lines.pad[len][n].low;
	out->high = ((high & ~0xffu) | target >> 24) | lines.pad[len][n].high;
	return true;
}

/* What no record decides gets the CPU's own padding. */
PV_TEXT_PART struct words kept(const struct pv_fact *site, unsigned len)
{
	const struct words *mask = &lines.mask[site->run], *pad = &lines.pad[len][site->run];

	return (struct words){(site->linked[0] & mask->low) | pad->low,
			      (site->linked[1] & mask->high) | pad->high};
}

/* What a loop has counted, until it ends. */
struct counted {
	uint32_t bytes, pad, kind[PV_NR_KINDS];
};

PV_TEXT_PART void count_site(struct pv_count *rows, struct counted *counted,
			     const struct alt_instr *alt, unsigned kind)
{
	counted->kind[kind]++;
	if (rows) {
		struct pv_count *row = &rows[row_of(alt->cpuid)];

		row->sites++;
		row->kind[kind]++;
	}
}

static PV_TEXT void count_add(struct pv_stats *stats, const struct counted *counted)
{
	stats->bytes += counted->bytes;
	stats->pad += counted->pad;
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++) {
		stats->total.sites += counted->kind[kind];
		stats->total.kind[kind] += counted->kind[kind];
	}
}

/* The group's site; false: it is not usual, and nothing was done. by.alt NULL: none decides. */
PV_TEXT_PART bool change_usual(struct member first, struct member by,
			       const struct alternative_state *to, uint32_t at, unsigned len,
			       struct pv_count *rows, struct counted *counted)
{
	const uint32_t *linked = first.fact->linked;
	uint32_t low = ((const pv_word *)at)[0], high = ((const pv_word *)at)[1];
	unsigned used = by.alt ? by.alt->replacementlen : first.fact->run;
	struct words words;

	if (by.alt && !replaced(by, to, at, len, &words))
		return false;
	if (((low ^ linked[0]) & lines.mask[len].low) | ((high ^ linked[1]) & lines.mask[len].high))
		return false;
	if (!by.alt)
		words = kept(first.fact, len);
	count_site(rows, counted, by.alt ? by.alt : first.alt, by.alt ? by.fact->kind : PV_KEPT);
	words.low ^= linked[0];
	words.high ^= linked[1];
	if (!(words.low | words.high))
		return true;
	((pv_word *)at)[0] = low ^ words.low;
	((pv_word *)at)[1] = high ^ words.high;
	counted->bytes += by.alt || used == len ? len : len - used;
	counted->pad += len - used;
	return true;
}

/* All of the group's n records; *by is the last one that applies, or has no record. */
PV_TEXT_PART bool is_good_group(const struct pv_sweep *s, const struct pv_entry *entry,
				struct member first, uint32_t n, struct member *by)
{
	const struct alternative_state *to = s->to;
	const struct alt_instr *records = (const struct alt_instr *)(const void *)s->records;
	const uint32_t at = entry->at;

	if (!is_good(first, at))
		return false;
	*by = decides(first.alt, to) ? first : (struct member){NULL, NULL};
	for (uint32_t k = 1; k < n; k++) {
		struct member m = {NULL, first.fact + k};

		if (entry[k].record >= s->n || entry[k].at != at ||
		    entry[k].record <= entry[k - 1].record)
			return false;
		m.alt = &records[entry[k].record];
		if (!is_good(m, at))
			return false;
		if (decides(m.alt, to))
			*by = m;
	}
	return true;
}

/* Is all of it as it was linked? Summed up once a pass. */
static PV_TEXT bool sources_hold(struct pv_sweep *s)
{
	const struct pv_sources *sources = &s->table->sources;
	bool good;

	if (s->sources == PV_NOT_SUMMED) {
		good = is_replacement(s->to, sources->at, sources->size) &&
		       pv_sources_hold(sources);
		s->sources = good ? PV_HOLD : PV_HOLD_NOT;
	}
	return s->sources == PV_HOLD;
}

static PV_TEXT uint32_t alternative_sweep(struct pv_sweep *s, uint32_t i)
{
	const uint32_t far = pv_sweep_far(s), nr_records = s->n, count = s->count;
	const struct alt_instr *records = (const struct alt_instr *)(const void *)s->records;
	const struct alternative_state *to = s->to;
	struct pv_count *rows = s->stats->row;
	struct counted counted = {0, 0, {0}};
	uint32_t n;

	if (s->from != &alternative_linked || !sources_hold(s))
		return i;
	lines_make();
	for (; i < count; i += n) {
		const struct pv_entry *entry = &s->index[i];
		struct member first = {NULL, &s->facts[i]}, by;
		uint32_t at = entry->at;
		unsigned len;

		n = first.fact->n;
		pv_ahead(entry, i, far);
		if (n - 1 >= count - i || entry->record >= nr_records)
			break;
		first.alt = &records[entry->record];
		if (!is_good_group(s, entry, first, n, &by))
			break;
		len = first.alt->instrlen;
		if (len - 1 >= 8 || first.fact->run > len || (i + n < count && entry[n].at == at) ||
		    !pv_sweep_free(s, at, len) || s->edge - at < 8 ||
		    !change_usual(first, by, to, at, len, rows, &counted))
			break;
		s->start = at;
		s->end = at + len;
	}
	count_add(s->stats, &counted);
	return i;
}

const struct pv_family alternative_family = {
	.name = "alternatives",
	.record_size = sizeof(struct alt_instr),
	.rows = PV_FEATURE_ROWS,
	.row_is = "feature",
	.groups = true,
	.linked = &alternative_linked,
	.bytes = alternative_bytes,
	.sweep = alternative_sweep,
	.name_row = pv_feature_row_name,
};

void alternative_state_make(struct alternative_state *state, const void *replacements,
			    const void *replacements_end)
{
	for (unsigned word = 0; word < PV_FEATURE_WORDS; word++) {
		state->features[word] = 0;
		for (unsigned bit = 0; bit < 32; bit++)
			state->features[word] |= (uint32_t)pv_host_has(word * 32 + bit) << bit;
	}
	state->features[X86_FEATURE_ALWAYS / 32] |= 1u << X86_FEATURE_ALWAYS % 32;
	state->replacements = replacements;
	state->replacements_end = replacements_end;
}

void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end,
			struct pv_stats *stats)
{
	pv_apply(&alternative_family, start, end, &alternative_linked, &alternative_state,
		 PV_STOPPED, stats);
}
