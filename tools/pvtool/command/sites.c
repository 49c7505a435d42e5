/* SPDX-License-Identifier: MIT */
/*
 * pvtool sites: one line a site, with what the linker left there and what can become of it: by each
 * back end, by each replacement, on one CPU. Padding is counted and not disassembled. A family's
 * sites stand together, since what becomes of them has columns of its own.
 */
#include "command/command.h"
#include "command/linux.h"
#include "family/model.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/nops.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

static void add_site(struct table *table, const struct model *model, const struct site *site,
		     const struct nops *nops)
{
	char where[IMAGE_WHERE], title[SITE_TITLE], linked[CODE_LINE];

	table_add(table, "0x%08x", site->addr);
	table_add(table, "%s", image_where(&model->image, site->addr, where));
	table_add(table, "%s", site->family->name);
	table_add(table, "%s", site->family->title(model, site, title));
	table_add(table, "%u", site->len);
	table_add(table, "%s", code_linked(&model->image, site->addr, site->len, linked));
	if (!site->fault)
		site->family->add_cells(table, model, site, nops);
	while (table->n % table->columns)
		table_add(table, "refused: %s", site->fault);
}

static void add_head(struct table *table, const struct model *model, const struct family *family)
{
	static const char *const head[] = {"address", "symbol", "family",
					   "record",  "len",    "as linked"};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_add(table, "%s", head[i]);
	family->add_head(table, model);
	table->columns = table->n;
}

/* Returns how many sites were refused. */
static size_t list_family(const struct model *model, const struct family *family,
			  const struct nops *nops)
{
	struct table table = {0};
	size_t faults = 0;

	add_head(&table, model, family);
	for (size_t i = 0; i < model->n_sites; i++) {
		const struct site *site = &model->sites[i];

		if (site->family != family)
			continue;
		add_site(&table, model, site, nops);
		faults += site->fault != NULL;
	}
	table_print(&table);
	return faults;
}

static bool is_wanted(const struct model *model, size_t i, const char *wanted)
{
	const struct family *family = model_families[i];

	return wanted ? strcmp(wanted, family->name) == 0 : model_count(model, family) != 0;
}

static bool is_family(const char *name)
{
	for (size_t i = 0; i < MODEL_FAMILIES; i++) {
		if (strcmp(model_families[i]->name, name) == 0)
			return true;
	}
	fprintf(stderr, "pvtool: no family %s, only", name);
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		fprintf(stderr, " %s", model_families[i]->name);
	fputc('\n', stderr);
	return false;
}

static int list_all(const struct model *model, const char *wanted, const struct nops *nops)
{
	size_t faults = 0, listed = 0;

	for (size_t i = 0; i < MODEL_FAMILIES; i++) {
		if (!is_wanted(model, i, wanted))
			continue;
		if (listed++)
			putchar('\n');
		faults += list_family(model, model_families[i], nops);
	}
	printf("pvtool: %s:", model->image.path);
	for (size_t i = 0; i < MODEL_FAMILIES; i++) {
		if (is_wanted(model, i, wanted))
			printf(" %zu %s,", model_count(model, model_families[i]),
			       model_families[i]->name);
	}
	printf(" %zu refused, padding %s\n", faults, nops->name);
	return faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}

int sites_run(const struct options *options)
{
	const struct nops *nops = options->nops ? options->nops : nops_find("p6");
	struct model model;
	struct image image;
	int status;

	if (!image_load_any(&image, options->image))
		return PVTOOL_FAILED;
	if (kernel_claims(&image))
		return linux_sites(&image, options);
	if (options->family && !is_family(options->family)) {
		image_free(&image);
		return PVTOOL_FAILED;
	}
	if (!model_take_all(&model, &image))
		return PVTOOL_FAILED;
	status = list_all(&model, options->family, nops);
	model_free(&model);
	return status;
}
