// SPDX-License-Identifier: MIT
/*
 * The engine on the kernel's own text: all sites are taken to another state and back while the
 * kernel lives on, and sites stand at the last bytes of a page and across two, where text is
 * read-only.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "kernel/test/kept.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/insn.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/tick.h"
#include "tests/kernel/sites/ops_other.h"
#include "tests/kernel/sites/sites.h"

#define CR0_WP 0x00010000u
#define PAGE   4096u
#define WINDOW 0xffc00000u /* paging.c: 4 MiB */

void page_end_site(void);
void page_cross_site(void);

static struct pv_stats stats;

static const struct pv_stats *apply_all(const struct paravirt_state *from,
					const struct paravirt_state *to)
{
	sites_apply_all(from, to, PV_STOPPED, &stats);
	return &stats;
}

/* What the sites of the whole kernel are in, and the state that they are not in. */
static const struct paravirt_state *other_state(void)
{
	static struct paravirt_state patched;

	if (paravirt_state() != paravirt_linked())
		return paravirt_linked();
	paravirt_state_make(&patched, &pv_ops);
	return &patched;
}

/*
 * As linked, every site is ff 15 or ff 25 and its slot, or e8 or e9 and the way to the op's
 * plain function; patched, none is.
 */
static bool is_indirect(const struct pv_site *site)
{
	const uint8_t *at = site->at;
	uint32_t word;

	memcpy(&word, at + site->len - 4, 4);
	if (site->len == PV_SITE_LEN)
		return at[0] == 0xff && (at[1] == 0x15 || at[1] == 0x25) &&
		       word == (uint32_t)&pv_ops + 4u * site->row;
	return (at[0] == 0xe8 || at[0] == 0xe9) &&
	       pv_plain_type((uint32_t)at + site->len + word) == site->row;
}

struct counts {
	uint32_t sites, gone, indirect;
};

static void count_site(void *arg, const struct pv_site *site)
{
	struct counts *counts = arg;

	counts->sites++;
	counts->gone += image_is_gone(site->at);
	counts->indirect += is_indirect(site);
}

static struct counts count(void)
{
	struct counts counts = {0};

	sites_each(count_site, &counts);
	return counts;
}

/* An interrupt through entry.asm's sites, and back by iret's. */
static bool interrupts_work(void)
{
	local_irq_enable();
	return !tick_arrives() || tick_on();
}

static void undoes_the_kernel(struct ktap *t)
{
	const struct paravirt_state *now = paravirt_state(), *other = other_state();
	const uint64_t before = kept_text();
	uint64_t between;
	uint32_t records, sites;

	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	records = count().sites;
	sites = records - count().gone;
	CHECK(t, sites < records, "some sites were in init text");
	for (unsigned round = 0; round < 2; round++) {
		CHECK_EQ(t, count().indirect, now == paravirt_linked() ? sites : 0,
			 "all sites are in the kernel's state");
		CHECK_EQ(t, apply_all(now, other)->total.refused, 0, "no site is refused");
		between = kept_text();
		CHECK_EQ(t, count().indirect, other == paravirt_linked() ? sites : 0,
			 "all sites are in the other state");
		CHECK(t, interrupts_work(), "the kernel runs in it");
		CHECK_EQ(t, apply_all(other, now)->total.refused, 0, "none on the way back");
		CHECK_EQ(t, kept_text(), before, "every byte of text is as before");
		CHECK(t, between != before, "and was not in between");
		CHECK_EQ(t, stats.total.sites, records, "all sites were looked at");
		CHECK_EQ(t, stats.total.kind[PV_GONE], records - sites, "or are gone");
	}
}

static void check_decodes(void *arg, const struct pv_site *site)
{
	struct ktap *t = arg;
	unsigned at = 0, n = 0;
	struct pv_insn insn = {0};

	if (image_is_gone(site->at))
		return;
	for (; at < site->len; at += insn.len, n++)
		if (!pv_insn_decode(site->at + at, site->len - at, &insn))
			break;
	CHECK_EQ(t, at, site->len, "%pS (%s) decodes", site->at, pv_op_name(site->row));
	CHECK(t, n <= 4, "%pS (%s) is at most 4 instructions", site->at, pv_op_name(site->row));
}

/* Each patched site of the kernel is whole instructions, one more than it needs at most. */
static void sites_decode(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	sites_each(check_decodes, t);
}

static void check_runs(struct ktap *t, void (*fn)(void), const char *form)
{
	native_irq_enable();
	local_irq_enable();
	fn();
	CHECK(t, !ops_if_set(), "%pS, %s, works", (void *)fn, form);
	native_irq_enable();
	local_irq_enable();
}

static void check_site(struct ktap *t, void (*fn)(void), unsigned offset)
{
	static struct paravirt_state native, other;
	const struct paravirt_state *states[] = {paravirt_linked(), &native, &other, &native};
	uint8_t before[16], *around = (uint8_t *)fn - 5;
	struct sites sites;

	paravirt_state_make(&native, &pv_native_ops);
	paravirt_state_make(&other, ops_other());
	if (!sites_find(t, &sites, (const void *)fn))
		return;
	CHECK_EQ(t, (uint32_t)sites.at % PAGE, offset, "%pS is where it should be", (void *)fn);
	memcpy(before, around, sizeof(before));
	for (unsigned i = 0; i < 4; i++) {
		const struct pv_insns *insns = &states[i]->op[PV_TYPE_irq_disable];

		sites_patch(t, &sites, states[i]);
		CHECK(t, !memcmp(around + 5, insns->bytes, insns->rel_at ? 2 : PV_SITE_LEN),
		      "%pS, state %u: the new bytes are there", (void *)fn, i);
		CHECK(t, !memcmp(around, before, 5) && !memcmp(around + 11, before + 11, 5),
		      "%pS, state %u: the bytes around it are untouched", (void *)fn, i);
		check_runs(t, fn, "patched");
	}
	sites_restore(t, &sites);
	CHECK(t, !memcmp(around, before, sizeof(before)), "%pS is as before", (void *)fn);
	check_runs(t, fn, "as before");
}

static void read_byte(void *at)
{
	(void)*(volatile uint8_t *)at;
}

static void patches_at_page_ends(struct ktap *t)
{
	check_site(t, page_end_site, PAGE - 6);
	check_site(t, page_cross_site, PAGE - 3);
}

/* The second mapping exists only while the engine writes. */
static void window_is_closed(struct ktap *t)
{
	struct regs at;

	KTAP_SKIP_UNLESS(t, paging_enabled(), "no paging");
	for (uint32_t page = WINDOW; page; page += PAGE)
		if (page - PAGING_FIXED >= PAGING_FIXED_SLOTS * PAGE)
			CHECK_EQ(t, trap_try(read_byte, (void *)page, &at), TRAP_PF,
				 "the window's page at %08x is not mapped", page);
}

static void write_byte(void *at)
{
	*(volatile uint8_t *)at = *(volatile uint8_t *)at;
}

/* What the test above is worth: an ordinary write to the same places faults. */
static void text_is_read_only(struct ktap *t)
{
	static void (*const sites[])(void) = {page_end_site, page_cross_site};
	struct regs at;

	KTAP_SKIP_UNLESS(t, paging_enabled(), "no paging");
	CHECK_EQ(t, native_read_cr0() & CR0_WP, CR0_WP, "CR0.WP is set");
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *first = (uint8_t *)sites[i];

		CHECK_EQ(t, trap_try(write_byte, first, &at), TRAP_PF, "text at %p is read-only",
			 (void *)first);
		CHECK_EQ(t, trap_try(write_byte, first + 5, &at), TRAP_PF,
			 "text at %p is read-only", (void *)(first + 5));
	}
}

static const struct ktap_test tests[] = {
	KTAP_TEST(undoes_the_kernel),       KTAP_TEST(sites_decode),
	KTAP_PATCHES(patches_at_page_ends), KTAP_TEST(window_is_closed),
	KTAP_TEST(text_is_read_only),
};
KTAP_SUITE(engine_text, tests);
