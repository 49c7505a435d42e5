// SPDX-License-Identifier: MIT
/*
 * The address space, from the tables that CR3 leads to, by a walk that shares nothing with
 * arch/x86/mm/paging.c; and by doing what must not work. Formats: SDM volume 3, 4.3 (entries of 4
 * bytes) and 4.4 (of 8, with NX); rights of all levels are combined, 4.6.
 */
#include "arch/x86/mm/paging.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/feature.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/machine/lacks.h"

#define NO_PAGING "paging is off"
#define NO_MEMORY "no free memory is known"

#define ENTRY_PRESENT  0x01u
#define ENTRY_WRITE    0x02u
#define ENTRY_USER     0x04u
#define ENTRY_UNCACHED 0x18u
#define ENTRY_LARGE    0x80u
#define ENTRY_NX       (1ull << 63)
#define CR0_WP         0x00010000u
#define CR4_PAE        0x20u

/* Error code of a page fault. */
#define PF_PRESENT 0x01
#define PF_WRITE   0x02
#define PF_FETCH   0x10

#define RET    0xc3
#define WINDOW 0xffc00000u
#define HPET   0xfed00000u /* a device, or nothing */
#define VGA    0xa0000u
#define LOW    0x8000u

extern uint8_t _image[], _rodata[], _rodata_end[], _image_end[], _text[], _pv_text[];
extern uint8_t _init_text[], _init_text_end[];
struct mapping {
	uint32_t size; /* of the entry that says so, in bytes; the address is in it */
	bool present, writable, executable, user, uncached, identity;
};

static void combine(struct mapping *out, uint64_t entry, bool has_nx)
{
	out->present &= entry & ENTRY_PRESENT;
	out->writable &= entry >> 1 & 1;
	out->user &= entry >> 2 & 1;
	out->executable &= !(has_nx && entry & ENTRY_NX);
}

static void finish(struct mapping *out, uint64_t entry, uint32_t address)
{
	out->uncached = (entry & ENTRY_UNCACHED) == ENTRY_UNCACHED;
	out->identity = (entry & ~ENTRY_NX & ~(uint64_t)(out->size - 1)) ==
			(address & ~(out->size - 1));
}

static struct mapping walk_pae(uint32_t address, bool has_nx)
{
	const uint64_t *table = (const uint64_t *)(read_cr3() & ~31u);
	struct mapping out = {1u << 30, true, true, true, true, false, false};
	uint64_t entry = table[address >> 30];

	if (!(entry & ENTRY_PRESENT))
		return (struct mapping){.size = 1u << 30};
	table = (const uint64_t *)((uint32_t)entry & ~(PAGE_SIZE - 1));
	entry = table[address >> 21 & 511];
	out.size = 1u << 21;
	combine(&out, entry, has_nx);
	if (out.present && !(entry & ENTRY_LARGE)) {
		table = (const uint64_t *)((uint32_t)entry & ~(PAGE_SIZE - 1));
		entry = table[address >> 12 & 511];
		out.size = PAGE_SIZE;
		combine(&out, entry, has_nx);
	}
	finish(&out, entry, address);
	return out;
}

static struct mapping walk_plain(uint32_t address)
{
	const uint32_t *table = (const uint32_t *)(read_cr3() & ~(PAGE_SIZE - 1));
	struct mapping out = {1u << 22, true, true, true, true, false, false};
	uint32_t entry = table[address >> 22];

	combine(&out, entry, false);
	if (out.present && !(entry & ENTRY_LARGE)) {
		table = (const uint32_t *)(entry & ~(PAGE_SIZE - 1));
		entry = table[address >> 12 & 1023];
		out.size = PAGE_SIZE;
		combine(&out, entry, false);
	}
	finish(&out, entry, address);
	return out;
}

/* What the CPU makes of an address. */
static struct mapping walk(const void *at)
{
	if (!(read_cr4() & CR4_PAE))
		return walk_plain((uint32_t)at);
	return walk_pae((uint32_t)at, read_msr(MSR_EFER) & EFER_NXE);
}

/* Page 0, below each of a CPU's two stacks, behind the last stack. */
static bool is_guard(const uint8_t *page)
{
	const struct cpu_stacks *s = cpu_stacks;

	for (; s < cpu_stacks + CPUS_MAX; s++)
		if (page == s->guard || page == s->double_fault_guard)
			return true;
	return page == NULL || page == (const uint8_t *)s;
}

/* Guards of the image, the window, and guards that somebody made in memory of his own. */
static bool may_be_absent(const uint8_t *page)
{
	if (is_guard(page) || (uint32_t)page >= WINDOW)
		return true;
	return page >= _image_end && !pages_is_free(page);
}

/* One entry, which no border crosses: single pages in the image, large ones elsewhere. */
static void check_entry(struct ktap *t, const uint8_t *at, const struct mapping *m)
{
	bool is_init = at >= _init_text && at < _init_text_end; /* poisoned: data */
	bool is_code = at >= _image && at < _rodata && !is_init;
	bool is_const = at >= _image && at < _rodata_end && !is_init;

	if (!m->present) {
		CHECK(t, may_be_absent(at), "%p is mapped", (const void *)at);
		return;
	}
	if ((uint32_t)at - PAGING_FIXED <
	    PAGING_FIXED_SLOTS * PAGE_SIZE) { /* the host's, for guests */
		CHECK(t, !m->user, "%p is not for ring 3", (const void *)at);
		CHECK(t, !m->writable || !m->executable || !paging_has_nx(), "%p: not both",
		      (const void *)at);
		return;
	}
	CHECK(t, m->identity, "%p is its own physical address", (const void *)at);
	CHECK(t, !m->user, "%p is not for ring 3", (const void *)at);
	CHECK_EQ(t, m->writable, !is_const && !is_guard(at), "%p: writable", (const void *)at);
	if (paging_has_nx())
		CHECK_EQ(t, m->executable, is_code, "%p: executable", (const void *)at);
}

/* Nobody is told that something is protected where nothing can be. */
static void check_off(struct ktap *t)
{
	static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));

	CHECK(t, !paging_guard(page) && !paging_unguard(page), "off: no page becomes a guard");
	CHECK(t,
	      !paging_set_code(page, PAGE_SIZE) && !paging_set_data(page, PAGE_SIZE) &&
		      !paging_set_constant(page, PAGE_SIZE),
	      "off: nor code, data or constants");
	CHECK(t,
	      !paging_set_alias(page, page) && !paging_fix(0, page, PAGING_DATA) &&
		      !paging_map_device(HPET),
	      "off: nor is anything mapped elsewhere, or uncached");
	CHECK(t, !paging_guarded() && !paging_has_nx(), "off: nothing is guarded, and all runs");
	CHECK_EQ(t, read_cr0() >> 31, 0, "off: the CPU says so");
}

static void whole_space(struct ktap *t)
{
	uint32_t both = 0, entries = 0, at = 0;

	if (!paging_enabled())
		check_off(t);
	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	do {
		struct mapping m = walk((void *)at);

		check_entry(t, (const uint8_t *)at, &m);
		both += m.present && m.writable && m.executable;
		entries++;
		at = (at & ~(m.size - 1)) + m.size;
	} while (at);
	CHECK(t, entries >= 1024, "4 GiB were walked (%u entries)", entries);
	if (paging_has_nx())
		CHECK_EQ(t, both, 0, "nothing is both writable and executable");
	CHECK_EQ(t, read_cr0() & CR0_WP, CR0_WP, "CR0.WP: ring 0 may not write either");
}

static void nx_where_there_is(struct ktap *t)
{
	bool can = pv_host_has(X86_FEATURE_PAE) && pv_host_has(X86_FEATURE_NX);

	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	CHECK_EQ(t, paging_has_nx(), can, "NX is used when the CPU has it");
	CHECK_EQ(t, (read_cr4() & CR4_PAE) != 0, can, "and PAE with it");
	if (can)
		CHECK(t, read_msr(MSR_EFER) & EFER_NXE, "EFER.NXE is set");
}

static void read_byte(void *at)
{
	(void)*(volatile uint8_t *)at;
}

static void write_byte(void *at)
{
	*(volatile uint8_t *)at = 0x5a;
}

static void check_fault(struct ktap *t, void (*fn)(void *), const void *at, uint32_t error,
			const char *what)
{
	struct regs regs = {0};

	CHECK_EQ(t, trap_try(fn, (void *)(uint32_t)at, &regs), TRAP_PF, "%s %p faults", what, at);
	CHECK_EQ(t, regs.error, error, "%s %p: the error code", what, at);
	CHECK_EQ(t, read_cr2(), (uint32_t)at, "%s %p: the address", what, at);
}

static void check_guard(struct ktap *t, uint8_t *guard)
{
	for (unsigned offset = 0; offset < PAGE_SIZE; offset += PAGE_SIZE - 1) {
		check_fault(t, read_byte, guard + offset, 0, "reading the guard");
		check_fault(t, write_byte, guard + offset, PF_WRITE, "writing to the guard");
	}
}

static void guards_fault(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	check_guard(t, NULL);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		check_guard(t, cpu_stacks[cpu].guard);
		check_guard(t, cpu_stacks[cpu].double_fault_guard);
	}
	check_guard(t, (uint8_t *)(cpu_stacks + CPUS_MAX));
	CHECK(t, paging_guarded(), "the kernel says so too");
}

static const uint8_t constant_ret = RET;

static void constants_fault(struct ktap *t)
{
	const void *const places[] = {
		_image,        _text,           (const void *)(uint32_t)whole_space,
		_pv_text,      _init_text - 1,  _rodata,
		&constant_ret, _rodata_end - 1,
	};
	uint8_t was;

	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		was = *(const uint8_t *)places[i];
		check_fault(t, write_byte, places[i], PF_WRITE | PF_PRESENT, "writing to");
		CHECK_EQ(t, *(const uint8_t *)places[i], was, "%p is what it was", places[i]);
	}
}

/* Runs a byte that is `ret`. Without NX it would return. */
static void check_no_execution(struct ktap *t, uint8_t *at, const char *what)
{
	struct regs regs = {0};
	uint32_t vector;

	vector = trap_try((void (*)(void *))(uint32_t)at, NULL, &regs);
	CHECK_EQ(t, vector, TRAP_PF, "%s is not executed", what);
	CHECK_EQ(t, regs.eip, (uint32_t)at, "%s: the fault is there", what);
	CHECK_EQ(t, regs.error, PF_FETCH | PF_PRESENT, "%s: and is a fetch", what);
}

static uint8_t data_ret = RET, bss_ret;

static void data_does_not_execute(struct ktap *t)
{
	volatile uint8_t stack_ret = RET;
	uint8_t *volatile low = (uint8_t *)LOW; /* gcc 11 knows of no object there, and warns */
	uint8_t was = *low, *heap;

	KTAP_SKIP_UNLESS(t, paging_has_nx(), "the CPU has no NX");
	bss_ret = RET;
	*low = RET;
	check_no_execution(t, &data_ret, "initialized data");
	check_no_execution(t, &bss_ret, "zeroed data");
	check_no_execution(t, (uint8_t *)(uint32_t)&stack_ret, "the stack");
	check_no_execution(t, (uint8_t *)(uint32_t)&constant_ret, "a constant");
	check_no_execution(t, low, "low memory");
	*low = was;
	heap = pages_alloc(1);
	KTAP_SKIP_UNLESS(t, heap, NO_MEMORY);
	*heap = RET;
	check_no_execution(t, heap, "an allocated page");
	pages_free(heap, 1);
}

/* The window, looked at after each instruction of a write. */
static uint32_t seen_open, seen_executable;

static void look(struct regs *regs)
{
	(void)regs;
	for (unsigned i = 0; i < 2; i++) {
		struct mapping m = walk((void *)(WINDOW + i * PAGE_SIZE));

		seen_open += m.present && m.writable;
		seen_executable += m.present && m.executable;
	}
}

static void window_while_open(struct ktap *t)
{
	uint8_t *at = (uint8_t *)(uint32_t)whole_space, bytes[7];

	NEEDS_MACHINE(t);
	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	memcpy(bytes, at, sizeof(bytes));
	seen_open = seen_executable = 0;
	local_irq_disable();
	trap_debug_hook = look;
	trap_single_step(1);
	paging_write_text(at, bytes, sizeof(bytes));
	trap_single_step(0);
	trap_debug_hook = NULL;
	local_irq_enable();
	CHECK(t, seen_open, "the window is there while text is written");
	if (paging_has_nx())
		CHECK_EQ(t, seen_executable, 0, "and never executable");
	seen_open = 0;
	look(NULL);
	CHECK_EQ(t, seen_open, 0, "and gone afterwards");
	CHECK(t, !memcmp(at, bytes, sizeof(bytes)), "the same bytes were written");
}

static bool same_rights(const struct mapping *a, const struct mapping *b)
{
	return a->present == b->present && a->writable == b->writable &&
	       a->executable == b->executable && a->user == b->user && a->uncached == b->uncached;
}

/* Of the large page that is split, only the guard is different. */
static void guards_a_page(struct ktap *t)
{
	uint8_t *pages, *guard;
	struct mapping before;
	uint32_t others = 0;

	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	pages = pages_alloc(3);
	KTAP_SKIP_UNLESS(t, pages, NO_MEMORY);
	guard = pages + PAGE_SIZE;
	before = walk(pages);
	memset(pages, 0x77, 3 * PAGE_SIZE);
	CHECK(t, paging_guard(guard), "a page becomes a guard");
	check_fault(t, read_byte, guard, 0, "reading the new guard");
	check_fault(t, write_byte, guard + PAGE_SIZE - 1, PF_WRITE, "writing to the new guard");
	CHECK(t, pages[0] == 0x77 && guard[PAGE_SIZE] == 0x77 && guard[-1] == 0x77,
	      "the pages around it are as they were");
	for (uint32_t at = (uint32_t)pages & 0xffc00000, i = 0; i < 1024; i++) {
		struct mapping m = walk((void *)(at + i * PAGE_SIZE));

		others += same_rights(&m, &before) && m.identity;
	}
	CHECK(t, others == 1023 || !pages_is_free((void *)((uint32_t)pages & 0xffc00000)),
	      "all other pages of these 4 MiB have the rights they had (%u)", others);
	CHECK(t, paging_unguard(guard), "it becomes a page again");
	CHECK(t, guard[0] == 0x77 && guard[PAGE_SIZE - 1] == 0x77, "with what was in it");
	pages_free(pages, 3);
}

static void becomes_code(struct ktap *t)
{
	struct regs regs;
	uint8_t *page;

	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	page = pages_alloc(2);
	KTAP_SKIP_UNLESS(t, page, NO_MEMORY);
	CHECK(t, paging_set_alias(page + PAGE_SIZE, page), "a page shows the one before it");
	CHECK(t, paging_set_code(page, PAGE_SIZE), "which becomes code");
	page[PAGE_SIZE] = RET;
	check_fault(t, write_byte, page, PF_WRITE | PF_PRESENT, "writing to the new code");
	pv_host_sync_self();
	CHECK_EQ(t, trap_try((void (*)(void *))(uint32_t)page, NULL, &regs), TRAP_NONE, "it runs");
	CHECK(t, paging_set_data(page, 2 * PAGE_SIZE), "both are data again");
	CHECK(t, *page == RET && !page[PAGE_SIZE], "each with what is in it");
	if (paging_has_nx())
		check_no_execution(t, page, "code that is data again");
	pages_free(page, 2);
}

static void devices(struct ktap *t)
{
	struct mapping m;

	KTAP_SKIP_UNLESS(t, paging_enabled(), NO_PAGING);
	CHECK(t, paging_map_device(HPET), "a device's registers are mapped");
	m = walk((void *)HPET);
	CHECK(t, m.present && m.writable && m.uncached, "writable and uncached");
	CHECK(t, paging_map_device(VGA + 5), "and among single pages");
	m = walk((void *)VGA);
	CHECK(t, m.present && m.writable && m.uncached && m.size == PAGE_SIZE, "as well");
	m = walk((void *)(VGA + PAGE_SIZE));
	CHECK(t, m.present && !m.uncached, "one page of them");
	paging_set_data((void *)VGA, PAGE_SIZE);
	CHECK(t, !paging_fix(PAGING_FIXED_SLOTS, _rodata, PAGING_CONSTANT),
	      "there are so many fixed places, and no more");
	CHECK(t, !paging_map_device(WINDOW) && !paging_map_device(0xfffffffc), "not at the window");
	m = walk((void *)WINDOW);
	CHECK(t, !m.present, "which is not mapped");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(whole_space),           KTAP_TEST(nx_where_there_is),
	KTAP_TEST(guards_fault),          KTAP_TEST(constants_fault),
	KTAP_TEST(data_does_not_execute), KTAP_TEST(guards_a_page),
	KTAP_PATCHES(becomes_code),       KTAP_TEST(devices),
	KTAP_TEST(window_while_open),
};
KTAP_SUITE(paging, tests);
