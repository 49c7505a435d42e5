// SPDX-License-Identifier: MIT
/*
 * The CPU: every padding that can ever stand in text is one instruction (a task preempted
 * between two would resume in the middle of what is written later), has its length, is one that
 * its CPUs have, and does nothing; features are what CPUID says; and what pv/host.h promises of
 * time, symbols and serializing.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/lacks.h"

/* As test_call_changes() numbers them. */
#define CHANGES_CALLER \
	(1u << 0 | 1u << 1 | 1u << 2 | 1u << 8) /* C functions may: eax to edx, flags */

#define EFLAGS_ID (1u << 21)
#define DR6_BS    0x4000u /* a single step */

uint32_t test_call_changes(const void *code);
uint32_t test_user_bytes(void);
uint32_t has_cpuid(void); /* boot/early.asm */

static void nops_decode(struct ktap *t)
{
	unsigned tables = 0;

	for (; pv_nops_tables[tables]; tables++) {
		const struct pv_nops *nops = pv_nops_tables[tables];

		for (unsigned n = 1; n <= nops->max; n++) {
			struct pv_insn insn = {0};
			bool decoded = pv_insn_decode(nops->bytes[n], PV_NOP_MAX, &insn);

			CHECK(t, decoded, "%s, %u bytes: decodes", nops->name, n);
			CHECK_EQ(t, insn.len, n, "%s, %u bytes: one instruction", nops->name, n);
			CHECK_EQ(t, insn.rel_size, 0, "%s, %u bytes: no branch", nops->name, n);
		}
	}
	CHECK(t, tables >= 5, "all tables were looked at");
}

static bool is_multi_byte(const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++)
		if (bytes[i] == 0x0f && bytes[i + 1] == 0x1f)
			return true;
	return false;
}

/* No emulator faults on 0f 1f: only the bytes say whether a table is right. */
static void nops_are_of_their_cpu(struct ktap *t)
{
	for (unsigned i = 0; pv_nops_tables[i]; i++) {
		const struct pv_nops *nops = pv_nops_tables[i];
		const bool prefixes = !strcmp(nops->name, "p6");
		const bool wants = prefixes || !strcmp(nops->name, "k10");
		bool has = false;
		for (unsigned n = 1; n <= nops->max; n++)
			has |= is_multi_byte(nops->bytes[n], n);
		CHECK_EQ(t, has, wants, "%s: has nops of 0f 1f", nops->name);
		CHECK_EQ(t, nops->leads, prefixes ? 5 : 0, "%s: prefixes", nops->name);
		CHECK_EQ(t, nops->bytes[1][0], 0x90, "%s: one byte is 90", nops->name);
	}
	CHECK(t, boot_cpu.family >= 6 || !is_multi_byte(pv_nops->bytes[5], 5),
	      "a CPU before family 6 got none of them");
}

/* What these instructions change, with a ret behind them, in a page that is code meanwhile. */
static uint32_t changes(const uint8_t *bytes, unsigned n)
{
	static uint8_t room[PAGE_SIZE] __attribute__((aligned(4096)));
	uint32_t changed;

	memcpy(room, bytes, n);
	room[n] = 0xc3;
	paging_set_code(room, sizeof(room));
	pv_host_sync_self();
	changed = test_call_changes(room);
	paging_set_data(room, sizeof(room));
	return changed;
}

static void nops_do_nothing(struct ktap *t)
{
	static const uint8_t inc_eax = 0x40;

	for (unsigned i = 0; pv_nops_tables[i]; i++) {
		const struct pv_nops *nops = pv_nops_tables[i];

		if (is_multi_byte(nops->bytes[5], 5) && nops != pv_nops)
			continue; /* this CPU may lack them */
		for (unsigned n = 1; n <= nops->max; n++)
			CHECK_EQ(t, changes(nops->bytes[n], n), 0, "%s, %u bytes: changes nothing",
				 nops->name, n);
	}
	CHECK(t, changes(&inc_eax, 1) & 1, "but inc %%eax is noticed");
}

static void nops_fill(struct ktap *t)
{
	uint8_t bytes[40];

	for (unsigned n = 0; n < sizeof(bytes); n++) {
		unsigned at = 0, insns = 0;
		struct pv_insn insn;

		memset(bytes, 0xcc, sizeof(bytes));
		pv_nops_fill(bytes, n);
		while (at < n && pv_insn_decode(bytes + at, n - at, &insn)) {
			at += insn.len;
			insns++;
		}
		CHECK_EQ(t, at, n, "padding of %u bytes: whole instructions", n);
		CHECK_EQ(t, insns, (n + pv_nops->max - 1) / pv_nops->max, "of %u bytes: few", n);
		CHECK_EQ(t, bytes[n], 0xcc, "of %u bytes: no more", n);
	}
}

static void nops_selected(struct ktap *t)
{
	static const struct {
		enum pv_vendor vendor;
		unsigned family;
		const char *name;
	} cases[] = {
		{PV_VENDOR_OTHER, 4, "486"},  {PV_VENDOR_OTHER, 6, "486"},
		{PV_VENDOR_OTHER, 15, "486"}, {PV_VENDOR_INTEL, 3, "486"},
		{PV_VENDOR_INTEL, 4, "486"},  {PV_VENDOR_INTEL, 5, "486"},
		{PV_VENDOR_INTEL, 6, "p6"},   {PV_VENDOR_INTEL, 15, "p6"},
		{PV_VENDOR_INTEL, 18, "p6"},  {PV_VENDOR_AMD, 4, "486"},
		{PV_VENDOR_AMD, 5, "486"},    {PV_VENDOR_AMD, 6, "k7"},
		{PV_VENDOR_AMD, 15, "k8"},    {PV_VENDOR_AMD, 16, "k10"},
		{PV_VENDOR_AMD, 21, "k10"},   {PV_VENDOR_AMD, 22, "k10"},
		{PV_VENDOR_AMD, 23, "p6"},    {PV_VENDOR_AMD, 26, "p6"},
	};
	const struct pv_nops *before = pv_nops;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pv_nops_select(cases[i].vendor, cases[i].family);
		CHECK(t, !strcmp(pv_nops->name, cases[i].name),
		      "vendor %u family %u: padding %s (it is %s)", cases[i].vendor,
		      cases[i].family, cases[i].name, pv_nops->name);
	}
	pv_nops_select(cpu_vendor(), boot_cpu.family);
	CHECK(t, pv_nops == before, "the table in use is the one for this CPU");
}

static void check_word(struct ktap *t, unsigned word, uint32_t expected)
{
	uint32_t found = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		found |= (uint32_t)cpu_has(word * 32 + bit) << bit;
	CHECK_EQ(t, found, expected & ~boot_cpu.forgotten[word],
		 "feature word %u is what CPUID says, but for what was to be forgotten", word);
}

static void features_fresh(struct ktap *t)
{
	uint32_t a, b, c, d, last;

	KTAP_SKIP_UNLESS(t, boot_cpu.has_cpuid, "the CPU has no CPUID");
	cpuid(0, &last, &b, &c, &d);
	a = c = d = 0;
	if (last >= 1)
		cpuid(1, &a, &b, &c, &d);
	check_word(t, 0, d);
	check_word(t, 4, c);
	CHECK_EQ(t, boot_cpu.stepping, a & 15, "the stepping is what CPUID says");
	cpuid(0x80000000, &last, &b, &c, &d);
	d = 0;
	if (last >= 0x80000001 && last <= 0x8000ffff)
		cpuid(0x80000001, &a, &b, &c, &d);
	check_word(t, 1, d);
	check_word(t, 2, 0);
	check_word(t, 5, 0);
	CHECK(t, cpu_has(X86_FEATURE_ALWAYS), "every CPU has the feature that is always there");
	CHECK(t, !cpu_has(PV_FEATURE_WORDS * 32) && !cpu_has(0xffffffff),
	      "no feature beyond the words");
	CHECK_EQ(t, pv_host_has(X86_FEATURE_TSC), cpu_has(X86_FEATURE_TSC),
		 "the host says the same");
}

/* A CPU without CPUID: EFLAGS.ID stays 0, whatever is popped. */
static void no_id(struct regs *regs)
{
	regs->eflags &= ~EFLAGS_ID;
}

static void check_has_cpuid(struct ktap *t)
{
	uint32_t was = native_save_fl(), with = has_cpuid(), without;
	unsigned long flags;

	CHECK_EQ(t, with != 0, boot_cpu.has_cpuid, "has_cpuid() says whether there is CPUID");
	CHECK_EQ(t, native_save_fl() & EFLAGS_ID, was & EFLAGS_ID, "flags are as they were");
	CHECK_EQ(t, test_call_changes((const void *)has_cpuid) & ~CHANGES_CALLER, 0,
		 "and keeps what C keeps");
	if (machine_lacks(TRAP_DB))
		return;
	local_irq_save(flags);
	trap_debug_hook = no_id;
	trap_single_step(1);
	without = has_cpuid();
	trap_single_step(0);
	trap_debug_hook = NULL;
	local_irq_restore(flags);
	CHECK_EQ(t, without, 0, "and 0 where EFLAGS.ID cannot be changed");
}

/* The global is put back before anybody looks. */
static void features_without_cpuid(struct ktap *t)
{
	struct cpu before = boot_cpu, without;
	unsigned long flags;

	check_has_cpuid(t);
	local_irq_save(flags);
	cpu_detect(false);
	without = boot_cpu;
	boot_cpu = before;
	local_irq_restore(flags);
	for (unsigned i = 0; i < PV_FEATURE_WORDS; i++)
		CHECK_EQ(t, without.features[i],
			 i == X86_FEATURE_ALWAYS / 32 ? 1u << X86_FEATURE_ALWAYS % 32 : 0,
			 "no CPUID: word %u has what is always there, or nothing", i);
	CHECK(t, !without.has_cpuid && !without.model_name[0], "no CPUID: no name");
	CHECK_EQ(t, without.family, 4, "no CPUID: a 486");
	CHECK_EQ(t, without.has_fpu, before.has_fpu, "the FPU is found without CPUID");
}

static void flags_if(struct ktap *t)
{
	unsigned long flags;

	local_irq_save(flags);
	CHECK(t, flags & X86_EFLAGS_IF, "IF is set in what save_fl says in a test");
	CHECK(t, !(arch_local_save_flags() & X86_EFLAGS_IF), "and clear while they are off");
	local_irq_restore(flags);
	CHECK(t, arch_local_save_flags() & X86_EFLAGS_IF, "and set again");
}

static void time_advances(struct ktap *t)
{
	uint64_t start = pv_host_time(), now = start;

	for (unsigned i = 0; i < 1000000 && now == start; i++)
		now = pv_host_time();
	KTAP_SKIP_UNLESS(t, start || now, "the machine has no clock");
	CHECK(t, now > start, "time advances");
	CHECK(t, now - start < 1000000000, "by less than a second");
	CHECK(t, sched_clock() >= now, "sched_clock is not behind it");
}

static void check_symbol(struct ktap *t, const char *name, const void *function)
{
	uint32_t address = (uint32_t)function, offset = 99, size = 0;
	char found[KSYM_NAME] = "";

	CHECK(t, ksym_lookup(address, found, &offset, &size) && !strcmp(found, name),
	      "%s has its name (it is %s)", name, found);
	CHECK_EQ(t, offset, 0, "%s: offset 0", name);
	CHECK_EQ(t, ksym_address(name), address, "%s: and back", name);
	CHECK(t, ksym_lookup(address + size - 1, found, &offset, NULL) && !strcmp(found, name),
	      "%s: its last byte is its own", name);
	CHECK_EQ(t, offset, size - 1, "%s: at its last offset", name);
	CHECK(t, !ksym_lookup(address + size, found, NULL, NULL) || strcmp(found, name),
	      "%s: the next byte is not", name);
}

static void symbols(struct ktap *t)
{
	extern uint8_t _image[], _etext_all[];

	check_symbol(t, "printk", (const void *)printk);
	check_symbol(t, "trap_try", (const void *)trap_try);
	check_symbol(t, "segments_reload", (const void *)segments_reload);
	check_symbol(t, "pv_host_sync_self", (const void *)pv_host_sync_self);
	CHECK(t, !ksym_lookup(0, NULL, NULL, NULL), "address 0 has no name");
	CHECK(t, !ksym_lookup((uint32_t)_image - 1, NULL, NULL, NULL),
	      "nor what lies before the image");
	CHECK(t, !ksym_lookup((uint32_t)_etext_all, NULL, NULL, NULL), "nor what lies behind text");
	CHECK_EQ(t, ksym_address("no such function"), 0, "an unknown name has no address");
	CHECK_EQ(t, ksym_address(""), 0, "nor has the empty one");
}

static void sync_keeps_registers(struct ktap *t)
{
	uint32_t nmis = trap_nmis, ds, es;
	unsigned long flags;

	CHECK_EQ(t, test_call_changes((const void *)pv_host_sync_self) & ~CHANGES_CALLER, 0,
		 "serializing keeps what C keeps");
	CHECK(t, !irqs_disabled(), "and leaves interrupts on");
	local_irq_save(flags);
	CHECK_EQ(t, test_call_changes((const void *)pv_host_sync_self) & ~CHANGES_CALLER, 0,
		 "also with interrupts off");
	CHECK(t, irqs_disabled(), "and leaves them off");
	local_irq_restore(flags);
	CHECK_EQ(t, trap_nmis, nmis, "no NMI came of it");
	CHECK_EQ(t, test_call_changes((const void *)test_user_bytes) & ~CHANGES_CALLER, 0,
		 "and so does a copy to a program");
	asm("mov %%ds, %0" : "=r"(ds));
	asm("mov %%es, %0" : "=r"(es));
	CHECK_EQ(t, ds, USER_DS, "ds is the programs', whoever was on this CPU before");
	CHECK_EQ(t, es, USER_DS, "and so is es");
	CHECK(t, !(native_get_debugreg(6) & DR6_BS), "and of its steps DR6 has none");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(nops_decode),
	KTAP_TEST(nops_are_of_their_cpu),
	KTAP_PATCHES(nops_do_nothing),
	KTAP_TEST(nops_fill),
	KTAP_TEST(nops_selected),
	KTAP_TEST(features_fresh),
	KTAP_TEST(features_without_cpuid),
	KTAP_TEST(flags_if),
	KTAP_TEST(time_advances),
	KTAP_TEST(symbols),
	KTAP_TEST(sync_keeps_registers),
};
KTAP_SUITE(cpu, tests);
