// SPDX-License-Identifier: MIT
/*
 * The sources of CPUs, in the order in which they are asked.
 */
#include "arch/x86/smp/firmware.h"

bool firmware_find_cpus(struct cpus_found *found, const struct firmware *memory)
{
	struct cpu_list alone;

	if (acpi_find_cpus(found, memory) || mptable_find_cpus(found, memory))
		return true;
	cpu_list_begin(&alone, found);
	return false;
}
