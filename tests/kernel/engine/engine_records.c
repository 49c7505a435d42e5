// SPDX-License-Identifier: MIT
/*
 * The first family by its records: what a site becomes for each kind of function in the slot, what
 * native's sites are byte for byte, and which records are refused. Nothing of it is executed.
 */
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "tests/kernel/engine/engine_site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TYPE         PV_TYPE_wbinvd

static enum pv_kind patch_function(struct ktap *t, unsigned type, const void *function)
{
	static struct pv_ops ops;
	const struct paravirt_state *state;

	ops = pv_native_ops;
	((const void **)(void *)&ops)[type] = function;
	state = site_state(&ops);
	CHECK_EQ(t, site_patch(site_record(type, PV_CLOBBER_ANY), state)->total.refused, 0,
		 "a site of %s is not refused", pv_op_name(type));
	return state->op[type].kind;
}

static void functions_by_default(struct ktap *t)
{
	const uint8_t *site = fake_text + SITE_AT;
	const void *function = (const void *)patch_function; /* any will do */

	CHECK_EQ(t, patch_function(t, TYPE, function), PV_CALL, "a function is called");
	site_check_call(t, (uint32_t)function);
	CHECK_EQ(t, patch_function(t, PV_TYPE_iret, function), PV_JMP, "a jump op is jumped to");
	CHECK_EQ(t, site[0], 0xe9, "by e9");
	CHECK_EQ(t, site_get32(site + 1) + (uint32_t)site + 5, (uint32_t)function,
		 "to the function");
	CHECK(t, padding_decodes(site + 5, 1), "and a byte of padding");
	CHECK_EQ(t, patch_function(t, PV_TYPE_iret, (const void *)paravirt_nop), PV_JMP,
		 "also to one that does nothing: padding would go on behind the site");
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

/* The templates of the native back end, as they stand in native.S. */
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
	const struct paravirt_state *state = site_state(&pv_native_ops);

	for (unsigned i = 0; i < COUNT(natives); i++) {
		const char *name = pv_op_name(natives[i].type);
		const unsigned n = natives[i].n;
		const bool comes_back = natives[i].type != PV_TYPE_iret;

		CHECK_EQ(t,
			 site_patch(site_record(natives[i].type, PV_CLOBBER_ANY), state)
				 ->total.refused,
			 0, "%s is patched", name);
		site_check_template(t, natives[i].bytes, n, comes_back ? site_lead(n) : 0, name);
	}
}

static void check_refused(struct ktap *t, struct paravirt_patch_site site, enum pv_why why,
			  const char *what)
{
	struct pv_stats *stats = site_patch(site, site_state(&pv_native_ops));
	const struct pv_insns *linked = &paravirt_linked()->op[site.type % PV_NR_TYPES];

	CHECK_EQ(t, stats->refusal[0].why, why, "%s: %s", what, pv_why_text(why));
	CHECK_EQ(t, stats->total.refused, 1, "%s: refused", what);
	CHECK(t, !memcmp(fake_text + SITE_AT, linked->bytes, PV_SITE_LEN), "%s: untouched", what);
}

/* What lies behind a state's table looks like a line of it. */
static void refuses_types_beyond_the_table(struct ktap *t)
{
	static struct {
		struct paravirt_state state;
		struct pv_insns beyond[256 - PV_NR_TYPES];
	} table;
	static struct pv_stats stats;

	for (unsigned i = 0; i < COUNT(table.beyond); i++)
		table.beyond[i] = (struct pv_insns){.n = 1, .kind = PV_INLINE, .bytes = {0x40}};
	fake_reset();
	for (unsigned type = PV_NR_TYPES; type < 256; type++) {
		struct paravirt_patch_site site = site_record(type, PV_CLOBBER_ANY);

		stats.total = (struct pv_count){0};
		stats.listed = 0;
		pv_apply(&paravirt_family, &site, &site + 1, &table.state, &table.state, PV_STOPPED,
			 &stats);
		CHECK_EQ(t, stats.refusal[0].why, PV_WHY_TYPE, "type %u is none", type);
	}
}

static void refuses_records(struct ktap *t)
{
	static const uint8_t types[] = {PV_TYPE_patch, PV_TYPE_kernel_rpl, PV_NR_TYPES, 255};
	static const uint8_t lengths[] = {0, 1, 5, 7, 255};

	for (unsigned i = 0; i < COUNT(types); i++)
		check_refused(t, site_record(types[i], PV_CLOBBER_ANY), PV_WHY_TYPE,
			      "a type of no op");
	for (unsigned i = 0; i < COUNT(lengths); i++) {
		struct paravirt_patch_site site = site_record(TYPE, PV_CLOBBER_ANY);

		site.len = lengths[i];
		check_refused(t, site, PV_WHY_LENGTH, "a length that is not 6");
	}
	check_refused(t, site_record(PV_TYPE_save_fl, PV_CLOBBER_NONE), PV_WHY_CLOBBER,
		      "a result where eax must survive");
	check_refused(t, site_record(PV_TYPE_save_fl, PV_CLOBBER_EDX | PV_CLOBBER_ECX),
		      PV_WHY_CLOBBER, "a result where eax must survive, others not");
	check_refused(t, site_record(TYPE, PV_CLOBBER_EAX | PV_CLOBBER_EDX), PV_WHY_CLOBBER,
		      "a C function where ecx must survive");
	check_refused(t, site_record(PV_TYPE_iret, PV_CLOBBER_NONE), PV_WHY_CLOBBER,
		      "a jump where registers must survive");
	check_refused(t, site_record(TYPE, PV_CLOBBER_ANY | 8), PV_WHY_CLOBBER,
		      "a register that is none");
	check_refused(t, site_record(TYPE, 0xff07), PV_WHY_CLOBBER, "clobbers of more than a byte");
}

static void takes_narrow_records(struct ktap *t)
{
	const struct paravirt_state *state = site_state(&pv_native_ops);

	CHECK_EQ(t, site_patch(site_record(PV_TYPE_save_fl, PV_CLOBBER_EAX), state)->total.refused,
		 0, "save_fl needs eax only");
	CHECK_EQ(t,
		 site_patch(site_record(PV_TYPE_irq_enable, PV_CLOBBER_NONE), state)->total.refused,
		 0, "irq_enable needs no register");
	CHECK_EQ(t,
		 site_patch(site_record(PV_TYPE_restore_fl, PV_CLOBBER_NONE), state)->total.refused,
		 0, "nor does restore_fl");
	CHECK_EQ(t,
		 site_patch(site_record(TYPE, PV_CLOBBER_NONE), paravirt_linked())->total.refused,
		 0, "left as linked, clobbers do not matter");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(functions_by_default),           KTAP_TEST(native_bytes),
	KTAP_TEST(refuses_types_beyond_the_table), KTAP_TEST(refuses_records),
	KTAP_TEST(takes_narrow_records),
};
KTAP_SUITE(engine_records, tests);
