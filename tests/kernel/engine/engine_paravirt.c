// SPDX-License-Identifier: MIT
/*
 * What a back end's template becomes at a site of the first family: copied when it fits, its
 * branches moved, called when it does not fit or cannot be moved. Nothing of it is executed.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "tests/kernel/engine/engine_site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TYPE         PV_TYPE_wbinvd

/* The template that the hook offers for TYPE. Its address counts: branches are relative to it. */
static uint8_t template[32];
static unsigned template_len;

static bool offer_template(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	(void)ops;
	return type == TYPE && paravirt_patch_insns(out, type, template, template + template_len);
}

/* With the present template. */
static enum pv_kind patch_template(struct ktap *t)
{
	static struct pv_ops ops;
	const struct paravirt_state *state;
	enum printk_level level = printk_set_level(PRINTK_ERR); /* each misfit is a warning */

	ops = pv_native_ops;
	ops.init.patch = offer_template;
	state = site_state(&ops);
	printk_set_level(level);
	CHECK_EQ(t, site_patch(site_record(TYPE, PV_CLOBBER_ANY), state)->total.refused, 0,
		 "a template of %u bytes: the site is not refused", template_len);
	CHECK(t, fake_text[SITE_AT - 1] == 0xcc && fake_text[SITE_AT + PV_SITE_LEN] == 0xcc,
	      "a template of %u bytes: the bytes around the site are untouched", template_len);
	return state->op[TYPE].kind;
}

/* Nothing is longer than the site: what does not fit is called. */
static void template_lengths(struct ktap *t)
{
	static const unsigned lengths[] = {1, 2, 3, 4, 5, 6, 7, 22};

	for (unsigned i = 0; i < COUNT(lengths); i++) {
		enum pv_kind kind;

		template_len = lengths[i];
		memset(template, 0x40, sizeof(template)); /* inc %eax */
		kind = patch_template(t);
		CHECK_EQ(t, kind, template_len <= PV_SITE_LEN ? PV_INLINE : PV_CALL,
			 "a template of %u bytes is inline if it fits", template_len);
		if (kind == PV_CALL) {
			site_check_call(t, pv_slot(&pv_native_ops, TYPE));
			continue;
		}
		site_check_template(t, template, template_len, site_lead(template_len), "inc");
	}
	template_len = 0;
	CHECK_EQ(t, patch_template(t), PV_CALL, "an empty template is none");
}

/* One branch in a template, at `at`; a displacement of `rel` bytes to template + target. */
static enum pv_kind branch(struct ktap *t, const char *bytes, unsigned n, unsigned rel, int target)
{
	memset(template, 0x90, sizeof(template));
	memcpy(template, bytes, n);
	template_len = n;
	if (rel == 4)
		site_put32(template + n - 4, (uint32_t)target - n);
	else if (rel)
		template[n - 1] = (uint8_t)(target - (int)n);
	return patch_template(t);
}

static void moves_branches(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE_AT, *five = site + site_lead(5);
	uint32_t target = (uint32_t) template + 0x1000;

	CHECK_EQ(t, branch(t, "\xe8....", 5, 4, 0x1000), PV_INLINE, "a call in a template fits");
	CHECK_EQ(t, five[0], 0xe8, "it is a call at the site");
	CHECK_EQ(t, site_get32(five + 1) + (uint32_t)five + 5, target,
		 "to where the template's goes");
	CHECK_EQ(t, branch(t, "\x40\xe8....", 6, 4, 0x1000), PV_INLINE, "as second instruction");
	CHECK_EQ(t, site[0] << 8 | site[1], 0x40e8, "both are at the site");
	CHECK_EQ(t, site_get32(site + 2) + (uint32_t)site + 6, target, "and the call is moved");
	CHECK_EQ(t, branch(t, "\x0f\x84....", 6, 4, 0x1000), PV_INLINE, "a conditional jump fits");
	CHECK_EQ(t, site_get32(site + 2) + (uint32_t)site + 6, target, "and is moved");
	CHECK_EQ(t, branch(t, "\xe9....", 5, 4, -0x1000), PV_INLINE, "a jump back fits");
	CHECK_EQ(t, site_get32(five + 1) + (uint32_t)five + 5, (uint32_t) template - 0x1000,
		 "and is moved");
}

static void keeps_inner_branches(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE_AT, *four = site + site_lead(4);

	CHECK_EQ(t, branch(t, "\xeb\x01\x40\x40", 4, 0, 0), PV_INLINE, "a short jump inside fits");
	CHECK(t, !memcmp(four, "\xeb\x01\x40\x40", 4), "and is copied as it is");
	CHECK_EQ(t, branch(t, "\x40\xeb\xfd", 3, 0, 0), PV_INLINE, "so is one to the first byte");
	CHECK_EQ(t, branch(t, "\x74\x02\x40\x40", 4, 0, 0), PV_INLINE, "and one right to the end");
	CHECK(t, !memcmp(four, "\x74\x02\x40\x40", 4),
	      "which is the site's end, or where the padding begins");
	CHECK_EQ(t, branch(t, "\xe9....", 5, 4, 0), PV_INLINE, "a long jump inside fits");
	CHECK_EQ(t, site_get32(site + site_lead(5) + 1) + 5, 0, "and is not moved");
}

static void refuses_templates(struct ktap *t)
{
	CHECK_EQ(t, branch(t, "\xeb.", 2, 1, 0x20), PV_CALL, "a short jump out cannot be moved");
	site_check_call(t, pv_slot(&pv_native_ops, TYPE));
	CHECK_EQ(t, branch(t, "\x40\x74.", 3, 1, 4), PV_CALL, "nor one a byte behind the end");
	CHECK_EQ(t, branch(t, "\xe2.", 2, 1, -1), PV_CALL, "nor a loop to the byte before");
	CHECK_EQ(t, branch(t, "\x0f\xff", 2, 0, 0), PV_CALL, "what does not decode is not copied");
	CHECK_EQ(t, branch(t, "\x40\xe8\0\0", 4, 0, 0), PV_CALL, "nor what ends in the middle");
}

/* What a template can begin with, by each table; and that it is counted as padding. */
static void leads(struct ktap *t)
{
	static const struct {
		const char *bytes;
		uint8_t n;
		bool leads;
	} cases[] = {
		{"\x40", 1, true},              /* inc %eax */
		{"\x0f\x31", 2, true},          /* rdtsc */
		{"\x8b\x03", 2, true},          /* mov (%ebx),%eax */
		{"\x8b\x46\x04", 3, true},      /* mov 4(%esi),%eax */
		{"\x8b\x04\xab", 3, true},      /* mov (%ebx,%ebp,4),%eax */
		{"\x89\xe5", 2, true},          /* mov %esp,%ebp */
		{"\xa4\x40", 2, true},          /* movsb */
		{"\x0f\x22\xd8\x40", 4, true},  /* mov %eax,%cr3 */
		{"\x8b\x45\x04", 3, false},     /* mov 4(%ebp),%eax */
		{"\x8b\x04\x24", 3, false},     /* mov (%esp),%eax */
		{"\x8b\x44\x05\x00", 4, false}, /* mov 0(%ebp,%eax,1),%eax */
		{"\x0f\xb6\x45\x00", 4, false}, /* movzbl 0(%ebp),%eax */
		{"\x3e\x40", 2, false},         /* with a prefix: ds */
		{"\x64\xac", 2, false},         /* fs */
		{"\x66\x40", 2, false},         /* data16 */
		{"\xf0\xff\x00", 3, false},     /* lock */
		{"\xf3\xa4", 2, false},         /* rep */
		{"\xff\xd0", 2, false},         /* call *%eax: notrack */
	};
	const struct pv_nops *was = pv_nops;

	for (unsigned table = 0; pv_nops_tables[table]; table++) {
		pv_nops = pv_nops_tables[table];
		for (unsigned i = 0; i < COUNT(cases); i++) {
			const unsigned lead = cases[i].leads ? site_lead(cases[i].n) : 0;

			memcpy(template, cases[i].bytes, cases[i].n);
			template_len = cases[i].n;
			CHECK_EQ(t, patch_template(t), PV_INLINE, "%s, %u: inline", pv_nops->name,
				 i);
			site_check_template(t, template, template_len, lead, pv_nops->name);
		}
	}
	pv_nops = was;
}

/* A function that is not there has no template, whatever stands in the table of templates. */
static void empty_slot(struct ktap *t)
{
	static struct pv_ops ops;
	struct pv_insns insns = {0};

	ops = pv_native_ops;
	CHECK(t, paravirt_patch_template(TYPE, &ops, &ops, pv_native_templates, &insns),
	      "the native function has its template");
	ops.cpu.wbinvd = NULL;
	CHECK(t, !paravirt_patch_template(TYPE, &ops, &ops, pv_native_templates, &insns),
	      "an empty slot has none");
	CHECK(t, pv_native_patch(TYPE, &ops, &insns) && insns.kind == PV_TRAP,
	      "and its sites become a trap");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(empty_slot),           KTAP_TEST(template_lengths),  KTAP_TEST(moves_branches),
	KTAP_TEST(keeps_inner_branches), KTAP_TEST(refuses_templates), KTAP_TEST(leads),
};
KTAP_SUITE(engine_paravirt, tests);
