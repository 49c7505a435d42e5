// SPDX-License-Identifier: MIT
/*
 * CPUID: vendor, family and model (SDM volume 2A, CPUID, figure 3-6: the extended family counts
 * only for base family 15, the extended model only for 6 and 15), features, brand string. And
 * whether there is an FPU, which a 486 SX has not: FNINIT leaves a status word of 0 (SDM volume
 * 3, 9.2).
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/emulator.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define CR0_EM 0x4u

struct cpu boot_cpu;

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf ask(uint32_t number)
{
	struct leaf leaf;

	cpuid(number, &leaf.a, &leaf.b, &leaf.c, &leaf.d);
	return leaf;
}

/* The first leaf of each range says which is its last; a range that is not there says anything. */
bool cpu_has_leaf(uint32_t number)
{
	uint32_t first = number & 0xffff0000, last;

	if (!boot_cpu.has_cpuid)
		return false;
	last = ask(first).a;
	return number == 0 || (last >= number && last - first <= 0xffff);
}

/* Zeros for a leaf that the CPU has not: asked for it, it would tell another one. */
static struct leaf cpuid_leaf(uint32_t number)
{
	return cpu_has_leaf(number) ? ask(number) : (struct leaf){0};
}

static void read_vendor(struct cpu *cpu)
{
	struct leaf leaf = cpuid_leaf(0);

	memcpy(cpu->vendor, &leaf.b, 4);
	memcpy(cpu->vendor + 4, &leaf.d, 4);
	memcpy(cpu->vendor + 8, &leaf.c, 4);
}

static void read_signature(struct cpu *cpu)
{
	struct leaf leaf = cpuid_leaf(1);

	if (!cpu_has_leaf(1))
		return;
	cpu->family = leaf.a >> 8 & 15;
	cpu->model = leaf.a >> 4 & 15;
	cpu->stepping = leaf.a & 15;
	if (cpu->family == 6 || cpu->family == 15)
		cpu->model += leaf.a >> 12 & 0xf0;
	if (cpu->family == 15)
		cpu->family += leaf.a >> 20 & 0xff;
	cpu->features[0] = leaf.d;
	cpu->features[4] = leaf.c;
}

static void read_extended(struct cpu *cpu)
{
	struct leaf leaf = cpuid_leaf(0x80000001);

	cpu->features[1] = leaf.d;
	cpu->features[6] = leaf.c;
	if (!cpu_has_leaf(0x80000004))
		return;
	for (unsigned i = 0; i < 3; i++) {
		leaf = cpuid_leaf(0x80000002 + i);
		memcpy(cpu->model_name + 16 * i, &leaf, 16);
	}
}

static void read_structured(struct cpu *cpu)
{
	cpu->features[9] = cpuid_leaf(7).b;
}

static bool has(const struct cpu *cpu, unsigned feature)
{
	return feature / 32 < PV_FEATURE_WORDS && cpu->features[feature / 32] >> (feature % 32) & 1;
}

/* Where hypervisors say who they are: no CPU of its own has this range. */
#define HYPERVISOR_LEAF 0x40000000u

static void read_hypervisor(struct cpu *cpu)
{
	struct leaf leaf;

	if (!has(cpu, X86_FEATURE_HYPERVISOR))
		return;
	leaf = ask(HYPERVISOR_LEAF);
	memcpy(cpu->hypervisor, &leaf.b, 12);
	if (!cpu->hypervisor[0])
		strlcpy(cpu->hypervisor, "unknown", sizeof(cpu->hypervisor));
}

static void set_bit(struct cpu *cpu, unsigned feature)
{
	cpu->features[feature / 32] |= 1u << (feature % 32);
}

/*
 * What CPUID does not say. That LFENCE waits for RDTSC is architecture on Intel's (SDM volume 2B,
 * RDTSC) and, on AMD's, where the CPU says so (APM volume 3, leaf 80000021, EAX bit 2).
 */
#define LFENCE_ALWAYS_SERIALIZING 0x4u

static bool lfence_orders(const struct cpu *cpu)
{
	if (!has(cpu, X86_FEATURE_XMM2))
		return false;
	if (!strcmp(cpu->vendor, "GenuineIntel"))
		return true;
	return cpuid_leaf(0x80000021).a & LFENCE_ALWAYS_SERIALIZING;
}

static void set_synthetic(struct cpu *cpu)
{
	set_bit(cpu, X86_FEATURE_ALWAYS);
	if (lfence_orders(cpu))
		set_bit(cpu, X86_FEATURE_LFENCE_RDTSC);
}

static bool find_fpu(void)
{
	uint16_t status = 0x5a5a;

	clts(); /* TS or EM, which a loader may leave set, and FNINIT faults */
	write_cr0(read_cr0() & ~CR0_EM);
	asm volatile("fninit; fnstsw %0" : "+m"(status));
	return status == 0;
}

void cpu_forbid_fpu(void)
{
	write_cr0(read_cr0() | CR0_EM);
}

void cpu_detect(bool has_cpuid)
{
	struct cpu *cpu = &boot_cpu;

	memset(cpu, 0, sizeof(*cpu));
	cpu->has_cpuid = has_cpuid;
	cpu->family = 4;
	strlcpy(cpu->vendor, "no CPUID", sizeof(cpu->vendor));
	if (has_cpuid) {
		read_vendor(cpu);
		read_signature(cpu);
		read_extended(cpu);
		read_structured(cpu);
		read_hypervisor(cpu);
	}
	set_synthetic(cpu);
	cpu->has_fpu = find_fpu();
}

bool cpu_forget(unsigned feature)
{
	bool had = has(&boot_cpu, feature);

	if (!had || feature == X86_FEATURE_ALWAYS)
		return false;
	boot_cpu.features[feature / 32] &= ~(1u << feature % 32);
	boot_cpu.forgotten[feature / 32] |= 1u << feature % 32;
	if (feature == X86_FEATURE_XMM2)
		cpu_forget(X86_FEATURE_LFENCE_RDTSC);
	return true;
}

bool cpu_has(unsigned feature)
{
	return has(&boot_cpu, feature);
}

static struct cpu in_use; /* of it only the features */

bool cpu_use(unsigned feature)
{
	if (cpu_has(feature))
		set_bit(&in_use, feature);
	return cpu_has(feature);
}

bool cpu_uses(unsigned feature)
{
	return has(&in_use, feature);
}

int cpu_missing(const uint32_t features[PV_FEATURE_WORDS])
{
	for (unsigned i = 0; i < PV_FEATURE_WORDS * 32; i++) {
		unsigned need = i == X86_FEATURE_LFENCE_RDTSC ? X86_FEATURE_XMM2 : i;

		if (cpu_uses(i) && i != X86_FEATURE_ALWAYS &&
		    !(features[need / 32] >> (need % 32) & 1))
			return (int)i;
	}
	return -1;
}

enum pv_vendor cpu_vendor(void)
{
	if (!strcmp(boot_cpu.vendor, "GenuineIntel"))
		return PV_VENDOR_INTEL;
	if (!strcmp(boot_cpu.vendor, "AuthenticAMD"))
		return PV_VENDOR_AMD;
	return PV_VENDOR_OTHER;
}

/* Bochs says nothing by CPUID, but listens. */
const char *cpu_whose_time(void)
{
	if (!strcmp(boot_cpu.hypervisor, "TCGTCGTCGTCG") ||
	    (!boot_cpu.hypervisor[0] && emulator_answers()))
		return "an emulator";
	return boot_cpu.hypervisor[0] ? "a virtual machine" : "a machine";
}
