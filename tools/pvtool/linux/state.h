/* SPDX-License-Identifier: MIT */
/*
 * What a dump says of the machine: the CPU's features, which are words in the middle of struct
 * cpuinfo_x86, and where in it depends on how the kernel was configured.
 *
 *	x86, vendor, model, stepping, ...	bytes
 *	u8 virt_bits, phys_bits, coreid_bits, cu_id
 *	u32 extended_cpuid_level		0x8000xxxx, if there are such leaves
 *	s32 cpuid_level				below 256
 *	u32 x86_capability[words]
 *	char x86_vendor_id[16]			"GenuineIntel"
 *
 *	unsigned n;
 *	const uint8_t *words = state_features(&kernel, &dump, &n);
 */
#ifndef TOOLS_PVTOOL_LINUX_STATE_H
#define TOOLS_PVTOOL_LINUX_STATE_H

#include "family/dump.h"
#include "linux/kernel.h"

/* NULL: boot_cpu_data is not known, not in the dump, or not filled in. */
const uint8_t *state_features(const struct kernel *kernel, const struct dump *dump, unsigned *n);

#endif
