/* SPDX-License-Identifier: MIT */
/*
 * pvtool index: fills .pv_index of a linked image, whose other bytes stay. What it says is what
 * pvtool check expects there, and what the kernel would have to work out at each boot otherwise.
 */
#include "command/command.h"
#include "family/keyed.h"
#include "family/site_index.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

static int refuse_record(const struct model *model, const struct site_index *index)
{
	const struct index_item *bad = &index->bad;
	char where[IMAGE_WHERE];

	fprintf(stderr, "0x%08x %s: %s record %zu: %s\n", bad->site->addr,
		image_where(&model->image, bad->site->addr, where), bad->site->family->name,
		bad->record->index, index->why);
	fprintf(stderr, "pvtool: %s: no index, since the kernel could not patch that\n",
		model->image.path);
	return PVTOOL_FINDINGS;
}

static int refuse_section(const struct model *model, const char *why)
{
	fprintf(stderr, "pvtool: %s: section " SITE_INDEX_SECTION ": %s\n", model->image.path, why);
	return PVTOOL_FINDINGS;
}

static int write_index(struct model *model, const struct site_index *index)
{
	const struct section *s = image_section(&model->image, SITE_INDEX_SECTION);

	memset(model->image.file + s->offset, 0, s->size);
	memcpy(model->image.file + s->offset, index->bytes, index->size);
	if (!bytes_write_file(model->image.path, model->image.file, model->image.file_size))
		return PVTOOL_FAILED;
	printf("pvtool: %s: index of", model->image.path);
	for (size_t i = 0; i < index->n_parts; i++)
		printf(" %zu %s records,", index->parts[i].n, index->parts[i].family->name);
	printf(" %u of %u bytes\n", index->size, s->size);
	return PVTOOL_CLEAN;
}

/* Records that belong to keys have an order, in which the index numbers them. */
static bool arrange(struct model *model, const char *path)
{
	bool good = true;

	if (keyed_arrange(model)) {
		good = bytes_write_file(path, model->image.file, model->image.file_size);
		model_free(model);
		good = good && model_load_tables(model, path);
	}
	return good;
}

int index_run(const struct options *options)
{
	struct site_index index;
	char why[SITE_INDEX_WHY];
	struct model model;
	int status;

	if (!model_load_tables(&model, options->image) || !arrange(&model, options->image))
		return PVTOOL_FAILED;
	if (!site_index_make(&index, &model))
		status = refuse_record(&model, &index);
	else if (!site_index_fits(&index, &model, why))
		status = refuse_section(&model, why);
	else
		status = write_index(&model, &index);
	site_index_free(&index);
	model_free(&model);
	return status;
}
