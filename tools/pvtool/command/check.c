/* SPDX-License-Identifier: MIT */
/*
 * pvtool check: does the linked image keep the rules that patching and booting rely on? Where a
 * rule fails the kernel would triple-fault or, worse, work until an interrupt hits the window;
 * here it is a line with an address.
 */
#include "command/command.h"
#include "command/linux.h"
#include "command/roles.h"
#include "command/rules.h"
#include "read/bytes.h"
#include "read/multiboot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MULTIBOOT_SEARCH 8192u /* bytes of the file: Multiboot 0.6.96, 3.1 */

/* ---- the multiboot header ---- */

static void judge_header(struct check *c, size_t at)
{
	const uint8_t *p = c->model.image.file + at;
	uint32_t flags = bytes_get32(p + 4);

	if (!multiboot_is_whole(p))
		check_finding(c, "multiboot header at offset %#zx: checksum %#x, should be %#x", at,
			      bytes_get32(p + 8), -(bytes_get32(p) + flags));
	if (at % 4)
		check_finding(c, "multiboot header at offset %#zx: not at a multiple of 4", at);
	if (at + multiboot_len(flags) > MULTIBOOT_SEARCH)
		check_finding(c,
			      "multiboot header at offset %#zx: its %u bytes end beyond the first "
			      "%u",
			      at, multiboot_len(flags), MULTIBOOT_SEARCH);
	if (flags & 0xfff8)
		check_finding(c, "multiboot header at offset %#zx: flags %#x, a loader refuses %#x",
			      at, flags, flags & 0xfff8);
}

static void check_multiboot(struct check *c)
{
	size_t at = multiboot_find(&c->model.image);

	if (c->options->header && strcmp(c->options->header, "none") == 0)
		return;
	if (at == SIZE_MAX) {
		check_finding(c, "multiboot header: no %#x in the file", MULTIBOOT_MAGIC);
		return;
	}
	judge_header(c, at);
	if (!c->code.header_len)
		check_finding(c, "multiboot header at offset %#zx: in no section that is loaded",
			      at);
}

/* ---- the whole ---- */

static void check_known(struct check *c)
{
	for (size_t i = 0; i < c->model.image.n_sections; i++) {
		const struct section *s = &c->model.image.sections[i];

		if (s->alloc && !check_is(c, s, ROLE_KNOWN))
			check_finding(c,
				      "section %s: %u bytes at 0x%08x, a name that nobody told: "
				      "--sections %s says that it belongs there",
				      s->name, s->size, s->addr, s->name);
	}
}

/* Without a section of its own the engine lies in the text that it changes. */
static void check_engine(struct check *c)
{
	const struct section *engine = image_section(&c->model.image, ".pv.text");

	if (c->model.n_sites && (!engine || !engine->size))
		check_finding(c, "section .pv.text: not there, though there are sites: what runs "
				 "while they are written must lie apart from them");
}

static void check_sections(struct check *c)
{
	check_known(c);
	check_engine(c);
}

/* Lock prefixes that no record names: nothing is wrong with them, but they cost on one CPU too. */
static size_t other_locks(const struct check *c)
{
	size_t locks = 0;

	for (size_t i = 0; i < c->n_insns; i++)
		locks += c->insns[i].has_lock &&
			 check_is(c, image_section_at(&c->model.image, c->insns[i].addr),
				  ROLE_SITES);
	return locks - model_count(&c->model, &smp_locks_family);
}

static int report(const struct check *c)
{
	const struct model *model = &c->model;

	if (c->findings) {
		fprintf(stderr, "pvtool: %s: %zu finding%s\n", model->image.path, c->findings,
			c->findings == 1 ? "" : "s");
		return PVTOOL_FINDINGS;
	}
	printf("pvtool: %s: %zu instructions, sites:", model->image.path, c->n_insns);
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		if (model_count(model, model_families[i]) || !model_families[i]->counted)
			printf(" %zu %s,", model_count(model, model_families[i]),
			       model_families[i]->name);
	printf(" %zu other lock prefixes, %zu bytes of text (%zu of them data)\n", other_locks(c),
	       c->text, c->data);
	return PVTOOL_CLEAN;
}

/* In the order of their findings; the sweep decodes what those behind it look up. */
static void (*const rules[])(struct check *c) = {
	check_multiboot, check_sections,     check_sweep,  check_tables, check_ops,
	check_sites,     check_replacements, check_relocs, check_index,  check_insns,
};

int check_run(const struct options *options)
{
	struct check c = {.options = options};
	struct image image;
	int status;

	if (!image_load_any(&image, options->image))
		return PVTOOL_FAILED;
	if (kernel_claims(&image))
		return linux_check(&image, options);
	if (!model_take(&c.model, &image))
		return PVTOOL_FAILED;
	c.code = code_of(&c.model.image);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		rules[i](&c);
	status = report(&c);
	free(c.insns);
	model_free(&c.model);
	return status;
}
