/* SPDX-License-Identifier: MIT */
/*
 * What verify compares and what a manifest has hashes of is one list, and one rule says whose a
 * byte is. Of a site that is refused nothing is written, so its bytes are nobody's.
 */
#include "family/parts.h"
#include "family/dump.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

size_t parts_find(const struct model *model, struct part **out)
{
	const struct image *image = &model->image;
	size_t n = 0;

	*out = bytes_need(calloc(image->n_segments + image->n_sections + 1, sizeof(**out)));
	for (size_t i = 0; i < image->n_segments; i++) {
		const struct segment *s = &image->segments[i];

		if (!s->write)
			(*out)[n++] = (struct part){s->addr, s->size, s->file_size, s->bytes, NULL};
	}
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && s->exec && s->size && !image_is_read_only(image, s->addr))
			(*out)[n++] = (struct part){s->addr, s->size, s->size, s->bytes, s};
	}
	return n;
}

uint8_t *parts_map(const struct model *model, bool gone, uint32_t addr, uint32_t size)
{
	uint8_t *map = bytes_need(calloc(size + (size_t)SITE_MAX, 1));

	for (size_t i = 0; i < model->n_sites; i++) {
		const struct site *site = &model->sites[i];

		if (site->fault)
			continue;
		if (site->addr - addr < size)
			memset(map + (site->addr - addr), 1, site->len);
		else if (addr - site->addr < site->len)
			memset(map, 1, site->len - (addr - site->addr));
	}
	for (uint32_t at = 0; gone && at < size; at++) {
		if (model_in_init(model, addr + at))
			map[at] = 0;
	}
	return map;
}

uint8_t *parts_bytes(const struct model *model, bool gone, const struct part *part)
{
	uint8_t *bytes = bytes_need(calloc(part->size + (size_t)1, 1));

	memcpy(bytes, part->bytes, part->file_size);
	for (uint32_t at = 0; gone && at < part->size; at++) {
		if (model_in_init(model, part->addr + at))
			bytes[at] = DUMP_POISON;
	}
	return bytes;
}

uint32_t parts_page(uint32_t addr, uint32_t size)
{
	const uint32_t rest = PART_PAGE - addr % PART_PAGE;

	return size < rest ? size : rest;
}

bool parts_has_init(const struct model *model, uint32_t addr, uint32_t size)
{
	return model_in_init(model, addr) || (model->init_len && model->init - addr < size);
}
