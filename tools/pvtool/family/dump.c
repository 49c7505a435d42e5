/* SPDX-License-Identifier: MIT */
/*
 * A dump has no header: its base is the image's first byte unless --base says otherwise, and that
 * it is a dump of this very kernel shows only when it is compared.
 */
#include "family/dump.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t image_base(const struct image *image)
{
	uint32_t base = UINT32_MAX;

	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && s->size && s->addr < base)
			base = s->addr;
	}
	return base;
}

/* From the dump's base to the end of the image's bytes, and of its variables, as far as that makes
 * sense. */
static size_t wanted_bytes(const struct dump *dump, const struct image *image)
{
	uint64_t end = dump->base;

	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && s->size && (uint64_t)s->addr + s->size > end)
			end = (uint64_t)s->addr + s->size;
	}
	return end - dump->base < BYTES_FILE_MAX ? (size_t)(end - dump->base) : BYTES_FILE_MAX;
}

static bool covers(const struct dump *dump, const char *what, uint32_t addr, uint32_t size)
{
	if (dump_bytes(dump, addr, size))
		return true;
	fprintf(stderr, "pvtool: %s: %#zx bytes from 0x%08x do not hold %s, %#x bytes at 0x%08x\n",
		dump->path, dump->size, dump->base, what, size, addr);
	return false;
}

static bool covers_all(const struct dump *dump, const struct image *image)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && s->exec && s->bytes && !covers(dump, s->name, s->addr, s->size))
			return false;
	}
	for (size_t i = 0; i < image->n_segments; i++) {
		const struct segment *s = &image->segments[i];

		if (!s->write && !covers(dump, "a read-only segment", s->addr, s->size))
			return false;
	}
	return true;
}

bool dump_load_image(struct dump *dump, const struct image *image, const struct options *options)
{
	*dump = (struct dump){.path = options->dump,
			      .base = options->has_base ? options->base : image_base(image)};
	if (!bytes_read_some(dump->path, wanted_bytes(dump, image), &dump->bytes, &dump->size))
		return false;
	if (covers_all(dump, image))
		return true;
	dump_free(dump);
	return false;
}

static bool covers_ops(const struct dump *dump, const struct model *model)
{
	return !model->n_ops || covers(dump, "pv_ops", model->ops, 4 * model->n_ops);
}

bool dump_load(struct dump *dump, const struct model *model, const struct options *options)
{
	if (!dump_load_image(dump, &model->image, options))
		return false;
	if (covers_ops(dump, model))
		return true;
	dump_free(dump);
	return false;
}

bool dump_linked(struct dump *dump, const struct model *model)
{
	const struct image *image = &model->image;

	*dump = (struct dump){.path = image->path, .base = image_base(image)};
	dump->size = wanted_bytes(dump, image);
	dump->bytes = bytes_need(calloc(dump->size + 1, 1));
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && s->bytes && dump_bytes(dump, s->addr, s->size))
			memcpy(dump->bytes + (s->addr - dump->base), s->bytes, s->size);
	}
	if (covers_all(dump, image) && covers_ops(dump, model))
		return true;
	dump_free(dump);
	return false;
}

void dump_free(struct dump *dump)
{
	free(dump->bytes);
	*dump = (struct dump){0};
}

const uint8_t *dump_bytes(const struct dump *dump, uint32_t addr, uint32_t len)
{
	size_t at = addr - dump->base;

	if (addr < dump->base || at > dump->size || dump->size - at < len)
		return NULL;
	return dump->bytes + at;
}

bool dump_is_gone(const struct dump *dump, const struct model *model, uint32_t addr, uint32_t len)
{
	const uint8_t *found = dump_bytes(dump, addr, len);

	for (uint32_t i = 0; found && i < len; i++) {
		if (found[i] != DUMP_POISON)
			return false;
	}
	return found && model_in_init(model, addr);
}
