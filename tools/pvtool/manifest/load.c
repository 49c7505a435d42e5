/* SPDX-License-Identifier: MIT */
/*
 * What a manifest says is believed only as far as it fits together: text lies in memory that has
 * hashes, these are of all of its pages, each back end has a function for each op. So who judges by
 * it needs no checks of its own, and nothing that was cut out of it goes unjudged in silence.
 */
#include "manifest/load.h"
#include "manifest/format.h"
#include "manifest/load_parts.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

#define SECTIONS_MAX 4096u

bool manifest_is(const uint8_t *bytes, size_t size)
{
	return size && bytes[0] == '{';
}

/* ---- sections ---- */

static void read_sections(struct doc *doc, struct model *model, const char *name, bool exec)
{
	const json_t *list = doc_array(doc, doc->root, name);
	const size_t n = json_array_size(list);
	struct image *image = &model->image;

	if (image->n_sections + n > SECTIONS_MAX) {
		doc_fail(doc, "more than %u sections", SECTIONS_MAX);
		return;
	}
	image->sections = bytes_need(
		realloc(image->sections, (image->n_sections + n + 1) * sizeof(*image->sections)));
	for (size_t i = 0; i < n && !doc->failed; i++) {
		const json_t *object = json_array_get(list, i);
		struct section *s = &image->sections[image->n_sections++];

		doc_at(doc, "%s %zu", name, i);
		*s = (struct section){.alloc = true, .exec = exec};
		s->name = doc_string(doc, object, "name");
		doc_range(doc, object, &s->addr, &s->size);
	}
}

/* Zeros, into which what was linked at sites is written. */
static void make_memory(struct doc *doc, struct model *model)
{
	struct image *image = &model->image;
	uint64_t bytes = 0;

	model->listed->memory = bytes_need(
		calloc(image->n_sections + 1, sizeof(*model->listed->memory)));
	for (size_t i = 0; i < image->n_sections; i++)
		bytes += image->sections[i].exec ? image->sections[i].size : 0;
	if (bytes > BYTES_FILE_MAX) {
		doc_fail(doc, "%llu bytes of text, more than %u", (unsigned long long)bytes,
			 BYTES_FILE_MAX);
		return;
	}
	for (size_t i = 0; i < image->n_sections; i++) {
		struct section *s = &image->sections[i];

		if (s->exec)
			s->bytes = model->listed->memory[i] = bytes_need(calloc(s->size, 1));
	}
}

/* ---- names, features ---- */

static void read_names(struct doc *doc, struct places *places)
{
	json_t *symbols = doc_object(doc, doc->root, "symbols");
	json_t *features = doc_object(doc, doc->root, "features"), *value;
	const char *name;
	char in[IMAGE_WHERE];

	json_object_foreach(symbols, name, value)
	{
		doc_at(doc, "symbol %.40s", name);
		snprintf(in, sizeof(in), "%.120s+0x0", name);
		places_add(places, doc_word(doc, value, name), in);
	}
	json_object_foreach(features, name, value)
	{
		doc_at(doc, "features");
		doc_number(doc, features, name, FEATURE_LAST);
	}
}

static void read_init(struct doc *doc, struct model *model)
{
	doc_at(doc, "given_up");
	if (json_object_get(doc->root, "given_up"))
		doc_range(doc, doc_object(doc, doc->root, "given_up"), &model->init,
			  &model->init_len);
}

/* ---- the whole ---- */

static void read_all(struct doc *doc, struct model *model)
{
	struct places places = {.doc = doc, .image = &model->image};
	const char *format = doc_string(doc, doc->root, "format");

	if (strcmp(format, MANIFEST_FORMAT) != 0)
		doc_fail(doc, "format \"%.40s\", and this reads \"" MANIFEST_FORMAT "\"", format);
	read_sections(doc, model, "text", true);
	read_sections(doc, model, "data", false);
	make_memory(doc, model);
	if (doc->failed)
		return;
	read_init(doc, model);
	read_names(doc, &places);
	manifest_load_pages(doc, &places, model);
	manifest_load_ops(doc, &places, model);
	if (!doc->failed)
		manifest_load_sites(doc, &places, model);
	places_sort(&places);
}

bool manifest_load(struct model *model, const char *path, const uint8_t *bytes, size_t size)
{
	struct doc *doc;
	bool good;

	*model = (struct model){.image = {.path = path}};
	model->listed = bytes_need(calloc(1, sizeof(*model->listed)));
	doc = &model->listed->doc;
	good = doc_open(doc, path, bytes, size);
	if (good && size > MANIFEST_MAX)
		good = doc_fail(doc, "%zu bytes, more than %u", size, MANIFEST_MAX);
	if (good)
		read_all(doc, model);
	good = good && !doc->failed;
	if (!good)
		manifest_free(model);
	return good;
}

void manifest_free(struct model *model)
{
	struct listed *listed = model->listed;

	for (size_t i = 0; i < model->n_sites; i++) {
		for (size_t k = 0; k < listed->sites[i].n; k++)
			free(listed->sites[i].values[k].bytes);
		free(listed->sites[i].values);
	}
	for (size_t i = 0; listed->memory && i < model->image.n_sections; i++)
		free(listed->memory[i]);
	places_free(&model->image);
	free(listed->sites);
	free(listed->records);
	free(listed->pages);
	free(listed->nothing);
	free(listed->words);
	free(listed->memory);
	free((const char **)(uintptr_t)model->op_names);
	doc_close(&listed->doc);
	free(listed);
	model_free(model);
}
