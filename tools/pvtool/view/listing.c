/* SPDX-License-Identifier: MIT */
/*
 * A function's source is the lines of its own file from where it is declared to its last one; of assembler's
 * code, which declares nothing, from the first to the last one of the file that was assembled.
 */
#include "view/listing.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/put.h"
#include "view/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
	FILE *out;
	const struct model *model;
	struct source source;
	char *path; /* of the file that was read last ... */
	char *text; /* ... and all of it; NULL: it could not be read */
	bool newer; /* than the image */
	struct listing_lost lost;
};

/* ---- a function's instructions, and where they are from ---- */

struct row {
	uint32_t at, len;
	bool known;
	struct place place;
};

struct lines {
	struct row *rows;
	size_t n;
	const char *file, *path; /* its own; NULL: not known */
	bool declared;           /* in its first line */
	unsigned first, last;    /* lines; 0: none is known */
};

static bool is_own(const struct lines *lines, const struct place *place)
{
	return lines->file && strcmp(place->file, lines->file) == 0 &&
	       !(lines->declared && place->line < lines->first);
}

static void widen(struct lines *lines, const struct place *place)
{
	if (!is_own(lines, place))
		return;
	if (!lines->first || place->line < lines->first)
		lines->first = place->line;
	if (place->line > lines->last)
		lines->last = place->line;
}

static uint32_t insn_len(const struct function *f, uint64_t at)
{
	struct insn insn;

	return insn_decode((uint32_t)at, f->section->bytes + (at - f->section->addr), f->end - at,
			   &insn)
		       ? insn.len
		       : 1;
}

/* Its rows are to be freed. */
static struct lines lines_of(struct listing *l, const struct function *f)
{
	struct lines lines = {.rows = bytes_need(calloc(f->end - f->addr, sizeof(struct row)))};
	struct row *row = lines.rows;
	struct place own;

	if (source_function(&l->source, f->addr, &own)) {
		lines.file = own.file;
		lines.path = own.path;
		lines.first = lines.last = own.line;
		lines.declared = own.line != 0;
	}
	for (uint64_t at = f->addr; at < f->end; at += row++->len) {
		*row = (struct row){.at = (uint32_t)at, .len = insn_len(f, at)};
		row->known = source_place(&l->source, row->at, &row->place);
		if (row->known)
			widen(&lines, &row->place);
	}
	lines.n = (size_t)(row - lines.rows);
	return lines;
}

/* ---- its source ---- */

/* When the file was written last; false if there is none. */
static bool written(const char *path, time_t *when)
{
	struct stat file;

	if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
		return false;
	*when = file.st_mtime;
	return true;
}

static char *read_text(struct listing *l, const char *path)
{
	time_t source, image;
	uint8_t *bytes;
	size_t size;
	char *text;

	if (!written(path, &source) || !bytes_read_file(path, &bytes, &size))
		return NULL;
	l->newer = written(l->model->image.path, &image) && source > image;
	text = bytes_need(malloc(size + 1));
	memcpy(text, bytes, size);
	text[size] = '\0';
	free(bytes);
	return text;
}

static const char *text_of(struct listing *l, const struct lines *of)
{
	if (l->path && strcmp(l->path, of->path) == 0)
		return l->text;
	free(l->path);
	free(l->text);
	l->path = bytes_need(strdup(of->path));
	l->text = read_text(l, of->path);
	if (!l->text) /* a tree that was moved: from here */
		l->text = read_text(l, of->file);
	return l->text;
}

static void put_line(FILE *out, const char *line, size_t n)
{
	char *copy = bytes_need(strndup(line, n));

	put_string(out, copy);
	free(copy);
}

static void put_source(struct listing *l, const struct lines *lines)
{
	const char *line = lines->last ? text_of(l, lines) : NULL;
	unsigned n = 1, put = 0;

	for (; line && *line && n <= lines->last; n++) {
		const size_t length = strcspn(line, "\n");

		if (n >= lines->first) {
			fputs(put++ ? ",\n    " : "\n    ", l->out);
			put_line(l->out, line, length);
		}
		line += length + (line[length] == '\n');
	}
	l->lost.missing += !put;
	l->lost.newer += put && l->newer;
}

/* ---- its code ---- */

static void put_row(const struct listing *l, const struct function *f, const struct row *row,
		    unsigned line)
{
	const uint8_t *p = f->section->bytes + (row->at - f->section->addr);
	char text[CODE_TEXT];

	fprintf(l->out, "[%u, %u, %u, ", row->at - f->addr, row->len, line);
	put_string(l->out, code_text(&l->model->image, row->at, p, f->end - row->at, text));
	fputc(']', l->out);
}

static void put_code(const struct listing *l, const struct function *f, const struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		const struct row *row = &lines->rows[i];
		const bool own = row->known && is_own(lines, &row->place);

		fputs(i ? ",\n    " : "\n    ", l->out);
		put_row(l, f, row, own ? row->place.line : 0);
	}
}

static void put_function(struct listing *l, const struct function *f)
{
	struct lines lines = lines_of(l, f);

	fprintf(l->out, "  {\"name\": ");
	put_string(l->out, f->name);
	fprintf(l->out, ", \"at\": \"0x%08x\", \"size\": %u", f->addr,
		(unsigned)(f->end - f->addr));
	if (lines.last) {
		fprintf(l->out, ", \"file\": ");
		put_string(l->out, lines.file);
		fprintf(l->out, ", \"first\": %u", lines.first);
	}
	fprintf(l->out, ",\n   \"source\": [");
	put_source(l, &lines);
	fprintf(l->out, "],\n   \"code\": [");
	put_code(l, f, &lines);
	fprintf(l->out, "]}");
	free(lines.rows);
}

/* Sites are in the order of their addresses, and so are functions. */
struct listing_lost listing_put(FILE *out, const struct model *model)
{
	struct listing l = {.out = out, .model = model};
	const char *before = "";
	struct function f;
	uint64_t end = 0;

	source_open(&l.source, &model->image);
	fprintf(out, " \"functions\": [");
	for (size_t i = 0; i < model->n_sites; i++) {
		if (model->sites[i].addr < end ||
		    !code_function_at(&model->image, model->sites[i].addr, &f))
			continue;
		fprintf(out, "%s\n", before);
		put_function(&l, &f);
		before = ",";
		end = f.end;
	}
	fprintf(out, "]");
	source_close(&l.source);
	free(l.path);
	free(l.text);
	return l.lost;
}
