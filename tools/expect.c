/* SPDX-License-Identifier: MIT */
/*
 * A template stands for one function: the back end's own in its slot. A back end that keeps
 * native's function for an op keeps native's template with it. Whether control comes back is read
 * off the site as it was linked, ff 25 or ff 15, and not off a list.
 */
#include "expect.h"
#include "bytes.h"
#include "decode.h"

#include <string.h>

const char *expect_kind_name(enum expect_kind kind)
{
	static const char *const names[EXPECT_KINDS] = {
		[EXPECT_LINKED] = "as linked", [EXPECT_TEMPLATE] = "template",
		[EXPECT_NOTHING] = "nothing",  [EXPECT_TRAP] = "ud2",
		[EXPECT_JMP] = "jmp",          [EXPECT_CALL] = "call",
	};

	return names[kind];
}

static void put32(uint8_t *p, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/*
 * The instruction at `at` of a template of n bytes was decoded where the template stands. A branch
 * within the template stays; one that leaves it gets the distance from the site, which one of 8 or
 * 16 bits cannot hold.
 */
static bool move_branch(const struct insn *insn, uint32_t start, size_t n, uint32_t site,
			struct expect *out)
{
	size_t at = insn->addr - start;

	if (!insn->rel_size || insn->target - start <= n)
		return insn->rel_size != 2;
	if (insn->rel_size != 4)
		return false;
	put32(out->bytes + at + insn->rel_at, insn->target - (site + (uint32_t)at + insn->len));
	return true;
}

/* False if there is no template, or none that fits the site. */
static bool use_template(const struct model *model, const struct backend *backend, unsigned type,
			 uint32_t site, struct expect *out)
{
	uint32_t start, n;
	const uint8_t *bytes;
	struct insn insn;

	if (!backend->templates)
		return false;
	start = bytes_get32(backend->templates + 8 * type);
	n = bytes_get32(backend->templates + 8 * type + 4) - start;
	bytes = image_bytes(&model->image, start, n);
	if (!bytes || n == 0 || n > MODEL_SITE)
		return false;
	memcpy(out->bytes, bytes, n);
	for (uint32_t at = 0; at < n; at += insn.len) {
		if (!insn_decode(start + at, bytes + at, n - at, &insn) ||
		    !move_branch(&insn, start, n, site, out))
			return false;
	}
	out->kind = EXPECT_TEMPLATE;
	out->n = n;
	return true;
}

/* Does the function do nothing, or return its argument? */
static bool is_nothing(const struct model *model, uint32_t function)
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
	put32(out->bytes + opcode, target - (site + (uint32_t)out->n));
}

static void by_function(const struct model *model, const struct record *record, uint32_t slot,
			struct expect *out)
{
	const uint8_t *linked = image_bytes(&model->image, record->instr, MODEL_SITE);

	if (slot == 0 || slot == model_missing(model, record->type)) {
		*out = (struct expect){.kind = EXPECT_TRAP, .n = 2, .bytes = {0x0f, 0x0b}};
	} else if (is_nothing(model, slot)) {
		*out = (struct expect){.kind = EXPECT_NOTHING};
	} else {
		branch(out, linked[1] == 0x15, record->instr, slot);
	}
}

static bool by_template(const struct model *model, const struct backend *backend, uint32_t slot,
			const struct record *record, struct expect *out)
{
	const struct backend *native = model_backend(model, "native");

	if (slot == model_slot(backend, record->type) &&
	    use_template(model, backend, record->type, record->instr, out))
		return true;
	return native && slot == model_slot(native, record->type) &&
	       use_template(model, native, record->type, record->instr, out);
}

void expect_site(const struct model *model, const struct backend *backend, uint32_t slot,
		 const struct record *record, const struct nops *nops, struct expect *out)
{
	*out = (struct expect){0};
	if (!by_template(model, backend, slot, record, out))
		by_function(model, record, slot, out);
	nops_fill(nops, out->bytes + out->n, MODEL_SITE - out->n);
}

void expect_linked(const struct model *model, const struct record *record, struct expect *out)
{
	*out = (struct expect){.kind = EXPECT_LINKED, .n = MODEL_SITE};
	memcpy(out->bytes, image_bytes(&model->image, record->instr, MODEL_SITE), MODEL_SITE);
}
