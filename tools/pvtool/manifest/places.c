/* SPDX-License-Identifier: MIT */
/*
 * Neighbours are often of one function, so the symbol that was added last is looked at first; what
 * is there twice does no harm.
 */
#include "manifest/places.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

static bool is_last(const struct image *image, uint32_t addr, const char *name, size_t len)
{
	const struct symbol *last = image->n_symbols ? &image->symbols[image->n_symbols - 1] : NULL;

	return last && last->addr == addr && strncmp(last->name, name, len) == 0 &&
	       !last->name[len];
}

static void add(struct places *places, uint32_t addr, size_t section, const char *name, size_t len)
{
	struct image *image = places->image;
	char *copy;

	if (is_last(image, addr, name, len))
		return;
	if (image->n_symbols == places->room) {
		places->room = places->room ? 2 * places->room : 256;
		image->symbols = bytes_need(
			realloc(image->symbols, places->room * sizeof(*image->symbols)));
	}
	copy = bytes_need(strndup(name, len));
	image->symbols[image->n_symbols++] = (struct symbol){
		.name = copy, .addr = addr, .section = section, .global = true};
}

void places_add(struct places *places, uint32_t addr, const char *in)
{
	const struct section *section = image_section_at(places->image, addr);
	const char *offset = strrchr(in, '+');
	unsigned long long value;
	char *end = NULL;

	if (places->doc->failed)
		return;
	value = offset && strncmp(offset, "+0x", 3) == 0 ? strtoull(offset + 3, &end, 16) : 0;
	if (!end || end == offset + 3 || *end || value > addr) {
		doc_fail(places->doc, "0x%08x is in \"%.40s\", which is no name+0x12", addr, in);
		return;
	}
	if (section)
		add(places, addr - (uint32_t)value, (size_t)(section - places->image->sections), in,
		    (size_t)(offset - in));
}

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	return a->addr != b->addr ? (a->addr < b->addr ? -1 : 1) : strcmp(a->name, b->name);
}

void places_sort(const struct places *places)
{
	if (places->image->n_symbols)
		qsort(places->image->symbols, places->image->n_symbols,
		      sizeof(*places->image->symbols), by_address);
}

void places_free(struct image *image)
{
	for (size_t i = 0; i < image->n_symbols; i++)
		free((char *)(uintptr_t)image->symbols[i].name);
	free(image->symbols);
	image->symbols = NULL;
	image->n_symbols = 0;
}
