/* SPDX-License-Identifier: MIT */
/*
 * Branches of static keys: a NOP or a jump, of five bytes or two, by the key's count and the
 * record's bit. A key whose count is not 0 is on.
 *
 *	__jump_table	u32 site, target, key; since 4.20 s32, relative to themselves
 *			key, bit 0: jumps while the key is off; bit 1: in init text
 *	off, bit 0 = 0	3e 8d 74 26 00
 *	on		e9 rel32
 */
#include "linux/live.h"
#include "read/bytes.h"

#include <string.h>

#define JUMPS_OFF 1u /* bits of the key */
#define KEY_BITS  3u

static void read_absolute(const uint8_t *p, uint32_t at, struct record *out)
{
	(void)at;
	out->addr = bytes_get32(p);
	out->target = bytes_get32(p + 4);
	out->key = bytes_get32(p + 8) & ~KEY_BITS;
	out->flags = bytes_get32(p + 8) & KEY_BITS;
	out->len = 5;
}

static void read_relative(const uint8_t *p, uint32_t at, struct record *out)
{
	uint32_t key = bytes_get32(p + 8) + at + 8;

	out->addr = bytes_get32(p) + at;
	out->target = bytes_get32(p + 4) + at + 4;
	out->key = key & ~KEY_BITS;
	out->flags = key & KEY_BITS;
	out->len = 5;
}

/* Which instruction it is, is up to the assembler: a jump may be short. 0: none that fits. */
static uint8_t site_len(const struct kernel *kernel, const struct record *r)
{
	const uint8_t *p = image_bytes(&kernel->image, r->addr, 5);

	if (p && p[0] == 0xe9 &&
	    (kernel_branch(kernel, r->addr) == r->target || !bytes_get32(p + 1)))
		return 5; /* e9 00 00 00 00 until 3.1: rewritten while the kernel boots */
	if (p && kernel_is_nop(p, 5))
		return 5;
	p = image_bytes(&kernel->image, r->addr, 2);
	if (p &&
	    (kernel_is_nop(p, 2) || (p[0] == 0xeb && kernel_branch(kernel, r->addr) == r->target)))
		return 2;
	return 0;
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	if (!kernel_is_text(kernel, record->addr, 1))
		return "its site is in no text";
	if (!kernel_is_text(kernel, record->target, 1))
		return "its target is in no text";
	if (!kernel_is_data(kernel, record->key, 4))
		return "its key is in no data";
	return site_len(kernel, record) ? NULL
					: "its site is neither a NOP nor a jump to its target";
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	char where[IMAGE_WHERE];

	strcpy(out, record->flags & JUMPS_OFF ? "likely " : "unlikely ");
	strncat(out, kernel_variable(kernel, record->key, where), SITE_TITLE - 16);
	return out;
}

static void apply_one(struct live *live, const struct kernel_table *table, const struct record *r)
{
	uint32_t far = r->target - (r->addr + r->len), count;
	uint8_t *p = live_text(live, r->addr, r->len);

	if (!kernel_is_main(live->kernel, r->addr) && !kernel_is_init(live->kernel, r->addr)) {
		live_became(live, table, r, EXPECT_LINKED); /* exit text of what is built in */
	} else if (!live_word(live, r->key, &count)) {
		live_fault(live, table, r, "its key is not in the dump");
	} else if ((count != 0) == (r->flags & JUMPS_OFF)) {
		nops_fill(live->nops, p, r->len);
		live_became(live, table, r, EXPECT_NOTHING);
	} else if (r->len == 2 && far + 128 > 255) {
		live_fault(live, table, r, "its target is too far for two bytes");
	} else {
		if (r->len == 5)
			live_put_branch(p, 0xe9, r->addr, r->target);
		else
			memcpy(p, (uint8_t[]){0xeb, (uint8_t)far}, 2);
		live_became(live, table, r, EXPECT_JMP);
	}
}

static void apply(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		if (live_is_good(live, table, &table->records[i]))
			apply_one(live, table, &table->records[i]);
	}
}

const struct kind branches_kind = {
	.name = "jump_label",
	.section = "__jump_table",
	.begin = "__start___jump_table",
	.end = "__stop___jump_table",
	.hidden = true,
	.forms = {{"relative", 12, true, read_relative}, {"absolute", 12, false, read_absolute}},
	.len = site_len,
	.fault = fault,
	.title = title,
	.apply = apply,
};
