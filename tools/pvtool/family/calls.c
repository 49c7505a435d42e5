/* SPDX-License-Identifier: MIT */
/*
 * Static calls: a call or a jump of five bytes to a trampoline, or the trampoline itself, a jump.
 * Where it goes is said by its key: two functions, of which one counts between changes and at each
 * moment; the trampoline, and where that is linked to; and whether the result fits one register, so
 * that a call of nothing is one instruction.
 */
#include "family/calls.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

/* Flags in a record's key. */
#define CALL_TAIL  1u /* a jump */
#define CALL_INIT  2u /* in text that is given up */
#define CALL_FLAGS 3u

#define SIZE 8u /* of a record */
#define LEN  5u

/* A key's words: those of calls_key(), and whether the result is narrow. */
enum { FIRST, SECOND, TRAMPOLINE, LINKED, NARROW, KEY_WORDS };
#define KEY_SIZE (4u * KEY_WORDS)
_Static_assert(NARROW == CALL_KEY_NAMES, "all others are addresses");

static const uint8_t zero[LEN] = {0x2e, 0x2e, 0x2e, 0x31, 0xc0};

static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	const uint32_t word = at + 4 + bytes_get32(p + 4);

	(void)image;
	out->addr = at + bytes_get32(p);
	out->key = word & ~CALL_FLAGS;
	out->flags = word & CALL_FLAGS;
	out->len = LEN;
}

static const uint8_t *key_bytes(const struct model *model, const struct record *record)
{
	return image_bytes(&model->image, record->key, KEY_SIZE);
}

bool calls_key(const struct model *model, uint32_t key, uint32_t names[CALL_KEY_NAMES])
{
	const uint8_t *bytes = image_bytes(&model->image, key, KEY_SIZE);

	if (!bytes || !image_is_data(&model->image, key, KEY_SIZE))
		return false;
	for (unsigned i = 0; i < CALL_KEY_NAMES; i++)
		names[i] = bytes_get32(bytes + 4 * i);
	return true;
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const uint8_t *bytes = image_bytes(&model->image, site->addr, LEN);
	uint32_t names[CALL_KEY_NAMES], target;
	struct insn insn;
	bool is_trampoline;

	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	if (!calls_key(model, record->key, names))
		return "its key is not in data";
	if ((bytes[0] != 0xe8 && bytes[0] != 0xe9) || !insn_decode(site->addr, bytes, LEN, &insn))
		return "its site is no call, and no jump";
	is_trampoline = site->addr == names[TRAMPOLINE];
	target = names[is_trampoline ? LINKED : TRAMPOLINE];
	if (insn.target != target)
		return is_trampoline ? "its trampoline goes to elsewhere"
				     : "its site does not go to the key's trampoline";
	section = image_section_at(&model->image, target);
	return section && section->exec ? NULL : "its target is not in an executable section";
}

/* Whose key it is: the name that the source has for the call. */
static const char *call_name(const struct model *model, uint32_t key, char out[IMAGE_WHERE])
{
	static const char prefix[] = "__SCK__";
	const size_t i = image_symbols_from(&model->image, key);
	const char *name = i < model->image.n_symbols ? model->image.symbols[i].name : "";

	if (i < model->image.n_symbols && model->image.symbols[i].addr == key &&
	    strncmp(name, prefix, strlen(prefix)) == 0)
		return name + strlen(prefix);
	return image_where(&model->image, key, out);
}

static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	const struct record *record = site->records;
	const uint8_t *key = key_bytes(model, record);
	const char *what = record->flags & CALL_TAIL ? "jmp" : "call";
	char where[IMAGE_WHERE];

	if (key && bytes_get32(key + 4 * TRAMPOLINE) == site->addr)
		what = "trampoline";
	snprintf(out, SITE_TITLE, "%s %.100s", what, call_name(model, record->key, where));
	return out;
}

/* ---- what becomes of it ---- */

/* By the function that its key has. Whether a result is narrow no kernel changes. */
static void put(const struct model *model, const struct record *record, uint32_t func,
		struct expect *out)
{
	const uint8_t *key = key_bytes(model, record);
	const struct symbol *return_0 = image_symbol(&model->image, "__static_call_return0");
	const uint32_t nothing = return_0 ? return_0->addr : 0;
	const bool tail = record->flags & CALL_TAIL;

	func = func ? func : nothing;
	*out = (struct expect){.kind = tail ? EXPECT_JMP : EXPECT_CALL, .n = LEN, .len = LEN};
	out->bytes[0] = tail ? 0xe9 : 0xe8;
	bytes_put32(out->bytes + 1, func - (record->addr + LEN));
	if (!tail && func == nothing && bytes_get32(key + 4 * NARROW)) {
		out->kind = EXPECT_ZERO;
		memcpy(out->bytes, zero, LEN);
	}
}

/* The function that counts. */
static uint32_t function_of(const struct model *model, const struct dump *dump, const uint8_t *key)
{
	const struct symbol *present = image_symbol(&model->image, "pv_present");
	const uint8_t *version = present ? dump_bytes(dump, present->addr, 4) : NULL;

	return bytes_get32(key + 4 * (version && bytes_get32(version) == 1 ? SECOND : FIRST));
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	const struct record *record = site->records;
	const uint8_t *key = state->dump ? dump_bytes(state->dump, record->key, KEY_SIZE) : NULL;

	if (key && !state->calls_linked) {
		put(model, record, function_of(model, state->dump, key), out);
		return;
	}
	model_linked(model, site, out);
}

static unsigned flags(const struct model *model, const struct record *record)
{
	const uint8_t *bytes = image_bytes(&model->image, record->addr, LEN);

	return (bytes && bytes[0] == 0xe9 ? CALL_TAIL : 0) |
	       (model_in_init(model, record->addr) ? CALL_INIT : 0);
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	const struct record *record = site->records;
	struct expect expect;

	model_tell_linked(model, site, tell, arg);
	put(model, record, 0, &expect);
	tell(arg, &(struct value){&expect, "function", "none", 0});
	put(model, record, record->addr, &expect);
	tell(arg, &(struct value){&expect, "function", "the key's", 1});
}

/* ---- for people ---- */

static void add_head(struct table *table, const struct model *model)
{
	(void)model;
	table_add(table, "at first");
	table_add(table, "of NULL");
}

static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	const uint8_t *key = key_bytes(model, site->records);

	(void)nops;
	for (unsigned null = 0; null < 2; null++) {
		struct expect out;
		char text[CODE_LINE];

		put(model, site->records, null ? 0 : bytes_get32(key), &out);
		table_add(table, "%s  %s", BYTES_HEX(out.bytes, out.len),
			  code_line(&model->image, site->addr, out.bytes, out.n, out.len, text));
	}
}

const struct family calls_family = {
	.name = "static_call",
	.section = ".static_call_sites",
	.begin = "__static_call_sites",
	.end = "__static_call_sites_end",
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
