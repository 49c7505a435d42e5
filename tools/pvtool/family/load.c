/* SPDX-License-Identifier: MIT */
/*
 * Reads the families' tables by their symbols and makes sites of the records. What is broken is
 * left out here and named by those who care: check says everything, the other commands refuse the
 * image.
 */
#include "family/backend.h"
#include "family/model.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct family *const model_families[MODEL_FAMILIES] = {
	&paravirt_family,  &discovered_family, &alternatives_family,
	&smp_locks_family, &branches_family,   &calls_family};

static bool refuse(const struct model *model, const char *name, const char *why)
{
	fprintf(stderr, "pvtool: %s: %s%s\n", model->image.path, name, why);
	return false;
}

/* ---- tables ---- */

/* A site's records stand together afterwards, in the order of the table. */
static int by_place(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->len != b->len)
		return a->len - b->len;
	return (a->index > b->index) - (a->index < b->index);
}

static void read_records(const struct image *image, struct family_table *table,
			 const struct family *family)
{
	table->n = table->size / family->record_size;
	table->records = bytes_need(calloc(table->n + 1, sizeof(*table->records)));
	for (size_t i = 0; i < table->n; i++) {
		uint32_t at = (uint32_t)i * family->record_size;

		table->records[i].index = i;
		if (family->counted)
			table->records[i].type = table->bytes[table->size + i];
		family->read(image, table->bytes + at, table->addr + at, &table->records[i]);
	}
	qsort(table->records, table->n, sizeof(*table->records), by_place);
}

/* In a room that may be larger. One that says more than that is left without bytes. */
static void count_records(struct family_table *table, const struct family *family)
{
	const uint32_t room = table->size, n = room < 4 ? 0 : bytes_get32(table->bytes);

	if (room < 4 || n > (room - 4) / (family->record_size + 1)) {
		table->bytes = NULL;
		return;
	}
	table->addr += 4;
	table->bytes += 4;
	table->size = n * family->record_size;
}

static void load_table(struct model *model, size_t i)
{
	const struct family *family = model_families[i];
	struct family_table *table = &model->tables[i];

	table->family = family;
	table->begin = image_symbol(&model->image, family->begin);
	table->end = image_symbol(&model->image, family->end);
	if (!table->begin || !table->end || table->end->addr < table->begin->addr)
		return;
	table->addr = table->begin->addr;
	table->size = table->end->addr - table->addr;
	table->bytes = image_bytes(&model->image, table->addr, table->size);
	if (table->bytes && family->counted)
		count_records(table, family);
	if (table->bytes)
		read_records(&model->image, table, family);
}

/* A table that is not there is none; one that is there is whole. */
static bool require_whole(const struct model *model, size_t i)
{
	const struct family *family = model_families[i];
	const struct family_table *table = &model->tables[i];

	if (table->size && !table->bytes)
		return refuse(model, family->begin,
			      family->counted
				      ? ": its records are not in its room, or not in the file"
				      : ": its bytes are not in the file");
	if (table->size % family->record_size)
		return refuse(model, family->begin, " is no whole number of records");
	return true;
}

static bool require_table(const struct model *model, size_t i)
{
	const struct family *family = model_families[i];

	if (family->required && !model->tables[i].n && !model_count(model, &discovered_family))
		return refuse(model, family->begin, ": no records between it and its end");
	return require_whole(model, i);
}

/* ---- sites ---- */

static bool is_same_site(const struct family *family, const struct record *a,
			 const struct record *b)
{
	return family->groups && a->addr == b->addr && a->len == b->len;
}

static void add_sites(struct model *model, size_t i)
{
	const struct family_table *table = &model->tables[i];

	for (size_t n, at = 0; at < table->n; at += n) {
		const struct record *record = &table->records[at];

		for (n = 1; at + n < table->n &&
			    is_same_site(model_families[i], record, &table->records[at + n]);)
			n++;
		model->sites[model->n_sites++] = (struct site){.addr = record->addr,
							       .len = record->len,
							       .family = model_families[i],
							       .records = record,
							       .n = n};
	}
}

/* At one address that which may hold others comes first. */
static int by_addr(const void *left, const void *right)
{
	const struct site *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->family->nests != b->family->nests)
		return a->family->nests - b->family->nests;
	if (a->family != b->family)
		return strcmp(a->family->name, b->family->name);
	return (a->records > b->records) - (a->records < b->records);
}

void model_find_outer(struct model *model)
{
	struct site *outer = NULL;

	for (struct site *site = model->sites; site < model->sites + model->n_sites; site++) {
		if (site->family->groups && (!outer || site->addr - outer->addr >= outer->len))
			outer = site;
		if (!site->family->nests || !outer || site->addr - outer->addr >= outer->len)
			continue;
		site->outer = outer;
		outer->n_inner += outer->n_inner + 1 == (size_t)(site - outer);
	}
}

static void find_faults(const struct model *model, struct site *site)
{
	for (size_t i = 0; i < site->n && !site->fault; i++) {
		site->bad = &site->records[i];
		site->fault = site->family->fault(model, site, site->bad);
	}
}

static void load_sites(struct model *model)
{
	size_t n = 0;

	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		n += model->tables[i].n;
	model->sites = bytes_need(calloc(n + 1, sizeof(*model->sites)));
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		add_sites(model, i);
	qsort(model->sites, model->n_sites, sizeof(*model->sites), by_addr);
	model_find_outer(model);
	for (size_t i = 0; i < model->n_sites; i++) {
		find_faults(model, &model->sites[i]);
		if (model->sites[i].n > model->most_records)
			model->most_records = model->sites[i].n;
	}
}

/* ---- the whole ---- */

static void load_init(struct model *model)
{
	const struct symbol *begin = image_symbol(&model->image, "_init_text");
	const struct symbol *end = image_symbol(&model->image, "_init_text_end");

	if (!begin || !end || end->addr <= begin->addr)
		return;
	model->init = begin->addr;
	model->init_len = end->addr - begin->addr;
}

bool model_take(struct model *model, struct image *image)
{
	*model = (struct model){0};
	if (!image_require_symbols(image))
		return false;
	model->image = *image;
	backend_load(model);
	load_init(model);
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		load_table(model, i);
	load_sites(model);
	return true;
}

bool model_open(struct model *model, const char *path)
{
	struct image image;

	*model = (struct model){0};
	return image_load_any(&image, path) && model_take(model, &image);
}

static bool require_all(struct model *model)
{
	bool good = model->n_ops || refuse(model, "pv_ops", ": not there, or it has no size");

	for (size_t i = 0; i < MODEL_FAMILIES && good; i++)
		good = require_table(model, i);
	if (!good)
		model_free(model);
	return good;
}

bool model_take_all(struct model *model, struct image *image)
{
	return model_take(model, image) && require_all(model);
}

bool model_load(struct model *model, const char *path)
{
	return model_open(model, path) && require_all(model);
}

bool model_load_any(struct model *model, const char *path)
{
	return model_open(model, path) && (!model->ops_symbol || require_all(model));
}

bool model_load_tables(struct model *model, const char *path)
{
	bool good = model_open(model, path);

	if (!good)
		return false;
	for (size_t i = 0; i < MODEL_FAMILIES && good; i++)
		good = require_whole(model, i);
	if (!good)
		model_free(model);
	return good;
}
