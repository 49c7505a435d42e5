// SPDX-License-Identifier: MIT
/*
 * A guest against its host's firewall: everything but what a record says, and everything but the way from one state to
 * the next, is refused, and nothing of it is in memory afterwards. As the engine would write it, and as a gadget would.
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "kernel/patch/image.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/jump_label.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/tick.h"
#include <stddef.h>

extern const struct pv_ops pv_lguest_ops;

#define ROOM   16
#define BEYOND 0x80000000u /* no guest has so much memory */

#define NEEDS_CHECKED(t)                             \
	KTAP_SKIP_UNLESS(t, guest_text_is_checked(), \
			 "this is no guest whose host holds it to its text")

static uint32_t write_text(uint32_t to, const void *bytes, uint32_t n)
{
	return pv_hypercall(PV_HYPERCALL_write_text, to, (uint32_t)bytes, n);
}

/* Refused, and the bytes around are as they were. */
static void refused_as(struct ktap *t, uint32_t error, uint32_t to, const void *bytes, uint32_t n,
		       const char *what)
{
	uint8_t before[2 * ROOM];
	const uint8_t *from = (const uint8_t *)to - ROOM;

	memcpy(before, from, sizeof(before));
	CHECK_EQ(t, write_text(to, bytes, n), error, "%s: is refused", what);
	CHECK(t, !memcmp(before, from, sizeof(before)), "%s: and nothing is written", what);
}

static void refused(struct ktap *t, uint32_t to, const void *bytes, uint32_t n, const char *what)
{
	refused_as(t, PV_HYPERCALL_REFUSED, to, bytes, n, what);
}

/* ---- sites to try it at ---- */

static uint32_t paravirt_site(uint8_t type)
{
	const struct paravirt_patch_site *site = kernel_tables.paravirt;

	while (site < kernel_tables.paravirt_end &&
	       (site->type != type || image_is_gone((const void *)site->instr)))
		site++;
	return site < kernel_tables.paravirt_end ? site->instr : 0;
}

/* Of a table with an index, the n-th site that is still there. */
static bool live_site(const struct pv_family *family, unsigned n, unsigned len,
		      struct pv_site *site)
{
	for (const struct pv_table *table = kernel_image.tables; table; table = table->next)
		for (uint32_t i = 0; table->family == family && i < table->n; i++) {
			pv_entry_site(table, i, site);
			if (site->len == len && !image_is_gone(site->at) && !n--)
				return true;
		}
	return false;
}

/* Not inlined, and begun by what no record knows. */
static __attribute__((noinline)) uint32_t victim(uint32_t x)
{
	asm volatile("");
	return x + 1;
}

/* ---- what is no site ---- */

static void no_site(struct ktap *t)
{
	static const uint8_t ret[] = {0xc3}, int3[] = {0xcc}, nops[] = {0x90, 0x90};
	const uint32_t fn = (uint32_t)victim, site = paravirt_site(PV_TYPE_irq_disable);
	extern const uint8_t _pv_text[], _rodata[];

	NEEDS_CHECKED(t);
	refused(t, fn, ret, 1, "a return where a function begins");
	refused(t, fn, int3, 1, "a breakpoint there");
	refused(t, fn + 3, nops, 2, "NOPs in its middle");
	refused(t, (uint32_t)_pv_text + 16, ret, 1, "the engine's own code");
	refused(t, (uint32_t)pv_slot(&pv_lguest_ops, PV_TYPE_iret), ret, 1,
		"a back end's function");
	refused(t, (uint32_t)_rodata + 16, nops, 2, "a constant");
	refused(t, (uint32_t)kernel_tables.paravirt, &site, 4, "a record: its address");
	refused(t, (uint32_t)kernel_tables.paravirt + 4, int3, 1, "its type");
	refused(t, (uint32_t)kernel_tables.branches + 4, &fn, 4, "a branch's target");
	refused(t, (uint32_t)&pv_lguest_ops, &fn, 4, "a back end's table");
	CHECK_EQ(t, victim(1), 2, "and the function does what it did");
}

/* ---- a site of an op ---- */

static void paravirt_sites(struct ktap *t)
{
	static const uint8_t cli[] = {0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0xfa}, int3[] = {0xcc};
	const uint32_t site = paravirt_site(PV_TYPE_irq_disable);
	uint8_t bytes[8] = {0x2e, 0xe8};
	uint32_t to;

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, site, "no such site is left");
	refused(t, site, cli, 6, "the bare instruction");
	refused(t, site, int3, 1, "a breakpoint, although the family is not live");
	to = (uint32_t)victim - (site + 6);
	memcpy(bytes + 2, &to, 4);
	refused(t, site, bytes, 6, "a call of something else");
	memcpy(bytes, "\xff\x15", 2);
	to = PV_TYPE_irq_enable * 4 + (uint32_t)&pv_ops;
	memcpy(bytes + 2, &to, 4);
	refused(t, site, bytes, 6, "another op's slot");
	memcpy(bytes, (const void *)paravirt_site(PV_TYPE_irq_enable), 6);
	refused(t, site, bytes, 6, "another op's instruction");
	memcpy(bytes, "\xff\x15", 2);
	to = PV_TYPE_irq_disable * 4 + (uint32_t)&pv_ops;
	memcpy(bytes + 2, &to, 4);
	refused(t, site, bytes, 3, "the first half of what was linked");
	refused(t, site + 3, bytes + 3, 3, "and the second");
	memcpy(bytes + 6, (const void *)(site + 6), 2);
	refused(t, site, bytes, 7, "what was linked, and one byte more");
	memcpy(bytes + 1, bytes, 6);
	bytes[0] = *(const uint8_t *)(site - 1);
	refused(t, site - 1, bytes, 7, "and one byte before it");
}

/* And what a record does say is admitted: there, and back. */
static void both_ways(struct ktap *t)
{
	const uint32_t site = paravirt_site(PV_TYPE_irq_disable),
		       slot = PV_TYPE_irq_disable * 4 + (uint32_t)&pv_ops;
	uint8_t linked[6] = {0xff, 0x15}, now[6];

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, site, "no such site is left");
	memcpy(now, (const void *)site, 6);
	memcpy(linked + 2, &slot, 4);
	CHECK_EQ(t, write_text(site, linked, 6), PV_HYPERCALL_DONE, "as it was linked");
	CHECK(t, !memcmp((const void *)site, linked, 6), "it is written");
	CHECK_EQ(t, write_text(site, now, 6), PV_HYPERCALL_DONE, "and as it was");
	pv_host_sync_self();
}

/* ---- live sites, and the steps of their protocol ---- */

static void set_distance(uint8_t *bytes, const struct pv_site *site, uint32_t target)
{
	const uint32_t distance = target - ((uint32_t)site->at + 5);

	memcpy(bytes + 1, &distance, 4);
}

static uint32_t branch_target(uint32_t at)
{
	const struct jump_entry *e = kernel_tables.branches;

	while ((uint32_t)&e->code + (uint32_t)e->code != at)
		e++;
	return (uint32_t)&e->target + (uint32_t)e->target;
}

static void branches(struct ktap *t)
{
	uint8_t bytes[5] = {0xe9}, now[5], other[5] = {0xe9};
	struct pv_site site;
	uint32_t at;

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, live_site(&jump_label_family, 0, 5, &site), "there is no branch");
	at = (uint32_t)site.at;
	memcpy(now, site.at, 5);
	if (*now == 0xe9)
		pv_nops_fill(other, 5);
	else
		set_distance(other, &site, branch_target(at));
	set_distance(bytes, &site, (uint32_t)victim);
	refused(t, at, bytes, 5, "a jump to something else");
	refused(t, at, bytes, 1, "a jump's first byte alone");
	refused(t, at + 1, bytes + 1, 4, "its rest, without a breakpoint");
	refused(t, at + 1, "\xcc", 1, "a breakpoint in its middle");
	refused(t, at, "\xcc\xcc\xcc\xcc\xcc", 5, "nothing but breakpoints");
	refused(t, at, "\xeb\xfe", 2, "a short jump to itself");
	CHECK_EQ(t, write_text(at, "\xcc", 1), PV_HYPERCALL_DONE,
		 "a breakpoint stands before the old rest");
	refused(t, at + 1, bytes + 1, 4, "behind it, the wrong rest");
	refused(t, at + 1, "\x90\x90", 2, "or half of one");
	refused(t, at, "\xe8", 1, "then a first byte that does not fit it");
	if (*now != 0xe9)
		refused(t, at, "\xe9", 1, "or the other state's");
	refused(t, at, bytes, 5, "or all at once");
	refused(t, at, other, 5, "or what the other state is, with its rest");
	CHECK_EQ(t, write_text(at, now, 1), PV_HYPERCALL_DONE, "and it goes again");
	CHECK(t, !memcmp(site.at, now, 5), "as it was");
	pv_host_sync_self();
}

static void calls(struct ktap *t)
{
	uint8_t bytes[5] = {0xe8};
	extern const uint8_t _init_text[], _data[];
	struct pv_site site;
	uint32_t at;
	unsigned n = 0;

	NEEDS_CHECKED(t);
	while (live_site(&static_call_family, n, 5, &site) && *site.at != 0xe8)
		n++;
	KTAP_SKIP_UNLESS(t, live_site(&static_call_family, n, 5, &site), "there is no call");
	at = (uint32_t)site.at;
	set_distance(bytes, &site, (uint32_t)victim + 1);
	refused(t, at, bytes, 5, "a call into a function");
	set_distance(bytes, &site, (uint32_t)_data);
	refused(t, at, bytes, 5, "a call of data");
	set_distance(bytes, &site, (uint32_t)_init_text + 1);
	refused(t, at, bytes, 5, "a call of text that is gone");
	bytes[0] = 0xe9;
	set_distance(bytes, &site, (uint32_t)victim);
	refused(t, at, bytes, 5, "a jump, where it calls");
	refused(t, at, "\xc3", 1, "a return, where it calls");
}

/* ---- lock prefixes and alternatives ---- */

static void others(struct ktap *t)
{
	struct pv_site lock, alternative;
	uint8_t now;

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, live_site(&smp_locks_family, 0, 1, &lock), "there is no lock prefix");
	now = *lock.at;
	refused(t, (uint32_t)lock.at, "\x90", 1, "a NOP for a lock prefix");
	refused(t, (uint32_t)lock.at, "\xf3", 1, "another prefix");
	refused(t, (uint32_t)lock.at + 1, "\xf0", 1, "a lock prefix behind it");
	CHECK_EQ(t, write_text((uint32_t)lock.at, "\xf0", 1), PV_HYPERCALL_DONE, "a lock prefix");
	CHECK_EQ(t, write_text((uint32_t)lock.at, &now, 1), PV_HYPERCALL_DONE, "and what it was");
	for (unsigned len = 3; len < 8; len++)
		if (live_site(&alternative_family, 0, len, &alternative)) {
			refused(t, (uint32_t)alternative.at, "\xcc", 1,
				"a breakpoint in an alternative");
			refused(t, (uint32_t)alternative.at, "\x0f\x05\xc3", 3,
				"code of one's own");
		}
	pv_host_sync_self();
}

/* ---- other ways to the same memory ---- */

struct store {
	volatile uint8_t *to;
	uint8_t value;
};

static void do_store(void *arg)
{
	const struct store *store = arg;

	*store->to = store->value;
}

static void run(void *code)
{
	((void (*)(void))code)();
}

static void stores(struct ktap *t)
{
	extern const uint8_t _rodata[];
	const uint8_t *const places[] = {(const uint8_t *)(uint32_t)victim, _rodata,
					 (const uint8_t *)kernel_tables.paravirt};
	struct regs at;

	NEEDS_CHECKED(t);
	for (unsigned i = 0; i < 3; i++) {
		struct store store = {(volatile uint8_t *)(uint32_t)places[i], *places[i]};

		CHECK_EQ(t, trap_try(do_store, &store, &at), TRAP_PF, "a store to %p faults",
			 (const void *)places[i]);
	}
}

/* Its page tables are its own: they may call text what they like. */
static void aliases(struct ktap *t)
{
	const uint32_t offset = (uint32_t)victim % PAGE_SIZE;
	uint8_t *page = pages_alloc(1);
	struct store store;
	struct regs at;

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, page && paging_enabled(), "there is no memory, or no paging");
	paging_set_alias(page, (const void *)((uint32_t)victim - offset));
	CHECK(t, !memcmp(page + offset, (const void *)victim, 4), "text has another address");
	store = (struct store){page + offset, 0xc3};
	CHECK_EQ(t, trap_try(do_store, &store, &at), TRAP_PF, "a store by it faults");
	refused(t, (uint32_t)page + offset, "\xc3", 1, "and a write by it");
	paging_set_data(page, PAGE_SIZE);
	if (!paging_has_nx()) { /* this runs from there */
		paging_set_data((void *)((uint32_t)victim - offset), PAGE_SIZE);
		store.to = (volatile uint8_t *)(uint32_t)victim;
		CHECK_EQ(t, trap_try(do_store, &store, &at), TRAP_PF,
			 "a store to text that is called data does");
		paging_set_code((void *)((uint32_t)victim - offset), PAGE_SIZE);
	}
	CHECK_EQ(t, victim(2), 3, "the function does what it did");
	pages_free(page, 1);
}

static void code_elsewhere(struct ktap *t)
{
	uint8_t *page = pages_alloc(1);
	struct regs at;

	NEEDS_CHECKED(t);
	KTAP_SKIP_UNLESS(t, page && paging_has_nx(), "the CPU has no NX, or there is no memory");
	*page = 0xc3;
	CHECK(t, paging_set_code(page, PAGE_SIZE), "data are called code");
	CHECK_EQ(t, trap_try(run, page, &at), TRAP_PF, "and do not run");
	paging_set_data(page, PAGE_SIZE);
	pages_free(page, 1);
}

/* ---- arguments ---- */

static void arguments(struct ktap *t)
{
	const uint32_t fn = (uint32_t)victim, page = fn & ~(PAGE_SIZE - 1);
	static uint8_t bytes[256];

	NEEDS_CHECKED(t);
	refused(t, fn, bytes, 0, "no byte");
	refused(t, fn, bytes, 256, "256 bytes");
	refused(t, fn, bytes, 0xffffffff, "4 GiB");
	refused_as(t, PV_HYPERCALL_ADDRESS, fn, NULL, 1, "from page 0");
	refused_as(t, PV_HYPERCALL_ADDRESS, fn, (void *)BEYOND, 1, "from beyond memory");
	CHECK_EQ(t, write_text(BEYOND, bytes, 1), PV_HYPERCALL_ADDRESS, "to beyond memory");
	CHECK_EQ(t, write_text(0xffffffff, bytes, 2), PV_HYPERCALL_REFUSED, "around the end");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_free_text, page + 1, page + PAGE_SIZE, 0),
		 PV_HYPERCALL_REFUSED, "half a page is freed");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_free_text, page + PAGE_SIZE, page, 0),
		 PV_HYPERCALL_REFUSED, "pages backwards");
	CHECK_EQ(t,
		 pv_hypercall(PV_HYPERCALL_free_text, (uint32_t)bytes & ~(PAGE_SIZE - 1),
			      ((uint32_t)bytes & ~(PAGE_SIZE - 1)) + PAGE_SIZE, 0),
		 PV_HYPERCALL_ADDRESS, "what is no text");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_free_text, BEYOND, BEYOND + PAGE_SIZE, 0),
		 PV_HYPERCALL_ADDRESS, "what is not there");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_begin, (uint32_t)&lguest_shared, 0, 0),
		 PV_HYPERCALL_UNKNOWN, "it begins twice");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_say, BEYOND, 1, 0), PV_HYPERCALL_ADDRESS,
		 "it says what is not there");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_say, (uint32_t)bytes, PV_GUEST_SAY + 1, 0),
		 PV_HYPERCALL_REFUSED, "it says too much");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_control, 1, 0, 0), PV_HYPERCALL_REFUSED,
		 "there is no CR1");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_control, 0xffffffff, 0, 0), PV_HYPERCALL_REFUSED,
		 "nor a last one");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_control, 4, 0xffffffff, 0), PV_HYPERCALL_REFUSED,
		 "all of CR4");
	CHECK_EQ(t, pv_hypercall(PV_HYPERCALL_forget, 0xffffffff, 0xffffffff, 0), PV_HYPERCALL_DONE,
		 "it forgets more than there is room for, which is all");
	CHECK_EQ(t, pv_hypercall(PV_NR_HYPERCALLS, 0, 0, 0), PV_HYPERCALL_UNKNOWN,
		 "a number too many");
	CHECK_EQ(t, pv_hypercall(0xffffffff, 0, 0, 0), PV_HYPERCALL_UNKNOWN, "no number");
}

/* ---- the last instructions of the back end's iret ---- */

static volatile uint32_t among, waits;

/* In a tick: the next one waits before this one's iret, which turns IF on. */
static void wait_for_next(void)
{
	const struct irq_frame *frame = irq_interrupted();
	unsigned looks = 10000000;

	if (frame && (frame->eip == lguest_shared.iret_pop || frame->eip == lguest_shared.iret))
		among++;
	while (waits && !irq_pending(0) && --looks)
		;
	waits -= waits != 0;
}

static void nothing_in_iret(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, guest_is(), "this is no guest");
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	among = 0;
	waits = 20;
	timer_tick_hook = wait_for_next;
	while (waits)
		timer_wait_tick();
	timer_tick_hook = NULL;
	CHECK_EQ(t, among, 0, "an interrupt that waits comes behind iret, and not in it");
}

/* The page with the word of IF is read-only while an interrupt waits for that, whatever its address: what else
 * is stored there is stored all the same. */
static void flags_elsewhere(struct ktap *t)
{
	uint8_t *page = pages_alloc(1);
	unsigned looks;
	uint32_t flags;

	KTAP_SKIP_UNLESS(t, guest_is(), "this is no guest");
	KTAP_SKIP_UNLESS(t, page && paging_enabled(), "there is no memory, or no paging");
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	paging_set_alias(page, lguest_flags);
	local_irq_save(flags);
	looks = tick_line_rises();
	*(volatile uint32_t *)(page + 64) = looks;
	local_irq_restore(flags);
	CHECK(t, looks, "an interrupt waits");
	CHECK_EQ(t, ((volatile uint32_t *)lguest_flags)[16], looks, "the store is done");
	CHECK_EQ(t, tick_arrives(), true, "and ticks go on");
	paging_set_data(page, PAGE_SIZE);
	pages_free(page, 1);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(nothing_in_iret), KTAP_TEST(no_site),   KTAP_TEST(paravirt_sites),
	KTAP_TEST(both_ways),       KTAP_TEST(branches),  KTAP_TEST(calls),
	KTAP_TEST(others),          KTAP_TEST(stores),    KTAP_TEST(aliases),
	KTAP_TEST(code_elsewhere),  KTAP_TEST(arguments), KTAP_TEST(flags_elsewhere),
};
KTAP_SUITE(firewall, tests);
