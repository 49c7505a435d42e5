// SPDX-License-Identifier: MIT
/*
 * Each op does what it says, through each kind of patch that its sites can have: as linked, the
 * native template (or call), a direct call of the native function, and a direct call of another C
 * function. What an op did is read back by native functions and not by the op itself. (halt and
 * safe_halt are in the suite irq.)
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/sites/ops_other.h"
#include "tests/kernel/sites/sites.h"

#define CR0_TS       0x00000008u
#define CR4_VME      0x00000001u
#define CR4_TSD      0x00000004u
#define MSR_SYSENTER 0x176
#define MSR_PAT      0x277
#define DR6_B0       0x1u
#define DR7_RW0      0x10000u /* "on writes", for a breakpoint that is not enabled */

static void each_form(struct ktap *t, sites_form_fn *probe)
{
	sites_each_form(t, (const void *)probe, probe, ops_other());
}

static void probe_irq(struct ktap *t, const char *form)
{
	unsigned long on, off, inner;

	ops_other_calls = 0;
	local_irq_enable();
	CHECK(t, ops_if_set(), "%s: irq_enable sets IF", form);
	local_save_flags(on);
	local_irq_disable();
	CHECK(t, !ops_if_set(), "%s: irq_disable clears IF", form);
	local_save_flags(off);
	CHECK_EQ(t, on & X86_EFLAGS_IF, X86_EFLAGS_IF, "%s: save_fl says that IF is set", form);
	CHECK_EQ(t, off & X86_EFLAGS_IF, 0, "%s: save_fl says that IF is clear", form);
	local_irq_restore(on);
	CHECK(t, ops_if_set(), "%s: restore_fl sets IF", form);
	local_irq_restore(off);
	CHECK(t, !ops_if_set(), "%s: restore_fl clears IF", form);
	local_irq_enable();
	local_irq_save(inner);
	CHECK(t, !ops_if_set() && inner & X86_EFLAGS_IF, "%s: irq_save clears IF, returns the old",
	      form);
	local_irq_restore(inner);
	CHECK(t, ops_if_set() && !irqs_disabled(), "%s: what it returned restores IF", form);
	ops_check_calls(t, form, 11);
}

static void irq(struct ktap *t)
{
	unsigned long flags;

	NEEDS_MACHINE(t);
	local_save_flags(flags);
	each_form(t, probe_irq);
	local_irq_restore(flags);
}

static void probe_cr0(struct ktap *t, const char *form)
{
	uint32_t was = native_read_cr0();

	ops_other_calls = 0;
	CHECK_EQ(t, read_cr0(), was, "%s: read_cr0 reads CR0", form);
	write_cr0(was | CR0_TS);
	CHECK_EQ(t, native_read_cr0(), was | CR0_TS, "%s: write_cr0 sets CR0.TS", form);
	CHECK_EQ(t, read_cr0(), was | CR0_TS, "%s: read_cr0 sees the new value", form);
	write_cr0(was);
	CHECK_EQ(t, native_read_cr0(), was, "%s: write_cr0 restores CR0", form);
	native_write_cr0(was | CR0_TS);
	clts();
	CHECK_EQ(t, native_read_cr0(), was & ~CR0_TS, "%s: clts clears CR0.TS and no more", form);
	native_write_cr0(was);
	ops_check_calls(t, form, 5);
}

static void cr0(struct ktap *t)
{
	each_form(t, probe_cr0);
}

static void touch(void *address)
{
	*(volatile uint8_t *)address = 0;
}

static void probe_cr2(struct ktap *t, const char *form)
{
	static uint32_t address = 0x120;
	struct regs at;

	address++;
	CHECK_EQ(t, trap_try(touch, (void *)address, &at), TRAP_PF, "page 0 faults");
	ops_other_calls = 0;
	CHECK_EQ(t, read_cr2(), address, "%s: read_cr2 is the address that faulted", form);
	ops_check_calls(t, form, 1);
}

static void cr2(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), "no paging");
	each_form(t, probe_cr2);
}

/* How the directory itself is cached: the two bits that change nothing but that. */
#define CR3_PWT (1u << 3)
#define CR3_PCD (1u << 4)

static void probe_cr3(struct ktap *t, const char *form)
{
	uint32_t was = native_read_cr3(), other = was ^ (CR3_PWT | CR3_PCD);

	ops_other_calls = 0;
	CHECK_EQ(t, read_cr3(), was, "%s: read_cr3 reads CR3", form);
	write_cr3(other);
	CHECK_EQ(t, native_read_cr3(), other, "%s: write_cr3 writes CR3", form);
	CHECK_EQ(t, read_cr3(), other, "%s: read_cr3 sees the new value", form);
	write_cr3(was);
	CHECK_EQ(t, native_read_cr3(), was, "%s: write_cr3 restores CR3", form);
	ops_check_calls(t, form, 4);
}

static void cr3(struct ktap *t)
{
	each_form(t, probe_cr3);
}

/* A bit of CR4 that the CPU has and that changes nothing for this kernel, or 0. */
static uint32_t cr4_toggle(void)
{
	return cpu_has(X86_FEATURE_TSC) ? CR4_TSD : cpu_has(X86_FEATURE_VME) ? CR4_VME : 0;
}

static void probe_cr4(struct ktap *t, const char *form)
{
	uint32_t was = native_read_cr4(), other = was ^ cr4_toggle();

	ops_other_calls = 0;
	CHECK_EQ(t, read_cr4(), was, "%s: read_cr4 reads CR4", form);
	CHECK_EQ(t, read_cr4_safe(), was, "%s: read_cr4_safe reads CR4", form);
	write_cr4(other);
	CHECK_EQ(t, native_read_cr4(), other, "%s: write_cr4 changes CR4", form);
	write_cr4(was);
	CHECK_EQ(t, native_read_cr4(), was, "%s: write_cr4 restores CR4", form);
	ops_check_calls(t, form, 4);
}

static void cr4(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, cpu_has(X86_FEATURE_PSE), "no CR4");
	each_form(t, probe_cr4);
}

static void probe_debugreg(struct ktap *t, const char *form)
{
	uint32_t dr7 = native_get_debugreg(7), dr6 = native_get_debugreg(6);

	ops_other_calls = 0;
	for (unsigned i = 0; i < 4; i++)
		set_debugreg(i, 0x12345000 + 16 * i);
	set_debugreg(4, 0xffffffff);
	set_debugreg(8, 0xffffffff);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ(t, native_get_debugreg(i), 0x12345000 + 16 * i,
			 "%s: set_debugreg writes DR%u and not another", form, i);
		CHECK_EQ(t, get_debugreg(i), 0x12345000 + 16 * i, "%s: get_debugreg reads DR%u",
			 form, i);
	}
	set_debugreg(6, dr6 | DR6_B0);
	CHECK_EQ(t, get_debugreg(6) & DR6_B0, DR6_B0, "%s: DR6 takes a bit", form);
	set_debugreg(7, dr7 | DR7_RW0);
	CHECK_EQ(t, get_debugreg(7), dr7 | DR7_RW0, "%s: DR7 takes a bit", form);
	CHECK_EQ(t, get_debugreg(4) | get_debugreg(5) | get_debugreg(8), 0,
		 "%s: a number that no debug register has reads as 0", form);
	ops_check_calls(t, form, 4 + 2 + 4 + 4 + 3);
	for (unsigned i = 0; i < 4; i++)
		native_set_debugreg(i, 0);
	native_set_debugreg(6, dr6);
	native_set_debugreg(7, dr7);
}

static void debugreg(struct ktap *t)
{
	each_form(t, probe_debugreg);
}

static void probe_msr(struct ktap *t, const char *form)
{
	static uint32_t value = 0x5a000000;

	ops_other_calls = 0;
	CHECK_EQ(t, read_msr(MSR_APIC_BASE), native_read_msr(0, 0, MSR_APIC_BASE),
		 "%s: read_msr reads", form);
	write_msr(MSR_APIC_BASE, native_read_msr(0, 0, MSR_APIC_BASE));
	ops_check_calls(t, form, 2);
	if (cpu_has(X86_FEATURE_SEP)) {
		write_msr(MSR_SYSENTER, ++value);
		CHECK_EQ(t, read_msr(MSR_SYSENTER), value, "%s: write_msr writes", form);
	}
	if (cpu_has(X86_FEATURE_PAT)) {
		/* The last entry, which no page uses, lies in the high half. */
		uint64_t was = native_read_msr(0, 0, MSR_PAT), other = was ^ 0x06ull << 56;

		write_msr(MSR_PAT, other);
		CHECK_EQ(t, native_read_msr(0, 0, MSR_PAT), other, "%s: write_msr writes 64 bits",
			 form);
		write_msr(MSR_PAT, was);
		CHECK_EQ(t, read_msr(MSR_PAT), was, "%s: read_msr reads 64 bits", form);
	}
}

static void msr(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, cpu_has(X86_FEATURE_MSR), "no MSRs");
	KTAP_SKIP_UNLESS(t, apic_has_msr(), "no MSR that every CPU has");
	each_form(t, probe_msr);
}

static void probe_cpuid(struct ktap *t, const char *form)
{
	uint32_t a, b, c, d;
	char vendor[13] = "";

	ops_other_calls = 0;
	cpuid(0, &a, &b, &c, &d);
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
	CHECK(t, !strcmp(vendor, boot_cpu.vendor), "%s: cpuid(0) says %s, found %s", form,
	      boot_cpu.vendor, vendor);
	CHECK(t, a < 0x10000, "%s: cpuid(0) has a last leaf, found %x", form, a);
	ops_check_calls(t, form, 1);
}

static void cpu_id(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, boot_cpu.has_cpuid, "no CPUID");
	each_form(t, probe_cpuid);
}

static void probe_tsc(struct ktap *t, const char *form)
{
	uint64_t before = native_read_tsc(), now = 0;

	ops_other_calls = 0;
	for (unsigned i = 0; i < 1000 && now <= before; i++)
		now = read_tsc();
	CHECK(t, now > before, "%s: read_tsc goes on from %llu, found %llu", form, before, now);
	CHECK(t, now - before < 1ull << 40, "%s: read_tsc is a plausible time on", form);
	CHECK(t, (ops_other_calls != 0) == !strcmp(form, "other"), "%s: the site is in its form",
	      form);
}

static void tsc(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, cpu_has(X86_FEATURE_TSC), "no TSC");
	each_form(t, probe_tsc);
}

static void probe_plain(struct ktap *t, const char *form)
{
	uint64_t first, second, value = 0xfedcba9876543210;

	ops_other_calls = 0;
	first = sched_clock();
	wbinvd();
	io_delay();
	second = sched_clock();
	CHECK(t, second >= first, "%s: sched_clock does not go back, from %llu to %llu", form,
	      first, second);
	CHECK_EQ(t, make_pte(value).pte, value, "%s: make_pte keeps 64 bits", form);
	CHECK_EQ(t, pte_val((pte_t){value}), value, "%s: pte_val keeps 64 bits", form);
	ops_check_calls(t, form, 6);
}

static void plain(struct ktap *t)
{
	each_form(t, probe_plain);
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(irq), KTAP_PATCHES(cr0),      KTAP_PATCHES(cr2), KTAP_PATCHES(cr3),
	KTAP_PATCHES(cr4), KTAP_PATCHES(debugreg), KTAP_PATCHES(msr), KTAP_PATCHES(cpu_id),
	KTAP_PATCHES(tsc), KTAP_PATCHES(plain),
};
KTAP_SUITE(ops, tests);
