/* SPDX-License-Identifier: MIT */
/*
 * A record does not hold what stood at its site: where none applies it is the file's bytes, and
 * only the NOPs at their end, which the assembler made one byte each, are the CPU's own.
 */
#include "family/alternatives.h"
#include "family/move.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	(void)image;
	out->addr = at + bytes_get32(p);
	out->replacement = at + 4 + bytes_get32(p + 4);
	out->feature = (uint16_t)(p[8] | p[9] << 8);
	out->len = p[10];
	out->replacement_len = p[11];
}

const uint8_t *alternatives_replacement(const struct model *model, const struct record *record)
{
	const struct section *s = image_section(&model->image, ALTERNATIVES_SECTION);
	uint32_t at = s ? record->replacement - s->addr : 0;
	static const uint8_t nothing[1];

	/* Of a section without bytes the linker keeps nothing, or its name: all are of none. */
	if ((!s || !s->size) && !record->replacement_len)
		return nothing;
	if (!s || !s->bytes || at > s->size || s->size - at < record->replacement_len)
		return NULL;
	return s->bytes + at;
}

/* Is each instruction in it one that the kernel's decoder takes? Of what is none, nothing is said.
 */
static bool is_measured(uint32_t addr, const uint8_t *bytes, uint32_t n)
{
	struct insn insn;

	for (uint32_t at = 0; at < n && insn_decode(addr + at, bytes + at, n - at, &insn);
	     at += insn.len) {
		if (!insn.known)
			return false;
	}
	return true;
}

static const char *site_fault(const struct model *model, const struct site *site)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const uint8_t *bytes = image_bytes(&model->image, site->addr, site->len);
	struct insn insn;

	if (!site->len)
		return "its length is 0";
	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	for (unsigned at = 0; at < site->len; at += insn.len) {
		if (!insn_decode(site->addr + at, bytes + at, site->len - at, &insn))
			return "its site is not whole instructions";
	}
	if (!is_measured(site->addr, bytes, site->len))
		return "its site has an instruction that the kernel cannot measure";
	return NULL;
}

/* Does a branch of the replacement go into the middle of the site? */
static bool goes_into(const struct site *site, const struct record *r, const uint8_t *replacement)
{
	struct insn insn;

	for (uint32_t at = 0; at < r->replacement_len; at += insn.len) {
		insn_decode(r->replacement + at, replacement + at, r->replacement_len - at, &insn);
		if (move_leaves(&insn, r->replacement, r->replacement_len) &&
		    insn.target - site->addr < site->len && insn.target != site->addr)
			return true;
	}
	return false;
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const uint8_t *replacement = alternatives_replacement(model, record);
	const char *why = site_fault(model, site);
	uint8_t moved[SITE_MAX];

	if (why)
		return why;
	if (feature_number(record->feature) > FEATURE_LAST)
		return "there is no such feature";
	if (record->replacement_len > site->len)
		return "its replacement is longer than its site";
	if (!replacement)
		return "its replacement is not in " ALTERNATIVES_SECTION;
	if (!is_measured(record->replacement, replacement, record->replacement_len))
		return "its replacement has an instruction that the kernel cannot measure";
	if (move_code(replacement, record->replacement_len, record->replacement, site->addr, moved))
		return "its replacement cannot be moved to the site";
	if (goes_into(site, record, replacement))
		return "its replacement goes into what it overwrites";
	return NULL;
}

/* "xmm/xmm2" of two records */
static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	size_t len = 0;

	(void)model;
	*out = '\0';
	for (size_t i = 0; i < site->n && len < SITE_TITLE; i++) {
		char name[FEATURE_TITLE];

		len += (size_t)snprintf(out + len, SITE_TITLE - len, "%s%s", i ? "/" : "",
					feature_title(site->records[i].feature, name));
	}
	return out;
}

/* ---- what becomes of it ---- */

const struct record *alternatives_chosen(const struct state *state, const struct site *site)
{
	const struct record *chosen = NULL;

	for (size_t i = 0; i < site->n && !state->alternatives_linked && !site->fault; i++) {
		if (feature_applies(site->records[i].feature, state->features))
			chosen = &site->records[i];
	}
	return chosen;
}

static void replace(const struct model *model, const struct site *site, const struct record *record,
		    struct expect *out)
{
	move_code(alternatives_replacement(model, record), record->replacement_len,
		  record->replacement, site->addr, out->bytes);
	out->kind = EXPECT_REPLACED;
	out->n = record->replacement_len;
}

/* When a branch of the site goes into the middle of the NOPs none of them is touched. */
size_t alternatives_before_nops(const struct site *site, const uint8_t *bytes)
{
	size_t n = 0, target = 0;
	struct insn insn;

	for (size_t at = 0; at < site->len; at += insn.len) {
		insn_decode(site->addr + (uint32_t)at, bytes + at, site->len - at, &insn);
		if (bytes[at] != 0x90)
			n = at + insn.len;
		if (insn.has_target && insn.target - site->addr < site->len &&
		    insn.target - site->addr > target)
			target = insn.target - site->addr;
	}
	return target > n ? site->len : n;
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	const struct record *chosen = alternatives_chosen(state, site);
	const uint8_t *linked = image_bytes(&model->image, site->addr, site->len);

	out->len = site->len;
	if (chosen) {
		replace(model, site, chosen, out);
	} else {
		memcpy(out->bytes, linked, site->len);
		out->kind = state->alternatives_linked ? EXPECT_LINKED : EXPECT_KEPT;
		out->n = state->alternatives_linked ? site->len
						    : alternatives_before_nops(site, linked);
	}
	expect_pad(out, state->nops);
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	struct expect expect;

	model_tell_linked(model, site, tell, arg);
	model_linked(model, site, &expect);
	expect.kind = EXPECT_KEPT;
	expect.n = alternatives_before_nops(site, expect.bytes);
	tell(arg, &(struct value){&expect, "feature", "none", 0});
	for (size_t i = 0; i < site->n; i++) {
		char name[FEATURE_TITLE];

		expect = (struct expect){.len = site->len};
		replace(model, site, &site->records[i], &expect);
		tell(arg, &(struct value){&expect, "feature",
					  feature_title(site->records[i].feature, name), 0});
	}
}

/* ---- for people ---- */

static void add_head(struct table *table, const struct model *model)
{
	for (size_t i = 0, n = model->most_records; i < n; i++)
		table_add(table, n > 1 ? "replacement %zu" : "replacement", i + 1);
}

static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	for (size_t i = 0, n = model->most_records; i < n; i++) {
		struct expect expect = {.len = site->len};
		char text[CODE_LINE], name[FEATURE_TITLE];

		if (i >= site->n) {
			table_add(table, "%s", "");
			continue;
		}
		replace(model, site, &site->records[i], &expect);
		expect_pad(&expect, nops);
		table_add(table, "%s: %s  %s", feature_title(site->records[i].feature, name),
			  BYTES_HEX(expect.bytes, expect.len),
			  code_line(&model->image, site->addr, expect.bytes, expect.n, expect.len,
				    text));
	}
}

const struct family alternatives_family = {
	.name = "alternatives",
	.section = ".altinstructions",
	.begin = "__alt_instructions",
	.end = "__alt_instructions_end",
	.record_size = 12,
	.groups = true,
	.read = read_record,
	.fault = fault,
	.title = title,
	.expect = expect,
	.values = values,
	.add_head = add_head,
	.add_cells = add_cells,
};
