/* SPDX-License-Identifier: MIT */
/*
 * pvtool calls: where an image calls the trampolines of static calls, as a file of GNU as with the
 * records of these, for a second link that moves no code. Found by the relocations that the first
 * one kept. Trampolines have records from where they are defined.
 */
#include "command/command.h"
#include "command/roles.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/relocs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAMPOLINE "__SCT__"
#define KEY        "__SCK__"
#define LEN        5u

/*
 * A call or jump whose last four bytes are those, where sites may be: a conditional jump stays, and
 * so does a trampoline that jumps to another one.
 */
static bool is_site(const struct check *c, const struct reloc *reloc)
{
	const uint32_t at = reloc->addr - 1;
	const uint8_t *bytes = image_bytes(&c->model.image, at, LEN);
	const struct symbol *to = image_symbol(&c->model.image, reloc->name);
	struct insn insn;
	size_t i = image_symbols_from(&c->model.image, at);

	if (!reloc->distance || !bytes || !to || (bytes[0] != 0xe8 && bytes[0] != 0xe9) ||
	    !check_is(c, image_section_at(&c->model.image, at), ROLE_SITES) ||
	    !insn_decode(at, bytes, LEN, &insn) || insn.target != to->addr)
		return false;
	for (; i < c->model.image.n_symbols && c->model.image.symbols[i].addr == at; i++)
		if (strncmp(c->model.image.symbols[i].name, TRAMPOLINE, strlen(TRAMPOLINE)) == 0)
			return false;
	return true;
}

static void print_records(const struct check *c)
{
	struct reloc *relocs;
	size_t n = relocs_load(&c->model.image, TRAMPOLINE, &relocs);

	printf("\t.section .static_call_sites, \"a\", @progbits\n\t.balign 4\n");
	for (size_t i = 0; i < n; i++) {
		const char *name = relocs[i].name;
		const struct symbol *to = image_symbol(&c->model.image, name);

		if (!is_site(c, &relocs[i]))
			continue;
		printf("\t.long %s + %d - ., " KEY "%s - .\n", name,
		       (int)(relocs[i].addr - 1 - to->addr), name + strlen(TRAMPOLINE));
	}
	printf("\t.section .note.GNU-stack, \"\", @progbits\n");
	free(relocs);
}

int calls_run(const struct options *options)
{
	struct check c = {.options = options};

	if (!image_load(&c.model.image, options->image))
		return PVTOOL_FAILED;
	print_records(&c);
	image_free(&c.model.image);
	return PVTOOL_CLEAN;
}
