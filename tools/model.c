/* SPDX-License-Identifier: MIT */
/*
 * Reads tables by their symbols. NASM gives its tables no size, so their length is the one that
 * they must have, and is checked against the section that they lie in. Of pv/ only the list of ops
 * is used, for their names.
 */
#include "model.h"
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum convention { CONV_hook, CONV_data, CONV_fast, CONV_callee, CONV_callee_eax, CONV_jump };

static const struct {
	const char *name;
	enum convention convention;
} op_list[] = {
#define PV_NOTE(text)
#define PV_OP(group, name, convention, text) {#group "." #name, CONV_##convention},
#include "../pv/ops.def"
#undef PV_OP
#undef PV_NOTE
};

#define OP_LIST (sizeof(op_list) / sizeof(op_list[0]))

static bool refuse(const struct model *model, const char *why)
{
	fprintf(stderr, "pvtool: %s: %s\n", model->image.path, why);
	return false;
}

static int by_address(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->instr != b->instr)
		return a->instr < b->instr ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

struct record *model_records(const uint8_t *table, size_t n)
{
	struct record *records = bytes_need(calloc(n + 1, sizeof(*records)));

	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = table + i * MODEL_RECORD;

		records[i] = (struct record){.instr = bytes_get32(p),
					     .type = p[4],
					     .len = p[5],
					     .clobbers = (uint16_t)(p[6] | p[7] << 8),
					     .index = i};
	}
	qsort(records, n, sizeof(*records), by_address);
	return records;
}

static bool load_records(struct model *model)
{
	const struct symbol *begin = image_symbol(&model->image, "__parainstructions");
	const struct symbol *end = image_symbol(&model->image, "__parainstructions_end");
	const uint8_t *table = NULL;
	uint32_t size = 0;

	if (begin && end && end->addr > begin->addr) {
		size = end->addr - begin->addr;
		table = image_bytes(&model->image, begin->addr, size);
	}
	if (!table || size < MODEL_RECORD)
		return refuse(model, "no records between __parainstructions and "
				     "__parainstructions_end");
	if (size % MODEL_RECORD)
		return refuse(model, "__parainstructions is no whole number of 8-byte records");
	model->n_records = size / MODEL_RECORD;
	model->records = model_records(table, model->n_records);
	return true;
}

static bool load_ops(struct model *model)
{
	const struct symbol *ops = image_symbol(&model->image, "pv_ops");

	if (!ops || ops->size < 4)
		return refuse(model, "no pv_ops, or it has no size");
	model->ops = ops->addr;
	model->n_ops = ops->size / 4 < MODEL_MAX_OPS ? ops->size / 4 : MODEL_MAX_OPS;
	return true;
}

/* The bytes of a table by its name; NULL if it is not there, or not all of it. */
static const uint8_t *table(const struct model *model, const char *name, unsigned words)
{
	const struct symbol *symbol = image_symbol(&model->image, name);

	return symbol ? image_bytes(&model->image, symbol->addr, 4 * words) : NULL;
}

/* NAME of pv_NAME_ops; false if the symbol is not of that form. */
static bool backend_name(const char *symbol, char name[MODEL_NAME])
{
	size_t len = strlen(symbol);

	if (len < strlen("pv_x_ops") || len - strlen("pv__ops") >= MODEL_NAME ||
	    strncmp(symbol, "pv_", 3) != 0 || strcmp(symbol + len - 4, "_ops") != 0)
		return false;
	snprintf(name, MODEL_NAME, "%.*s", (int)(len - strlen("pv__ops")), symbol + 3);
	return true;
}

static int by_name(const void *left, const void *right)
{
	const struct backend *a = left, *b = right;
	bool native_a = strcmp(a->name, "native") == 0, native_b = strcmp(b->name, "native") == 0;

	return native_a != native_b ? native_b - native_a : strcmp(a->name, b->name);
}

static void add_backend(struct model *model, const char *name, const uint8_t *ops)
{
	struct backend *backend = &model->backends[model->n_backends];
	char templates[MODEL_NAME + 16];

	if (model_backend(model, name))
		return;
	if (model->n_backends == MODEL_BACKENDS) {
		fprintf(stderr, "pvtool: %s: back end %s left out, more than %d\n",
			model->image.path, name, MODEL_BACKENDS);
		return;
	}
	snprintf(backend->name, MODEL_NAME, "%s", name);
	snprintf(templates, sizeof(templates), "pv_%s_templates", name);
	backend->ops = ops;
	backend->templates = table(model, templates, 2 * model->n_ops);
	model->n_backends++;
}

static void load_backends(struct model *model)
{
	for (size_t i = 0; i < model->image.n_symbols; i++) {
		const struct symbol *symbol = &model->image.symbols[i];
		const uint8_t *ops = image_bytes(&model->image, symbol->addr, 4 * model->n_ops);
		bool fits = symbol->size == 0 || symbol->size / 4 == model->n_ops;
		char name[MODEL_NAME];

		if (ops && fits && backend_name(symbol->name, name))
			add_backend(model, name, ops);
	}
	qsort(model->backends, model->n_backends, sizeof(model->backends[0]), by_name);
}

static bool load_tables(struct model *model)
{
	if (!load_records(model) || !load_ops(model)) {
		model_free(model);
		return false;
	}
	model->missing = table(model, "pv_missing", model->n_ops);
	load_backends(model);
	return true;
}

bool model_load(struct model *model, const char *path)
{
	*model = (struct model){0};
	return image_load(&model->image, path) && load_tables(model);
}

bool model_load_any(struct model *model, const char *path)
{
	*model = (struct model){0};
	if (!image_load(&model->image, path))
		return false;
	return !image_symbol(&model->image, "pv_ops") || load_tables(model);
}

void model_free(struct model *model)
{
	free(model->records);
	image_free(&model->image);
	*model = (struct model){0};
}

const struct record *model_record_at(const struct model *model, uint32_t addr)
{
	size_t low = 0, high = model->n_records;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (model->records[middle].instr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || addr - model->records[low - 1].instr >= model->records[low - 1].len)
		return NULL;
	return &model->records[low - 1];
}

const struct backend *model_backend(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->n_backends; i++) {
		if (strcmp(model->backends[i].name, name) == 0)
			return &model->backends[i];
	}
	return NULL;
}

const char *model_op(const struct model *model, unsigned type, char out[MODEL_OP])
{
	if (model->n_ops == OP_LIST && type < OP_LIST)
		snprintf(out, MODEL_OP, "%s", op_list[type].name);
	else
		snprintf(out, MODEL_OP, "type %u", type);
	return out;
}

bool model_op_has_sites(const struct model *model, unsigned type)
{
	if (model->n_ops != OP_LIST)
		return type < model->n_ops;
	return type < OP_LIST && op_list[type].convention >= CONV_fast;
}

uint32_t model_slot(const struct backend *backend, unsigned type)
{
	return bytes_get32(backend->ops + 4 * type);
}

uint32_t model_missing(const struct model *model, unsigned type)
{
	return model->missing ? bytes_get32(model->missing + 4 * type) : 0;
}

uint32_t model_installed(const struct model *model, const struct backend *backend, unsigned type)
{
	uint32_t slot = model_slot(backend, type);

	return slot || !model_op_has_sites(model, type) ? slot : model_missing(model, type);
}

const char *model_record_fault(const struct model *model, const struct record *record)
{
	const struct section *section = image_section_at(&model->image, record->instr);
	const uint8_t *bytes = image_bytes(&model->image, record->instr, MODEL_SITE);

	if (record->len != MODEL_SITE)
		return "its length is not 6";
	if (record->type >= model->n_ops || !model_op_has_sites(model, record->type))
		return "its type is no op that has sites";
	if (!bytes || !section->exec)
		return "its site is not in an executable section";
	if (bytes[0] != 0xff || (bytes[1] != 0x15 && bytes[1] != 0x25) ||
	    bytes_get32(bytes + 2) != model->ops + 4u * record->type)
		return "its site is no call or jump through the op's slot";
	return NULL;
}
