// SPDX-License-Identifier: MIT
/*
 * Calls and jumps of plain functions, in each form that they take: bytes, and what they do. A kernel
 * that was built with SITES=relocs has their records in its own table; for another one it is made here.
 */
#include "pv/relocs.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/backend/soft.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/native.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/sites/sites.h"

void relocs_call_disable(void);
void relocs_jmp_disable(void);
uint32_t relocs_call_save(void);
uint32_t relocs_jmp_save(void);
uint32_t relocs_call_cr0(void);
uint32_t relocs_jmp_cr0(void);
PV_FN void relocs_jmp_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
PV_FN void relocs_iret(uint32_t eflags);
extern uint8_t relocs_jmp_iret[];
PV_FN void relocs_if_zero(int x);

#define SITES 8
#define AT(f) ((uint8_t *)(f))

static const struct site {
	const char *name;
	uint8_t *at;
	uint8_t type;
	bool jump;
	const char *native; /* the bytes before the padding; NULL: a branch to the function */
	uint8_t n;
} sites[SITES] = {
	{"call disable", AT(relocs_call_disable), PV_TYPE_irq_disable, false, "\xfa", 1},
	{"jmp disable", AT(relocs_jmp_disable), PV_TYPE_irq_disable, true, "\xfa\xc3", 2},
	{"call save", AT(relocs_call_save), PV_TYPE_save_fl, false, "\x9c\x58", 2},
	{"jmp save", AT(relocs_jmp_save), PV_TYPE_save_fl, true, "\x9c\x58\xc3", 3},
	{"call cr0", AT(relocs_call_cr0), PV_TYPE_read_cr0, false, "\x0f\x20\xc0", 3},
	{"jmp cr0", AT(relocs_jmp_cr0), PV_TYPE_read_cr0, true, "\x0f\x20\xc0\xc3", 4},
	{"jmp cpuid", AT(relocs_jmp_cpuid), PV_TYPE_cpuid, true, NULL, 0},
	{"jmp iret", relocs_jmp_iret, PV_TYPE_iret, true, "\xcf", 1},
};

/* ---- the table ---- */

static struct {
	uint32_t n, at[SITES];
	uint8_t byte[SITES];
} own;
static struct pv_entry entries[SITES], spare[SITES];
static struct pv_table own_table;
static const uint32_t *first, *last;
static struct pv_stats stats;

/* The kernel's records of these, or none. */
static bool in_the_kernels(void)
{
	first = kernel_tables.relocs;
	while (first < kernel_tables.relocs_end && *first != (uint32_t)sites[0].at)
		first++;
	last = first + SITES;
	return first < kernel_tables.relocs_end;
}

static void make_own(void)
{
	own.n = SITES;
	for (unsigned i = 0; i < SITES; i++) {
		own.at[i] = (uint32_t)sites[i].at;
		own.byte[i] = sites[i].type | (sites[i].jump ? PV_RELOC_JMP : 0);
	}
	pv_relocs_use(&own_table, &own, &own + 1);
	pv_index_make(&own_table, entries, spare);
	pv_table_add(&kernel_image, &own_table);
	first = own_table.first;
	last = own_table.last;
}

static const struct paravirt_state *now;

static void to(struct ktap *t, const struct paravirt_state *state)
{
	pv_stats_begin(&stats, NULL);
	pv_apply(&pv_relocs_family, first, last, now, state, PV_STOPPED, &stats);
	CHECK_EQ(t, stats.total.sites, SITES, "all are looked at");
	CHECK(t, !stats.total.refused, "none is refused: %s", pv_why_text(stats.refusal[0].why));
	now = state;
}

static void begin(struct ktap *t)
{
	now = paravirt_state();
	if (in_the_kernels())
		return;
	now = paravirt_linked();
	make_own();
	to(t, now);
}

static void end(struct ktap *t)
{
	if (first == own_table.first) {
		to(t, paravirt_linked());
		pv_table_remove(&kernel_image, &own_table);
	} else {
		to(t, paravirt_state());
	}
}

/* ---- bytes ---- */

static bool leads(void)
{
	return !strcmp(pv_nops->name, "p6");
}

/* Behind prefixes, or with NOPs behind. */
static void check_padded(struct ktap *t, const struct site *site, const uint8_t *bytes, unsigned n,
			 bool led, const char *form)
{
	uint8_t expected[PV_RELOC_LEN] = {0x3e, 0x3e, 0x3e, 0x3e, 0x3e};

	memcpy(expected + (led ? PV_RELOC_LEN - n : 0), bytes, n);
	if (!led)
		pv_nops_fill(expected + n, PV_RELOC_LEN - n);
	CHECK(t, !memcmp(site->at, expected, PV_RELOC_LEN),
	      "%s, %s: %02x %02x %02x %02x %02x, found %02x %02x %02x %02x %02x", site->name, form,
	      expected[0], expected[1], expected[2], expected[3], expected[4], site->at[0],
	      site->at[1], site->at[2], site->at[3], site->at[4]);
}

static void check_bytes(struct ktap *t, const struct site *site, const uint8_t *bytes, unsigned n,
			const char *form)
{
	check_padded(t, site, bytes, n, false, form);
}

static void check_branch(struct ktap *t, const struct site *site, uint32_t target, const char *form)
{
	const uint32_t distance = target - ((uint32_t)site->at + PV_RELOC_LEN);
	uint8_t bytes[PV_RELOC_LEN] = {site->jump ? 0xe9 : 0xe8};

	memcpy(bytes + 1, &distance, sizeof(distance));
	check_bytes(t, site, bytes, PV_RELOC_LEN, form);
}

static void check_branches(struct ktap *t, const struct pv_ops *ops, const char *form)
{
	for (unsigned i = 0; i < SITES; i++) {
		const unsigned type = sites[i].type;

		check_branch(t, &sites[i],
			     ops ? pv_slot(ops, type) : (uint32_t)pv_plain + PV_PLAIN_SIZE * type,
			     form);
	}
}

static void check_inline(struct ktap *t)
{
	for (unsigned i = 0; i < SITES; i++)
		if (sites[i].native)
			check_padded(t, &sites[i], (const uint8_t *)sites[i].native, sites[i].n,
				     leads() && sites[i].type != PV_TYPE_iret, "inline");
		else
			check_branch(t, &sites[i], pv_slot(&pv_native_ops, sites[i].type),
				     "inline");
}

/* ---- what they do ---- */

/* The flag that the sites change: the kernel's back end's as linked, else the CPU's. */
static bool is_off(bool linked)
{
	return linked ? irqs_disabled() : !(native_save_fl() & X86_EFLAGS_IF);
}

static void on(void)
{
	native_irq_enable();
	local_irq_enable();
}

static void check_runs(struct ktap *t, bool linked, const char *form)
{
	uint32_t a = 0, b, c = 0, d, native_a = 0;

	on();
	relocs_call_disable();
	CHECK(t, is_off(linked), "%s: a call of irq_disable", form);
	CHECK(t, !(relocs_call_save() & X86_EFLAGS_IF), "%s: and one of save_fl sees it", form);
	on();
	CHECK(t, relocs_call_save() & X86_EFLAGS_IF, "%s: so it does the other", form);
	relocs_jmp_disable();
	CHECK(t, is_off(linked), "%s: a jump to irq_disable", form);
	CHECK(t, !(relocs_jmp_save() & X86_EFLAGS_IF), "%s: and one to save_fl sees it", form);
	on();
	CHECK_EQ(t, relocs_call_cr0(), native_read_cr0(), "%s: a call of read_cr0", form);
	CHECK_EQ(t, relocs_jmp_cr0(), native_read_cr0(), "%s: a jump to it", form);
	native_cpuid(&native_a, &b, &c, &d);
	c = 0;
	relocs_jmp_cpuid(&a, &b, &c, &d);
	CHECK_EQ(t, a, native_a, "%s: a jump with a parameter on the stack", form);
	relocs_iret(native_save_fl());
	CHECK(t, !is_off(linked), "%s: a jump to iret comes back", form);
}

static void each_form(struct ktap *t)
{
	static struct paravirt_state native, direct;
	static struct pv_ops ops;

	NEEDS_MACHINE(t);
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	ops = pv_native_ops;
	ops.init.patch = NULL;
	paravirt_state_make(&native, &pv_native_ops);
	paravirt_state_make(&direct, &ops);
	begin(t);
	to(t, paravirt_linked());
	check_branches(t, NULL, "as linked");
	check_runs(t, true, "as linked");
	to(t, &native);
	check_inline(t);
	check_runs(t, false, "inline");
	to(t, &direct);
	check_branches(t, &pv_native_ops, "direct");
	check_runs(t, false, "direct");
	end(t);
}

/* The first two sites are of irq_disable. */
static void nothing_and_missing(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	begin(t);
	to(t, sites_state(PV_TYPE_irq_disable, (const void *)__raw_callee_save_paravirt_nop));
	check_bytes(t, &sites[0], NULL, 0, "of nothing");
	check_bytes(t, &sites[1], (const uint8_t *)"\xc3", 1, "of nothing");
	on();
	relocs_call_disable();
	relocs_jmp_disable();
	CHECK(t, !is_off(false), "of nothing: nothing is done");
	end(t);
	begin(t);
	to(t, sites_state(PV_TYPE_irq_disable, NULL));
	check_bytes(t, &sites[0], (const uint8_t *)"\x0f\x0b", 2, "of a missing op");
	check_bytes(t, &sites[1], (const uint8_t *)"\x0f\x0b", 2, "of a missing op");
	end(t);
}

/* Of six bytes, where five are: the function that they stand for. */
static void too_long(struct ktap *t)
{
	static struct paravirt_state soft;

	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	paravirt_state_make(&soft, &pv_soft_ops);
	CHECK_EQ(t, soft.op[PV_TYPE_save_fl].n, PV_SITE_LEN, "soft's save_fl has six bytes");
	begin(t);
	to(t, &soft);
	check_branch(t, &sites[2], pv_slot(&pv_soft_ops, PV_TYPE_save_fl), "soft");
	check_branch(t, &sites[3], pv_slot(&pv_soft_ops, PV_TYPE_save_fl), "soft");
	end(t);
}

/* A template that changes more than the function may: nobody knows what a site keeps. */
static void changes_too_much(struct ktap *t)
{
	static struct paravirt_state state;

	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	paravirt_state_make(&state, &pv_native_ops);
	state.op[PV_TYPE_irq_disable].clobbers = PV_CLOBBER_EAX;
	begin(t);
	to(t, &state);
	check_branch(t, &sites[0], pv_slot(&pv_native_ops, PV_TYPE_irq_disable), "too much");
	end(t);
}

static void write_byte(uint8_t *at, uint8_t byte)
{
	const uint32_t flags = pv_host_irq_save();

	pv_host_text_write(at, &byte, 1);
	pv_host_irq_restore(flags);
}

/* One whose last byte is another stays, and the others do not. */
static void other_text(struct ktap *t)
{
	static struct paravirt_state native;
	uint8_t *byte = sites[0].at + PV_RELOC_LEN - 1, was, other;

	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	paravirt_state_make(&native, &pv_native_ops);
	begin(t);
	to(t, &native);
	was = *byte;
	other = (uint8_t)~was;
	write_byte(byte, other);
	pv_stats_begin(&stats, NULL);
	pv_apply(&pv_relocs_family, first, last, &native, paravirt_linked(), PV_STOPPED, &stats);
	CHECK_EQ(t, stats.total.refused, 1, "one is refused");
	CHECK(t, stats.refusal[0].why == PV_WHY_BYTES && stats.refusal[0].at == sites[0].at,
	      "that one, for its bytes");
	CHECK(t, *byte == other && sites[0].at[0] == (leads() ? 0x3e : 0xfa), "it is as it was");
	CHECK_EQ(t, sites[1].at[0], 0xe9, "the next one has changed");
	write_byte(byte, was);
	pv_apply(&pv_relocs_family, first, first + 1, &native, paravirt_linked(), PV_STOPPED,
		 &stats);
	now = paravirt_linked();
	end(t);
}

/* What cannot be a site works by the function, through the table. */
static void others_work(struct ktap *t)
{
	PV_FN void (*volatile taken)(void) = (PV_FN void (*)(void))(
		(uint32_t)pv_plain + PV_PLAIN_SIZE * PV_TYPE_irq_disable);

	on();
	relocs_if_zero(1);
	CHECK(t, !irqs_disabled(), "a conditional jump that is not taken");
	relocs_if_zero(0);
	CHECK(t, irqs_disabled(), "one that is");
	on();
	taken();
	CHECK(t, irqs_disabled(), "an address that was taken");
	on();
	CHECK_EQ(t, pv_plain_find("pv_irq_disable"), (uint32_t)taken, "found by its name");
	CHECK_EQ(t,
		 pv_plain_find("pv_irq_disable2") | pv_plain_find("pv_irq_") |
			 pv_plain_find("irq_disable") | pv_plain_find("pv_patch"),
		 0, "and others are not");
	CHECK_EQ(t, pv_plain_type((uint32_t)taken), PV_TYPE_irq_disable, "found by its address");
	CHECK(t,
	      pv_plain_type((uint32_t)taken + 1) == PV_RELOC_JMP &&
		      pv_plain_type((uint32_t)pv_plain - PV_PLAIN_SIZE) == PV_RELOC_JMP &&
		      pv_plain_type((uint32_t)pv_plain) == PV_RELOC_JMP,
	      "and others are not");
}

/* ---- damage ---- */

/* Text of its own, which nobody runs: a call of irq_disable, and its record. */
static uint8_t text[16];
static struct pv_image image;
static struct {
	uint32_t n, at[1];
	uint8_t byte[4];
} record;

static void check_refused(struct ktap *t, enum pv_why why, const char *what)
{
	pv_stats_begin(&stats, NULL);
	pv_apply(&pv_relocs_family, own_table.first, own_table.last, paravirt_linked(),
		 paravirt_linked(), PV_DRY, &stats);
	CHECK_EQ(t, stats.total.refused, why != PV_OK, "%s: refused", what);
	CHECK(t, !why || stats.refusal[0].why == why, "%s: %s", what,
	      pv_why_text(stats.refusal[0].why));
}

static void check_record(struct ktap *t, uint32_t at, uint8_t byte, enum pv_why why,
			 const char *what)
{
	record.at[0] = at;
	record.byte[0] = byte;
	check_refused(t, why, what);
}

static void damage(struct ktap *t)
{
	const uint32_t distance = (uint32_t)pv_plain + PV_PLAIN_SIZE * PV_TYPE_irq_disable -
				  ((uint32_t)text + PV_RELOC_LEN);

	text[0] = 0xe8;
	memcpy(text + 1, &distance, sizeof(distance));
	image = (struct pv_image){.name = "damaged", .text = text, .text_end = text + 5};
	record.n = 1;
	CHECK(t, pv_relocs_use(&own_table, &record, &record + 1), "a table of one record");
	own_table.index = NULL;
	pv_image_add(&image);
	pv_table_add(&image, &own_table);
	check_record(t, (uint32_t)text, PV_TYPE_irq_disable, PV_OK, "a good one");
	check_record(t, (uint32_t)text, PV_TYPE_irq_enable, PV_WHY_BYTES, "another op");
	check_record(t, (uint32_t)text, PV_TYPE_irq_disable | PV_RELOC_JMP, PV_WHY_BYTES, "a jump");
	check_record(t, (uint32_t)text, 0, PV_WHY_TYPE, "the hook");
	check_record(t, (uint32_t)text, PV_NR_TYPES, PV_WHY_TYPE, "no op");
	check_record(t, (uint32_t)text, PV_RELOC_JMP - 1, PV_WHY_TYPE, "the last number");
	check_record(t, (uint32_t)text + 1, PV_TYPE_irq_disable, PV_WHY_RANGE, "beyond the text");
	pv_table_remove(&image, &own_table);
	check_record(t, (uint32_t)text, PV_TYPE_irq_disable, PV_WHY_TYPE, "of no table");
	pv_image_remove(&image);
	record.n = 2;
	CHECK(t,
	      !pv_relocs_use(&own_table, &record, &record + 1) && own_table.first == own_table.last,
	      "more records than there is room for are none");
	record.n = UINT32_MAX;
	CHECK(t, !pv_relocs_use(&own_table, &record, &record + 1), "and so are very many");
	CHECK(t,
	      !pv_relocs_use(&own_table, &record, (uint8_t *)&record + 3) &&
		      own_table.first == own_table.last,
	      "a table that is not even a number is none");
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(each_form),  KTAP_PATCHES(nothing_and_missing),
	KTAP_PATCHES(too_long),   KTAP_PATCHES(changes_too_much),
	KTAP_PATCHES(other_text), KTAP_PATCHES(others_work),
	KTAP_PATCHES(damage),
};
KTAP_SUITE(relocs, tests);
