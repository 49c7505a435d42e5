/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs at boot: as many as the command line allows, each with its event.
 *
 *	cpus_start(options.maxcpus);
 */
#ifndef KERNEL_CPUS_H
#define KERNEL_CPUS_H

#include <stdint.h>

/*
 * Bring CPUs online until `most` are (0 is taken as 1: the boot CPU is on). Those beyond stay off
 * and can be brought up later. Prints the report's line. After paging and patching, interrupts on.
 */
void cpus_start(uint32_t most);

#endif
