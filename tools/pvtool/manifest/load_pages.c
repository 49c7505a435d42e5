/* SPDX-License-Identifier: MIT */
/*
 * Memory that is judged, and a hash for each page of it: a page that was cut out, or text that is in
 * no memory, would go unjudged in silence, so neither is taken.
 */
#include "family/parts.h"
#include "manifest/load_parts.h"
#include "read/bytes.h"

#include <stdlib.h>

static const char *read_hash(struct doc *doc, const json_t *page, const char *name)
{
	const char *hash = doc_maybe_string(doc, page, name);

	if (hash && !digest_is_valid(hash))
		doc_fail(doc, "\"%s\" is no SHA-256", name);
	return hash;
}

static void read_page(struct doc *doc, struct places *places, const struct model *model,
		      const json_t *page, struct listed_page *out)
{
	const bool has_init = parts_has_init(model, out->addr, out->size);

	if (doc_address(doc, page, "at") != out->addr ||
	    doc_number(doc, page, "size", PART_PAGE) != out->size)
		doc_fail(doc, "the page of %u bytes at 0x%08x is not there", out->size, out->addr);
	places_add(places, out->addr, doc_string(doc, page, "in"));
	out->fixed = read_hash(doc, page, "fixed");
	out->gone = read_hash(doc, page, "gone");
	if (!out->fixed || has_init != !!out->gone)
		doc_fail(doc, "the page at 0x%08x has not the hashes that it should", out->addr);
}

static void read_pages(struct doc *doc, struct places *places, struct model *model,
		       const struct segment *part, const json_t *pages)
{
	struct listed *listed = model->listed;
	const size_t n = json_array_size(pages);
	size_t i = 0;

	listed->pages = bytes_need(
		realloc(listed->pages, (listed->n_pages + n + 1) * sizeof(*listed->pages)));
	for (uint32_t at = 0; at < part->size && !doc->failed; i++) {
		struct listed_page *page = &listed->pages[listed->n_pages];

		if (i == n) {
			doc_fail(doc, "the page at 0x%08x is not there", part->addr + at);
			return;
		}
		*page = (struct listed_page){
			part->addr + at, parts_page(part->addr + at, part->size - at), NULL, NULL};
		read_page(doc, places, model, json_array_get(pages, i), page);
		listed->n_pages++;
		at += page->size;
	}
	if (i != n)
		doc_fail(doc, "more pages than the memory at 0x%08x has", part->addr);
}

static bool is_in_memory(const struct segment *parts, size_t n, const struct section *s)
{
	for (size_t i = 0; i < n; i++) {
		if (s->addr - parts[i].addr < parts[i].size &&
		    parts[i].size - (s->addr - parts[i].addr) >= s->size)
			return true;
	}
	return false;
}

/* Of other memory a dump has to hold no more than text. */
static bool is_text(const struct image *image, const struct segment *part)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->exec && part->addr - s->addr < s->size &&
		    s->size - (part->addr - s->addr) >= part->size)
			return true;
	}
	return false;
}

/* What is read-only becomes a segment: a dump has to hold it. */
void manifest_load_pages(struct doc *doc, struct places *places, struct model *model)
{
	const json_t *list = doc_array(doc, doc->root, "memory");
	const size_t n = json_array_size(list);
	struct image *image = &model->image;

	image->segments = bytes_need(calloc(n + 1, sizeof(*image->segments)));
	for (size_t i = 0; i < n && !doc->failed; i++) {
		const json_t *object = json_array_get(list, i);
		struct segment *s = &image->segments[image->n_segments++];

		doc_at(doc, "memory %zu", i);
		doc_range(doc, object, &s->addr, &s->size);
		s->write = !json_is_true(json_object_get(object, "read_only"));
		if (s->write && !json_is_false(json_object_get(object, "read_only")))
			doc_fail(doc, "\"read_only\" is neither true nor false");
		if (s->write && !doc->failed && !is_text(image, s))
			doc_fail(doc, "0x%08x: neither read-only nor text", s->addr);
		read_pages(doc, places, model, s, doc_array(doc, object, "pages"));
	}
	doc_at(doc, "text");
	for (size_t i = 0; i < image->n_sections && !doc->failed; i++) {
		const struct section *s = &image->sections[i];

		if (s->exec && !is_in_memory(image->segments, image->n_segments, s))
			doc_fail(doc, "no hashes of %.40s, %#x bytes at 0x%08x", s->name, s->size,
				 s->addr);
	}
}
