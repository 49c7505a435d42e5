// SPDX-License-Identifier: MIT
/*
 * SDM volume 3, 10.4 (enabling, IA32_APIC_BASE) and 10.6 (interprocessor interrupts). A self
 * shorthand is not allowed with delivery mode NMI, so the command goes to this APIC's own id.
 */
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "pv/host.h"
#include "pv/paravirt.h"

#define APIC_BASE_ENABLE  (1u << 11)
#define APIC_BASE_X2APIC  (1u << 10)
#define APIC_DEFAULT_BASE 0xfee00000u
#define APIC_ID           0x20
#define APIC_SPURIOUS     0xf0
#define APIC_SW_ENABLE    (1u << 8)
#define APIC_ICR_LOW      0x300
#define APIC_ICR_HIGH     0x310
#define ICR_NMI_ASSERT    0x4400u

static uint32_t base;

static PV_TEXT volatile uint32_t *reg(uint32_t offset)
{
	return (volatile uint32_t *)(base + offset);
}

bool apic_has_msr(void)
{
	return cpu_has(X86_FEATURE_APIC) && cpu_has(X86_FEATURE_MSR) && boot_cpu.family >= 6;
}

bool apic_init(void)
{
	uint64_t msr = APIC_DEFAULT_BASE;

	if (!cpu_has(X86_FEATURE_APIC))
		return false;
	if (apic_has_msr()) {
		msr = read_msr(MSR_APIC_BASE);
		if (msr & APIC_BASE_X2APIC)
			return false; /* its registers are MSRs then */
		write_msr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE);
	}
	if (msr >> 32 || msr >> 22 == 0 || msr >> 22 == 1023)
		return false; /* out of reach, or where our own tables are; no firmware does that */
	base = (uint32_t)msr & 0xfffff000;
	paging_map_device(base);
	*reg(APIC_SPURIOUS) |= APIC_SW_ENABLE;
	return true;
}

bool apic_present(void)
{
	return base != 0;
}

PV_TEXT void apic_send_self_nmi(void)
{
	*reg(APIC_ICR_HIGH) = *reg(APIC_ID) & 0xff000000;
	*reg(APIC_ICR_LOW) = ICR_NMI_ASSERT;
}
