/* SPDX-License-Identifier: MIT */
/*
 * The CPUs that the machine says it has: by ACPI's MADT, else by the MP table, else the one that
 * runs. Nothing is started here, and whether a CPU answers is not known yet.
 *
 *	cpus_find(&machine_cpus);
 *	for (unsigned i = 1; i < machine_cpus.n; i++)
 *		start(machine_cpus.apic_id[i]);
 */
#ifndef ARCH_X86_SMP_CPUS_H
#define ARCH_X86_SMP_CPUS_H

#include "arch/x86/smp/firmware.h"
#include <stdbool.h>

/* What cpus_find() found at boot. */
extern struct cpus_found machine_cpus;

/*
 * Look. After cpu_detect(), and before paging_init(): the BIOS keeps a pointer in page 0, which is
 * a guard from then on. A table that is damaged costs a line that says in what way, and the next
 * source is asked. True: a table was found (out->source); false: *out is the boot CPU alone. The
 * CPU may lack a local APIC all the same.
 */
bool cpus_find(struct cpus_found *out);

#endif
