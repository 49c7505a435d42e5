/* SPDX-License-Identifier: MIT */
/*
 * pvtool list: code as objdump -d lists it, but that which runs: from the dump, if there is one.
 * Behind a site's first instruction stand its family, its record and, if it changed, what it was.
 */
#include "command/command.h"
#include "family/dump.h"
#include "family/model.h"
#include "read/bytes.h"
#include "read/code.h"

#include <stdio.h>
#include <string.h>

struct list {
	struct model model;
	struct dump dump; /* without bytes: the file is listed */
	struct code code;
	size_t functions;
};

static const uint8_t *live_bytes(const struct list *l, const struct section *s)
{
	return l->dump.bytes ? dump_bytes(&l->dump, s->addr, s->size) : s->bytes;
}

/* The comment of the instruction at `at`: each site that begins there, and what the first was. */
static void print_sites(const struct list *l, const struct section *s, uint32_t at, size_t first)
{
	const uint8_t *linked = s->bytes + (at - s->addr);
	char title[SITE_TITLE], text[CODE_LINE];

	for (size_t i = first; i < l->model.n_sites && l->model.sites[i].addr == at; i++) {
		const struct site *site = &l->model.sites[i];
		size_t len = code_whole(&l->model.image, at, site->len);

		printf("%s%s %s", i > first ? "; " : "  # ", site->family->name,
		       site->family->title(&l->model, site, title));
		if (i == first && len &&
		    memcmp(linked, live_bytes(l, s) + (at - s->addr), site->len) != 0)
			printf(", was %s", code_line(&l->model.image, at, linked, len, len, text));
	}
}

static void print_line(const struct list *l, const struct section *s, uint32_t at, size_t n,
		       const char *text)
{
	const uint8_t *bytes = live_bytes(l, s) + (at - s->addr);
	size_t first = model_sites_from(&l->model, at);
	bool site = first < l->model.n_sites && l->model.sites[first].addr == at;

	printf("%8x:\t%-23s ", at, BYTES_HEX(bytes, n));
	printf(site ? "%-48s" : "%s", text);
	if (site)
		print_sites(l, s, at, first);
	putchar('\n');
}

static void list_data(const struct list *l, const struct section *s, uint64_t at, uint64_t end)
{
	while (at < end) {
		size_t n = end - at < 8 ? end - at : 8;

		print_line(l, s, (uint32_t)at, n, ".byte");
		at += n;
	}
}

/* Zeros before the end are padding, not `add %al,(%eax)`: objdump writes "..." too. */
static uint64_t without_zeros(const uint8_t *bytes, uint64_t at, uint64_t end, uint32_t base)
{
	while (end > at && bytes[end - 1 - base] == 0)
		end--;
	return end;
}

static void list_code(const struct list *l, const struct section *s, uint64_t at, uint64_t end)
{
	const uint8_t *bytes = live_bytes(l, s);
	uint64_t stop = without_zeros(bytes, at, end, s->addr);
	char text[CODE_TEXT];
	struct insn insn;

	while (at < stop) {
		const uint8_t *p = bytes + (at - s->addr);

		if (!insn_decode((uint32_t)at, p, end - at, &insn))
			insn.len = 1;
		print_line(l, s, (uint32_t)at, insn.len,
			   code_text(&l->model.image, (uint32_t)at, p, end - at, text));
		at += insn.len;
	}
	if (at < end)
		printf("\t...\n");
}

static void print_symbol(const struct list *l, const struct section *s, uint32_t at)
{
	const struct image *image = &l->model.image;
	size_t i = image_symbols_from(image, (uint64_t)at + 1);

	while (i-- > 0 && image->symbols[i].addr == at) {
		if (image->symbols[i].section == (size_t)(s - image->sections) &&
		    !code_is_macro_label(image->symbols[i].name)) {
			printf("\n%08x <%s>:\n", at, image->symbols[i].name);
			return;
		}
	}
}

static void list_range(const struct list *l, const struct section *s, uint64_t at, uint64_t end)
{
	while (at < end) {
		struct span span = code_span(&l->code, s, at);
		uint64_t stop = span.end < end ? span.end : end;

		print_symbol(l, s, (uint32_t)at);
		if (dump_is_gone(&l->dump, &l->model, (uint32_t)at, (uint32_t)(stop - at)))
			printf("\tgiven up\n");
		else if (span.data)
			list_data(l, s, at, stop);
		else
			list_code(l, s, at, stop);
		at = stop;
	}
}

static int list_function(struct list *l, const char *name)
{
	const struct image *image = &l->model.image;
	struct function f;

	for (size_t i = 0; i < image->n_symbols; i++) {
		if (strcmp(image->symbols[i].name, name) != 0 || !code_function(image, i, &f))
			continue;
		list_range(l, f.section, f.addr, f.end);
		l->functions++;
	}
	if (l->functions)
		return PVTOOL_CLEAN;
	fprintf(stderr, "pvtool: %s: no function %s\n", image->path, name);
	return PVTOOL_FAILED;
}

static int list(struct list *l, const char *function)
{
	l->code = code_of(&l->model.image);
	if (function)
		return list_function(l, function);
	for (size_t i = 0; i < l->model.image.n_sections; i++) {
		const struct section *s = &l->model.image.sections[i];

		if (!s->alloc || !s->exec || !s->bytes)
			continue;
		printf("\nDisassembly of section %s:\n", s->name);
		list_range(l, s, s->addr, (uint64_t)s->addr + s->size);
	}
	return PVTOOL_CLEAN;
}

int list_run(const struct options *options)
{
	struct list l = {0};
	int status = PVTOOL_FAILED;

	if (!model_load_any(&l.model, options->image))
		return PVTOOL_FAILED;
	if (!options->dump || dump_load(&l.dump, &l.model, options)) {
		status = list(&l, options->function);
		dump_free(&l.dump);
	}
	model_free(&l.model);
	return status;
}
