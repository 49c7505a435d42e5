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

/* A kernel that is compiled for size goes the engine's general path. */
#ifdef __OPTIMIZE_SIZE__
#define alternative_sweep NULL
#else
/*
 * The short loop: from what was linked to a state. Sites of up to eight bytes are two words, and no
 * branch hangs on their length or their kind: what comes next is what a CPU cannot predict. What the
 * facts say is bound to the records by their sums, and all replacements together by one, before the
 * loop, used or not; so nothing is decoded, of longer ones either.
 * Eight bytes of text are read and stored; those behind the site do not change.
 */
typedef uint64_t __attribute__((may_alias, aligned(1))) words;

/* By length and bytes in use: which those are, and the CPU's padding behind them. */
struct line {
	uint64_t mask, pad;
};
static struct {
	const struct pv_nops *nops; /* whose padding that is */
	struct line line[9][9];
} lines;

static PV_TEXT void lines_make(void)
{
	if (lines.nops == pv_nops)
		return;
	lines.nops = pv_nops;
	for (unsigned len = 0; len <= 8; len++)
		for (unsigned n = 0; n <= len; n++) {
			struct line *line = &lines.line[len][n];

			*line = (struct line){0, 0};
			for (unsigned i = 0; i < n; i++)
				((uint8_t *)&line->mask)[i] = 0xff;
			pv_nops_fill((uint8_t *)&line->pad + n, len - n);
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

/* What a loop has counted, until it ends. */
struct counted {
	uint32_t bytes, pad, kind[PV_NR_KINDS];
	uint32_t sources, sources_size; /* where eight bytes can be read of a replacement */
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

static PV_TEXT void count_begin(struct counted *counted, const struct alternative_state *state)
{
	const uint32_t size = (uint32_t)(state->replacements_end - state->replacements);

	*counted = (struct counted){.sources = (uint32_t)state->replacements,
				    .sources_size = size < 8 ? 0 : size - 7};
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

/* Is the site as it was linked? Behind it that is 0. */
PV_TEXT_PART bool stands(uint32_t at, unsigned len, const struct pv_fact *first)
{
	const pv_word *text = (const pv_word *)at, *mask = (const pv_word *)&lines.line[8][len];

	return !(((text[0] ^ first->linked[0]) & mask[0]) |
		 ((text[1] ^ first->linked[1]) & mask[1]));
}

/* What stands, the n first of these bytes; false: it is what was linked. */
PV_TEXT_PART bool put(uint32_t at, unsigned len, const struct pv_fact *first, uint64_t bytes,
		      unsigned n)
{
	const pv_word *line = (const pv_word *)&lines.line[len][n];
	pv_word *text = (pv_word *)at;
	const uint32_t low = (((uint32_t)bytes & line[0]) | line[2]) ^ first->linked[0];
	const uint32_t high = (((uint32_t)(bytes >> 32) & line[1]) | line[3]) ^ first->linked[1];

	if (!(low | high))
		return false;
	text[0] ^= low;
	text[1] ^= high;
	return true;
}

/*
 * A site that a record decides: eight bytes, with the one branch moved that such a site usually has:
 * it begins the replacement, and is all of it, so what the sum carries behind it is no byte of it.
 * False: it is not usual, and nothing was done.
 */
PV_TEXT_PART bool change_usual(struct pv_sweep *s, const struct pv_fact *first, struct member by,
			       uint32_t at, unsigned len, struct counted *counted)
{
	const uint32_t from = (uint32_t)&by.alt->repl_offset + (uint32_t)by.alt->repl_offset;
	const unsigned n = by.alt->replacementlen, kind = by.fact->kind;
	const uint32_t branch = kind >> 1 & 1; /* 1: a call or a jump */

	if (n > len || by.fact->rel_at != branch ||
	    from - counted->sources >= counted->sources_size || !stands(at, len, first))
		return false;
	if (put(at, len, first, *(const words *)from + ((uint64_t)((from - at) & -branch) << 8),
		n)) {
		counted->bytes += len;
		counted->pad += len - n;
	}
	count_site(s->stats->row, counted, by.alt, kind);
	return true;
}

/* One that none decides: as linked, but for the padding. */
static PV_TEXT bool keep_usual(struct pv_sweep *s, struct member first, uint32_t at, unsigned len,
			       struct counted *counted)
{
	const unsigned n = first.fact->run;

	if (!stands(at, len, first.fact))
		return false;
	if (put(at, len, first.fact, *(const words *)first.fact->linked, n)) {
		counted->bytes += len - n;
		counted->pad += len - n;
	}
	count_site(s->stats->row, counted, first.alt, PV_KEPT);
	return true;
}

/* A site of more than eight bytes. by.alt NULL: none decides. */
static PV_TEXT bool change_long(struct pv_sweep *s, struct member first, struct member by,
				uint32_t at, unsigned len)
{
	const uint8_t *linked = pv_fact_linked(s->facts, first.fact, (const uint32_t *)first.alt,
					       sizeof(*first.alt), len);
	const uint8_t *source = linked;
	unsigned n = first.fact->run, rel_at = 0;
	struct pv_site old_site, new_site;

	if (by.alt) {
		source = (const uint8_t *)&by.alt->repl_offset + by.alt->repl_offset;
		n = by.alt->replacementlen;
		rel_at = by.fact->rel_at;
	}
	if (!linked || !pv_same((const uint8_t *)at, linked, len) || n > len ||
	    (rel_at && rel_at + 4 > n))
		return false;
	old_site.kind = PV_KEPT;
	pv_copy(old_site.bytes, linked, len);
	new_site.at = (uint8_t *)at;
	new_site.len = (uint8_t)len;
	new_site.n = (uint8_t)n;
	new_site.kind = by.alt ? by.fact->kind : PV_KEPT;
	new_site.row = (uint8_t)row_of(by.alt ? by.alt->cpuid : first.alt->cpuid);
	pv_copy(new_site.bytes, source, n);
	if (rel_at)
		*(pv_word *)(new_site.bytes + rel_at) += (uint32_t)source - at;
	pv_pad(s->family, &new_site);
	pv_sweep_change(s, first.alt, &old_site, &new_site);
	return true;
}

/* The group's other records, behind the one at this entry; *by is the last one that applies. */
static PV_TEXT bool are_good(const struct pv_sweep *s, const struct pv_entry *entry,
			     const struct pv_fact *fact, uint32_t n, struct member *by)
{
	const struct alt_instr *records = (const struct alt_instr *)(const void *)s->records;
	const struct pv_entry *const stop = s->index + s->count;

	while (--n) {
		struct member m = {NULL, ++fact};

		entry++;
		if (entry == stop || entry->record >= s->n || entry->at != entry[-1].at ||
		    entry->record <= entry[-1].record)
			return false;
		m.alt = &records[entry->record];
		if (!is_good(m, entry->at))
			return false;
		if (decides(m.alt, s->to))
			*by = m;
	}
	return true;
}

/* All of the group's n records, and no more; *by is the last one that applies, or has no record. */
PV_TEXT_PART bool is_good_group(const struct pv_sweep *s, const struct pv_entry *entry,
				const struct pv_entry *stop, struct member first, uint32_t n,
				struct member *by)
{
	if (!is_good(first, entry->at))
		return false;
	*by = decides(first.alt, s->to) ? first : (struct member){NULL, NULL};
	if (n != 1 && !are_good(s, entry, first.fact, n, by))
		return false;
	return entry + n == stop || entry[n].at != entry->at;
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

/* Short ones with eight bytes of text from `at` on. */
PV_TEXT_PART bool change_site(struct pv_sweep *s, struct member first, struct member by,
			      uint32_t at, unsigned len, struct counted *counted)
{
	if (len > 8)
		return change_long(s, first, by, at, len);
	if (s->edge - at < 8)
		return false;
	return by.alt ? change_usual(s, first.fact, by, at, len, counted)
		      : keep_usual(s, first, at, len, counted);
}

static PV_TEXT uint32_t alternative_sweep(struct pv_sweep *s, uint32_t i)
{
	const struct alt_instr *records = (const struct alt_instr *)(const void *)s->records;
	const struct pv_entry *const far = pv_sweep_far(s), *const stop = s->index + s->count;
	const struct pv_entry *entry = s->index + i;
	struct member first = {NULL, s->facts + i}, by;
	struct counted counted;
	uint32_t n;

	if (s->from != &alternative_linked || !sources_hold(s))
		return i;
	lines_make();
	count_begin(&counted, s->to);
	for (; entry < stop; entry += n, first.fact += n) {
		const uint32_t at = entry->at;
		unsigned len;

		pv_ahead(entry, far);
		pv_ahead(entry + 1, far);
		if (entry->record >= s->n)
			break;
		first.alt = &records[entry->record];
		n = first.fact->n;
		if (!is_good_group(s, entry, stop, first, n, &by))
			break;
		len = first.alt->instrlen;
		if (!len || first.fact->run > len || !pv_sweep_free(s, at, len) ||
		    !change_site(s, first, by, at, len, &counted))
			break;
		s->start = at;
		s->end = at + len;
	}
	count_add(s->stats, &counted);
	return (uint32_t)(entry - s->index);
}

#endif

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
