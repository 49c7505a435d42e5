// SPDX-License-Identifier: MIT
/*
 * The list of CPUs that was found at boot, held against what the running CPU itself says. How
 * tables are read, and what damage costs, is tested on made-up ones: tests/host/cpus_test.c.
 */
#include "arch/x86/smp/cpus.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define APIC_BASE_ADDRESS 0xfffff000u
#define APIC_ID           0x20u

static void list_is_sane(struct ktap *t)
{
	const struct cpus_found *cpus = &machine_cpus;
	uint32_t seen[8] = {0};

	CHECK(t, cpus->n >= 1 && cpus->n <= CPUS_MAX, "%u CPUs fit the list", cpus->n);
	for (unsigned i = 0; i < cpus->n && i < CPUS_MAX; i++) {
		unsigned id = cpus->apic_id[i];

		CHECK(t, id != 255, "CPU %u: its id is not all CPUs'", i);
		CHECK(t, !(seen[id / 32] >> id % 32 & 1), "CPU %u: id %u is no other's", i, id);
		seen[id / 32] |= 1u << id % 32;
	}
	CHECK(t, cpus->lapic >= 4096 && !(cpus->lapic % 4096), "local APICs at %08x are possible",
	      cpus->lapic);
	CHECK(t, !cpus->more || cpus->source, "%u more have a source", cpus->more);
	CHECK(t, cpus->n == 1 || cpus->source, "%u CPUs have a source", cpus->n);
}

static void source_is_known(struct ktap *t)
{
	const char *source = machine_cpus.source;

	CHECK(t, !source || !strcmp(source, "ACPI MADT") || !strcmp(source, "MP table"),
	      "the source is one that is documented (it is %s)", source);
}

static void boot_cpu_is_first(struct ktap *t)
{
	uint32_t a, b, c, d, id;

	KTAP_SKIP_UNLESS(t, apic_present(), "no local APIC is in use");
	id = *(volatile uint32_t *)(machine_cpus.lapic + APIC_ID) >> 24;
	CHECK_EQ(t, machine_cpus.apic_id[0], id, "the first is the CPU whose APIC answers here");
	cpuid(1, &a, &b, &c, &d); /* which a CPU with an APIC has */
	if (b >> 24)              /* 0 before the Pentium 4, whatever the id */
		CHECK_EQ(t, id, b >> 24, "and CPUID's initial id is the same");
	if (apic_has_msr())
		CHECK_EQ(t, machine_cpus.lapic,
			 (uint32_t)read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS,
			 "local APICs are where the CPU's own register says");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(list_is_sane),
	KTAP_TEST(source_is_known),
	KTAP_TEST(boot_cpu_is_first),
};
KTAP_SUITE(cpus, tests);
