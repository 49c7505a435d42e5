// SPDX-License-Identifier: MIT
/*
 * The first family on private records over a text in RAM: what a site becomes for each kind of
 * template and function, that branches are moved, and which records are refused. Nothing of it is
 * executed.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/insn.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "tests/engine_family.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SITE         512 /* where in the fake text the site under test is */
#define TYPE         PV_TYPE_wbinvd

/* The template that the hook offers for TYPE. Its address counts: branches are relative to it. */
static uint8_t template[32];
static unsigned template_len;

static bool offer_template(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	(void)ops;
	return type == TYPE && paravirt_patch_insns(out, type, template, template + template_len);
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

static struct paravirt_patch_site record(unsigned type, uint16_t clobbers)
{
	return (struct paravirt_patch_site){(uint32_t)(fake_text + SITE), (uint8_t)type,
					    PV_SITE_LEN, clobbers};
}

/* Text with one site as linked; then a pass to `state`, or to the linked state. */
static struct pv_stats *patch(struct paravirt_patch_site site, const struct paravirt_state *state)
{
	static struct pv_stats stats;
	const struct pv_insns *linked = &paravirt_linked()->op[site.type % PV_NR_TYPES];

	fake_reset();
	memset(fake_text, 0xcc, FAKE_SIZE);
	memcpy(fake_text + SITE, linked->bytes, PV_SITE_LEN);
	stats = (struct pv_stats){0};
	pv_apply(&paravirt_family, &site, &site + 1, paravirt_linked(), state, PV_EARLY, &stats);
	return &stats;
}

static const struct paravirt_state *state_of(const struct pv_ops *ops)
{
	static struct paravirt_state state;

	paravirt_state_make(&state, ops);
	return &state;
}

/* With the present template. */
static enum pv_kind patch_template(struct ktap *t)
{
	static struct pv_ops ops;
	const struct paravirt_state *state;
	enum printk_level level = printk_set_level(PRINTK_ERR); /* each misfit is a warning */

	ops = pv_native_ops;
	ops.init.patch = offer_template;
	state = state_of(&ops);
	printk_set_level(level);
	CHECK_EQ(t, patch(record(TYPE, PV_CLOBBER_ANY), state)->total.refused, 0,
		 "a template of %u bytes: the site is not refused", template_len);
	CHECK(t, fake_text[SITE - 1] == 0xcc && fake_text[SITE + PV_SITE_LEN] == 0xcc,
	      "a template of %u bytes: the bytes around the site are untouched", template_len);
	return state->op[TYPE].kind;
}

static void check_call(struct ktap *t, uint32_t target)
{
	const uint8_t *site = fake_text + SITE;

	CHECK_EQ(t, site[0] << 8 | site[1], 0x2ee8, "a call is 2e e8");
	CHECK_EQ(t, get32(site + 2) + (uint32_t)site + 6, target, "and goes to the function");
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
			check_call(t, pv_slot(&pv_native_ops, TYPE));
			continue;
		}
		CHECK(t, !memcmp(fake_text + SITE, template, template_len), "it is copied");
		CHECK(t,
		      padding_decodes(fake_text + SITE + template_len, PV_SITE_LEN - template_len),
		      "what remains is padding");
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
		put32(template + n - 4, (uint32_t)target - n);
	else if (rel)
		template[n - 1] = (uint8_t)(target - (int)n);
	return patch_template(t);
}

static void moves_branches(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE;
	uint32_t target = (uint32_t) template + 0x1000;

	CHECK_EQ(t, branch(t, "\xe8....", 5, 4, 0x1000), PV_INLINE, "a call in a template fits");
	CHECK_EQ(t, site[0], 0xe8, "it is a call at the site");
	CHECK_EQ(t, get32(site + 1) + (uint32_t)site + 5, target, "to where the template's goes");
	CHECK_EQ(t, branch(t, "\x40\xe8....", 6, 4, 0x1000), PV_INLINE, "as second instruction");
	CHECK_EQ(t, site[0] << 8 | site[1], 0x40e8, "both are at the site");
	CHECK_EQ(t, get32(site + 2) + (uint32_t)site + 6, target, "and the call is moved");
	CHECK_EQ(t, branch(t, "\x0f\x84....", 6, 4, 0x1000), PV_INLINE, "a conditional jump fits");
	CHECK_EQ(t, get32(site + 2) + (uint32_t)site + 6, target, "and is moved");
	CHECK_EQ(t, branch(t, "\xe9....", 5, 4, -0x1000), PV_INLINE, "a jump back fits");
	CHECK_EQ(t, get32(site + 1) + (uint32_t)site + 5, (uint32_t) template - 0x1000,
		 "and is moved");
}

static void keeps_inner_branches(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE;

	CHECK_EQ(t, branch(t, "\xeb\x01\x40\x40", 4, 0, 0), PV_INLINE, "a short jump inside fits");
	CHECK(t, !memcmp(site, "\xeb\x01\x40\x40", 4), "and is copied as it is");
	CHECK_EQ(t, branch(t, "\x40\xeb\xfd", 3, 0, 0), PV_INLINE, "so is one to the first byte");
	CHECK_EQ(t, branch(t, "\x74\x02\x40\x40", 4, 0, 0), PV_INLINE, "and one right to the end");
	CHECK(t, !memcmp(site, "\x74\x02\x40\x40", 4), "which is where the padding begins");
	CHECK_EQ(t, branch(t, "\xe9....", 5, 4, 0), PV_INLINE, "a long jump inside fits");
	CHECK_EQ(t, get32(site + 1) + 5, 0, "and is not moved");
}

static void refuses_templates(struct ktap *t)
{
	CHECK_EQ(t, branch(t, "\xeb.", 2, 1, 0x20), PV_CALL, "a short jump out cannot be moved");
	check_call(t, pv_slot(&pv_native_ops, TYPE));
	CHECK_EQ(t, branch(t, "\x40\x74.", 3, 1, 4), PV_CALL, "nor one a byte behind the end");
	CHECK_EQ(t, branch(t, "\xe2.", 2, 1, -1), PV_CALL, "nor a loop to the byte before");
	CHECK_EQ(t, branch(t, "\x0f\xff", 2, 0, 0), PV_CALL, "what does not decode is not copied");
	CHECK_EQ(t, branch(t, "\x40\xe8\0\0", 4, 0, 0), PV_CALL, "nor what ends in the middle");
}

static enum pv_kind patch_function(struct ktap *t, unsigned type, const void *function)
{
	static struct pv_ops ops;
	const struct paravirt_state *state;

	ops = pv_native_ops;
	((const void **)(void *)&ops)[type] = function;
	state = state_of(&ops);
	CHECK_EQ(t, patch(record(type, PV_CLOBBER_ANY), state)->total.refused, 0,
		 "a site of %s is not refused", pv_op_name(type));
	return state->op[type].kind;
}

static void functions_by_default(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE;
	const void *function = (const void *)patch_function; /* any will do */

	CHECK_EQ(t, patch_function(t, TYPE, function), PV_CALL, "a function is called");
	check_call(t, (uint32_t)function);
	CHECK_EQ(t, patch_function(t, PV_TYPE_iret, function), PV_JMP, "a jump op is jumped to");
	CHECK_EQ(t, site[0], 0xe9, "by e9");
	CHECK_EQ(t, get32(site + 1) + (uint32_t)site + 5, (uint32_t)function, "to the function");
	CHECK(t, padding_decodes(site + 5, 1), "and a byte of padding");
	CHECK_EQ(t, patch_function(t, TYPE, (const void *)paravirt_nop), PV_NOP, "nop is padding");
	CHECK(t, padding_decodes(site, PV_SITE_LEN), "one instruction of six bytes");
	CHECK_EQ(t, patch_function(t, TYPE, (const void *)paravirt_ident_32), PV_NOP, "ident_32");
	CHECK_EQ(t, patch_function(t, TYPE, (const void *)paravirt_ident_64), PV_NOP, "ident_64");
	CHECK_EQ(t, patch_function(t, PV_TYPE_halt, (const void *)__raw_callee_save_paravirt_nop),
		 PV_NOP, "and its callee-save forms");
	CHECK_EQ(t, patch_function(t, TYPE, NULL), PV_TRAP, "no function is a trap");
	CHECK_EQ(t, site[0] << 8 | site[1], 0x0f0b, "ud2");
	CHECK(t, padding_decodes(site + 2, 4), "and padding");
}

/* The templates of the native back end, as they stand in native.asm. */
static void native_bytes(struct ktap *t)
{
	static const struct {
		unsigned type, n;
		const char *bytes;
	} natives[] = {
		{PV_TYPE_save_fl, 2, "\x9c\x58"},
		{PV_TYPE_restore_fl, 2, "\x50\x9d"},
		{PV_TYPE_irq_disable, 1, "\xfa"},
		{PV_TYPE_irq_enable, 1, "\xfb"},
		{PV_TYPE_safe_halt, 2, "\xfb\xf4"},
		{PV_TYPE_halt, 1, "\xf4"},
		{PV_TYPE_read_cr0, 3, "\x0f\x20\xc0"},
		{PV_TYPE_write_cr0, 3, "\x0f\x22\xc0"},
		{PV_TYPE_read_cr2, 3, "\x0f\x20\xd0"},
		{PV_TYPE_read_cr3, 3, "\x0f\x20\xd8"},
		{PV_TYPE_write_cr3, 3, "\x0f\x22\xd8"},
		{PV_TYPE_read_cr4, 3, "\x0f\x20\xe0"},
		{PV_TYPE_write_cr4, 3, "\x0f\x22\xe0"},
		{PV_TYPE_clts, 2, "\x0f\x06"},
		{PV_TYPE_iret, 1, "\xcf"},
		{PV_TYPE_wbinvd, 2, "\x0f\x09"},
		{PV_TYPE_read_tsc, 2, "\x0f\x31"},
		{PV_TYPE_flush_tlb_single, 3, "\x0f\x01\x38"},
		{PV_TYPE_io_delay, 2, "\xe6\x80"},
	};
	const struct paravirt_state *state = state_of(&pv_native_ops);

	for (unsigned i = 0; i < COUNT(natives); i++) {
		const char *name = pv_op_name(natives[i].type);

		CHECK_EQ(t, patch(record(natives[i].type, PV_CLOBBER_ANY), state)->total.refused, 0,
			 "%s is patched", name);
		CHECK(t, !memcmp(fake_text + SITE, natives[i].bytes, natives[i].n),
		      "a site of %s is the instruction", name);
		CHECK(t,
		      padding_decodes(fake_text + SITE + natives[i].n, PV_SITE_LEN - natives[i].n),
		      "and padding behind %s", name);
	}
}

static void check_refused(struct ktap *t, struct paravirt_patch_site site, enum pv_why why,
			  const char *what)
{
	struct pv_stats *stats = patch(site, state_of(&pv_native_ops));
	const struct pv_insns *linked = &paravirt_linked()->op[site.type % PV_NR_TYPES];

	CHECK_EQ(t, stats->refusal[0].why, why, "%s: %s", what, pv_why_text(why));
	CHECK_EQ(t, stats->total.refused, 1, "%s: refused", what);
	CHECK(t, !memcmp(fake_text + SITE, linked->bytes, PV_SITE_LEN), "%s: untouched", what);
}

static void refuses_records(struct ktap *t)
{
	static const uint8_t types[] = {PV_TYPE_patch, PV_TYPE_kernel_rpl, PV_NR_TYPES, 255};
	static const uint8_t lengths[] = {0, 1, 5, 7, 255};

	for (unsigned i = 0; i < COUNT(types); i++)
		check_refused(t, record(types[i], PV_CLOBBER_ANY), PV_WHY_TYPE, "a type of no op");
	for (unsigned i = 0; i < COUNT(lengths); i++) {
		struct paravirt_patch_site site = record(TYPE, PV_CLOBBER_ANY);

		site.len = lengths[i];
		check_refused(t, site, PV_WHY_LENGTH, "a length that is not 6");
	}
	check_refused(t, record(PV_TYPE_save_fl, PV_CLOBBER_NONE), PV_WHY_CLOBBER,
		      "a result where eax must survive");
	check_refused(t, record(PV_TYPE_save_fl, PV_CLOBBER_EDX | PV_CLOBBER_ECX), PV_WHY_CLOBBER,
		      "a result where eax must survive, others not");
	check_refused(t, record(TYPE, PV_CLOBBER_EAX | PV_CLOBBER_EDX), PV_WHY_CLOBBER,
		      "a C function where ecx must survive");
	check_refused(t, record(PV_TYPE_iret, PV_CLOBBER_NONE), PV_WHY_CLOBBER,
		      "a jump where registers must survive");
	check_refused(t, record(TYPE, PV_CLOBBER_ANY | 8), PV_WHY_CLOBBER,
		      "a register that is none");
	check_refused(t, record(TYPE, 0xff07), PV_WHY_CLOBBER, "clobbers of more than a byte");
}

static void takes_narrow_records(struct ktap *t)
{
	const struct paravirt_state *state = state_of(&pv_native_ops);

	CHECK_EQ(t, patch(record(PV_TYPE_save_fl, PV_CLOBBER_EAX), state)->total.refused, 0,
		 "save_fl needs eax only");
	CHECK_EQ(t, patch(record(PV_TYPE_irq_enable, PV_CLOBBER_NONE), state)->total.refused, 0,
		 "irq_enable needs no register");
	CHECK_EQ(t, patch(record(PV_TYPE_restore_fl, PV_CLOBBER_NONE), state)->total.refused, 0,
		 "nor does restore_fl");
	CHECK_EQ(t, patch(record(TYPE, PV_CLOBBER_NONE), paravirt_linked())->total.refused, 0,
		 "left as linked, clobbers do not matter");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(template_lengths),     KTAP_TEST(moves_branches),
	KTAP_TEST(keeps_inner_branches), KTAP_TEST(refuses_templates),
	KTAP_TEST(functions_by_default), KTAP_TEST(native_bytes),
	KTAP_TEST(refuses_records),      KTAP_TEST(takes_narrow_records),
};
KTAP_SUITE(engine_paravirt, tests);
