// SPDX-License-Identifier: MIT
/*
 * Where this machine keeps the tables, and who is asking. Two words of the BIOS data area say where
 * the extended one is (its segment, at 0x40e) and how much base memory there is (in KiB, at 0x413).
 */
#include "arch/x86/smp/cpus.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/smp/firmware.h"
#include "lib/init.h"
#include "pv/paravirt.h"

#define BDA_EBDA_SEGMENT 0x40eu
#define BDA_BASE_KIB     0x413u
#define EBDA_LOWEST      0x80000u
#define BASE_LOWEST      0x20000u
#define BASE_END         0xa0000u
#define APIC_ENABLED     (1u << 11)
#define APIC_X2APIC      (1u << 10)
#define APIC_DEFAULT     0xfee00000u
#define APIC_ID          0x20u

struct cpus_found machine_cpus;

/* Every address is its own, but no table is in page 0. What is no memory reads as all ones. */
static const void *__init physical(uint32_t address, uint32_t n)
{
	(void)n;
	return address < PAGE_SIZE ? NULL : (const void *)address;
}

static uint32_t __init bios_word(uint32_t address)
{
	typedef uint16_t __attribute__((aligned(1))) word;

	asm("" : "+r"(address)); /* a pointer like any other, although page 0's */
	return *(const volatile word *)address;
}

/*
 * The local APIC's id register, where it can be read; CPUID's initial id exists from the Pentium 4
 * on and is 0 before (SDM volume 2A, CPUID, leaf 1; volume 3, 10.4.6).
 */
static uint8_t __init boot_apic_id(void)
{
	uint64_t base = APIC_DEFAULT | APIC_ENABLED;
	uint32_t a, b = 0, c, d;

	if (cpu_has_leaf(1))
		cpuid(1, &a, &b, &c, &d);
	if (!cpu_has(X86_FEATURE_APIC))
		return (uint8_t)(b >> 24);
	if (apic_has_msr())
		base = read_msr(MSR_APIC_BASE);
	if (!(base & APIC_ENABLED) || base & APIC_X2APIC || base >> 32)
		return (uint8_t)(b >> 24);
	base &= ~(uint64_t)(PAGE_SIZE - 1);
	return (uint8_t)(*(volatile uint32_t *)((uint32_t)base + APIC_ID) >> 24);
}

bool __init cpus_find(struct cpus_found *out)
{
	struct firmware memory = {.at = physical};

	memory.ebda = bios_word(BDA_EBDA_SEGMENT) << 4;
	if (memory.ebda < EBDA_LOWEST || memory.ebda >= BASE_END)
		memory.ebda = 0;
	memory.base_memory = bios_word(BDA_BASE_KIB) << 10;
	if (memory.base_memory < BASE_LOWEST || memory.base_memory > BASE_END)
		memory.base_memory = 0;
	out->apic_id[0] = boot_apic_id();
	return firmware_find_cpus(out, &memory);
}
