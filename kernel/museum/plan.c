// SPDX-License-Identifier: MIT
#include "kernel/museum/plan.h"
#include "lib/ksyms.h"
#include "lib/string.h"
#include "pv/image.h"
#include "pv/insn.h"
#include <stddef.h>

#define JUMP      0xe9
#define JUMP_LEN  5
#define ROOM_BYTE 0xcc

extern const uint8_t museum_right_end[];

static void put_jump(uint8_t *bytes, uint32_t at, uint32_t target)
{
	const uint32_t distance = target - (at + JUMP_LEN);

	bytes[0] = JUMP;
	memcpy(bytes + 1, &distance, sizeof(distance));
}

static struct spot *add(struct plan *plan, uint32_t at, unsigned n)
{
	struct spot *spot = &plan->spots[plan->n++];

	spot->at = at;
	spot->n = (uint8_t)n;
	return spot;
}

/* ---- a function's entry ---- */

/* Whole instructions where the jump will stand; 0: there are none, or the function is too short. */
static unsigned entry_length(const uint8_t *entry, uint32_t size)
{
	unsigned n = 0;

	while (n < JUMP_LEN) {
		const unsigned len = n < size ? pv_insn_len(entry + n, size - n) : 0;

		if (!len)
			return 0;
		n += len;
	}
	return n;
}

static bool has_site(uint32_t at, unsigned n)
{
	struct pv_place place;

	for (unsigned i = 0; i < n; i++)
		if (pv_find((const uint8_t *)at + i, &place))
			return true;
	return false;
}

/* Does a branch of the function itself go into the middle of what the jump takes the place of? */
static bool is_target(uint32_t at, const uint8_t *code, uint32_t size, unsigned n)
{
	struct pv_insn insn;

	for (uint32_t i = 0; i < size; i += insn.len) {
		if (!pv_insn_decode(code + i, size - i, &insn))
			return false; /* what follows is padding, or a table */
		if (insn.rel_size && pv_insn_target(at + i, code + i, &insn) - (at + 1) < n - 1)
			return true;
	}
	return false;
}

/* The entry's instructions as they are from `to` on. */
static const char *copy_entry(uint8_t *out, uint32_t to, const uint8_t *entry, uint32_t at,
			      unsigned n)
{
	struct pv_insn insn;

	memcpy(out, entry, n);
	for (unsigned i = 0; i < n; i += insn.len) {
		if (!pv_insn_decode(out + i, n - i, &insn))
			return "its first instructions are not known";
		if (insn.rel_size && !pv_insn_retarget(to + i, out + i, &insn,
						       pv_insn_target(at + i, entry + i, &insn)))
			return "it begins with a short branch";
	}
	return NULL;
}

/* museum_right becomes the function that has `n` bytes of instructions, or, without, a jump to it. */
static const char *add_right(struct plan *plan, const uint8_t *entry, uint32_t at, unsigned n,
			     plan_look_fn *look)
{
	const uint32_t room = (uint32_t)museum_right;
	const unsigned size = (unsigned)(museum_right_end - museum_right);
	const uint8_t *old = look(room, size);
	struct spot *spot;
	const char *why;

	if (size > SPOT_BYTES || n + JUMP_LEN > size || !old)
		return "there is no room for the right version";
	for (unsigned i = 0; i < size; i++)
		if (old[i] != ROOM_BYTE)
			return "the room for the right version is not empty";
	spot = add(plan, room, n + JUMP_LEN);
	memcpy(spot->old, old, spot->n);
	why = copy_entry(spot->broken, room, entry, at, n);
	put_jump(spot->broken + n, room + n, at + n);
	return why;
}

static const char *plan_jump(struct plan *plan, const struct museum_change *c, plan_look_fn *look)
{
	const uint32_t at = (uint32_t)c->at;
	uint32_t offset, size;
	const uint8_t *entry;
	const char *why = NULL;
	struct spot *spot;
	unsigned n;

	if (!ksym_lookup(at, NULL, &offset, &size) || offset)
		return "it has no such function";
	entry = look(at, size);
	if (!entry)
		return "the function is not in the file";
	n = entry_length(entry, size);
	if (!n)
		return "the function is too short for a jump";
	if (has_site(at, n))
		return "the function begins with a site";
	if (is_target(at, entry, size, n))
		return "the function has a loop to its first instructions";
	if (c->right)
		why = add_right(plan, entry, at, n, look);
	if (why)
		return why;
	spot = add(plan, at, JUMP_LEN);
	memcpy(spot->old, entry, JUMP_LEN);
	put_jump(spot->broken, at, (uint32_t)c->by);
	return NULL;
}

/* ---- data ---- */

static const char *plan_word(struct plan *plan, const struct museum_change *c, plan_look_fn *look)
{
	const uint32_t at = (uint32_t)c->at, by = (uint32_t)c->by;
	const uint8_t *old = look(at, sizeof(by));
	const char *why = NULL;
	struct spot *spot;
	uint32_t was;

	if (!old)
		return "the word is not in the file";
	memcpy(&was, old, sizeof(was));
	if (c->right)
		why = add_right(plan, old, was, 0, look);
	if (why)
		return why;
	spot = add(plan, at, sizeof(by));
	memcpy(spot->old, &was, sizeof(was));
	memcpy(spot->broken, &by, sizeof(by));
	return NULL;
}

static const char *plan_bytes_of(struct plan *plan, const struct museum_change *c,
				 plan_look_fn *look)
{
	const uint32_t at = (uint32_t)(c->find ? c->find() : c->at);
	const uint8_t *old = at ? look(at, c->n) : NULL;
	struct spot *spot;

	if (!old)
		return "it has no such bytes";
	spot = add(plan, at, c->n);
	memcpy(spot->old, old, c->n);
	memcpy(spot->broken, c->make ? old : c->bytes, c->n);
	if (c->make)
		c->make(old, spot->broken);
	return NULL;
}

const char *plan_make(struct plan *plan, const struct exhibit *exhibit, plan_look_fn *look)
{
	const char *why = NULL;

	*plan = (struct plan){.exhibit = exhibit};
	for (unsigned i = 0; i < MUSEUM_CHANGES && !why; i++) {
		const struct museum_change *c = &exhibit->changes[i];

		if (!c->at && !c->find)
			break;
		why = c->word ? plan_word(plan, c, look)
		      : c->by ? plan_jump(plan, c, look)
			      : plan_bytes_of(plan, c, look);
	}
	if (!why && !plan_bytes(plan))
		why = "nothing would be otherwise";
	return why;
}

unsigned plan_bytes(const struct plan *plan)
{
	unsigned bytes = 0;

	for (unsigned i = 0; i < plan->n; i++)
		for (unsigned k = 0; k < plan->spots[i].n; k++)
			bytes += plan->spots[i].old[k] != plan->spots[i].broken[k];
	return bytes;
}
