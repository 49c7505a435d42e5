/* SPDX-License-Identifier: MIT */
/*
 * Every op has its function. A slot that is empty in the file is a jump to 0 until a back end is
 * installed, and native is what all others fall back to; a template without a function would stand
 * for nothing. Other back ends may leave out ops: their slots get pv_missing's.
 */
#include "command/rules.h"
#include "family/backend.h"
#include "read/bytes.h"

#include <string.h>

/* An image whose list of ops is another one than pvtool's tells which have sites by its records. */
static bool has_sites(const struct check *c, unsigned type)
{
	const struct family_table *table = model_table(&c->model, &paravirt_family);

	if (backend_knows_ops(&c->model))
		return backend_op_has_sites(&c->model, type);
	for (size_t i = 0; i < table->n; i++) {
		if (table->records[i].type == type)
			return true;
	}
	return false;
}

static void check_table(struct check *c, const char *name, const uint8_t *slots)
{
	for (unsigned type = 0; slots && type < c->model.n_ops; type++) {
		char op[BACKEND_OP];

		if (!bytes_get32(slots + 4 * type) && has_sites(c, type))
			check_finding(c,
				      "%s: %s has no function: is its native_NAME there, and "
				      "pv/made/ made of this pv/ops.def?",
				      name, backend_op(&c->model, type, op));
	}
}

static void check_templates(struct check *c, const struct backend *backend)
{
	for (unsigned type = 0; backend->templates && type < backend->n_templates; type++) {
		const uint8_t *template = backend->templates + 8 * type;
		char op[BACKEND_OP];

		if (bytes_get32(template) != bytes_get32(template + 4) &&
		    !backend_slot(backend, type))
			check_finding(c, "pv_%s_templates: %s has a template and no function",
				      backend->name, backend_op(&c->model, type, op));
	}
}

void check_ops(struct check *c)
{
	const struct model *model = &c->model;

	if (model->n_ops)
		check_table(c, "pv_ops", image_bytes(&model->image, model->ops, 4 * model->n_ops));
	for (size_t i = 0; i < model->n_backends; i++) {
		if (strcmp(model->backends[i].name, "native") == 0)
			check_table(c, "pv_native_ops", model->backends[i].ops);
		check_templates(c, &model->backends[i]);
	}
}
