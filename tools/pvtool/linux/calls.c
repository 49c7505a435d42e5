/* SPDX-License-Identifier: MIT */
/*
 * Static calls. On i386 it is the trampoline that is rewritten, a jump to the key's function; sites of
 * their own, .static_call_sites, are of kernels with inline static calls.
 *
 *	__SCT__name	e9 rel32 0f b9 cc	jmp function; a mark
 *	of nothing	c3 cc 90 90 90		as linked, and after an update:
 *			c3 cc cc cc cc
 *	a site		e8 rel32		call function
 *	of nothing	3e 8d 74 26 00		a NOP
 *	a call of __static_call_return0	2e 2e 2e 31 c0	xor %eax, %eax
 */
#include "linux/live.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

#define TAIL     1u /* bits of a site's key: a jump ... */
#define KEY_BITS 3u

static void read_record(const uint8_t *p, uint32_t at, struct record *out)
{
	uint32_t key = bytes_get32(p + 4) + at + 4;

	out->addr = bytes_get32(p) + at;
	out->key = key & ~KEY_BITS;
	out->flags = key & KEY_BITS;
	out->len = 5;
}

static bool is_nothing(const uint8_t *p)
{
	return memcmp(p, "\xc3\xcc\x90\x90\x90", 5) == 0 ||
	       memcmp(p, "\xc3\xcc\xcc\xcc\xcc", 5) == 0;
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	const char *why = kernel_site_fault(kernel, record);
	uint32_t to = kernel_branch(kernel, record->addr);
	const uint8_t *p = image_bytes(&kernel->image, record->addr, 5);

	if (why)
		return why;
	if (!record->type && !kernel_is_data(kernel, record->key, 4))
		return "its key is in no data";
	if (!to && (!record->type || !is_nothing(p)))
		return record->type ? "its trampoline is neither a jump nor a return"
				    : "its site is neither a call nor a jump";
	return !to || kernel_is_text(kernel, to, 1) ? NULL : "its site goes to no text";
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	char where[IMAGE_WHERE];

	if (record->type)
		snprintf(out, SITE_TITLE, "trampoline, %u key%s", record->clobbers,
			 record->clobbers == 1 ? "" : "s");
	else
		snprintf(out, SITE_TITLE, "%s %.100s", record->flags & TAIL ? "tail" : "call",
			 kernel_variable(kernel, record->key, where));
	return out;
}

/* ---- what becomes of it ---- */

/* Bytes for a function of the key; of nothing a trampoline returns, a site does nothing. */
static enum expect_kind put(const struct live *live, const struct record *r, uint32_t function,
			    uint8_t *out)
{
	bool jumps = r->type || r->flags & TAIL;
	bool zero = !jumps && function && function == live->zero;

	if (zero)
		memcpy(out, "\x2e\x2e\x2e\x31\xc0", 5);
	else if (function)
		live_put_branch(out, jumps ? 0xe9 : 0xe8, r->addr, function);
	else if (jumps)
		memcpy(out, "\xc3\xcc\xcc\xcc\xcc", 5);
	else
		nops_fill(live->nops, out, 5);
	if (zero)
		return EXPECT_ZERO;
	return !function ? EXPECT_NOTHING : jumps ? EXPECT_JMP : EXPECT_CALL;
}

/* A call of nothing that was never changed is as linked. */
static bool is_as_linked(const struct live *live, const struct record *r, uint32_t function)
{
	const uint8_t *linked = image_bytes(&live->kernel->image, r->addr, 5);
	const uint8_t *found = dump_bytes(&live->dump, r->addr, 5);

	return r->type && !function && is_nothing(linked) && found && memcmp(linked, found, 5) == 0;
}

/*
 * What the key says, if it can: false, and why, if the word in the dump is no function of the file's.
 */
static bool read_key(const struct live *live, uint32_t key, uint32_t *function, const char **why)
{
	if (!live_word(live, key, function))
		*why = "its key is not in the dump";
	else if (*function && !live_is_code(live, *function))
		*why = "its key in the dump holds no address of text";
	else
		return true;
	return false;
}

/* Does what stands there fit to this function? If it is the first one asked it has to. */
static bool apply_key(struct live *live, const struct kernel_table *table, const struct record *r,
		      uint32_t function, bool first)
{
	const uint8_t *found = dump_bytes(&live->dump, r->addr, 5);
	uint8_t bytes[5];
	enum expect_kind kind = EXPECT_LINKED;

	if (is_as_linked(live, r, function))
		memcpy(bytes, image_bytes(&live->kernel->image, r->addr, 5), 5);
	else
		kind = put(live, r, function, bytes);
	if (!first && memcmp(bytes, found, 5) != 0)
		return false;
	memcpy(live_text(live, r->addr, 5), bytes, 5);
	live_became(live, table, r, kind);
	return memcmp(bytes, found, 5) == 0;
}

/*
 * One of the words that may be the key says it; if none does, the first one's function is what must be.
 * A word that holds no function is not the key, unless there is no other.
 */
static void apply_one(struct live *live, const struct kernel_table *table, const struct record *r)
{
	const uint32_t *keys = r->type ? live->kernel->keys + r->target : &r->key;
	size_t n = r->type ? r->clobbers : 1;
	const char *why = NULL;
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		uint32_t function;

		if (!read_key(live, keys[i], &function, &why))
			continue;
		if (apply_key(live, table, r, function, first))
			return;
		first = false;
	}
	if (first && why) /* without any key it is never changed: as linked */
		live_fault(live, table, r, why);
}

static void apply(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		if (live_is_good(live, table, &table->records[i]))
			apply_one(live, table, &table->records[i]);
	}
}

const struct kind calls_kind = {
	.name = "static_call",
	.section = ".static_call_sites",
	.begin = "__start_static_call_sites",
	.end = "__stop_static_call_sites",
	.forms = {{"relative", 8, true, read_record}},
	.fault = fault,
	.title = title,
	.apply = apply,
};
