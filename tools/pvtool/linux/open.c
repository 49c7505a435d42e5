/* SPDX-License-Identifier: MIT */
/*
 * First symbols, then tables, some of which are told from other data by them.
 */
#include "linux/open.h"
#include "linux/exports.h"
#include "linux/kallsyms.h"
#include "linux/keys.h"
#include "linux/tables.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kind *const kinds[KERNEL_KINDS] = {
	[KIND_MCOUNT] = &mcount_kind,
	[KIND_PARAVIRT] = &paravirt_kind,
	[KIND_ALTERNATIVES] = &alternatives_kind,
	[KIND_LOCKS] = &locks_kind,
	[KIND_BRANCHES] = &branches_kind,
	[KIND_CALLS] = &calls_kind,
};

static void find_symbols(struct kernel *kernel)
{
	bool own = kernel->image.n_symbols != 0;
	bool kallsyms = !own && kallsyms_read(&kernel->image);
	size_t exports = own ? 0 : exports_add(&kernel->image);

	kernel->stripped = !own;
	kernel->names = own        ? "its symbol table"
			: kallsyms ? exports ? "kallsyms and exports" : "kallsyms"
			: exports  ? "exports"
				   : NULL;
}

static bool close_failed(struct kernel *kernel)
{
	kernel_close(kernel);
	return false;
}

static bool refuse(struct kernel *kernel, const char *why)
{
	fprintf(stderr, "pvtool: %s: Linux %s, %s\n", kernel->image.path, kernel->version, why);
	return close_failed(kernel);
}

bool kernel_open(struct kernel *kernel, struct image *image)
{
	bool any = false;

	*kernel = (struct kernel){.image = *image};
	kernel_read_version(kernel);
	kernel_find_text(kernel);
	find_symbols(kernel);
	kernel->ops = kernel_symbol(kernel, "pv_ops");
	kernel->tracers[0] = kernel_symbol(kernel, "__fentry__");
	kernel->tracers[1] = kernel_symbol(kernel, "mcount");
	if (!kernel->image.loaded)
		return refuse(kernel, "sections that overlap");
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		if (!tables_find(kernel, kinds[i], &kernel->tables[i]))
			return close_failed(kernel);
		any |= kernel->tables[i].form != NULL;
	}
	if (!any && !kernel->names)
		return refuse(kernel, "without symbols, kallsyms or any table of sites");
	keys_find(kernel);
	return true;
}

void kernel_close(struct kernel *kernel)
{
	for (size_t i = 0; i < KERNEL_KINDS; i++)
		free(kernel->tables[i].records);
	free(kernel->keys);
	image_free(&kernel->image);
	*kernel = (struct kernel){0};
}
