// SPDX-License-Identifier: MIT
/*
 * SYSENTER where CPUID says that it is there, but for the Pentium Pro, which says so and has it not (SDM
 * volume 2B, SYSENTER). Its stack pointer is where the entry finds the task's: sysenter.asm.
 */
#include "arch/x86/trap/sysenter.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "pv/paravirt.h"
#include <stdbool.h>

#define MSR_SYSENTER_CS  0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176

extern uint8_t sysenter_entry[];
extern const uint8_t syscall_by_sysenter[], syscall_by_sysenter_end[];
extern const uint8_t syscall_by_int[], syscall_by_int_end[];

static bool has_sysenter(void)
{
	if (boot_cpu.family == 6 && boot_cpu.model < 3 && boot_cpu.stepping < 3)
		return false;
	return cpu_has(X86_FEATURE_MSR) && cpu_use(X86_FEATURE_SEP);
}

const void *syscall_page_code(size_t *bytes)
{
	if (has_sysenter()) {
		*bytes = (size_t)(syscall_by_sysenter_end - syscall_by_sysenter);
		return syscall_by_sysenter;
	}
	*bytes = (size_t)(syscall_by_int_end - syscall_by_int);
	return syscall_by_int;
}

void sysenter_init_cpu(void)
{
	if (!has_sysenter())
		return;
	write_msr(MSR_SYSENTER_CS, KERNEL_CS);
	write_msr(MSR_SYSENTER_ESP, (uint32_t)&per_cpu(kernel_tss, smp_processor_id()));
	write_msr(MSR_SYSENTER_EIP, (uint32_t)sysenter_entry);
}
