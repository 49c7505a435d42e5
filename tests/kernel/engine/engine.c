// SPDX-License-Identifier: MIT
/*
 * The engine, with a family and a text of the tests' own: each kind of replacement, padding of
 * every length, undo and redo, dry runs, the order of records, and the statistics, whose sums are
 * checked in every pass here (fake_apply). What it refuses is in engine_refusals.c.
 */
#include "pv/engine.h"
#include "lib/string.h"
#include "pv/index.h"
#include "pv/native.h"
#include "pv/nops.h"
#include "pv/types.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/engine/engine_family.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Neighbours without a gap, first and last bytes of text, whole and empty, kinds and rows. */
static const struct fake_record mixed[] = {
	{FAKE(0), .len = 6, .n = 1, .kind = PV_INLINE, .row = 0},
	{FAKE(6), .len = 6, .n = 6, .kind = PV_CALL, .row = 1},
	{FAKE(12), .len = 5, .n = 5, .kind = PV_JMP, .row = 1},
	{FAKE(17), .len = 1, .n = 0, .kind = PV_NOP, .row = 2},
	{FAKE(33), .len = 9, .n = 2, .kind = PV_TRAP, .row = 3},
	{FAKE(100), .len = 255, .n = 20, .kind = PV_INLINE, .row = 0},
	{FAKE(400), .len = 255, .n = 255, .kind = PV_INLINE, .row = 0},
	{FAKE(700), .len = 255, .n = 0, .kind = PV_NOP, .row = 2},
	{FAKE(1020), .len = 4, .n = 3, .kind = PV_INLINE, .row = 0},
};
#define MIXED_BYTES (6 + 6 + 5 + 1 + 9 + 255 + 255 + 255 + 4)
#define MIXED_NEW   (1 + 6 + 5 + 0 + 2 + 20 + 255 + 0 + 3)

static void expect_mixed(void)
{
	fake_expect_linked();
	for (unsigned i = 0; i < COUNT(mixed); i++)
		fake_expect(&mixed[i]);
}

static void replaces(struct ktap *t)
{
	fake_reset();
	fake_apply(t, mixed, COUNT(mixed), &fake_linked, &fake_patched, PV_STOPPED);
	expect_mixed();
	CHECK(t, fake_text_as_expected(),
	      "new bytes and padding stand at the sites, all else is old");
	CHECK_EQ(t, fake_stats.total.refused, 0, "nothing is refused");
	CHECK_EQ(t, fake_stats.bytes, MIXED_BYTES, "all bytes of the sites count as rewritten");
	CHECK_EQ(t, fake_stats.pad, MIXED_BYTES - MIXED_NEW, "what is not new bytes is padding");
	CHECK_EQ(t, fake_stats.total.kind[PV_INLINE], 4, "four sites are inline");
	CHECK_EQ(t, fake_stats.total.kind[PV_CALL], 1, "one is a call");
	CHECK_EQ(t, fake_stats.total.kind[PV_JMP], 1, "one is a jump");
	CHECK_EQ(t, fake_stats.total.kind[PV_NOP], 2, "two are padding");
	CHECK_EQ(t, fake_stats.total.kind[PV_TRAP], 1, "one is a trap");
	CHECK_EQ(t, fake_rows[1].kind[PV_JMP], 1, "kinds are counted in their row");
	CHECK_EQ(t, fake_rows[0].sites, 4, "sites are counted in their row");
}

static void undoes_and_redoes(struct ktap *t)
{
	fake_reset();
	for (unsigned round = 0; round < 2; round++) {
		fake_apply(t, mixed, COUNT(mixed), &fake_linked, &fake_patched, PV_STOPPED);
		expect_mixed();
		CHECK(t, fake_text_as_expected(), "round %u: patched", round);
		fake_apply(t, mixed, COUNT(mixed), &fake_patched, &fake_linked, PV_STOPPED);
		fake_expect_linked();
		CHECK(t, fake_text_as_expected(), "round %u: undoing restores every byte", round);
		CHECK_EQ(t, fake_stats.total.kind[PV_KEPT], COUNT(mixed), "all are as compiled");
		CHECK_EQ(t, fake_stats.pad, 0, "and nothing is padding");
	}
}

static void changes_between_states(struct ktap *t)
{
	fake_reset();
	fake_apply(t, mixed, COUNT(mixed), &fake_linked, &fake_third, PV_STOPPED);
	fake_apply(t, mixed, COUNT(mixed), &fake_third, &fake_patched, PV_STOPPED);
	expect_mixed();
	CHECK(t, fake_text_as_expected(), "the way to a state does not matter");
	CHECK_EQ(t, fake_stats.bytes, MIXED_BYTES - 1 - 255, "what is the same is not rewritten");
	fake_apply(t, mixed, COUNT(mixed), &fake_patched, &fake_patched, PV_STOPPED);
	CHECK(t, fake_text_as_expected() && !fake_stats.bytes, "to the same state: no write");
	CHECK_EQ(t, fake_stats.total.refused, 0, "and no refusal");
}

static bool found_at(unsigned offset, const struct fake_record *record)
{
	struct pv_place site;

	return pv_find(fake_text + offset, &site) && site.record == record &&
	       site.at == record->at && site.len == record->len;
}

static void finds_sites(struct ktap *t)
{
	static struct fake_record records[] = {{FAKE(40), .len = 4}, {FAKE(33), .len = 7}};
	static struct pv_entry entries[2], spare[2];
	static struct pv_table table = {
		.family = &fake_family, .first = records, .last = records + 2};
	struct pv_place site;

	fake_reset();
	if (!table.index) {
		pv_index_make(&table, entries, spare);
		fake_add(&table);
	}
	CHECK(t, !pv_find(fake_text + 32, &site), "the byte before a site is nobody's");
	CHECK(t, found_at(33, &records[1]), "the first byte of a site is its own");
	CHECK(t, found_at(39, &records[1]), "and the last");
	CHECK(t, found_at(40, &records[0]), "the byte behind it is its neighbour's");
	CHECK(t, !pv_find(fake_text + 44, &site), "and then nobody's");
	CHECK(t, !pv_find(fake_text + FAKE_SIZE, &site), "nor is one outside of text");
	fake_remove(&table);
	CHECK(t, !pv_find(fake_text + 33, &site), "a table that went has no sites");
	table.index = NULL;
}

/* Every table, by itself; then the one in use, through a pass. */
static void pads_every_length(struct ktap *t)
{
	static uint8_t bytes[PV_SITE_MAX + 1];
	const struct pv_nops *was = pv_nops;
	unsigned tables = 0;

	for (; pv_nops_tables[tables]; tables++) {
		pv_nops = pv_nops_tables[tables];
		for (unsigned n = 1; n <= PV_SITE_MAX; n++) {
			memset(bytes, 0x0f, sizeof(bytes));
			pv_nops_fill(bytes, n);
			CHECK(t, padding_decodes(bytes, n), "%s: %u bytes of padding decode",
			      pv_nops->name, n);
			CHECK_EQ(t, bytes[n], 0x0f, "%s: and are no more than %u", pv_nops->name,
				 n);
		}
	}
	pv_nops = was;
	CHECK_EQ(t, tables, 5, "there are five tables");
	for (unsigned n = 1; n <= PV_SITE_MAX; n++) {
		struct fake_record site = {FAKE(n), .len = (uint8_t)n, .kind = PV_NOP};

		fake_reset();
		fake_apply(t, &site, 1, &fake_linked, &fake_patched, PV_STOPPED);
		CHECK(t, padding_decodes(site.at, n), "a site of %u bytes of padding decodes", n);
		CHECK_EQ(t, fake_stats.pad, n, "%u bytes of padding are counted", n);
	}
}

static void selects_nops(struct ktap *t)
{
	static const struct {
		enum pv_vendor vendor;
		unsigned family;
		const char *name;
	} cases[] = {
		{PV_VENDOR_INTEL, 3, "486"},  {PV_VENDOR_INTEL, 4, "486"},
		{PV_VENDOR_INTEL, 5, "486"},  {PV_VENDOR_INTEL, 6, "p6"},
		{PV_VENDOR_INTEL, 15, "p6"},  {PV_VENDOR_AMD, 5, "486"},
		{PV_VENDOR_AMD, 6, "k7"},     {PV_VENDOR_AMD, 15, "k8"},
		{PV_VENDOR_AMD, 16, "k10"},   {PV_VENDOR_AMD, 0x17, "p6"},
		{PV_VENDOR_AMD, 0x16, "k10"}, {PV_VENDOR_AMD, 0x19, "p6"},
		{PV_VENDOR_OTHER, 15, "486"}, {PV_VENDOR_OTHER, 6, "486"},
	};
	const struct pv_nops *was = pv_nops;

	for (unsigned i = 0; i < COUNT(cases); i++) {
		pv_nops_select(cases[i].vendor, cases[i].family);
		CHECK(t, !strcmp(pv_nops->name, cases[i].name),
		      "vendor %u family %u gets %s, found %s", cases[i].vendor, cases[i].family,
		      cases[i].name, pv_nops->name);
	}
	pv_nops = was;
}

static void ignores_order(struct ktap *t)
{
	struct fake_record records[COUNT(mixed)];
	uint32_t random = 1;

	memcpy(records, mixed, sizeof(records));
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = COUNT(records) - 1; i; i--) {
			struct fake_record swap = records[i];
			unsigned with;

			random = random * 1103515245 + 12345;
			with = (random >> 16) % (i + 1);
			records[i] = records[with];
			records[with] = swap;
		}
		fake_reset();
		fake_apply(t, records, COUNT(records), &fake_linked, &fake_patched, PV_STOPPED);
		expect_mixed();
		CHECK(t, fake_text_as_expected(), "the order of the records does not matter");
		CHECK_EQ(t, fake_stats.total.refused, 0, "and nothing is refused in any order");
	}
}

static void takes_an_empty_table(struct ktap *t)
{
	fake_reset();
	fake_apply(t, mixed, 0, &fake_linked, &fake_patched, PV_STOPPED);
	CHECK(t, fake_text_as_expected(), "an empty table changes nothing");
	CHECK_EQ(t, fake_stats.total.refused, 0, "and is no error to the engine");
}

/* The CPU's own flag, whatever the back end makes of it. */
static void keeps_interrupts(struct ktap *t)
{
	NEEDS_MACHINE(t);
	CHECK(t, native_save_fl() & PV_EFLAGS_IF, "interrupts are on in tests");
	fake_reset();
	fake_apply(t, mixed, COUNT(mixed), &fake_linked, &fake_patched, PV_STOPPED);
	CHECK(t, native_save_fl() & PV_EFLAGS_IF, "and after a pass");
	native_irq_disable();
	fake_apply(t, mixed, COUNT(mixed), &fake_patched, &fake_linked, PV_STOPPED);
	CHECK(t, !(native_save_fl() & PV_EFLAGS_IF), "they stay off when they were off");
	native_irq_enable();
}

static const struct ktap_test tests[] = {
	KTAP_TEST(replaces),
	KTAP_TEST(undoes_and_redoes),
	KTAP_TEST(changes_between_states),
	KTAP_TEST(finds_sites),
	KTAP_TEST(pads_every_length),
	KTAP_TEST(selects_nops),
	KTAP_TEST(ignores_order),
	KTAP_TEST(takes_an_empty_table),
	KTAP_TEST(keeps_interrupts),
};
KTAP_SUITE(engine, tests);
