/* SPDX-License-Identifier: MIT */
/*
 * Calls through pv_ops, of which a record says the slot; each becomes a direct call of what the slot
 * holds when the kernel boots. Until 2.6.21 the sites were native instructions, and types the ops.
 *
 *	.parainstructions	u32 site, u8 type, u8 len; until 4.20 u16 clobbers
 *	as linked		ff 15 slot		call *pv_ops+4*type
 *	becomes			e8 rel32 90		call native_wbinvd
 *	_paravirt_nop		8d b6 00 00 00 00	a NOP
 */
#include "linux/live.h"
#include "read/bytes.h"
#include "read/decode.h"

#include <stdio.h>
#include <string.h>

static void read_record(const uint8_t *p, uint32_t at, struct record *out)
{
	(void)at;
	out->addr = bytes_get32(p);
	out->type = p[4];
	out->len = p[5];
	out->clobbers = (uint16_t)(p[6] | p[7] << 8);
}

/* The slot that a site calls or jumps through; 0: it does not. */
static uint32_t slot_of(const struct kernel *kernel, const struct record *r)
{
	const uint8_t *p = image_bytes(&kernel->image, r->addr, 6);

	if (!p || r->len < 6 || p[0] != 0xff || (p[1] != 0x15 && p[1] != 0x25))
		return 0;
	return bytes_get32(p + 2);
}

static bool is_whole(const struct kernel *kernel, const struct record *r)
{
	const uint8_t *p = image_bytes(&kernel->image, r->addr, r->len);
	struct insn insn;

	for (uint32_t at = 0; p && at < r->len; at += insn.len) {
		if (!insn_decode(r->addr + at, p + at, r->len - at, &insn))
			return false;
	}
	return p != NULL;
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	const char *why = kernel_site_fault(kernel, record);
	uint32_t slot = slot_of(kernel, record);

	if (why)
		return why;
	if (slot && !kernel_is_data(kernel, slot, 4))
		return "the slot that its site calls through is in no data";
	if (slot && kernel->ops && slot != kernel->ops + 4u * record->type)
		return "its site calls through another slot of pv_ops than its type's";
	if (!slot && kernel->ops)
		return "its site is no call through pv_ops";
	return is_whole(kernel, record) ? NULL : "its site is not whole instructions";
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	(void)kernel;
	snprintf(out, SITE_TITLE, "type %u", record->type);
	return out;
}

static void apply_one(struct live *live, const struct kernel_table *table, const struct record *r)
{
	uint8_t *p = live_text(live, r->addr, r->len);
	uint32_t slot = slot_of(live->kernel, r), function;

	if (!slot || p[1] != 0x15) {
		live_fault(live, table, r, "its site is no call through a slot");
	} else if (!live_word(live, slot, &function)) {
		live_fault(live, table, r, "its slot is not in the dump");
	} else if (function == live->nothing && function) {
		nops_fill(live->nops, p, r->len);
		live_became(live, table, r, EXPECT_NOTHING);
	} else if (!function && !live->bug) {
		memcpy(p, "\x0f\x0b", 2);
		nops_fill(live->nops, p + 2, r->len - 2u);
		live_became(live, table, r, EXPECT_TRAP);
	} else if (function && !live_is_code(live, function)) {
		live_fault(live, table, r, "its slot in the dump holds no address of text");
	} else {
		live_put_branch(p, 0xe8, r->addr, function ? function : live->bug);
		nops_fill(live->nops, p + 5, r->len - 5u);
		live_became(live, table, r, EXPECT_CALL);
	}
}

static void apply(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		if (live_is_good(live, table, &table->records[i]))
			apply_one(live, table, &table->records[i]);
	}
}

const struct kind paravirt_kind = {
	.name = "paravirt",
	.section = ".parainstructions",
	.begin = "__parainstructions",
	.end = "__parainstructions_end",
	.forms = {{"absolute", 8, true, read_record}},
	.fault = fault,
	.title = title,
	.apply = apply,
};
