// SPDX-License-Identifier: MIT
/*
 * The linker's list of what runs once the kernel is up. It may be empty: of a kernel without tests.
 */
#include "kernel/base/run.h"
#include "lib/string.h"

extern const struct run runs[], runs_end[];

void run_all(enum run_when when)
{
	for (const struct run *run = runs; run < runs_end; run++)
		if (run->when == when)
			run->run();
}

bool run_is_there(const char *name)
{
	for (const struct run *run = runs; run < runs_end; run++)
		if (!strcmp(run->name, name))
			return true;
	return false;
}
