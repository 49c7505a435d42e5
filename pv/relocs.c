// SPDX-License-Identifier: MIT
/*
 * Calls of the ops' plain functions as a family. What stands there follows from the line that
 * the op has for annotated sites (struct pv_insns): the same bytes when they fit, with as many
 * prefixes as there is room for here, and else the function that they stand for.
 */
#include "pv/relocs.h"
#include "pv/host.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/sweep.h"

#define RET 0xc3

_Static_assert(PV_NR_TYPES <= PV_RELOC_JMP, "an op's type is seven bits of a byte");

static PV_TEXT void put_branch(struct pv_site *out, bool jump, uint32_t to)
{
	const uint32_t distance = to - ((uint32_t)out->at + PV_RELOC_LEN);

	out->kind = jump ? PV_JMP : PV_CALL;
	out->n = PV_RELOC_LEN;
	if (jump)
		out->bytes[0] = 0xe9;
	else
		out->bytes[0] = 0xe8;
	for (unsigned i = 0; i < 4; i++)
		out->bytes[1 + i] = (uint8_t)(distance >> 8 * i);
}

/*
 * Where a function would have been called, and would have returned from; behind prefixes, or with
 * NOPs behind: 3e 3e 3e fa c3, fa c3 0f 1f 00.
 */
static PV_TEXT void put_bytes(struct pv_site *out, const struct pv_insns *insns, bool returns)
{
	const unsigned n = insns->n + returns, room = PV_RELOC_LEN - n;
	const unsigned lead = insns->lead ? room : 0, rel_at = insns->rel_at - insns->lead + lead;
	const uint32_t distance = insns->target - ((uint32_t)out->at + rel_at + 4);

	out->kind = insns->kind;
	out->n = (uint8_t)n;
	for (unsigned i = 0; i < lead; i++)
		out->bytes[i] = PV_LEAD;
	for (unsigned i = 0; i < insns->n; i++)
		out->bytes[lead + i] = insns->bytes[insns->lead + i];
	for (unsigned i = 0; insns->rel_at && i < 4; i++)
		out->bytes[rel_at + i] = (uint8_t)(distance >> 8 * i);
	if (returns)
		out->bytes[lead + insns->n] = RET;
	if (!lead)
		pv_nops_fill(out->bytes + n, room);
}

/* With its return, and no register changed that the function would keep. */
PV_TEXT_PART bool fits(const struct pv_insns *insns, unsigned type, bool returns)
{
	return insns->n + returns <= PV_RELOC_LEN && !(insns->clobbers & ~pv_op_clobbers(type));
}

static PV_TEXT void put_op(struct pv_site *out, const struct pv_insns *insns, unsigned type,
			   bool jump)
{
	const bool returns = jump && !pv_op_is_jump(type) && insns->kind != PV_TRAP;

	if (insns->kind == PV_CALL || insns->kind == PV_JMP || !fits(insns, type, returns))
		put_branch(out, jump, insns->function);
	else
		put_bytes(out, insns, returns);
}

/* By the site's byte, in one state. */
static PV_TEXT enum pv_why put(struct pv_site *out, const void *state, uint8_t byte)
{
	const unsigned type = byte & (PV_RELOC_JMP - 1u);
	const bool jump = byte & PV_RELOC_JMP;
	const struct pv_insns *insns;

	if (type >= PV_NR_TYPES)
		return PV_WHY_TYPE;
	insns = &((const struct paravirt_state *)state)->op[type];
	if (insns->kind == PV_NO_OP)
		return PV_WHY_TYPE;
	if (state != pv_relocs_family.linked) {
		put_op(out, insns, type, jump);
		return PV_OK;
	}
	put_branch(out, jump, (uint32_t)pv_plain + PV_PLAIN_SIZE * type);
	out->kind = PV_KEPT;
	return PV_OK;
}

static PV_TEXT enum pv_why relocs_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct pv_image *image;
	const struct pv_table *t = pv_table_of(&pv_relocs_family, record, &image);
	const uint32_t *at = record;
	uint8_t byte = 0;

	if (t)
		byte = ((const uint8_t *)t->last)[at - (const uint32_t *)t->first];
	out->at = (uint8_t *)*at;
	out->len = PV_RELOC_LEN;
	out->row = byte & (PV_RELOC_JMP - 1u);
	if (!state)
		return PV_OK;
	return t ? put(out, state, byte) : PV_WHY_TYPE;
}

/* ---- the usual ones ---- */

/* Both states of a site; false: not as usual. */
PV_TEXT_PART bool put_both(const struct pv_sweep *s, uint32_t at, uint8_t byte,
			   struct pv_site *old_site, struct pv_site *new_site)
{
	old_site->at = new_site->at = (uint8_t *)at;
	old_site->len = new_site->len = PV_RELOC_LEN;
	new_site->row = byte & (PV_RELOC_JMP - 1u);
	return !put(old_site, s->from, byte) && !put(new_site, s->to, byte);
}

PV_TEXT_PART void store(struct pv_sweep *s, const struct pv_site *old_site,
			const struct pv_site *new_site)
{
	if (pv_same(old_site->bytes, new_site->bytes, PV_RELOC_LEN))
		return;
	pv_copy(new_site->at, new_site->bytes, PV_RELOC_LEN);
	s->stats->bytes += PV_RELOC_LEN;
	s->stats->pad += PV_RELOC_LEN - new_site->n;
}

/* A table that is swept is one that was added: its bytes are behind its records. */
static PV_TEXT uint32_t relocs_sweep(struct pv_sweep *s, uint32_t first)
{
	const uint32_t *records = (const uint32_t *)(const void *)s->records;
	const uint8_t *bytes = s->table->last;
	const struct pv_entry *const far = pv_sweep_far(s);
	struct pv_site old_site, new_site;
	uint32_t i = first;

	for (; i < s->count; i++) {
		const struct pv_entry *entry = &s->index[i];

		pv_ahead(entry, far);
		if (entry->record >= s->n || records[entry->record] != entry->at ||
		    !put_both(s, entry->at, bytes[entry->record], &old_site, &new_site) ||
		    !pv_sweep_free(s, entry->at, PV_RELOC_LEN) ||
		    !pv_same(new_site.at, old_site.bytes, PV_RELOC_LEN))
			break;
		store(s, &old_site, &new_site);
		pv_count(s->stats, new_site.row, new_site.kind);
		s->start = entry->at;
		s->end = entry->at + PV_RELOC_LEN;
	}
	return i;
}

static const char *relocs_row(unsigned row)
{
	return pv_op_name(row);
}

struct pv_family pv_relocs_family = {
	.name = "relocs",
	.record_size = sizeof(uint32_t),
	.rows = PV_NR_TYPES,
	.row_is = "op",
	.pads = true,
	.bytes = relocs_bytes,
	.sweep = relocs_sweep,
	.name_row = relocs_row,
};

/* A record and its byte. */
#define BYTES_A_SITE (sizeof(uint32_t) + 1)

bool pv_relocs_use(struct pv_table *table, const void *start, const void *end)
{
	const struct pv_relocs *relocs = start;
	const size_t size = (size_t)((const uint8_t *)end - (const uint8_t *)start);
	const bool good = size >= sizeof(*relocs) &&
			  relocs->n <= (size - sizeof(*relocs)) / BYTES_A_SITE;

	pv_relocs_family.linked = paravirt_linked();
	table->family = &pv_relocs_family;
	table->first = relocs->at;
	table->last = relocs->at + (good ? relocs->n : 0);
	return good;
}

unsigned pv_plain_type(uint32_t function)
{
	const uint32_t offset = function - (uint32_t)pv_plain;

	if (offset % PV_PLAIN_SIZE || offset / PV_PLAIN_SIZE >= PV_NR_TYPES ||
	    !pv_op_has_sites(offset / PV_PLAIN_SIZE))
		return PV_RELOC_JMP;
	return offset / PV_PLAIN_SIZE;
}

static bool is_named(const char *name, unsigned type)
{
	const char *prefix = "pv_", *op = pv_op_name(type);

	while (*prefix && *name == *prefix) {
		name++;
		prefix++;
	}
	if (*prefix)
		return false;
	while (*op && *name == *op) {
		name++;
		op++;
	}
	return *name == *op;
}

uint32_t pv_plain_find(const char *name)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		if (pv_op_has_sites(type) && is_named(name, type))
			return (uint32_t)pv_plain + PV_PLAIN_SIZE * type;
	return 0;
}
