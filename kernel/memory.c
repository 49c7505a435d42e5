// SPDX-License-Identifier: MIT
/*
 * The loader's information itself needs no reserve: what counts of it was copied.
 */
#include "kernel/memory.h"
#include "arch/x86/pages.h"
#include "kernel/multiboot.h"
#include "lib/printk.h"

void memory_init(void)
{
	for (unsigned i = 0; i < boot_info.ranges; i++)
		pages_add(boot_info.memory[i].base, boot_info.memory[i].length);
	for (unsigned i = 0; i < boot_info.modules; i++)
		pages_reserve(boot_info.module[i].base, boot_info.module[i].length);
	if (!pages_available())
		pr_warn("memory: none is known to be free\n");
}
