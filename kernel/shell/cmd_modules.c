// SPDX-License-Identifier: MIT
/*
 * Modules that come and go. What can come is what the boot loader has brought.
 */
#include "kernel/base/multiboot.h"
#include "kernel/module/module.h"
#include "kernel/patch/image.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/sites/targets.h"
#include "kernel/shell/term/out.h"
#include "lib/string.h"

static uint32_t sites_of(const struct pv_image *image)
{
	uint32_t n = 0;

	for (const struct pv_table *t = image->tables; t; t = t->next)
		n += pv_table_records(t);
	return n;
}

static bool is_brought(unsigned i)
{
	return i < MODULES_MAX - 1 && boot_info.module_name[i][0] &&
	       strcmp(boot_info.module_args[i], "shell") != 0;
}

bool cmd_modules(unsigned n, char **words)
{
	(void)n;
	(void)words;
	for (const struct pv_image *image = pv_images; image && !out_stopped(); image = image->next)
		if (image != &kernel_image)
			say("  %-16s loaded at 0x%08x, %u records of sites\n", image->name,
			    (uint32_t)image->text, sites_of(image));
	for (unsigned i = 0; i < boot_info.modules && !out_stopped(); i++)
		if (is_brought(i) && !module_is_loaded(boot_info.module_name[i]))
			say("  %-16s brought by the boot loader, %u bytes\n",
			    boot_info.module_name[i], (uint32_t)boot_module_size(i));
	return true;
}

bool cmd_load(unsigned n, char **words)
{
	(void)n;
	for (unsigned i = 0; i < boot_info.modules; i++)
		if (is_brought(i) && !strcmp(boot_info.module_name[i], words[1]))
			return module_load(words[1], boot_module_file(i), boot_module_size(i)) ==
			       NULL;
	return fail("load: the boot loader has brought no %s", words[1]);
}

/* What lay in it has no type any more. */
bool cmd_unload(unsigned n, char **words)
{
	const char *why;

	(void)n;
	if (!module_is_loaded(words[1]))
		return fail("unload: %s is not loaded", words[1]);
	why = module_unload(words[1]);
	targets_forget();
	return why == NULL;
}

void offer_modules(struct completion *c)
{
	for (unsigned i = 0; i < boot_info.modules; i++)
		if (is_brought(i))
			completion_offer(c, boot_info.module_name[i]);
}
