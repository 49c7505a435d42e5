// SPDX-License-Identifier: MIT
/*
 * What comes in the middle of a pass. An NMI after every single instruction that the engine
 * executes, while it rewrites the kernel's own sites: the debug exception steps, its hook sends,
 * the NMI's hook looks at the sites. And an interrupt that is pending during the write and whose
 * handler calls the site.
 */
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/engine/engine_family.h"
#include "tests/kernel/machine/tick.h"
#include "tests/kernel/sites/macros.h"
#include "tests/kernel/sites/sites.h"

#define STEPPED  3       /* sites in a stepped pass: some hundred instructions each */
#define PATIENCE 1000    /* polls until an NMI counts as lost */
#define POLLS    2000000 /* the host may be busy: an interrupt comes late then, but it comes */

extern uint8_t _pv_text[], _text[];

/* A site, and what stands there before and after the pass. */
struct watched {
	const volatile uint8_t *at;
	uint8_t before[PV_SITE_LEN], after[PV_SITE_LEN];
};

static struct watched watched[STEPPED];

/* What the hooks saw; they run where nothing can be printed. */
static struct seen {
	uint32_t steps, lost, looked, torn, syncs, irets, done_at_sync, exposed;
} seen;

static PV_TEXT bool stands(const struct watched *w, const uint8_t *bytes)
{
	for (unsigned i = 0; i < PV_SITE_LEN; i++)
		if (w->at[i] != bytes[i])
			return false;
	return true;
}

static PV_TEXT void on_nmi(struct regs *regs)
{
	(void)regs;
	seen.looked++;
	for (unsigned i = 0; i < STEPPED; i++)
		if (!stands(&watched[i], watched[i].before) &&
		    !stands(&watched[i], watched[i].after))
			seen.torn++;
}

/* How many sites are as the pass should leave them. */
static PV_TEXT uint32_t done(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < STEPPED; i++)
		n += stands(&watched[i], watched[i].after);
	return n;
}

/* From the first new byte to the serialization no handler may run. */
static PV_TEXT void on_engine_step(const struct regs *regs)
{
	uint32_t before = trap_nmis;

	if (regs->eip == (uint32_t)pv_host_sync_self) {
		seen.syncs++;
		seen.done_at_sync = done();
	}
	seen.irets += seen.syncs && *(const uint8_t *)regs->eip == 0xcf;
	if (regs->eflags & X86_EFLAGS_IF && !seen.syncs && done())
		seen.exposed++;
	seen.steps++;
	apic_send_self_nmi();
	for (unsigned i = 0; i < PATIENCE && trap_nmis == before; i++)
		;
	seen.lost += trap_nmis == before;
}

static PV_TEXT void on_step(struct regs *regs)
{
	if (regs->eip - (uint32_t)_pv_text < (uint32_t)(_text - _pv_text))
		on_engine_step(regs);
}

static struct pv_stats stats;

static void apply(const struct paravirt_patch_site *records, const struct paravirt_state *from,
		  const struct paravirt_state *to)
{
	pv_stats_begin(&stats, NULL);
	pv_apply(&paravirt_family, records, records + STEPPED, from, to, PV_STOPPED, &stats);
}

static void copy_text(unsigned i, uint8_t *to)
{
	memcpy(to, (const uint8_t *)watched[i].at, PV_SITE_LEN);
}

/* What the sites are and what a pass makes of them, from a pass without disturbance and back. */
static void watch(const struct paravirt_patch_site *records, const struct paravirt_state *from,
		  const struct paravirt_state *to)
{
	for (unsigned i = 0; i < STEPPED; i++) {
		watched[i].at = (const uint8_t *)records[i].instr;
		copy_text(i, watched[i].before);
	}
	apply(records, from, to);
	for (unsigned i = 0; i < STEPPED; i++)
		copy_text(i, watched[i].after);
	apply(records, to, from);
}

static void check_stepped(struct ktap *t, const struct paravirt_patch_site *records,
			  const struct paravirt_state *from, const struct paravirt_state *to)
{
	uint32_t nmis = trap_nmis;

	watch(records, from, to);
	CHECK_EQ(t, done(), 0, "before the pass all sites are old");
	seen = (struct seen){0};
	trap_nmi_hook = on_nmi;
	trap_debug_hook = on_step;
	trap_single_step(1);
	apply(records, from, to);
	trap_single_step(0);
	trap_debug_hook = NULL;
	trap_nmi_hook = NULL;
	CHECK(t, seen.steps > 100 * STEPPED, "the pass was stepped, found %u steps", seen.steps);
	CHECK_EQ(t, seen.lost, 0, "each NMI arrived before the next instruction");
	CHECK_EQ(t, trap_nmis - nmis, seen.steps, "as many NMIs came as were sent");
	CHECK_EQ(t, seen.looked, seen.steps, "each was seen by the hook");
	CHECK(t, seen.torn >= STEPPED, "NMIs saw half-written sites, %u times", seen.torn);
	CHECK_EQ(t, seen.syncs, 1, "the CPU is serialized once a pass");
	CHECK_EQ(t, seen.irets, 1, "by iret, which serializes on every CPU");
	CHECK_EQ(t, seen.done_at_sync, STEPPED, "when all sites are written");
	CHECK_EQ(t, seen.exposed, 0, "interrupts are off from the first write until then");
	CHECK_EQ(t, stats.total.refused, 0, "no site was refused");
	CHECK_EQ(t, done(), STEPPED, "all sites are new");
}

/* The record with the lowest site behind this one that is still there; NULL: there is none. */
static const struct paravirt_patch_site *next_record(uint32_t behind)
{
	const struct paravirt_patch_site *record = kernel_tables.paravirt, *next = NULL;

	for (; record < kernel_tables.paravirt_end; record++)
		if (record->instr > behind && (!next || record->instr < next->instr) &&
		    !image_is_gone((const void *)record->instr))
			next = record;
	return next;
}

/*
 * The kernel's first few sites, to native or to as linked, and back: the pass goes through all tables up to
 * the last one of them, and each step of that takes its time.
 */
static void nmi_after_each_instruction(struct ktap *t)
{
	static struct paravirt_patch_site records[STEPPED];
	static struct paravirt_state patched;
	const struct paravirt_state *now = paravirt_state(), *other = paravirt_linked();
	uint32_t behind = 0;

	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	KTAP_SKIP_UNLESS(t, apic_present(), "no local APIC");
	for (unsigned i = 0; i < STEPPED; i++) {
		const struct paravirt_patch_site *next = next_record(behind);

		KTAP_SKIP_UNLESS(t, next, "there are not so many sites");
		records[i] = *next;
		behind = next->instr;
	}
	paravirt_state_make(&patched, &pv_ops);
	if (now == other)
		other = &patched;
	check_stepped(t, records, now, other);
	check_stepped(t, records, other, now);
}

/* Handlers that call a site: which function they got to, and when. */
static volatile uint32_t got_old, got_new;

static PV_FN void to_old(void)
{
	got_old++;
}

static PV_FN void to_new(void)
{
	got_new++;
}

static __attribute__((noinline)) void call_site(void)
{
	PVOP_VCALL3(cpu.write_msr, 0, 0, 0);
}

/* Interrupts on, for as long as it takes until the next tick was served. */
static void wait_served(uint32_t ticks)
{
	local_irq_enable();
	for (unsigned i = 0; i < POLLS && timer_ticks == ticks; i++)
		;
	local_irq_disable();
	timer_tick_hook = NULL;
	local_irq_enable();
}

static void handler_sees_new_bytes(struct ktap *t)
{
	static struct paravirt_state old_state, new_state;
	struct sites sites;
	uint32_t ticks;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	if (!sites_find(t, &sites, (const void *)call_site))
		return;
	old_state = *sites_state(PV_TYPE_write_msr, (const void *)to_old);
	new_state = *sites_state(PV_TYPE_write_msr, (const void *)to_new);
	sites_patch(t, &sites, &old_state);
	got_old = got_new = 0;
	call_site();
	CHECK_EQ(t, got_old, 1, "the site calls the old function");
	local_irq_disable();
	timer_tick_hook = call_site;
	ticks = timer_ticks;
	CHECK(t, tick_line_rises(), "an interrupt is pending while the site is written");
	sites_patch(t, &sites, &new_state);
	CHECK_EQ(t, got_old + got_new, 1, "and has to wait for the end of the pass");
	wait_served(ticks);
	CHECK_EQ(t, got_old, 1, "its handler does not get to the old function");
	CHECK(t, got_new >= 1, "but to the new one");
	sites_restore(t, &sites);
}

/* The same with a run of padding: what was there would not return. */
static void call_padding(void)
{
	((void (*)(void))(uint32_t)(fake_text + 64))();
	got_new++;
}

static void handler_runs_new_padding(struct ktap *t)
{
	static const struct fake_record pad = {FAKE(64), .len = 250, .kind = PV_NOP};
	uint32_t ticks;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	fake_reset();
	pv_stats_begin(&stats, NULL);
	fake_text[64 + 250] = 0xc3; /* ret */
	got_new = 0;
	paging_set_code(fake_room, FAKE_ROOM);
	local_irq_disable();
	timer_tick_hook = call_padding;
	ticks = timer_ticks;
	CHECK(t, tick_line_rises(), "an interrupt is pending while padding is written");
	pv_apply(&fake_family, &pad, &pad + 1, &fake_linked, &fake_patched, PV_STOPPED, &stats);
	wait_served(ticks);
	paging_set_data(fake_room, FAKE_ROOM);
	CHECK(t, got_new >= 1, "its handler runs through the padding");
}

static void check_breakpoint(struct ktap *t, const char *when)
{
	struct regs at;

	CHECK_EQ(t, trap_try(macros_int3, NULL, &at), TRAP_BP, "%s: int3 is a breakpoint", when);
	CHECK_EQ(t, at.vector, TRAP_BP, "%s: the registers say so too", when);
	CHECK_EQ(t, at.eip, (uint32_t)macros_int3 + 1, "%s: its address is that of the next byte",
		 when);
}

static PV_TEXT void ignore(struct regs *regs)
{
	(void)regs;
	got_old++;
}

static void breakpoints_are_reported(struct ktap *t)
{
	check_breakpoint(t, "before stepping");
	got_old = 0;
	trap_debug_hook = ignore;
	trap_single_step(1);
	trap_single_step(0);
	trap_debug_hook = NULL;
	CHECK(t, got_old > 1, "each instruction was a debug exception, found %u", got_old);
	check_breakpoint(t, "after stepping");
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(nmi_after_each_instruction),
	KTAP_PATCHES(handler_sees_new_bytes),
	KTAP_PATCHES(handler_runs_new_padding),
	KTAP_PATCHES(breakpoints_are_reported),
};
KTAP_SUITE(nmi, tests);
