/* SPDX-License-Identifier: MIT */
/*
 * What the three have in common.
 */
#include "command/linux.h"
#include "linux/open.h"

#include <stdio.h>

static bool takes(const struct options *options)
{
	const struct {
		const char *name;
		bool given;
	} ours[] = {
		{"--state", options->state},
		{"--nops", options->nops},
		{"--features", options->has_features},
		{"--locks", options->locks},
		{"--init", options->init},
		{"--header", options->header},
		{"--sections", options->sections},
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (!ours[i].given)
			continue;
		fprintf(stderr, "pvtool: %s: Linux, and %s is for kernels with pv/\n",
			options->image, ours[i].name);
		return false;
	}
	return true;
}

bool linux_open(struct kernel *kernel, struct image *image, const struct options *options)
{
	if (takes(options))
		return kernel_open(kernel, image);
	image_free(image);
	return false;
}

void linux_print_tables(const struct kernel *kernel)
{
	unsigned some = 0;

	printf("Linux %s, %s", kernel->version, kernel->names ? kernel->names : "no symbols");
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		const struct kernel_table *table = &kernel->tables[i];

		if (!table->form && !table->n)
			continue;
		printf("%s %zu %s", some++ ? "," : ":", table->n, table->kind->name);
		if (table->form)
			printf(" (%u bytes, %s, by %s)", table->form->size, table->form->name,
			       table->how);
		else
			printf(" (by symbols)");
	}
}
