/* SPDX-License-Identifier: MIT */
/*
 * pvtool relocs: which instructions of an image call the ops' plain functions, by the relocations that
 * the linker kept, into the room that .pv_relocs has: the file's other bytes stay. A call and a jump of
 * five bytes can be patched; whatever else has an op's address is counted, and goes through the
 * table for ever.
 */
#include "command/relocs.h"
#include "command/command.h"
#include "command/rules.h"
#include "family/discovered.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/relocs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION ".pv_relocs"
#define RECORD  5u /* an address, and a byte behind all of them */

/* ---- uses ---- */

static bool is_conditional(const struct image *image, const struct reloc *reloc)
{
	const uint8_t *opcode = image_bytes(image, reloc->addr - 2, 2);

	return opcode && opcode[0] == 0x0f && (opcode[1] & 0xf0) == 0x80;
}

static enum use use_of(const struct check *c, const struct reloc *reloc)
{
	const struct image *image = &c->model.image;
	const uint8_t *at = image_bytes(image, reloc->addr - 1, DISCOVERED_SITE);
	struct insn insn;

	if (!reloc->distance || !at)
		return USE_ADDRESS;
	if (is_conditional(image, reloc))
		return USE_CONDITIONAL;
	if ((*at != 0xe8 && *at != 0xe9) ||
	    !insn_decode(reloc->addr - 1, at, DISCOVERED_SITE, &insn))
		return USE_ADDRESS;
	if (!check_is(c, image_section_at(image, reloc->addr), ROLE_SITES))
		return USE_ELSEWHERE;
	return *at == 0xe9 ? USE_JUMP : USE_CALL;
}

/* Sections of an image that was loaded share no bytes: no two are of one place, in a file without damage. */
static void add_use(const struct check *c, const struct reloc *reloc, struct uses *uses)
{
	uint32_t target;
	enum use use;
	unsigned type;

	if (!reloc_target(&c->model.image, reloc, &target) ||
	    !discovered_type(&c->model, target, &type))
		return;
	use = use_of(c, reloc);
	uses->of[use]++;
	if (use != USE_CALL && use != USE_JUMP)
		return;
	uses->site[uses->n] = reloc->addr - 1;
	uses->byte[uses->n++] = (uint8_t)(type | (use == USE_JUMP ? DISCOVERED_JMP : 0));
}

void uses_find(struct uses *uses, const struct check *c)
{
	struct reloc *relocs;
	size_t n = relocs_load(&c->model.image, "", &relocs);

	*uses = (struct uses){.site = bytes_need(calloc(n + 1, sizeof(*uses->site))),
			      .byte = bytes_need(calloc(n + 1, sizeof(*uses->byte)))};
	for (size_t i = 0; i < n; i++)
		if (!i || relocs[i].addr != relocs[i - 1].addr)
			add_use(c, &relocs[i], uses);
	free(relocs);
}

void uses_free(struct uses *uses)
{
	free(uses->site);
	free(uses->byte);
	*uses = (struct uses){0};
}

/* ---- the table ---- */

size_t uses_table(const struct uses *uses, uint8_t **out)
{
	const size_t size = 4 + RECORD * uses->n;
	uint8_t *p = bytes_need(calloc(size, 1));

	bytes_put32(p, (uint32_t)uses->n);
	for (size_t i = 0; i < uses->n; i++) {
		bytes_put32(p + 4 + 4 * i, uses->site[i]);
		p[4 + 4 * uses->n + i] = uses->byte[i];
	}
	*out = p;
	return size;
}

static int refuse(const struct image *image, const char *why)
{
	fprintf(stderr, "pvtool: %s: %s\n", image->path, why);
	return PVTOOL_FINDINGS;
}

static int too_small(const struct image *image, const struct section *s, size_t size)
{
	fprintf(stderr,
		"pvtool: %s: section " SECTION ": %u bytes, and the table has %zu; in the linker "
		"script, behind LONG(0):\n\t. += %zu;\n",
		image->path, s->size, size, size - 4);
	return PVTOOL_FINDINGS;
}

static int write_table(struct image *image, const struct section *s, const struct uses *uses)
{
	uint8_t *table;
	const size_t size = uses_table(uses, &table);
	int status = PVTOOL_CLEAN;

	if (size > s->size) {
		status = too_small(image, s, size);
	} else {
		memset(image->file + s->offset, 0, s->size);
		memcpy(image->file + s->offset, table, size);
		if (!bytes_write_file(image->path, image->file, image->file_size))
			status = PVTOOL_FAILED;
	}
	free(table);
	return status;
}

static void say(const struct image *image, const struct uses *uses)
{
	printf("pvtool: %s: %zu sites found: %zu calls, %zu jumps; left: %zu conditional jumps, %zu "
	       "addresses, %zu in text that is not patched\n",
	       image->path, uses->n, uses->of[USE_CALL], uses->of[USE_JUMP],
	       uses->of[USE_CONDITIONAL], uses->of[USE_ADDRESS], uses->of[USE_ELSEWHERE]);
}

static int make(struct check *c)
{
	const struct section *s = image_section(&c->model.image, SECTION);
	struct uses uses;
	int status;

	if (!image_symbol(&c->model.image, "pv_plain"))
		return refuse(&c->model.image,
			      "no pv_plain: the ops have no plain functions (pv/relocs.S)");
	if (!relocs_kept(&c->model.image))
		return refuse(&c->model.image, "the linker has kept no relocations: --emit-relocs");
	if (!s || !s->bytes)
		return refuse(&c->model.image,
			      "section " SECTION
			      ": there is none, or it has no bytes in the file; in the linker "
			      "script:\n\t" SECTION
			      " ALIGN(4) : {\n\t\t__pv_relocs = .; LONG(0)\n\t\t. += "
			      "SIZEOF(.text) / 64;\n\t\t__pv_relocs_end = .;\n\t}");
	uses_find(&uses, c);
	status = write_table(&c->model.image, s, &uses);
	if (status == PVTOOL_CLEAN)
		say(&c->model.image, &uses);
	uses_free(&uses);
	return status;
}

int relocs_run(const struct options *options)
{
	struct check c = {.options = options};
	int status;

	if (!model_open(&c.model, options->image))
		return PVTOOL_FAILED;
	status = make(&c);
	model_free(&c.model);
	return status;
}
