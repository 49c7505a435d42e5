/* SPDX-License-Identifier: MIT */
/*
 * Everything that other files rely on of a site is asked for here: it lies in text, its values are
 * as long as it is, there is one for each state, none overlaps another but in a nest. Of one that
 * is refused only the reason is used.
 */
#include "manifest/load_parts.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 256u /* of a site: each is compared with each */

static void read_values(struct doc *doc, struct model *model, const struct site *site,
			const json_t *object, struct listed_site *out)
{
	const json_t *values = doc_array(doc, object, "values");
	const struct section *s = image_section_at(&model->image, site->addr);
	uint8_t *memory = model->listed->memory[s - model->image.sections];
	const size_t n = json_array_size(values);

	if (!n || n > VALUES_MAX) {
		doc_fail(doc, "%zu values, and at least 1 and at most %u", n, VALUES_MAX);
		return;
	}
	out->values = bytes_need(calloc(n, sizeof(*out->values)));
	for (out->n = 0; out->n < n && !doc->failed; out->n++)
		manifest_load_value(doc, model, site, json_array_get(values, out->n),
				    &out->values[out->n]);
	memcpy(memory + (site->addr - s->addr), out->values->bytes, site->len);
}

/* ---- a site ---- */

static const struct family *find_family(struct doc *doc, const char *name)
{
	for (size_t i = 0; i < MODEL_FAMILIES; i++) {
		if (strcmp(model_families[i]->name, name) == 0)
			return model_families[i];
	}
	doc_fail(doc, "no family \"%.40s\"", name);
	return model_families[0];
}

static void read_type(struct doc *doc, const struct model *model, const json_t *object,
		      struct record *out)
{
	const uint32_t at = doc_address(doc, object, "slot") - model->ops;

	out->type = (uint8_t)(at / 4);
	if (at % 4 || at / 4 >= model->n_ops)
		doc_fail(doc, "\"slot\" is none of pv_ops");
}

static void read_record(struct doc *doc, const struct model *model, const struct site *site,
			const json_t *object, struct record *out)
{
	if (site->fault)
		out->index = doc_number(doc, object, "record", UINT32_MAX);
	else if (site->family->ops)
		read_type(doc, model, object, out);
	else if (site->family == &branches_family || site->family == &calls_family)
		out->key = doc_address(doc, object, "key");
}

static bool is_in_text(const struct image *image, const struct site *site)
{
	const struct section *s = image_section_at(image, site->addr);

	return s && s->exec && site->len <= s->size - (site->addr - s->addr);
}

static void read_site(struct doc *doc, struct places *places, struct model *model, size_t i,
		      const json_t *object)
{
	struct site *site = &model->sites[i];
	struct record *record = &model->listed->records[i];

	site->addr = doc_address(doc, object, "at");
	site->len = (uint8_t)doc_number(doc, object, "len", SITE_MAX);
	site->family = find_family(doc, doc_string(doc, object, "family"));
	site->fault = doc_maybe_string(doc, object, "refused");
	site->records = site->bad = record;
	site->n = 1;
	model->listed->sites[i].title = doc_string(doc, object, "what");
	places_add(places, site->addr, doc_string(doc, object, "in"));
	read_record(doc, model, site, object, record);
	if (site->fault || doc->failed)
		return;
	if (!site->len || !is_in_text(&model->image, site))
		doc_fail(doc, "0x%08x: not in text", site->addr);
	else
		read_values(doc, model, site, object, &model->listed->sites[i]);
}

/* ---- all of them ---- */

/* Where the last site ends, and the last one in that. */
struct order {
	uint32_t addr;
	uint64_t end, inner_end;
};

static void check_order(struct doc *doc, const struct site *site, struct order *order)
{
	const uint64_t end = (uint64_t)site->addr + site->len;

	if (site->addr < order->addr)
		doc_fail(doc, "0x%08x: not in the order of addresses", site->addr);
	order->addr = site->addr;
	if (site->fault)
		return;
	if (site->outer ? end > order->end || site->addr < order->inner_end
			: site->addr < order->end)
		doc_fail(doc, "0x%08x: overlaps another one", site->addr);
	order->inner_end = site->outer ? end : 0;
	order->end = site->outer ? order->end : end;
}

static void check_nest(struct doc *doc, const struct site *site, const json_t *object)
{
	const bool within = json_object_get(object, "within");
	const uint32_t addr = within ? doc_address(doc, object, "within") : 0;

	if (within != !!site->outer || (within && addr != site->outer->addr))
		doc_fail(doc, "0x%08x: \"within\" is not what it lies in", site->addr);
}

void manifest_load_sites(struct doc *doc, struct places *places, struct model *model)
{
	const json_t *sites = doc_array(doc, doc->root, "sites");
	const size_t n = json_array_size(sites);
	struct order order = {0, 0, 0};

	model->sites = bytes_need(calloc(n + 1, sizeof(*model->sites)));
	model->listed->sites = bytes_need(calloc(n + 1, sizeof(*model->listed->sites)));
	model->listed->records = bytes_need(calloc(n + 1, sizeof(*model->listed->records)));
	for (size_t i = 0; i < n && !doc->failed; i++) {
		doc_at(doc, "site %zu", i);
		model->n_sites++;
		read_site(doc, places, model, i, json_array_get(sites, i));
	}
	if (!doc->failed)
		model_find_outer(model);
	for (size_t i = 0; i < n && !doc->failed; i++) {
		const struct site *site = &model->sites[i];

		doc_at(doc, "site %zu", i);
		check_nest(doc, site, json_array_get(sites, i));
		check_order(doc, site, &order);
		if (!site->fault && !doc->failed && !listed_is_complete(model, site))
			doc_fail(doc, "0x%08x: not all values that a %s site has", site->addr,
				 site->family->name);
	}
}
