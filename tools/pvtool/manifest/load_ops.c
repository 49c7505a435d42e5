/* SPDX-License-Identifier: MIT */
/*
 * The table of ops: names, and what each back end has in it once it is installed, so that nothing
 * of this pvtool's own list of ops is used.
 */
#include "manifest/load_parts.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

/* So many words, as the bytes of a table; *out has room for them. */
static void read_words(struct doc *doc, const json_t *object, const char *name, size_t n,
		       uint8_t *out)
{
	const json_t *list = doc_array(doc, object, name);

	if (json_array_size(list) != n)
		doc_fail(doc, "\"%s\" has %zu words, and there are %zu ops", name,
			 json_array_size(list), n);
	for (size_t i = 0; i < n && !doc->failed; i++)
		bytes_put32(out + 4 * i, doc_word(doc, json_array_get(list, i), name));
}

static void read_op_names(struct doc *doc, struct model *model, const json_t *ops)
{
	const json_t *list = doc_array(doc, ops, "ops");
	const size_t n = json_array_size(list);
	const char **names;

	if (!n || n > MODEL_MAX_OPS) {
		doc_fail(doc, "%zu ops, and at least 1 and at most %u", n, MODEL_MAX_OPS);
		return;
	}
	model->n_ops = (unsigned)n;
	model->op_names = names = bytes_need(calloc(n, sizeof(*names)));
	for (size_t i = 0; i < n; i++)
		names[i] = doc_text(doc, json_array_get(list, i), "ops");
}

static void read_nothing(struct doc *doc, struct model *model, const json_t *ops)
{
	const json_t *list = doc_array(doc, ops, "nothing");
	const size_t n = json_array_size(list);

	model->listed->nothing = bytes_need(calloc(n + 1, sizeof(*model->listed->nothing)));
	model->listed->n_nothing = n;
	for (size_t i = 0; i < n && !doc->failed; i++)
		model->listed->nothing[i] = doc_word(doc, json_array_get(list, i), "nothing");
}

static void read_backend(struct doc *doc, struct model *model, const json_t *object, uint8_t *words)
{
	struct backend *backend = &model->backends[model->n_backends];
	const char *name = doc_string(doc, object, "name");

	doc_at(doc, "back end %.20s", name);
	if (!*name || strlen(name) >= MODEL_NAME)
		doc_fail(doc, "a name of 1 to %d bytes is wanted", MODEL_NAME - 1);
	for (size_t i = 0; i < model->n_backends; i++) {
		if (strcmp(model->backends[i].name, name) == 0)
			doc_fail(doc, "is there twice");
	}
	snprintf(backend->name, MODEL_NAME, "%s", name);
	read_words(doc, object, "functions", model->n_ops, words);
	backend->ops = words;
	model->n_backends++;
}

static void read_backends(struct doc *doc, struct model *model, const json_t *ops)
{
	const json_t *list = doc_array(doc, ops, "backends");
	const size_t n = json_array_size(list), table = 4u * model->n_ops;

	if (n > MODEL_BACKENDS) {
		doc_fail(doc, "%zu back ends, more than %d", n, MODEL_BACKENDS);
		return;
	}
	model->listed->words = bytes_need(calloc(n + 1, table + 1));
	model->missing = model->listed->words;
	read_words(doc, ops, "missing", model->n_ops, model->listed->words);
	for (size_t i = 0; i < n && !doc->failed; i++)
		read_backend(doc, model, json_array_get(list, i),
			     model->listed->words + (i + 1) * table);
}

void manifest_load_ops(struct doc *doc, struct places *places, struct model *model)
{
	json_t *ops = doc_object(doc, doc->root, "pv_ops"), *functions, *value;
	const char *name;

	doc_at(doc, "pv_ops");
	model->ops = doc_address(doc, ops, "at");
	places_add(places, model->ops, doc_string(doc, ops, "in"));
	read_op_names(doc, model, ops);
	read_nothing(doc, model, ops);
	read_backends(doc, model, ops);
	functions = doc_object(doc, ops, "functions");
	json_object_foreach(functions, name, value)
	{
		json_t *key = bytes_need(json_string(name));

		places_add(places, doc_word(doc, key, "functions"),
			   doc_text(doc, value, "functions"));
		json_decref(key);
	}
}
