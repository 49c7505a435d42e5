/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a model that was loaded.
 */
#include "family/model.h"

#include <stdlib.h>
#include <string.h>

void model_free(struct model *model)
{
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		free(model->tables[i].records);
	free(model->sites);
	image_free(&model->image);
	*model = (struct model){0};
}

size_t model_sites_from(const struct model *model, uint64_t addr)
{
	size_t low = 0, high = model->n_sites;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (model->sites[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Sites of a good image overlap only where one has an outer one. */
const struct site *model_site_at(const struct model *model, uint32_t addr)
{
	size_t i = model_sites_from(model, (uint64_t)addr + 1);
	const struct site *site;

	if (i == 0)
		return NULL;
	site = &model->sites[i - 1];
	if (site->outer)
		site = site->outer;
	return addr - site->addr < site->len ? site : NULL;
}

const struct family_table *model_table(const struct model *model, const struct family *family)
{
	size_t i = 0;

	while (model->tables[i].family != family)
		i++;
	return &model->tables[i];
}

size_t model_count(const struct model *model, const struct family *family)
{
	size_t n = 0;

	for (size_t i = 0; i < model->n_sites; i++)
		n += model->sites[i].family == family;
	return n;
}

bool model_in_init(const struct model *model, uint32_t addr)
{
	return addr - model->init < model->init_len;
}

void model_linked(const struct model *model, const struct site *site, struct expect *out)
{
	*out = (struct expect){.kind = EXPECT_LINKED, .n = site->len, .len = site->len};
	memcpy(out->bytes, image_bytes(&model->image, site->addr, site->len), site->len);
}

void model_tell_linked(const struct model *model, const struct site *site, value_fn *tell,
		       void *arg)
{
	struct expect expect;

	model_linked(model, site, &expect);
	tell(arg, &(struct value){&expect, "state", "linked", 0});
}
