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
#include "pv/alternative.h"
#include "pv/host.h"
#include "pv/insn.h"

struct alternative_state alternative_state;

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

static PV_TEXT enum pv_why alternative_bytes(const void *record, const void *state,
					     struct pv_site *out)
{
	const struct alt_instr *alt = record;
	unsigned feature = alt->cpuid & ~(unsigned)ALT_FLAG_NOT;
	uint32_t place = (uint32_t)record, from;

	out->at = (uint8_t *)(place + (uint32_t)alt->instr_offset);
	out->len = alt->instrlen;
	out->n = out->row = 0;
	out->kind = PV_KEPT;
	if (feature < PV_FEATURE_WORDS * 32)
		out->row = pv_feature_rows[feature];
	else if (state)
		return PV_WHY_FEATURE;
	if (!state)
		return PV_OK;
	if (!alt->instrlen || alt->replacementlen > alt->instrlen)
		return PV_WHY_LENGTH;
	if (!applies(state, feature, alt->cpuid & ALT_FLAG_NOT))
		return PV_OK;
	out->n = alt->replacementlen;
	from = place + offsetof(struct alt_instr, repl_offset) + (uint32_t)alt->repl_offset;
	if (!is_replacement(state, from, out->n))
		return PV_WHY_SOURCE;
	for (unsigned i = 0; i < out->n; i++)
		out->bytes[i] = ((const uint8_t *)from)[i];
	return replacement_move(out, from);
}

const struct pv_family alternative_family = {
	.name = "alternatives",
	.record_size = sizeof(struct alt_instr),
	.rows = PV_FEATURE_ROWS,
	.row_is = "feature",
	.groups = true,
	.bytes = alternative_bytes,
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
	pv_apply(&alternative_family, start, end, NULL, &alternative_state, PV_STOPPED, stats);
}
