/* SPDX-License-Identifier: MIT */
/*
 * Reads tables by their symbols. NASM gives its tables no size, so their length is the one that
 * they must have, and is checked against the section that they lie in. Of pv/ only the list of ops
 * is used, for their names.
 */
#include "family/backend.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum convention { CONV_hook, CONV_data, CONV_fast, CONV_callee, CONV_callee_eax, CONV_jump };

static const struct {
	const char *name;
	enum convention convention;
} op_list[] = {
#define PV_NOTE(text)
#define PV_OP(group, name, convention, ...) {#group "." #name, CONV_##convention},
#include "pv/ops.def"
#undef PV_OP
#undef PV_NOTE
};

/* PV_CLOBBER_EAX and PV_CLOBBER_ANY of pv/paravirt_types.h. */
#define CLOBBERS_EAX 1u
#define CLOBBERS_ANY 7u

#define OP_LIST (sizeof(op_list) / sizeof(op_list[0]))

/* The bytes of a table by its name; NULL if it is not there, or not all of it. */
static const uint8_t *table(const struct model *model, const char *name, unsigned words)
{
	const struct symbol *symbol = image_symbol(&model->image, name);

	return symbol ? image_bytes(&model->image, symbol->addr, 4 * words) : NULL;
}

/* How many entries of so many words a table has by its symbol; without a size, and at most, one for each op. */
static unsigned table_length(const struct model *model, const char *name, unsigned words)
{
	const struct symbol *symbol = image_symbol(&model->image, name);

	if (!symbol || symbol->size < 4 * words || symbol->size / 4 / words > model->n_ops)
		return model->n_ops;
	return symbol->size / 4 / words;
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

	if (backend_find(model, name))
		return;
	if (model->n_backends == MODEL_BACKENDS) {
		fprintf(stderr, "pvtool: %s: back end %s left out, more than %d\n",
			model->image.path, name, MODEL_BACKENDS);
		return;
	}
	snprintf(backend->name, MODEL_NAME, "%s", name);
	snprintf(templates, sizeof(templates), "pv_%s_templates", name);
	backend->ops = ops;
	backend->n_templates = table_length(model, templates, 2);
	backend->templates = table(model, templates, 2 * backend->n_templates);
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

void backend_load(struct model *model)
{
	const struct symbol *ops = image_symbol(&model->image, "pv_ops");

	model->ops_symbol = ops;
	if (!ops || ops->size < 4)
		return;
	model->ops = ops->addr;
	model->n_ops = ops->size / 4 < MODEL_MAX_OPS ? ops->size / 4 : MODEL_MAX_OPS;
	model->missing = table(model, "pv_missing", model->n_ops);
	load_backends(model);
}

const struct backend *backend_find(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->n_backends; i++) {
		if (strcmp(model->backends[i].name, name) == 0)
			return &model->backends[i];
	}
	return NULL;
}

bool backend_knows_ops(const struct model *model)
{
	return model->n_ops == OP_LIST;
}

const char *backend_op(const struct model *model, unsigned type, char out[BACKEND_OP])
{
	if (model->op_names && type < model->n_ops)
		snprintf(out, BACKEND_OP, "%s", model->op_names[type]);
	else if (backend_knows_ops(model) && type < OP_LIST)
		snprintf(out, BACKEND_OP, "%s", op_list[type].name);
	else
		snprintf(out, BACKEND_OP, "type %u", type);
	return out;
}

bool backend_op_has_sites(const struct model *model, unsigned type)
{
	if (!backend_knows_ops(model))
		return type < model->n_ops;
	return type < OP_LIST && op_list[type].convention >= CONV_fast;
}

bool backend_op_is_jump(const struct model *model, unsigned type)
{
	return backend_knows_ops(model) && type < OP_LIST && op_list[type].convention == CONV_jump;
}

bool backend_op_keeps(const struct model *model, unsigned type, unsigned clobbers)
{
	unsigned needs = CLOBBERS_ANY;

	if (clobbers > CLOBBERS_ANY)
		return false;
	if (!backend_knows_ops(model) || type >= OP_LIST)
		return true;
	if (op_list[type].convention == CONV_callee)
		needs = 0;
	else if (op_list[type].convention == CONV_callee_eax)
		needs = CLOBBERS_EAX;
	return !(needs & ~clobbers);
}

uint32_t backend_slot(const struct backend *backend, unsigned type)
{
	return bytes_get32(backend->ops + 4 * type);
}

uint32_t backend_missing(const struct model *model, unsigned type)
{
	return model->missing ? bytes_get32(model->missing + 4 * type) : 0;
}

uint32_t backend_installed(const struct model *model, const struct backend *backend, unsigned type)
{
	uint32_t slot = backend_slot(backend, type);

	return slot || !backend_op_has_sites(model, type) ? slot : backend_missing(model, type);
}
