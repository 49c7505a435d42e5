/* SPDX-License-Identifier: MIT */
/*
 * A branch is a jump, of 2 or 5 bytes, or as many bytes of NOP; which, is said by its key: likely
 * branches jump while it is off, unlikely ones while it is on. Keys count, and are on above 0.
 */
#include "family/model.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

/* Flags in a record's key. */
#define BRANCH_LIKELY 1u /* no jump while the key is on */
#define BRANCH_INIT   2u /* in text that is given up */
#define BRANCH_SHORT  4u /* two bytes */
#define BRANCH_LINKED 8u /* a jump, as linked */

#define SIZE     12u /* of a record */
#define KEY_SIZE 16u
#define LONG     5u
#define SHORT    2u

/* Two bytes are all that may be left of the section. */
static unsigned site_len(const struct image *image, uint32_t at)
{
	const uint8_t *bytes = NULL;
	unsigned room = LONG + 1;
	struct insn insn;

	while (!bytes && --room >= SHORT)
		bytes = image_bytes(image, at, room);
	return bytes && insn_decode(at, bytes, room, &insn) && insn.len == SHORT ? SHORT : LONG;
}

/* Three s32, each relative to itself. Images without an index have Linux's keys, with two flags. */
static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	uint32_t flags = image_section(image, ".pv_index") ? 15 : 3, word;

	out->addr = at + bytes_get32(p);
	out->target = at + 4 + bytes_get32(p + 4);
	word = at + 8 + bytes_get32(p + 8);
	out->key = word & ~flags;
	out->flags = word & flags;
	out->len = (uint8_t)site_len(image, out->addr);
}

static bool is_jump(const uint8_t *bytes)
{
	return bytes[0] == 0xe9 || bytes[0] == 0xeb;
}

/* What the compiler's macros and NASM's leave, and what other compilers' do. */
static bool is_nop(const uint8_t *bytes, unsigned len)
{
	uint8_t nop[LONG];

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		nops_fill(&nops_tables[i], nop, len);
		if (memcmp(bytes, nop, len) == 0)
			return true;
	}
	return false;
}

/* As linked: count, 0 or 1 twice, and nothing else (struct static_key); zeros where no bytes are. */
static bool is_key(const struct model *model, uint32_t key)
{
	const uint8_t *bytes = image_bytes(&model->image, key, KEY_SIZE);
	uint32_t on = bytes ? bytes_get32(bytes + 4) : 0;

	return on <= 1 && (!bytes || (bytes[8] == on && bytes[9] == on));
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const struct section *target = image_section_at(&model->image, record->target);
	const uint8_t *bytes = image_bytes(&model->image, site->addr, site->len);
	struct insn insn;

	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	if (!target || !target->exec)
		return "its target is not in an executable section";
	if (record->key % KEY_SIZE)
		return "its key is not at a multiple of 16";
	if (!image_is_data(&model->image, record->key, KEY_SIZE))
		return "its key is not in data";
	if (!is_key(model, record->key))
		return "its key is no static key";
	if (!is_jump(bytes))
		return is_nop(bytes, site->len)
			       ? NULL
			       : "its site is no jump, and no NOP of one instruction";
	if (!insn_decode(site->addr, bytes, site->len, &insn) || insn.target != record->target)
		return "its site is a jump to elsewhere";
	return NULL;
}

static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	char where[IMAGE_WHERE];

	snprintf(out, SITE_TITLE, "%s %.100s",
		 site->records->flags & BRANCH_LIKELY ? "likely" : "unlikely",
		 image_where(&model->image, site->records->key, where));
	return out;
}

/* ---- what becomes of it ---- */

static void put(const struct site *site, bool jump, const struct nops *nops, struct expect *out)
{
	uint32_t distance = site->records->target - (site->addr + site->len);

	*out = (struct expect){.kind = jump ? EXPECT_JMP : EXPECT_NOTHING, .len = site->len};
	if (!jump) {
		nops_fill(nops, out->bytes, out->len);
		return;
	}
	out->n = site->len;
	out->bytes[0] = site->len == SHORT ? 0xeb : 0xe9;
	out->bytes[1] = (uint8_t)distance;
	if (site->len == LONG)
		bytes_put32(out->bytes + 1, distance);
}

static bool branches(const struct record *record, bool on)
{
	return on != (record->flags & BRANCH_LIKELY);
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	const struct record *record = site->records;

	if (state->dump && !state->branches_linked) {
		const uint8_t *count = dump_bytes(state->dump, record->key, 4);

		put(site, branches(record, count && (int32_t)bytes_get32(count) > 0), state->nops,
		    out);
		return;
	}
	model_linked(model, site, out);
}

static unsigned flags(const struct model *model, const struct record *record)
{
	const uint8_t *bytes = image_bytes(&model->image, record->addr, record->len);
	unsigned out = record->flags & BRANCH_LIKELY;

	out |= record->len == SHORT ? BRANCH_SHORT : 0;
	out |= bytes && is_jump(bytes) ? BRANCH_LINKED : 0;
	out |= model_in_init(model, record->addr) ? BRANCH_INIT : 0;
	return out;
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	model_tell_linked(model, site, tell, arg);
	for (unsigned on = 0; on < 2; on++) {
		struct expect expect;

		put(site, branches(site->records, on), &nops_tables[0], &expect);
		tell(arg, &(struct value){&expect, "key", on ? "on" : "off", 0});
	}
}

/* ---- for people ---- */

static void add_head(struct table *table, const struct model *model)
{
	(void)model;
	table_add(table, "key off");
	table_add(table, "key on");
}

static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	for (unsigned on = 0; on < 2; on++) {
		struct expect out;
		char text[CODE_LINE];

		put(site, branches(site->records, on), nops, &out);
		table_add(table, "%s  %s", BYTES_HEX(out.bytes, out.len),
			  code_line(&model->image, site->addr, out.bytes, out.n, out.len, text));
	}
}

const struct family branches_family = {
	.name = "jump_label",
	.section = "__jump_table",
	.begin = "__jump_table",
	.end = "__jump_table_end",
	.record_size = SIZE,
	.sums = true,
	.flags = flags,
	.read = read_record,
	.fault = fault,
	.title = title,
	.expect = expect,
	.values = values,
	.add_head = add_head,
	.add_cells = add_cells,
};
