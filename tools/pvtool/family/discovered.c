/* SPDX-License-Identifier: MIT */
/*
 * Sites that nobody annotated: a call or a jump of five bytes to an op's plain function, in the table
 * that `pvtool relocs` has made. What becomes of one follows from the slot of its op, as for an
 * annotated one; what is too long for five bytes, with the return that a jump stands for, is called.
 */
#include "family/discovered.h"
#include "family/backend.h"
#include "family/paravirt.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

#define RET 0xc3

/* u32 site; its byte is in *out already */
static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	(void)image;
	(void)at;
	out->addr = bytes_get32(p);
	out->len = DISCOVERED_SITE;
	out->flags = out->type & DISCOVERED_JMP;
	out->type &= (uint8_t)~DISCOVERED_JMP;
}

bool discovered_type(const struct model *model, uint32_t function, unsigned *type)
{
	const struct symbol *plain = image_symbol(&model->image, "pv_plain");
	const uint32_t offset = plain ? function - plain->addr : 0;

	*type = offset / DISCOVERED_PLAIN;
	return plain && offset % DISCOVERED_PLAIN == 0 && *type < model->n_ops &&
	       *type < DISCOVERED_JMP && backend_op_has_sites(model, *type);
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const uint8_t *bytes = image_bytes(&model->image, site->addr, DISCOVERED_SITE);
	struct insn insn;
	unsigned type;

	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	if ((bytes[0] != 0xe8 && bytes[0] != 0xe9) ||
	    !insn_decode(site->addr, bytes, DISCOVERED_SITE, &insn))
		return "its site is no call, and no jump";
	if (!discovered_type(model, insn.target, &type) || type != record->type)
		return "its site does not go to the op's function";
	return (bytes[0] == 0xe9) == (record->flags != 0)
		       ? NULL
		       : "its site is a call, or is a jump, and its byte says otherwise";
}

static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	char op[BACKEND_OP];

	snprintf(out, SITE_TITLE, "%s %s", site->records->flags ? "jmp" : "call",
		 backend_op(model, site->records->type, op));
	return out;
}

/* ---- what becomes of it ---- */

/* Does what stands in place of a jump have to return? Not so where the function does not, or traps. */
static void end(struct expect *out, bool returns)
{
	if (returns)
		out->bytes[out->n++] = RET;
}

static void branch(struct expect *out, const struct site *site, uint32_t target)
{
	const bool jump = site->records->flags;

	out->kind = jump ? EXPECT_JMP : EXPECT_CALL;
	out->n = out->len = DISCOVERED_SITE;
	out->bytes[0] = jump ? 0xe9 : 0xe8;
	bytes_put32(out->bytes + 1, target - (site->addr + DISCOVERED_SITE));
}

static void by_backend(const struct model *model, const struct backend *backend, uint32_t slot,
		       const struct site *site, struct expect *out)
{
	const struct record *r = site->records;
	const bool returns = r->flags && !backend_op_is_jump(model, r->type);

	out->len = DISCOVERED_SITE;
	if (paravirt_template(model, backend, slot, r->type, site->addr, DISCOVERED_SITE - returns,
			      out)) {
		out->leads = out->leads && !backend_op_is_jump(model, r->type);
		end(out, returns);
		return;
	}
	out->kind = paravirt_function(model, r->type, slot);
	if (out->kind == EXPECT_TRAP) {
		out->n = 2;
		memcpy(out->bytes, "\x0f\x0b", 2);
	} else if (out->kind == EXPECT_NOTHING && !backend_op_is_jump(model, r->type)) {
		end(out, returns);
	} else {
		branch(out, site, slot);
	}
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	paravirt_expect(model, state, site, by_backend, out);
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	const struct record *r = site->records;
	struct paravirt_form form = {.expect = by_backend,
				     .nothing = {.kind = EXPECT_NOTHING, .len = DISCOVERED_SITE}};

	end(&form.nothing, r->flags && !backend_op_is_jump(model, r->type));
	branch(&form.other, site, 0);
	paravirt_values(model, site, &form, tell, arg);
}

/* ---- for people ---- */

static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	paravirt_cells(table, model, site, nops, by_backend);
}

const struct family discovered_family = {
	.name = "relocs",
	.section = ".pv_relocs",
	.begin = "__pv_relocs",
	.end = "__pv_relocs_end",
	.record_size = 4,
	.counted = true,
	.ops = true,
	.read = read_record,
	.fault = fault,
	.title = title,
	.expect = expect,
	.values = values,
	.add_head = paravirt_add_head,
	.add_cells = add_cells,
};
