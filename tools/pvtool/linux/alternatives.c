/* SPDX-License-Identifier: MIT */
/*
 * Alternatives, as Linux 6.1 applies them: record after record in the table's order, a replacement
 * where the feature says so, and whether or not, runs of one-byte NOPs in the site made fewer, longer
 * ones. A call at a replacement's begin is moved, a jump too, and becomes short where that reaches.
 *
 *	.altinstructions	s32 site, s32 replacement (until 3.0 u32), u16 feature, u8 len,
 *				u8 replacement's len; 4.1 to 5.12 u8 padding; from 6.3 on the
 *				feature has 32 bits, the upper 16 are flags
 *	site			f0 83 04 24 00 90 90
 *	with the feature	0f ae f0 8d 74 26 00
 */
#include "linux/live.h"
#include "read/bytes.h"
#include "read/decode.h"
#include "read/feature.h"

#include <string.h>

#define NOT 1u /* a record's flags: applies when the CPU has it not */

#define FEATURES_MAX 1280u /* 40 words: more than any version knows */

static void read_head(const uint8_t *p, uint32_t base, uint32_t at, struct record *out)
{
	out->addr = bytes_get32(p) + base * at;
	out->replacement = bytes_get32(p + 4) + base * (at + 4);
}

/* What follows the two addresses: a feature of one byte, of two, or of two with flags behind. */
static void read_tail(const uint8_t *p, uint16_t feature, struct record *out)
{
	out->flags = feature & FEATURE_NOT ? NOT : 0;
	out->feature = feature & (uint16_t)~FEATURE_NOT;
	out->len = p[0];
	out->replacement_len = p[1];
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void read_absolute_byte(const uint8_t *p, uint32_t at, struct record *out)
{
	read_head(p, 0, at, out);
	read_tail(p + 9, p[8], out);
}

static void read_absolute(const uint8_t *p, uint32_t at, struct record *out)
{
	read_head(p, 0, at, out);
	read_tail(p + 10, get16(p + 8), out);
}

static void read_relative(const uint8_t *p, uint32_t at, struct record *out)
{
	read_head(p, 1, at, out);
	read_tail(p + 10, get16(p + 8), out);
}

static void read_flags(const uint8_t *p, uint32_t at, struct record *out)
{
	read_head(p, 1, at, out);
	read_tail(p + 12, get16(p + 8), out);
	out->flags = get16(p + 10);
}

static bool is_whole(const uint8_t *bytes, uint32_t addr, uint32_t len)
{
	struct insn insn;

	for (uint32_t at = 0; at < len; at += insn.len) {
		if (!insn_decode(addr + at, bytes + at, len - at, &insn))
			return false;
	}
	return true;
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	const char *why = kernel_site_fault(kernel, record);
	uint32_t n = record->replacement_len;

	if (why)
		return why;
	if (record->feature >= FEATURES_MAX || record->flags > 3)
		return "there is no such feature";
	if (n > record->len)
		return "its replacement is longer than its site";
	if (n && !kernel_is_text(kernel, record->replacement, n))
		return "its replacement is in no text";
	if (n &&
	    !is_whole(image_bytes(&kernel->image, record->replacement, n), record->replacement, n))
		return "its replacement is not whole instructions";
	if (!is_whole(image_bytes(&kernel->image, record->addr, record->len), record->addr,
		      record->len))
		return "its site is not whole instructions";
	return NULL;
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	char name[FEATURE_TITLE];

	(void)kernel;
	return strcpy(out, feature_title((uint16_t)(record->feature |
						    (record->flags & NOT ? FEATURE_NOT : 0)),
					 name));
}

/* ---- what becomes of it ---- */

/* A jump e9 at the replacement's begin: two bytes and NOPs if it goes not far, and forward. */
static void put_jump(const struct live *live, uint8_t *p, uint32_t from, uint32_t target)
{
	int32_t distance = (int32_t)(target - from);

	if (distance >= 0 && distance - 2 <= 127) {
		p[0] = 0xeb;
		p[1] = (uint8_t)(distance - 2);
		nops_fill(live->nops, p + 2, 3);
	} else {
		live_put_branch(p, 0xe9, from, target);
	}
}

static void replace(const struct live *live, const struct record *r, uint8_t *p)
{
	uint32_t n = r->replacement_len, target = kernel_branch(live->kernel, r->replacement);

	if (n)
		memcpy(p, image_bytes(&live->kernel->image, r->replacement, n), n);
	memset(p + n, 0x90, r->len - n);
	if (n == 5 && *p == 0xe8)
		live_put_branch(p, 0xe8, r->addr, target);
	else if (n == 5 && *p == 0xe9)
		put_jump(live, p, r->addr, target);
}

static void optimize_nops(const struct live *live, const struct record *r, uint8_t *p)
{
	uint32_t n;
	struct insn insn;

	for (uint32_t at = 0; at < r->len; at += n) {
		if (!insn_decode(r->addr + at, p + at, r->len - at, &insn))
			return;
		n = insn.len;
		if (n != 1 || p[at] != 0x90)
			continue;
		while (at + n < r->len && p[at + n] == 0x90)
			n++;
		nops_fill(live->nops, p + at, n);
	}
}

static void apply(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		uint8_t *p = live_text(live, r->addr, r->len);
		bool applies;

		if (!live_is_good(live, table, r))
			continue;
		if (r->feature >= 32 * live->n_features) {
			live_fault(live, table, r, "boot_cpu_data has no such feature");
			continue;
		}
		applies = live_has(live, r->feature) != (r->flags & NOT);
		if (applies)
			replace(live, r, p);
		optimize_nops(live, r, p);
		live_became(live, table, r, applies ? EXPECT_REPLACED : EXPECT_KEPT);
	}
}

const struct kind alternatives_kind = {
	.name = "alternatives",
	.section = ".altinstructions",
	.begin = "__alt_instructions",
	.end = "__alt_instructions_end",
	.forms = {{"relative", 12, true, read_relative},
		  {"relative, padding length", 13, false, read_relative},
		  {"relative, 32-bit feature", 14, false, read_flags},
		  {"absolute", 12, false, read_absolute},
		  {"absolute, 8-bit feature", 12, false, read_absolute_byte}},
	.fault = fault,
	.title = title,
	.apply = apply,
};
