/* SPDX-License-Identifier: MIT */
/*
 * pvtool diff: a function's instructions in the file, and in the dump, side by side. The two are
 * walked by address: where a site holds more, or other, instructions than before, each side has
 * lines of its own. In the middle: | changed, < before only, > after only.
 */
#include "command/command.h"
#include "family/dump.h"
#include "family/model.h"
#include "read/bytes.h"
#include "read/code.h"

#include <stdio.h>
#include <string.h>

struct diff {
	struct model model;
	struct dump dump;
	struct code code;
	size_t functions, changed;
};

/* One side: the next instruction, or bytes that are none, up to the end of a span. */
struct side {
	const uint8_t *bytes; /* of the section */
	uint64_t at;
	struct span span;
	uint8_t len;
	bool is_code;
};

static void side_look(struct side *side, const struct diff *d, const struct function *f)
{
	const uint8_t *bytes = side->bytes + (side->at - f->section->addr);
	struct insn insn;
	uint64_t room;

	if (side->at >= side->span.end)
		side->span = code_span(&d->code, f->section, side->at);
	room = (side->span.end < f->end ? side->span.end : f->end) - side->at;
	side->is_code = !side->span.data && insn_decode((uint32_t)side->at, bytes, room, &insn);
	side->len = side->is_code ? insn.len : 1;
	if (side->span.data)
		side->len = room < 8 ? (uint8_t)room : 8;
}

/* "ff 15 90 16 11 00    call *0x111690 <pv_ops+0x10>" */
static void side_print(const struct side *side, const struct diff *d, const struct function *f,
		       bool there, int width)
{
	const uint8_t *bytes = side->bytes + (side->at - f->section->addr);
	char text[CODE_TEXT] = "", line[CODE_TEXT + BYTES_TEXT + 4] = "";

	if (there && side->is_code)
		code_text(&d->model.image, (uint32_t)side->at, bytes, side->len, text);
	else if (there)
		snprintf(text, sizeof(text), ".byte");
	if (there)
		snprintf(line, sizeof(line), "%-23s %s", BYTES_HEX(bytes, side->len), text);
	printf("%-*s", width, line);
}

/* The comment of a row: each site that begins there. */
static void print_sites(const struct diff *d, uint32_t at, size_t first)
{
	char title[SITE_TITLE];

	for (size_t i = first; i < d->model.n_sites && d->model.sites[i].addr == at; i++) {
		const struct site *site = &d->model.sites[i];

		printf("%s%s %s", i > first ? "; " : "  # ", site->family->name,
		       site->family->title(&d->model, site, title));
	}
}

static void print_row(struct diff *d, const struct function *f, const struct side *before,
		      const struct side *after)
{
	bool left = before->at <= after->at && before->at < f->end;
	bool right = after->at <= before->at && after->at < f->end;
	uint32_t at = (uint32_t)(left ? before->at : after->at);
	size_t first = model_sites_from(&d->model, at);
	bool site = first < d->model.n_sites && d->model.sites[first].addr == at;
	bool same = left && right && before->len == after->len &&
		    memcmp(before->bytes + (at - f->section->addr),
			   after->bytes + (at - f->section->addr), before->len) == 0;

	printf("%8x  ", at);
	side_print(before, d, f, left, 72);
	printf(" %c ", same ? ' ' : left && right ? '|' : left ? '<' : '>');
	side_print(after, d, f, right, site ? 64 : 0);
	if (site)
		print_sites(d, at, first);
	putchar('\n');
	d->changed += !same;
}

static void diff_function(struct diff *d, const struct function *f)
{
	struct side before = {.bytes = f->section->bytes, .at = f->addr};
	struct side after = {.bytes = dump_bytes(&d->dump, f->section->addr, f->section->size),
			     .at = f->addr};
	bool gone = dump_is_gone(&d->dump, &d->model, f->addr, (uint32_t)(f->end - f->addr));

	printf("%s0x%08x %s%s\n", d->functions++ ? "\n" : "", f->addr, f->name,
	       gone ? ": given up" : "");
	if (gone)
		return;
	while (before.at < f->end || after.at < f->end) {
		uint64_t at = before.at < after.at ? before.at : after.at;

		if (before.at == at)
			side_look(&before, d, f);
		if (after.at == at)
			side_look(&after, d, f);
		print_row(d, f, &before, &after);
		if (before.at == at)
			before.at += before.len;
		if (after.at == at)
			after.at += after.len;
	}
}

/* Sites are sorted, so a function's sites follow each other. */
static void diff_all(struct diff *d, const char *name)
{
	struct function f, last = {0};

	for (size_t i = 0; i < d->model.n_sites; i++) {
		if (!code_function_at(&d->model.image, d->model.sites[i].addr, &f) ||
		    (last.section && f.addr == last.addr))
			continue;
		last = f;
		if (!name || strcmp(name, f.name) == 0)
			diff_function(d, &f);
	}
}

static int diff(struct diff *d, const char *name)
{
	d->code = code_of(&d->model.image);
	diff_all(d, name);
	if (!d->functions) {
		fprintf(stderr, "pvtool: %s: no function%s%s that has sites\n", d->model.image.path,
			name ? " " : "", name ? name : "");
		return PVTOOL_FAILED;
	}
	printf("\npvtool: %s: %zu function%s, %zu lines differ\n", d->dump.path, d->functions,
	       d->functions == 1 ? "" : "s", d->changed);
	return d->changed ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}

int diff_run(const struct options *options)
{
	struct diff d = {0};
	int status = PVTOOL_FAILED;

	if (!model_load(&d.model, options->image))
		return PVTOOL_FAILED;
	if (dump_load(&d.dump, &d.model, options)) {
		status = diff(&d, options->function);
		dump_free(&d.dump);
	}
	model_free(&d.model);
	return status;
}
