/* SPDX-License-Identifier: MIT */
/*
 * A template stands for one function: the back end's own in its slot. A back end that keeps
 * native's function for an op keeps native's template with it. Whether control comes back is read
 * off the site as it was linked, ff 25 or ff 15, and not off a list.
 */
#include "family/paravirt.h"
#include "family/backend.h"
#include "family/move.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

/* u32 site; u8 type; u8 len; u16 clobbers */
static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	(void)image;
	(void)at;
	out->addr = bytes_get32(p);
	out->type = p[4];
	out->len = p[5];
	out->clobbers = (uint16_t)(p[6] | p[7] << 8);
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const uint8_t *bytes = image_bytes(&model->image, site->addr, PARAVIRT_SITE);

	if (site->len != PARAVIRT_SITE)
		return "its length is not 6";
	if (record->type >= model->n_ops || !backend_op_has_sites(model, record->type))
		return "its type is no op that has sites";
	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	if (bytes[0] != 0xff || (bytes[1] != 0x15 && bytes[1] != 0x25) ||
	    bytes_get32(bytes + 2) != model->ops + 4u * record->type)
		return "its site is no call or jump through the op's slot";
	if (backend_knows_ops(model) &&
	    (bytes[1] == 0x25) != backend_op_is_jump(model, record->type))
		return bytes[1] == 0x25 ? "its site is a jump, and the op a call"
					: "its site is a call, and the op a jump";
	if (!backend_op_keeps(model, record->type, record->clobbers))
		return "its clobbers are not those that the op needs";
	return NULL;
}

static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	return backend_op(model, site->records->type, out);
}

/* ---- what becomes of it ---- */

/* False if there is no template, or none that fits the site. */
static bool use_template(const struct model *model, const struct backend *backend, unsigned type,
			 uint32_t site, uint32_t room, struct expect *out)
{
	uint32_t start, n;
	const uint8_t *bytes;

	if (!backend->templates || type >= backend->n_templates)
		return false;
	start = bytes_get32(backend->templates + 8 * type);
	n = bytes_get32(backend->templates + 8 * type + 4) - start;
	bytes = image_bytes(&model->image, start, n);
	if (!bytes || n == 0 || n > room || move_code(bytes, n, start, site, out->bytes))
		return false;
	out->kind = EXPECT_TEMPLATE;
	out->leads = insn_may_lead(bytes, n);
	out->moves = memcmp(bytes, out->bytes, n) != 0;
	out->n = n;
	return true;
}

bool paravirt_is_nothing(const struct model *model, uint32_t function)
{
	static const char *const names[] = {"paravirt_nop", "paravirt_ident_32",
					    "paravirt_ident_64"};
	static const char callee_save[] = "__raw_callee_save_";
	size_t i = image_symbols_from(&model->image, function);

	for (; i < model->image.n_symbols && model->image.symbols[i].addr == function; i++) {
		const char *name = model->image.symbols[i].name;

		if (strncmp(name, callee_save, strlen(callee_save)) == 0)
			name += strlen(callee_save);
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			if (strcmp(name, names[k]) == 0)
				return true;
		}
	}
	return false;
}

static void branch(struct expect *out, bool comes_back, uint32_t site, uint32_t target)
{
	static const uint8_t call[] = {0x2e, 0xe8}, jmp[] = {0xe9};
	size_t opcode = comes_back ? sizeof(call) : sizeof(jmp);

	out->kind = comes_back ? EXPECT_CALL : EXPECT_JMP;
	out->n = opcode + 4;
	memcpy(out->bytes, comes_back ? call : jmp, opcode);
	bytes_put32(out->bytes + opcode, target - (site + (uint32_t)out->n));
}

enum expect_kind paravirt_function(const struct model *model, unsigned type, uint32_t slot)
{
	if (slot == 0 || slot == backend_missing(model, type))
		return EXPECT_TRAP;
	return paravirt_is_nothing(model, slot) ? EXPECT_NOTHING : EXPECT_CALL;
}

/* Behind what does not, nobody executes NOPs. */
static bool comes_back(const struct model *model, const struct site *site)
{
	return image_bytes(&model->image, site->addr, PARAVIRT_SITE)[1] == 0x15;
}

static void by_function(const struct model *model, const struct site *site, uint32_t slot,
			struct expect *out)
{
	out->kind = paravirt_function(model, site->records->type, slot);
	if (out->kind == EXPECT_TRAP) {
		out->n = 2;
		memcpy(out->bytes, "\x0f\x0b", 2);
	} else if (out->kind == EXPECT_CALL) {
		branch(out, comes_back(model, site), site->addr, slot);
	}
}

bool paravirt_template(const struct model *model, const struct backend *backend, uint32_t slot,
		       unsigned type, uint32_t site, uint32_t room, struct expect *out)
{
	const struct backend *native = backend_find(model, "native");

	if (backend->direct)
		return false;
	if (slot == backend_slot(backend, type) &&
	    use_template(model, backend, type, site, room, out))
		return true;
	return native && slot == backend_slot(native, type) &&
	       use_template(model, native, type, site, room, out);
}

static void by_backend(const struct model *model, const struct backend *backend, uint32_t slot,
		       const struct site *site, struct expect *out)
{
	if (!paravirt_template(model, backend, slot, site->records->type, site->addr, PARAVIRT_SITE,
			       out))
		by_function(model, site, slot, out);
	out->leads = out->leads && comes_back(model, site);
	out->len = PARAVIRT_SITE;
}

void paravirt_expect(const struct model *model, const struct state *state, const struct site *site,
		     paravirt_expect_fn *expect_of, struct expect *out)
{
	if (state->linked) {
		model_linked(model, site, out);
		return;
	}
	expect_of(model, state->backend, state->slots[site->records->type], site, out);
	expect_pad(out, state->nops);
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	paravirt_expect(model, state, site, by_backend, out);
}

/* What stands in the slot may be no back end's. */
void paravirt_values(const struct model *model, const struct site *site,
		     const struct paravirt_form *form, value_fn *tell, void *arg)
{
	const unsigned type = site->records->type, n = (unsigned)form->other.n;
	struct expect trap = {
		.kind = EXPECT_TRAP, .n = 2, .len = form->other.len, .bytes = {0x0f, 0x0b}};

	model_tell_linked(model, site, tell, arg);
	for (size_t i = 0; i < model->n_backends; i++) {
		const struct backend *backend = &model->backends[i];
		struct expect expect = {0};

		form->expect(model, backend, backend_installed(model, backend, type), site,
			     &expect);
		tell(arg, &(struct value){&expect, "backend", backend->name, 0});
	}
	tell(arg, &(struct value){&trap, "op", "missing", 0});
	tell(arg, &(struct value){&form->nothing, "op", "nothing", 0});
	tell(arg, &(struct value){&form->other, "op", "another", n - 4});
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	struct paravirt_form form = {.expect = by_backend,
				     .nothing = {.kind = EXPECT_NOTHING, .len = PARAVIRT_SITE},
				     .other = {.len = PARAVIRT_SITE}};

	branch(&form.other, comes_back(model, site), site->addr, 0);
	paravirt_values(model, site, &form, tell, arg);
}

/* ---- for people ---- */

void paravirt_add_head(struct table *table, const struct model *model)
{
	for (size_t i = 0; i < model->n_backends; i++)
		table_add(table, "%s", model->backends[i].name);
}

void paravirt_cells(struct table *table, const struct model *model, const struct site *site,
		    const struct nops *nops, paravirt_expect_fn *expect_of)
{
	for (size_t i = 0; i < model->n_backends; i++) {
		const struct backend *backend = &model->backends[i];
		struct expect expect = {0};
		char text[CODE_LINE];

		expect_of(model, backend, backend_installed(model, backend, site->records->type),
			  site, &expect);
		expect_pad(&expect, nops);
		table_add(table, "%s  %s", BYTES_HEX(expect.bytes, expect.len),
			  code_line(&model->image, site->addr + (uint32_t)expect.lead,
				    expect.bytes + expect.lead, expect.n, expect.len, text));
	}
}

static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	paravirt_cells(table, model, site, nops, by_backend);
}

const struct family paravirt_family = {
	.name = "paravirt",
	.section = ".parainstructions",
	.begin = "__parainstructions",
	.end = "__parainstructions_end",
	.record_size = 8,
	.required = true,
	.ops = true,
	.read = read_record,
	.fault = fault,
	.title = title,
	.expect = expect,
	.values = values,
	.add_head = paravirt_add_head,
	.add_cells = add_cells,
};
