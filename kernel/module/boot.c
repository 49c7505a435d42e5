// SPDX-License-Identifier: MIT
/*
 * Modules that the boot loader has handed over, in its order. Programs are kernel/task/boot.c's, and what is
 * no ELF object is somebody else's.
 */
#include "kernel/task/boot.h"
#include "kernel/base/multiboot.h"
#include "kernel/base/run.h"
#include "kernel/module/module.h"
#include "kernel/module/object.h"
#include "lib/format.h"
#include "lib/printk.h"

/* Of those that the list of modules has no room for only the memory is known. */
static bool is_one(unsigned i)
{
	return i < MODULES_MAX - 1;
}

/* What the loader says of it, or its number; good until the next call. */
static const char *name_of(unsigned i)
{
	static char number[16];

	snprintf(number, sizeof(number), "module%u", i);
	return boot_info.module_name[i][0] ? boot_info.module_name[i] : number;
}

const char *modules_boot(void)
{
	unsigned found = 0, refused = 0;

	for (unsigned i = 0; i < boot_info.modules; i++) {
		const void *file = boot_module_file(i);
		const size_t size = boot_module_size(i);

		if (programs_are_in(file, size) ||
		    (object_is_image(file, size) && run_is_there("guest-memory")))
			continue;
		if (!object_is_elf(file, size) || object_is_image(file, size)) {
			pr_info("  module    %s: no ELF object: left alone\n", name_of(i));
			continue;
		}
		found++;
		if (is_one(i))
			refused += module_load(name_of(i), file, size) != NULL;
		else
			pr_err("modules: only the first %u are loaded\n", MODULES_MAX - 1);
		refused += !is_one(i);
	}
	return refused ? "a module was refused" : NULL;
}

const char *modules_boot_unload(void)
{
	unsigned stay = 0;

	for (unsigned i = boot_info.modules; i--;)
		if (is_one(i) && module_is_loaded(name_of(i)))
			stay += module_unload(name_of(i)) != NULL;
	return stay ? "a module stays" : NULL;
}
