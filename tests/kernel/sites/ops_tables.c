// SPDX-License-Identifier: MIT
/*
 * Ops that change tables which the CPU reads: descriptors and translations. Then the table of ops
 * itself: every function type has its slot filled, a missing op is a trap that names its place, and
 * nothing at all while nobody calls it.
 */
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/sites/macros.h"
#include "tests/kernel/sites/ops_other.h"
#include "tests/kernel/sites/sites.h"

#define TSS_BUSY  0x200u /* in a descriptor's high half */
#define SPARE     0xff800000u
#define CR4_PAE   0x20u
#define PAGE_MASK 0xfffff000u
#define PDE_BASE  0xffe00000u /* of a large page: at least 2 MiB */

/* Copies of the tables that the CPU uses, to be loaded in their place. */
static uint64_t gdt_copy[16], idt_copy[NR_VECTORS];

static bool exceptions_work(void)
{
	struct regs at;

	return trap_try(macros_int3, NULL, &at) == TRAP_BP;
}

static void probe_load(struct ktap *t, const char *form)
{
	struct desc_ptr gdt, idt, now;
	struct desc_ptr gdt_new, idt_new;

	ops_sgdt(&gdt);
	ops_sidt(&idt);
	gdt_new = (struct desc_ptr){gdt.limit, (uint32_t)gdt_copy};
	idt_new = (struct desc_ptr){idt.limit, (uint32_t)idt_copy};
	CHECK(t, gdt.limit < sizeof(gdt_copy) && idt.limit < sizeof(idt_copy), "the copies fit");
	memcpy(gdt_copy, (void *)gdt.base, gdt.limit + 1u);
	memcpy(idt_copy, (void *)idt.base, idt.limit + 1u);
	ops_other_calls = 0;
	load_gdt(&gdt_new);
	load_idt(&idt_new);
	ops_sgdt(&now);
	CHECK(t, !memcmp(&now, &gdt_new, sizeof(now)), "%s: load_gdt loads the copy", form);
	ops_sidt(&now);
	CHECK(t, !memcmp(&now, &idt_new, sizeof(now)), "%s: load_idt loads the copy", form);
	CHECK(t, exceptions_work(), "%s: an exception works through the copies", form);
	load_idt(&idt);
	load_gdt(&gdt);
	CHECK(t, exceptions_work(), "%s: and through the first tables again", form);
	ops_check_calls(t, form, 4);
}

static void load_tables(struct ktap *t)
{
	NEEDS_MACHINE(t);
	sites_each_form(t, (const void *)probe_load, probe_load, ops_other());
}

static void load_task(void *unused)
{
	(void)unused;
	load_tr(TSS_SELECTOR);
}

static void check_task(struct ktap *t, const char *form)
{
	struct desc_ptr gdt;
	uint32_t *high;
	struct regs at;

	ops_sgdt(&gdt);
	high = (uint32_t *)gdt.base + TSS_SELECTOR / 4 + 1;
	ops_other_calls = 0;
	CHECK_EQ(t, ops_str(), TSS_SELECTOR, "the kernel's task is loaded");
	CHECK_EQ(t, trap_try(load_task, NULL, &at), TRAP_GP,
		 "%s: load_tr of a busy task is a general protection fault", form);
	CHECK_EQ(t, at.error, TSS_SELECTOR, "%s: and says which", form);
	*high &= ~TSS_BUSY;
	CHECK_EQ(t, trap_try(load_task, NULL, &at), TRAP_NONE, "%s: load_tr of a free one works",
		 form);
	CHECK_EQ(t, *high & TSS_BUSY, TSS_BUSY, "%s: and makes it busy", form);
	*high |= TSS_BUSY;
	ops_check_calls(t, form, 2);
}

static void load_task_register(struct ktap *t)
{
	NEEDS_MACHINE(t);
	sites_each_form(t, (const void *)load_task, check_task, ops_other());
}

static void probe_write(struct ktap *t, const char *form)
{
	uint64_t gdt[4] = {1, 2, 3, 4}, idt[4] = {5, 6, 7, 8};
	struct tss tss = {.link = 0x11, .ss0 = 0x22};

	ops_other_calls = 0;
	write_gdt_entry(gdt, 2, 0x89abcdef, 0x01234567);
	write_idt_entry(idt, 1, 0x76543210, 0xfedcba98);
	load_sp0(&tss, 0xc0de);
	CHECK_EQ(t, gdt[2], 0x0123456789abcdef, "%s: write_gdt_entry writes the entry", form);
	CHECK_EQ(t, gdt[1] + gdt[3], 6, "%s: write_gdt_entry leaves its neighbours", form);
	CHECK_EQ(t, idt[1], 0xfedcba9876543210, "%s: write_idt_entry writes the entry", form);
	CHECK_EQ(t, idt[0] + idt[2], 12, "%s: write_idt_entry leaves its neighbours", form);
	CHECK_EQ(t, tss.esp0, 0xc0de, "%s: load_sp0 writes esp0", form);
	CHECK(t, tss.link == 0x11 && tss.ss0 == 0x22, "%s: load_sp0 leaves its neighbours", form);
	ops_check_calls(t, form, 3);
}

static void write_entries(struct ktap *t)
{
	sites_each_form(t, (const void *)probe_write, probe_write, ops_other());
}

/*
 * A large page that nobody uses is mapped to where the kernel is. Its old translation was just
 * used; until it is flushed the CPU may, and QEMU does, go on with it.
 */
static uint32_t read_spare(const void *address)
{
	return *(volatile uint32_t *)(SPARE + (uint32_t)address);
}

/* The directory's entry for an address there, or with PAE the half of it that has the address. */
static volatile uint32_t *spare_entry(const void *address)
{
	uint32_t at = SPARE + (uint32_t)address, cr3 = native_read_cr3();

	if (!(native_read_cr4() & CR4_PAE))
		return (uint32_t *)(cr3 & PAGE_MASK) + (at >> 22);
	cr3 = *((uint32_t *)(cr3 & ~31u) + 2 * (at >> 30));
	return (uint32_t *)(cr3 & PAGE_MASK) + 2 * (at >> 21 & 511);
}

static void probe_flush(struct ktap *t, const char *form)
{
	static volatile uint32_t value = 0x0ddba11;
	const void *at = (const void *)&value;
	volatile uint32_t *entry = spare_entry(at);
	uint32_t was = *entry, other = was - (SPARE & PDE_BASE);

	ops_other_calls = 0;
	read_spare(at);
	*entry = other;
	flush_tlb_single(SPARE + (uint32_t)at);
	CHECK_EQ(t, read_spare(at), value, "%s: flush_tlb_single drops the translation", form);
	*entry = was;
	native_flush_tlb();
	CHECK(t, read_spare(at) != value, "the page is elsewhere again");
	*entry = other;
	flush_tlb();
	CHECK_EQ(t, read_spare(at), value, "%s: flush_tlb drops the translation", form);
	*entry = was;
	native_flush_tlb();
	ops_check_calls(t, form, 2);
}

static void flush(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), "no paging");
	sites_each_form(t, (const void *)probe_flush, probe_flush, ops_other());
}

static void probe_missing(void *call)
{
	if (call)
		wbinvd();
}

/* In a patched site. Through the slot it would panic, which is a test of its own. */
static void missing(struct ktap *t)
{
	const struct paravirt_state *state = sites_state(PV_TYPE_wbinvd, NULL);
	static uint32_t yes = 1;
	struct sites sites;
	struct regs at;
	const uint8_t *text;

	if (!sites_find(t, &sites, (const void *)probe_missing))
		return;
	text = sites.at;
	CHECK_EQ(t, state->op[PV_TYPE_wbinvd].kind, PV_TRAP, "an empty slot makes a trap");
	sites_patch(t, &sites, state);
	CHECK_EQ(t, text[0] << 8 | text[1], 0x0f0b, "the site of a missing op is ud2");
	CHECK_EQ(t, trap_try(probe_missing, NULL, &at), TRAP_NONE,
		 "nothing while it is not called");
	CHECK_EQ(t, trap_try(probe_missing, &yes, &at), TRAP_UD, "called, it is an invalid opcode");
	CHECK_EQ(t, at.eip, (uint32_t)text, "at the site");
	sites_restore(t, &sites);
	CHECK_EQ(t, trap_try(probe_missing, &yes, &at), TRAP_NONE, "with its function it works");
}

/* pv_missing[] in the slot is the same as an empty one: pv_backend_install() puts it there. */
static void missing_by_name(struct ktap *t)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		const struct paravirt_state *state;

		if (!pv_op_has_sites(type))
			continue;
		CHECK(t, pv_missing[type] != NULL, "%s has a function for when it is missing",
		      pv_op_name(type));
		state = sites_state(type, (const void *)pv_missing[type]);
		CHECK_EQ(t, state->op[type].kind, PV_TRAP, "%s: its missing function makes ud2",
			 pv_op_name(type));
	}
}

/* A back end that has no function but one, for a moment. */
static void installs_missing(struct ktap *t)
{
	static struct pv_ops ops;
	const struct pv_backend *was = pv_backend_current();
	static struct pv_backend holey;
	uint32_t flags, found;

	KTAP_SKIP_UNLESS(t, !was->start, "this back end cannot be left");
	flags = pv_host_irq_save();
	holey = *was;
	ops = *was->ops;
	ops.cpu.wbinvd = NULL;
	holey.ops = &ops;
	pv_backend_install(&holey);
	found = pv_slot(&pv_ops, PV_TYPE_wbinvd);
	pv_backend_install(was);
	pv_host_irq_restore(flags);
	CHECK_EQ(t, found, (uint32_t)pv_missing[PV_TYPE_wbinvd],
		 "an empty slot gets the function that names the op");
}

static void slots(struct ktap *t)
{
#define ONE(...) +1
	static const unsigned functions = 0 PV_EACH_FUNCTION(ONE);
	unsigned with_sites = 0;

	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		if (!pv_op_has_sites(type))
			continue;
		with_sites++;
		CHECK(t, pv_slot(&pv_ops, type) != 0, "pv_ops.%s.%s is a function",
		      pv_op_group(type), pv_op_name(type));
		CHECK(t, pv_slot(&pv_native_ops, type) != 0, "native has %s.%s", pv_op_group(type),
		      pv_op_name(type));
	}
	CHECK_EQ(t, with_sites, functions,
		 "all types that are functions have sites, and no others");
	CHECK(t, !pv_op_has_sites(PV_TYPE_patch) && !pv_op_has_sites(PV_TYPE_kernel_rpl),
	      "patch and kernel_rpl have none");
	CHECK_EQ(t, PV_TYPE(irq.save_fl), 2, "irq.save_fl is type 2");
	CHECK_EQ(t, PV_NR_TYPES, sizeof(struct pv_ops) / 4, "there are as many types as slots");
	CHECK(t, !strcmp(pv_op_name(PV_TYPE(cpu.iret)), "iret"), "a type names its op");
	CHECK(t, !strcmp(pv_op_group(PV_NR_TYPES), "?"), "a type too many names none");
	CHECK_EQ(t, get_kernel_rpl(), pv_ring(), "kernel_rpl is the kernel's ring");
}

/* A long run calls an op more often than 32 bits count. */
static void counts_carry(struct ktap *t)
{
	const struct pv_backend *trace = pv_backend_find("trace");
	uint64_t *count = &per_cpu(pv_trace_counts, smp_processor_id())[PV_TYPE_io_delay];
	uint64_t before = *count, after;
	uint32_t flags;

	CHECK(t, trace, "there is a back end that counts");
	flags = pv_host_irq_save();
	*count = 0xffffffff;
	((void(PV_FN *)(void))pv_slot(trace->ops, PV_TYPE_io_delay))();
	after = *count;
	*count = before;
	pv_host_irq_restore(flags);
	CHECK_EQ(t, after, 0x100000000, "one call more than 32 bits hold");
}

/* Unpatched, the four irq functions are called all the time. */
static void hot_functions_share_a_line(struct ktap *t)
{
	static const unsigned hot[] = {PV_TYPE_save_fl, PV_TYPE_restore_fl, PV_TYPE_irq_disable,
				       PV_TYPE_irq_enable};

	for (unsigned i = 1; i < 4; i++)
		CHECK_EQ(t, pv_slot(&pv_native_ops, hot[i]) / 64,
			 pv_slot(&pv_native_ops, hot[0]) / 64,
			 "native %s is in the cache line of save_fl", pv_op_name(hot[i]));
	CHECK_EQ(t, (uint32_t)&pv_ops % 64, 0, "pv_ops begins a cache line");
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(load_tables),
	KTAP_PATCHES(load_task_register),
	KTAP_PATCHES(write_entries),
	KTAP_PATCHES(flush),
	KTAP_PATCHES(missing),
	KTAP_PATCHES(missing_by_name),
	KTAP_TEST(installs_missing),
	KTAP_TEST(slots),
	KTAP_TEST(hot_functions_share_a_line),
	KTAP_TEST(counts_carry),
};
KTAP_SUITE(ops_tables, tests);
