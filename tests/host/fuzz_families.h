/* SPDX-License-Identifier: MIT */
/*
 * Two families for the fuzzing of passes that know what stood at a site: paravirt, with templates
 * and slots from the input, and "raw", whose sites have any length and whose padding is the
 * engine's. Records point anywhere near text, and may contradict themselves.
 *
 *	paravirt_states(&in);		makes linked and patched[]
 *	paravirt_record(&site, &in);
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_FUZZ_FAMILIES_H
#define TESTS_HOST_FUZZ_FAMILIES_H

#include "pv/insn.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "tests/host/fuzz.h"

#define STATES 3  /* linked and two others */
#define ROOM   10 /* bytes of a template, at most */

static uint8_t as_linked[IMAGES][TEXT_MAX]; /* the text at first */

struct pv_ops pv_ops;

static void missing(void)
{
}

void (*const pv_missing[PV_NR_TYPES])(void) = {[0 ... PV_NR_TYPES - 1] = missing};

static struct template
{
	uint8_t *bytes, copy[ROOM];
	unsigned n;
}
templates[PV_NR_TYPES];

static bool patch_hook(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	const struct template *t = &templates[type];

	(void)ops;
	return paravirt_patch_insns(out, type, t->bytes, t->bytes + t->n);
}

static uint32_t any_function(struct input *in)
{
	uint8_t choice = take8(in);

	switch (choice % 6) {
	case 0: return 0;
	case 1: return (uint32_t)missing;
	case 2: return (uint32_t)paravirt_nop;
	case 3: return (uint32_t)paravirt_ident_64;
	case 4: return (uint32_t)areas[0].image.text + choice;
	default: return take32(in);
	}
}

static void templates_make(struct input *in)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		struct template *t = &templates[type];
		uint8_t how = take8(in);

		t->n = how % (2 * ROOM);
		if (t->n > ROOM)
			t->n = 0;
		t->bytes = exact(t->n ? t->n : 1);
		for (unsigned i = 0; i < t->n; i++)
			t->bytes[i] = take8(in);
		if (how & 0x80 && t->n > 4)
			t->bytes[0] = 0xe8; /* a call */
		memcpy(t->copy, t->bytes, t->n);
	}
}

static void templates_spent(void)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		spent(templates[type].bytes, templates[type].n);
}

static struct paravirt_state patched[STATES - 1];
static uint32_t functions[STATES - 1][PV_NR_TYPES];

static void paravirt_states(struct input *in)
{
	uint32_t *slot = (uint32_t *)(void *)&pv_ops;

	templates_make(in);
	paravirt_init();
	for (unsigned i = 0; i < STATES - 1; i++) {
		for (unsigned type = 0; type < PV_NR_TYPES; type++)
			slot[type] = pv_op_has_sites(type) ? any_function(in) : 0;
		memcpy(functions[i], slot, sizeof(functions[i]));
		pv_ops.init.patch = i ? NULL : patch_hook;
		paravirt_state_make(&patched[i], &pv_ops);
	}
	templates_spent();
}

/* How many prefixes it gets. */
static unsigned template_lead(const struct template *t, unsigned type)
{
	const bool leads = pv_nops->name[0] == 'p' && !pv_op_is_jump(type) && t->n < PV_SITE_LEN &&
			   pv_insn_may_lead(t->copy, t->n);

	return leads ? PV_SITE_LEN - t->n : 0;
}

/*
 * At a site it is the same, instruction by instruction, but for prefixes; what branches out of it
 * goes where it went.
 */
static void template_check(const struct template *t, const struct pv_site *site, unsigned lead)
{
	const uint32_t start = (uint32_t)t->bytes, at = (uint32_t)site->at + lead;
	const uint8_t *bytes = site->bytes + lead;
	uint32_t target = start;
	struct pv_insn insn;

	for (unsigned i = 0; i < lead; i++)
		must(site->bytes[i] == 0x3e, "prefix %u of %u", i, lead);
	must(site->n == t->n, "a template of %u bytes, not %u", t->n, site->n);
	for (unsigned i = 0; i < t->n; i += insn.len) {
		must(pv_insn_decode(t->copy + i, t->n - i, &insn), "whole instructions");
		if (insn.rel_size)
			target = pv_insn_target(start + i, t->copy + i, &insn);
		if (insn.rel_size && target - start > t->n)
			must(pv_insn_target(at + i, bytes + i, &insn) == target,
			     "a branch to %x in the template's copy at %x", target, at);
		else
			must(!memcmp(bytes + i, t->copy + i, insn.len),
			     "byte %u of the template on", i);
	}
}

/* A direct call or jump goes to the function in the slot, and nothing is lost that the site keeps.
 */
static void paravirt_check(const struct paravirt_patch_site *record, const struct pv_site *site,
			   unsigned state)
{
	const struct pv_insns *insns = &patched[state - 1].op[record->type];
	struct pv_insn insn;

	must(!(insns->clobbers & ~record->clobbers), "no register lost: %x, of %x", insns->clobbers,
	     record->clobbers);
	if (site->kind == PV_INLINE)
		template_check(&templates[record->type], site,
			       template_lead(&templates[record->type], record->type));
	if (site->kind != PV_CALL && site->kind != PV_JMP)
		return;
	must(pv_insn_decode(site->bytes, site->len, &insn) && insn.rel_size == 4 &&
		     pv_insn_target(record->instr, site->bytes, &insn) ==
			     functions[state - 1][record->type],
	     "a branch to %x at %x", functions[state - 1][record->type], record->instr);
}

static uint8_t *any_place(struct input *in)
{
	const struct area *a = &areas[take8(in) % IMAGES];
	uint8_t choice = take8(in);

	if (choice >= 0xf8)
		return (uint8_t *)(uintptr_t)take32(in);
	return (uint8_t *)((uintptr_t)a->image.text + choice - 8);
}

/* A record; now and then a good one, or there would be nothing but refusals. */
static void paravirt_record(struct paravirt_patch_site *site, struct input *in)
{
	uint8_t *at = any_place(in), how = take8(in);

	*site = (struct paravirt_patch_site){(uint32_t)at, take8(in) % (PV_NR_TYPES + 2),
					     PV_SITE_LEN, PV_CLOBBER_ANY};
	if ((how & 7) == 0)
		site->len = take8(in);
	if ((how >> 3 & 7) == 0)
		site->clobbers = take8(in) % (PV_CLOBBER_ANY + 2);
	if (how & 0x40 && site->type < PV_NR_TYPES && area_of(at, PV_SITE_LEN))
		memcpy(at, paravirt_linked()->op[site->type].bytes, PV_SITE_LEN);
}

/* The raw family: any length, any bytes; a record may even contradict itself (n, odd). */
struct raw {
	uint8_t *at;
	uint8_t len, n, salt, odd;
};

static const uint8_t raw_state[STATES] = {0, 1, 2};

/* In the linked state, what is there; of what is not, anything. */
static void raw_linked(const struct raw *raw, uint8_t *bytes)
{
	const struct area *a = area_of(raw->at, raw->len);

	if (a)
		memcpy(bytes, as_linked[a - areas] + (raw->at - a->image.text), raw->len);
	else
		memset(bytes, 0, raw->len);
}

/* In another one all the same bytes, or four that repeat. */
static void raw_changed(const struct raw *raw, unsigned which, uint8_t *bytes, unsigned n)
{
	static uint8_t fours[16 * STATES][PV_SITE_MAX], made;

	if (!(raw->salt & 1)) {
		memset(bytes, (int)which, n);
		return;
	}
	for (; made < 16 * STATES; made++)
		for (unsigned i = 0; i < PV_SITE_MAX; i++)
			fours[made][i] = (uint8_t)(made + (i & 3));
	memcpy(bytes, fours[raw->salt * which], n);
}

static enum pv_why raw_family_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct raw *raw = record;
	unsigned which = state ? *(const uint8_t *)state : 0;

	out->at = (uint8_t *)((uintptr_t)raw->at + (which && raw->odd == 1));
	out->len = (uint8_t)(raw->len + (which && raw->odd == 2));
	out->n = which ? raw->n : raw->len;
	out->kind = which ? PV_INLINE : PV_KEPT;
	out->row = 0;
	if (!state)
		return PV_OK;
	if (raw->odd == 3)
		return PV_WHY_TYPE;
	if (which)
		raw_changed(raw, which, out->bytes, out->n);
	else
		raw_linked(raw, out->bytes);
	return PV_OK;
}

static struct pv_family raw_family = {
	.name = "raw",
	.record_size = sizeof(struct raw),
	.rows = 1,
	.linked = &raw_state[0],
	.bytes = raw_family_bytes,
};

static void raw_record(struct raw *raw, struct input *in)
{
	uint8_t how = take8(in);

	raw->at = any_place(in);
	raw->len = how & 1 ? take8(in) : take8(in) % 16;
	raw->n = how & 2 ? take8(in) : raw->len / 2;
	raw->salt = how >> 4;
	raw->odd = (how >> 2 & 3) == 3 ? 1 + take8(in) % 3 : 0;
}

#endif
