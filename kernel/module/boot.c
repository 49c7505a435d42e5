// SPDX-License-Identifier: MIT
/*
 * Modules that the boot loader has handed over, in its order. What is no ELF file is somebody else's.
 */
#include "kernel/base/multiboot.h"
#include "kernel/module/module.h"
#include "kernel/module/object.h"
#include "lib/format.h"
#include "lib/printk.h"

/* Of those that the list of modules has no room for only the memory is known. */
static bool is_one(unsigned i)
{
	return i < MODULES_MAX - 1;
}

static bool load(unsigned i, const void *file, size_t size)
{
	const char *name = boot_info.module_name[i];
	char number[16];

	if (!*name) {
		snprintf(number, sizeof(number), "module%u", i);
		name = number;
	}
	return !module_load(name, file, size);
}

const char *modules_boot(void)
{
	unsigned found = 0, refused = 0;

	for (unsigned i = 0; i < boot_info.modules; i++) {
		const void *file = (const void *)(uint32_t)boot_info.module[i].base;
		const size_t size = (size_t)boot_info.module[i].length;

		if (!object_is_elf(file, size)) {
			pr_info("  module    %s: no ELF file: left alone\n",
				boot_info.module_name[i]);
			continue;
		}
		found++;
		if (is_one(i))
			refused += !load(i, file, size);
		else
			pr_err("modules: only the first %u are loaded\n", MODULES_MAX - 1);
		refused += !is_one(i);
	}
	return refused ? "a module was refused" : NULL;
}
