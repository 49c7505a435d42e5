// SPDX-License-Identifier: MIT
/*
 * Paravirt sites as a family of the engine:
 *
 *	as linked	ff 15 <slot>		call *pv_ops+4*type
 *	template	3e 3e 3e 3e 3e fa	cli, with prefixes that say nothing
 *			fa 0f 1f 44 00 00	cli; nop: on CPUs that are slow with prefixes
 *	call		2e e8 <rel32>		call native_cpuid (2e is the padding)
 *	jump		e9 <rel32> 90		jmp, for ops that do not return
 *	nothing		66 0f 1f 44 00 00	nop
 *	missing		0f 0b 0f 1f 40 00	ud2
 */
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/sweep.h"

static struct paravirt_state linked;
static struct paravirt_state states[2], *current = &states[0], *next = &states[1];
static bool never;  /* patch: sites stay as they were linked */
static bool direct; /* no templates at the kernel's sites */

struct pv_stats paravirt_stats;
struct pv_count paravirt_rows[PV_NR_TYPES];

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void insns_branch(struct pv_insns *out, uint8_t kind, uint32_t target)
{
	out->kind = kind;
	out->target = target;
	if (kind == PV_CALL) {
		out->bytes[0] = 0x2e; /* one instruction of six bytes instead of five and a NOP */
		out->bytes[1] = 0xe8;
		out->rel_at = 2;
		out->n = 6;
	} else {
		out->bytes[0] = 0xe9;
		out->rel_at = 1;
		out->n = 5;
	}
}

static bool is_empty_function(uint32_t function)
{
	return function == (uint32_t)paravirt_nop || function == (uint32_t)paravirt_ident_32 ||
	       function == (uint32_t)paravirt_ident_64 ||
	       function == (uint32_t)__raw_callee_save_paravirt_nop ||
	       function == (uint32_t)__raw_callee_save_paravirt_ident_32;
}

bool paravirt_patch_default(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	uint32_t function = pv_slot(ops, type);

	out->clobbers = pv_op_clobbers(type);
	out->rel_at = 0;
	if (!function || function == (uint32_t)pv_missing[type]) {
		out->kind = PV_TRAP;
		out->bytes[0] = 0x0f;
		out->bytes[1] = 0x0b;
		out->n = 2;
	} else if (!pv_op_is_jump(type) && is_empty_function(function)) {
		out->kind = PV_NOP;
		out->n = 0;
	} else {
		insns_branch(out, pv_op_is_jump(type) ? PV_JMP : PV_CALL, function);
	}
	return true;
}

/* Note the template's one branch that leaves it; false when there is one that cannot be moved. */
static bool template_branch(struct pv_insns *out, uint32_t start, unsigned at,
			    const struct pv_insn *insn)
{
	uint32_t target;

	if (!insn->rel_size)
		return true;
	target = pv_insn_target(start + at, out->bytes + at, insn);
	if (target >= start && target <= start + out->n)
		return true;
	if (insn->rel_size != 4)
		return false;
	out->rel_at = (uint8_t)(at + insn->rel_at);
	out->target = target;
	return true;
}

static bool template_fits(struct pv_insns *out, const uint8_t *start, size_t n)
{
	struct pv_insn insn;

	if (n > PV_SITE_LEN)
		return false;
	out->n = (uint8_t)n;
	out->rel_at = 0;
	for (unsigned i = 0; i < n; i++)
		out->bytes[i] = start[i];
	for (unsigned at = 0; at < n; at += insn.len)
		if (!pv_insn_decode(out->bytes + at, (unsigned)n - at, &insn) ||
		    !template_branch(out, (uint32_t)start, at, &insn))
			return false;
	return true;
}

bool paravirt_patch_insns(struct pv_insns *out, uint8_t type, const void *start, const void *end)
{
	size_t n = (size_t)((const uint8_t *)end - (const uint8_t *)start);

	if (!n)
		return false;
	out->kind = PV_INLINE;
	out->clobbers = pv_op_clobbers(type);
	if (template_fits(out, start, n))
		return true;
	pv_host_say(
		PV_WARN,
		"paravirt: %s: its template of %u bytes cannot be used at a site: called instead",
		pv_op_name(type), (unsigned)n);
	return false;
}

bool paravirt_patch_template(uint8_t type, const struct pv_ops *ops, const struct pv_ops *origin,
			     const struct pv_template *templates, struct pv_insns *out)
{
	return pv_slot(ops, type) && pv_slot(ops, type) == pv_slot(origin, type) &&
	       paravirt_patch_insns(out, type, templates[type].start, templates[type].end);
}

/*
 * fa -> 3e 3e 3e 3e 3e fa. A NOP would be executed behind the template. It is not behind an op that
 * does not come back.
 */
static void insns_lead(struct pv_insns *insns, unsigned type)
{
	const unsigned pad = PV_SITE_LEN - insns->n;

	if (insns->kind != PV_INLINE || pad > pv_nops->leads || pv_op_is_jump(type) ||
	    !pv_insn_may_lead(insns->bytes, insns->n))
		return;
	for (unsigned i = PV_SITE_LEN; i-- > 0;)
		insns->bytes[i] = i < pad ? PV_LEAD : insns->bytes[i - pad];
	insns->lead = (uint8_t)pad;
	if (insns->rel_at)
		insns->rel_at = (uint8_t)(insns->rel_at + pad);
}

/*
 * Bytes in a site's length, for all sites: what a template had for a displacement means nothing
 * elsewhere. And what a usual record says beside its address: the op, the length, all that is lost.
 */
static void insns_finish(struct pv_insns *insns, unsigned type)
{
	if (insns->n < PV_SITE_LEN)
		insns_lead(insns, type);
	insns->base = insns->factor = 0;
	if (insns->rel_at && insns->rel_at <= PV_SITE_LEN - 4) {
		put32(insns->bytes + insns->rel_at, 0);
		insns->base = insns->target - insns->rel_at - 4;
		insns->factor = 1u << 8 * insns->rel_at;
	}
	if (insns->n < PV_SITE_LEN && !insns->lead)
		pv_nops_fill(insns->bytes + insns->n, PV_SITE_LEN - insns->n);
	insns->word = type | PV_SITE_LEN << 8 | (uint32_t)insns->clobbers << 16;
	insns->fixed = ~(PV_CLOBBER_ANY << 16) | insns->word;
}

/* Until somebody says what its sites become. False: nobody will, and no record of it is usual. */
static bool insns_begin(struct pv_insns *insns, unsigned type)
{
	const bool has = pv_op_has_sites(type);

	*insns = (struct pv_insns){.kind = has ? PV_KEPT : PV_NO_OP};
	insns->word = insns->fixed = UINT32_MAX;
	return has;
}

static void state_make(struct paravirt_state *state, const struct pv_ops *ops, pv_patch_fn *hook)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		struct pv_insns *insns = &state->op[type];

		if (!insns_begin(insns, type))
			continue;
		if (!hook || !hook((uint8_t)type, ops, insns))
			paravirt_patch_default((uint8_t)type, ops, insns);
		insns->lead = 0;
		insns_finish(insns, type);
		insns->function = pv_slot(ops, type);
	}
}

void paravirt_state_make(struct paravirt_state *state, const struct pv_ops *ops)
{
	state_make(state, ops, ops->init.patch);
}

void paravirt_target(struct paravirt_state *state, const struct pv_ops *ops)
{
	state_make(state, ops, direct ? NULL : ops->init.patch);
}

void paravirt_direct(void)
{
	direct = true;
}

const struct paravirt_state *paravirt_linked(void)
{
	return &linked;
}

const struct paravirt_state *paravirt_state(void)
{
	return never ? &linked : current;
}

void paravirt_keep(void)
{
	never = true;
}

const struct paravirt_state *paravirt_next(const struct pv_ops *ops)
{
	if (never)
		return &linked;
	paravirt_target(next, ops);
	return next;
}

PV_TEXT void paravirt_next_is_current(void)
{
	struct paravirt_state *before = current;

	if (never)
		return;
	current = next;
	next = before;
}

/* A slot without a function is a jump to 0: as in an installed back end, it says which op that is.
 */
static void fill_slot(unsigned type)
{
	uint32_t *slot = (uint32_t *)(void *)&pv_ops + type;

	if (!*slot)
		*slot = (uint32_t)pv_missing[type];
}

void paravirt_init(void)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		struct pv_insns *insns = &linked.op[type];

		if (!insns_begin(insns, type))
			continue;
		fill_slot(type);
		insns->n = PV_SITE_LEN;
		insns->bytes[0] = 0xff;
		insns->bytes[1] = pv_op_is_jump(type) ? 0x25 : 0x15;
		put32(insns->bytes + 2, (uint32_t)&pv_ops + 4 * type);
		insns_finish(insns, type);
	}
}

/* Two words, the lower one first. */
typedef uint64_t __attribute__((may_alias, aligned(1))) line;

/*
 * What an op is, for sites at all addresses. The line has zeros where the displacement belongs, so one
 * multiplication puts that there, wherever it is: without branches, since which op comes next is
 * what a CPU cannot predict.
 */
struct form {
	line bytes;
	uint32_t base, factor;
};

PV_TEXT_PART struct form form_of(const struct pv_insns *insns)
{
	return (struct form){*(const line *)insns->bytes, insns->base, insns->factor};
}

PV_TEXT_PART uint64_t form_at(struct form form, uint32_t at)
{
	return form.bytes + (uint64_t)(form.base - at) * form.factor;
}

/*
 * The family's function: the op's line, and the branch moved. The record of a jump says
 * that all registers may go.
 */
static PV_TEXT enum pv_why paravirt_bytes(const void *record, const void *state,
					  struct pv_site *out)
{
	const struct paravirt_patch_site *site = record;
	const struct pv_insns *insns;
	unsigned type = site->type, may_lose = site->clobbers;

	out->at = (uint8_t *)site->instr;
	out->len = site->len;
	out->row = (uint8_t)type;
	if (!state)
		return PV_OK;
	if (type >= PV_NR_TYPES)
		return PV_WHY_TYPE;
	insns = &((const struct paravirt_state *)state)->op[type];
	if (insns->kind == PV_NO_OP)
		return PV_WHY_TYPE;
	if (site->len != PV_SITE_LEN)
		return PV_WHY_LENGTH;
	if ((may_lose | insns->clobbers) != may_lose || may_lose > PV_CLOBBER_ANY)
		return PV_WHY_CLOBBER;
	*(line *)out->bytes = form_at(form_of(insns), site->instr);
	out->n = insns->n;
	out->kind = insns->kind;
	return PV_OK;
}

/*
 * For the short loop, all that it wants to know of an op in one place: an i386 has six registers.
 * `word` and `fixed`: what the second word of a usual record has, in which bits.
 */
struct change {
	uint32_t word, fixed, sites, unused;
	struct form old, new;
};

static struct change changes[PV_NR_TYPES]; /* of the pass: one is made at a time */

/* Of no op anything is known, so no record is usual. */
static PV_TEXT void changes_begin(void)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		changes[type].word = ~type;
		changes[type].fixed = 0xff;
		changes[type].sites = 0;
	}
}

/* The first record of an op, or one that is not usual. Is it? */
static PV_TEXT bool change_make(struct change *change, const struct pv_insns *from,
				const struct pv_insns *to, uint32_t word)
{
	if (from->kind == PV_NO_OP || to->kind == PV_NO_OP)
		return false;
	change->word = from->word | to->word;
	change->fixed = from->fixed | to->fixed;
	change->old = form_of(from);
	change->new = form_of(to);
	return !((word ^ change->word) & change->fixed);
}

static PV_TEXT void count_ops(struct pv_stats *stats, const struct paravirt_state *to)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		const struct change *change = &changes[type];
		const struct pv_insns *insns = &to->op[type];

		if (!change->sites)
			continue;
		stats->total.kind[insns->kind] += change->sites;
		if ((form_at(change->old, 0) ^ form_at(change->new, 0)) << 16) {
			stats->bytes += PV_SITE_LEN * change->sites;
			stats->pad += (PV_SITE_LEN - insns->n) * change->sites;
		}
		if (stats->row) {
			stats->row[type].sites += change->sites;
			stats->row[type].kind[insns->kind] += change->sites;
		}
	}
}

/* False: something else stands there. */
PV_TEXT_PART bool change_usual(const struct change *change, uint32_t at, bool write)
{
	const uint64_t old = form_at(change->old, at), bytes = form_at(change->new, at);

	if (*(const pv_word *)at != (uint32_t)old ||
	    *(const pv_half *)(at + 4) != (uint16_t)(old >> 32))
		return false;
	if (write) {
		*(pv_word *)at = (uint32_t)bytes;
		*(pv_half *)(at + 4) = (uint16_t)(bytes >> 32);
	}
	return true;
}

/* Up to where a place for a site is known to be free. */
PV_TEXT_PART uint32_t free_end(const struct pv_sweep *s)
{
	return s->limit < PV_SITE_LEN ? 0 : s->limit - (PV_SITE_LEN - 1);
}

/* False: the site may not lie there. */
static PV_TEXT __attribute__((noinline)) bool place(struct pv_sweep *s, uint32_t at, uint32_t end,
						    uint32_t *places_end)
{
	s->end = end;
	if (pv_sweep_place(s, at, PV_SITE_LEN))
		return false;
	*places_end = free_end(s);
	return true;
}

static PV_TEXT uint32_t paravirt_sweep(struct pv_sweep *s, uint32_t first)
{
	const struct paravirt_state *from = s->from, *to = s->to;
	const struct paravirt_patch_site *records = (const void *)s->records;
	const struct pv_entry *const far = pv_sweep_far(s), *const stop = s->index + s->count;
	const struct pv_entry *entry = s->index + first;
	uint32_t end = s->end, places_end = free_end(s), nr_records = s->n;

	changes_begin();
	for (; entry < stop; entry++) {
		const uint32_t at = entry->at;
		const pv_word *record;
		struct change *change;
		unsigned type;

		pv_ahead(entry, far);
		if (entry->record >= nr_records)
			break;
		record = (const pv_word *)&records[entry->record];
		type = record[1] & 0xff;
		if (record[0] != at || type >= PV_NR_TYPES)
			break;
		change = &changes[type];
		asm volatile("" : "+r"(change)); /* in one register */
		if ((record[1] ^ change->word) & change->fixed &&
		    !change_make(change, &from->op[type], &to->op[type], record[1]))
			break;
		if ((at < end || at >= places_end) && !place(s, at, end, &places_end))
			break;
		if (!change_usual(change, at, from != to))
			break;
		change->sites++;
		end = at + PV_SITE_LEN;
	}
	count_ops(s->stats, to);
	if (entry != s->index + first) {
		s->end = end;
		s->start = end - PV_SITE_LEN;
	}
	return (uint32_t)(entry - s->index);
}

static const char *paravirt_row(unsigned row)
{
	return pv_op_name(row);
}

struct pv_family paravirt_family = {
	.name = "paravirt",
	.record_size = sizeof(struct paravirt_patch_site),
	.rows = PV_NR_TYPES,
	.row_is = "op",
	.pads = true,
	.linked = &linked,
	.bytes = paravirt_bytes,
	.sweep = paravirt_sweep,
	.name_row = paravirt_row,
};

/* Sites of an op without a function trap: that is not what anybody wants. */
static void name_missing(void)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		if (paravirt_rows[type].kind[PV_TRAP])
			pv_host_say(PV_WARN,
				    "paravirt: pv_ops.%s.%s has no function: %u sites are ud2",
				    pv_op_group(type), pv_op_name(type),
				    paravirt_rows[type].kind[PV_TRAP]);
}

void apply_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end)
{
	if (!never)
		paravirt_target(current, &pv_ops);
	pv_stats_begin(&paravirt_stats, paravirt_rows);
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		paravirt_rows[type] = (struct pv_count){0};
	pv_apply(&paravirt_family, start, end, &linked, paravirt_state(), PV_STOPPED,
		 &paravirt_stats);
	name_missing();
}
