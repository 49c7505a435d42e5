/* SPDX-License-Identifier: MIT */
/*
 * What a reader needs to find, in memory, the state that a kernel is in: where sections are, the
 * table of ops and what each back end would have in it, the words of features, and what tells which
 * function of a static call counts.
 */
#include "family/backend.h"
#include "family/paravirt.h"
#include "manifest/write.h"
#include "read/put.h"

#include <string.h>

/* ---- sections ---- */

static void put_section(FILE *out, const struct model *model, const struct section *s)
{
	fprintf(out, "\n  {\"start\": \"0x%08x\", \"size\": %u, \"name\": ", s->addr, s->size);
	put_string(out, s->name);
	fprintf(out, "%s}",
		model->init_len && s->addr == model->init ? ", \"given_up\": true" : "");
}

static void put_sections(FILE *out, const struct model *model, const char *name, bool exec)
{
	size_t n = 0;

	fprintf(out, " \"%s\": [", name);
	for (size_t i = 0; i < model->image.n_sections; i++) {
		const struct section *s = &model->image.sections[i];

		if (s->exec != exec || !s->alloc || !s->size)
			continue;
		fputs(n++ ? "," : "", out);
		put_section(out, model, s);
	}
	fprintf(out, "],\n");
}

/* ---- names ---- */

static void put_symbols(FILE *out, const struct model *model)
{
	static const char *const names[] = {"alternative_state", "pv_present",
					    "__static_call_return0"};
	size_t n = 0;

	fprintf(out, " \"symbols\": {");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct symbol *symbol = image_symbol(&model->image, names[i]);

		if (!symbol)
			continue;
		fprintf(out, "%s\"%s\": ", n++ ? ", " : "", names[i]);
		put_address(out, symbol->addr);
	}
	fprintf(out, "},\n");
}

static void put_features(FILE *out, const struct model *model)
{
	const struct family_table *table = model_table(model, &alternatives_family);
	bool done[FEATURE_LAST + 1] = {false};
	size_t n = 0;

	fprintf(out, " \"features\": {");
	for (size_t i = 0; i < table->n; i++) {
		const unsigned number = feature_number(table->records[i].feature);
		char title[FEATURE_TITLE];

		if (number > FEATURE_LAST || done[number])
			continue;
		done[number] = true;
		fprintf(out, "%s", n++ ? ", " : "");
		put_string(out, feature_title((uint16_t)number, title));
		fprintf(out, ": %u", number);
	}
	fprintf(out, "},\n");
}

/* ---- ops ---- */

typedef uint32_t word_fn(const struct model *model, const struct backend *backend, unsigned type);

static uint32_t missing(const struct model *model, const struct backend *backend, unsigned type)
{
	(void)backend;
	return backend_op_has_sites(model, type) ? backend_missing(model, type) : 0;
}

static void put_words(FILE *out, const struct model *model, const struct backend *backend,
		      word_fn *word)
{
	fputc('[', out);
	for (unsigned type = 0; type < model->n_ops; type++) {
		fputs(type ? ", " : "", out);
		put_address(out, word(model, backend, type));
	}
	fputc(']', out);
}

static void put_names(FILE *out, const struct model *model)
{
	char op[BACKEND_OP];

	fputc('[', out);
	for (unsigned type = 0; type < model->n_ops; type++) {
		fputs(type ? ", " : "", out);
		put_string(out, backend_op(model, type, op));
	}
	fputc(']', out);
}

/* Those that do nothing, or return their argument: sites of an op that has one are padding. */
static void put_nothing(FILE *out, const struct model *model)
{
	uint32_t last = 0;
	size_t n = 0;

	fputc('[', out);
	for (size_t i = 0; i < model->image.n_symbols; i++) {
		const uint32_t addr = model->image.symbols[i].addr;

		if ((n && addr == last) || !paravirt_is_nothing(model, addr))
			continue;
		fputs(n++ ? ", " : "", out);
		put_address(out, addr);
		last = addr;
	}
	fputc(']', out);
}

/* By its first mention: a function may stand in many slots. */
static bool is_first(const struct model *model, size_t b, unsigned type)
{
	const uint32_t addr = backend_installed(model, &model->backends[b], type);

	for (size_t i = 0; i <= b; i++)
		for (unsigned t = 0; t < (i < b ? model->n_ops : type); t++)
			if (backend_installed(model, &model->backends[i], t) == addr)
				return false;
	return true;
}

static void put_functions(FILE *out, const struct model *model)
{
	size_t n = 0;

	fputc('{', out);
	for (size_t b = 0; b < model->n_backends; b++) {
		for (unsigned type = 0; type < model->n_ops; type++) {
			const uint32_t addr = backend_installed(model, &model->backends[b], type);
			char where[IMAGE_WHERE];

			if (!addr || !is_first(model, b, type))
				continue;
			fprintf(out, "%s\n   \"0x%08x\": ", n++ ? "," : "", addr);
			put_string(out, image_where(&model->image, addr, where));
		}
	}
	fputc('}', out);
}

static void put_ops(FILE *out, const struct model *model)
{
	char where[IMAGE_WHERE];

	fprintf(out, " \"pv_ops\": {\"at\": \"0x%08x\", \"in\": ", model->ops);
	put_string(out, image_where(&model->image, model->ops, where));
	fprintf(out, ", \"ops\": ");
	put_names(out, model);
	fprintf(out, ",\n  \"missing\": ");
	put_words(out, model, NULL, missing);
	fprintf(out, ",\n  \"nothing\": ");
	put_nothing(out, model);
	fprintf(out, ",\n  \"backends\": [");
	for (size_t i = 0; i < model->n_backends; i++) {
		fprintf(out, "%s\n   {\"name\": ", i ? "," : "");
		put_string(out, model->backends[i].name);
		fprintf(out, ", \"functions\": ");
		put_words(out, model, &model->backends[i], backend_installed);
		fputc('}', out);
	}
	fprintf(out, "],\n  \"functions\": ");
	put_functions(out, model);
	fputc('}', out);
}

void manifest_put_tables(FILE *out, const struct model *model)
{
	put_sections(out, model, "text", true);
	put_sections(out, model, "data", false);
	if (model->init_len)
		fprintf(out, " \"given_up\": {\"start\": \"0x%08x\", \"size\": %u},\n", model->init,
			model->init_len);
	put_symbols(out, model);
	put_features(out, model);
	put_ops(out, model);
}
