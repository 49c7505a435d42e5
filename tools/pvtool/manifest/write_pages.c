/* SPDX-License-Identifier: MIT */
/*
 * Hashes of pages: of what stands between sites, which no state changes but that init text is
 * given up, and of all of it in a state. Zeros stand where sites are: nothing else is as easily
 * written over a copy of a page by who has not this program.
 */
#include "family/parts.h"
#include "manifest/write.h"
#include "read/bytes.h"
#include "read/digest.h"
#include "read/put.h"

#include <stdlib.h>
#include <string.h>

/* A part's bytes, each as one kind of hash wants them. What is not to be written is NULL. */
struct hashed {
	uint8_t *fixed, *gone, *whole;
};

/* To be freed. */
static uint8_t *without_sites(const struct model *model, bool gone, const struct part *part)
{
	uint8_t *bytes = parts_bytes(model, gone, part);
	uint8_t *map = parts_map(model, gone, part->addr, part->size);

	for (uint32_t i = 0; i < part->size; i++)
		bytes[i] = map[i] ? 0 : bytes[i];
	free(map);
	return bytes;
}

static void place_site(const struct state *state, const struct model *model,
		       const struct site *site, const struct part *part, uint8_t *bytes)
{
	const uint32_t at = site->addr - part->addr;
	struct expect expect;

	if (site->fault || at >= part->size)
		return;
	state_expect(state, model, site, &expect);
	if (expect.len <= part->size - at)
		memcpy(bytes + at, expect.bytes, expect.len);
}

/* To be freed. A site within another one follows it, and is part of it already. */
static uint8_t *in_state(const struct state *state, const struct model *model,
			 const struct part *part)
{
	uint8_t *bytes = parts_bytes(model, state->init_gone, part);

	for (size_t i = 0; i < model->n_sites; i++)
		place_site(state, model, &model->sites[i], part, bytes);
	return bytes;
}

static void put_hash(FILE *out, const char *name, const uint8_t *bytes, uint32_t n)
{
	char digest[DIGEST_TEXT];

	if (bytes)
		fprintf(out, ", \"%s\": \"%s\"", name, digest_of(bytes, n, digest));
}

static void put_page(FILE *out, const struct model *model, uint32_t addr, uint32_t n,
		     const struct hashed *at)
{
	char where[IMAGE_WHERE];

	fprintf(out, "   {\"at\": \"0x%08x\", \"size\": %u, \"in\": ", addr, n);
	put_string(out, image_where(&model->image, addr, where));
	put_hash(out, "fixed", at->fixed, n);
	if (parts_has_init(model, addr, n))
		put_hash(out, "gone", at->gone, n);
	put_hash(out, "whole", at->whole, n);
	fputc('}', out);
}

static void put_pages(FILE *out, const struct model *model, const struct part *part,
		      const struct hashed *bytes)
{
	for (uint32_t n, at = 0; at < part->size; at += n) {
		struct hashed page = {bytes->fixed + at, bytes->gone + at,
				      bytes->whole ? bytes->whole + at : NULL};

		n = parts_page(part->addr + at, part->size - at);
		fputs(at ? ",\n" : "\n", out);
		put_page(out, model, part->addr + at, n, &page);
	}
}

static void put_part(FILE *out, const struct model *model, const struct state *state,
		     const struct part *part)
{
	struct hashed bytes = {without_sites(model, false, part), without_sites(model, true, part),
			       state ? in_state(state, model, part) : NULL};

	fprintf(out, "  {\"start\": \"0x%08x\", \"size\": %u, \"read_only\": %s, \"pages\": [",
		part->addr, part->size, part->section ? "false" : "true");
	put_pages(out, model, part, &bytes);
	fprintf(out, "]}");
	free(bytes.fixed);
	free(bytes.gone);
	free(bytes.whole);
}

/* A segment may be 4 GB of zeros, said in a few bytes of the file. */
static bool can_be_hashed(const struct model *model, const struct part *parts, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += parts[i].size;
		if (!parts[i].bytes) {
			fprintf(stderr, "pvtool: %s: section %s: executable, but not in the file\n",
				model->image.path, parts[i].section->name);
			return false;
		}
	}
	if (bytes <= BYTES_FILE_MAX)
		return true;
	fprintf(stderr, "pvtool: %s: %llu bytes of text and constants, more than %u\n",
		model->image.path, (unsigned long long)bytes, BYTES_FILE_MAX);
	return false;
}

bool manifest_put_memory(FILE *out, const struct model *model, const struct state *state)
{
	struct part *parts;
	const size_t n = parts_find(model, &parts);
	const bool good = can_be_hashed(model, parts, n);

	fprintf(out, " \"memory\": [");
	for (size_t i = 0; good && i < n; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_part(out, model, state, &parts[i]);
	}
	fprintf(out, "]");
	free(parts);
	return good;
}
