/* SPDX-License-Identifier: MIT */
/*
 * Facts of alternatives. Fields are written byte by byte, so that the build machine may be any.
 */
#include "family/facts.h"
#include "family/alternatives.h"
#include "family/move.h"
#include "read/bytes.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct pv_fact, member)

/* As words, zeros behind the last byte. */
static uint32_t sum_bytes(const uint8_t *bytes, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n || i < 2 * sizeof(sum); i += sizeof(sum)) {
		uint8_t word[sizeof(sum)] = {0};

		if (i < n)
			memcpy(word, bytes + i, n - i < sizeof(word) ? n - i : sizeof(word));
		sum = pv_sum(sum, bytes_get32(word));
	}
	return sum;
}

/* ---- the replacement ---- */

/* Of a branch with nothing beside it. */
static uint8_t branch_kind(uint8_t opcode)
{
	return opcode == 0xe8 ? PV_CALL : opcode == 0xe9 || opcode == 0xeb ? PV_JMP : PV_INLINE;
}

/* One branch to elsewhere the pass moves by itself; a second one it has to look at. */
static void note_replacement(const struct record *record, const uint8_t *bytes, uint8_t *out)
{
	uint32_t n = record->replacement_len;
	struct insn insn;

	out[AT(kind)] = n ? PV_INLINE : PV_NOP;
	for (uint32_t at = 0; at < n && out[AT(kind)] != PV_FACT_DECODE; at += insn.len) {
		bool known = insn_decode(record->replacement + at, bytes + at, n - at, &insn);

		if (!known) {
			out[AT(kind)] = PV_FACT_DECODE;
		} else if (insn.rel_size && move_leaves(&insn, record->replacement, n)) {
			if (out[AT(rel_at)] || insn.rel_size != 4)
				out[AT(kind)] = PV_FACT_DECODE;
			else if (insn.len == n)
				out[AT(kind)] = branch_kind(bytes[insn.rel_at - 1]);
			if (!out[AT(rel_at)] && insn.rel_size == 4)
				out[AT(rel_at)] = (uint8_t)(at + insn.rel_at);
		}
	}
	bytes_put32(out + AT(source), sum_bytes(bytes, n));
}

/* ---- the site ---- */

static void note_site(const struct model *model, const struct site *site, uint32_t long_at,
		      uint8_t *out)
{
	const uint8_t *linked = image_bytes(&model->image, site->addr, site->len);

	out[AT(n)] = (uint8_t)site->n;
	out[AT(run)] = (uint8_t)alternatives_before_nops(site, linked);
	if (site->len <= FACT_LINKED_MAX) {
		memcpy(out + AT(linked), linked, site->len);
		return;
	}
	bytes_put32(out + AT(linked[0]), long_at);
	bytes_put32(out + AT(linked[1]), sum_bytes(linked, site->len));
}

/* ---- the whole ---- */

/* Of the record's words and what stands behind the sum: no change of one byte keeps it. */
static uint32_t sum_record(const struct family_table *table, uint32_t size, size_t i,
			   const uint8_t *fact)
{
	const uint8_t *record = table->bytes + i * size;
	uint32_t sum = 0;

	for (uint32_t at = 0; at < size; at += 4)
		sum = pv_sum(sum, bytes_get32(record + at));
	for (uint32_t at = AT(source); at < FACT_SIZE; at += 4)
		sum = pv_sum(sum, bytes_get32(fact + at));
	return sum;
}

void fact_make(const struct model *model, const struct site *site, const struct record *record,
	       uint32_t long_at, uint8_t out[FACT_SIZE])
{
	const struct family_table *table = model_table(model, site->family);

	memset(out, 0, FACT_SIZE);
	if (record == site->records)
		note_site(model, site, long_at, out);
	note_replacement(record, alternatives_replacement(model, record), out);
	bytes_put32(out + AT(sum),
		    sum_record(table, site->family->record_size, record->index, out));
}

uint8_t fact_look(const struct model *model, const struct site *site)
{
	return image_bytes(&model->image, site->addr, PV_LOOK_BYTES)[1];
}

void fact_sources(const struct model *model, uint8_t out[12])
{
	const struct section *s = image_section(&model->image, ALTERNATIVES_SECTION);

	if (!s || !s->bytes || !model_count(model, &alternatives_family))
		return;
	bytes_put32(out + offsetof(struct pv_sources, at), s->addr);
	bytes_put32(out + offsetof(struct pv_sources, size), s->size);
	bytes_put32(out + offsetof(struct pv_sources, sum), pv_sum_lanes(s->bytes, s->size));
}
