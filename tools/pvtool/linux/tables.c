/* SPDX-License-Identifier: MIT */
/*
 * A hidden table is a run: what is no table has no two records in a row whose sites are calls of the
 * tracer, or jumps to the very target that the record names.
 */
#include "linux/tables.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>

#define RUN_MIN     2
#define SAMPLE      4096u      /* records that tell a form */
#define RECORDS_MAX (1u << 20) /* a kernel has some ten thousand */

static struct record read_one(const struct form *form, const uint8_t *p, uint32_t at)
{
	struct record record = {0};

	form->read(p, at, &record);
	return record;
}

static bool is_good(const struct kernel *kernel, const struct kind *kind, const struct form *form,
		    const uint8_t *p, uint32_t at)
{
	struct record record = read_one(form, p, at);

	return !kind->fault(kernel, &record);
}

/* ---- where ---- */

static bool by_section(const struct kernel *kernel, const struct kind *kind,
		       struct kernel_table *out)
{
	const struct section *s = image_section(&kernel->image, kind->section);

	if (!s || !s->size || !s->alloc)
		return false;
	out->how = "section";
	out->addr = s->addr;
	out->size = s->size;
	out->bytes = s->bytes;
	return true;
}

static bool by_symbols(const struct kernel *kernel, const struct kind *kind,
		       struct kernel_table *out)
{
	const struct symbol *begin = image_symbol(&kernel->image, kind->begin);
	const struct symbol *end = image_symbol(&kernel->image, kind->end);

	if (!begin || !end || end->addr <= begin->addr)
		return false;
	out->how = "symbols";
	out->addr = begin->addr;
	out->size = end->addr - begin->addr;
	out->bytes = image_bytes(&kernel->image, out->addr, out->size);
	return true;
}

/* So many bytes of good records from `at` on, of which no two in a row have the same site. */
static uint32_t run_at(const struct kernel *kernel, const struct kind *kind,
		       const struct form *form, const struct section *s, uint32_t at)
{
	uint32_t n = 0, before = 0;

	while (form->size <= s->size - at - n) {
		struct record record = read_one(form, s->bytes + at + n, s->addr + at + n);

		if (record.addr == before || kind->fault(kernel, &record))
			break;
		before = record.addr;
		n += form->size;
	}
	return n;
}

static void search_section(const struct kernel *kernel, const struct kind *kind,
			   const struct form *form, const struct section *s,
			   struct kernel_table *out)
{
	for (uint32_t at = 0, n; form->size <= s->size && at <= s->size - form->size;
	     at += n ? n : 4) {
		n = run_at(kernel, kind, form, s, at);
		if (n >= RUN_MIN * form->size && n > out->size) {
			out->how = "search";
			out->addr = s->addr + at;
			out->size = n;
			out->bytes = s->bytes + at;
		}
	}
}

static void search(const struct kernel *kernel, const struct kind *kind, struct kernel_table *out)
{
	for (size_t i = 0; i < kernel->image.n_sections; i++) {
		const struct section *s = &kernel->image.sections[i];

		if (!s->alloc || s->exec || !s->bytes)
			continue;
		for (size_t k = 0; k < KERNEL_FORMS && kind->forms[k].size; k++)
			search_section(kernel, kind, &kind->forms[k], s, out);
	}
}

/* ---- what ---- */

static uint32_t good_bytes(const struct kernel *kernel, const struct kind *kind,
			   const struct form *form, const struct kernel_table *table)
{
	uint32_t n = 0, end = table->size;

	if (end / form->size > SAMPLE)
		end = SAMPLE * form->size;
	for (uint32_t at = 0; form->size <= end - at; at += form->size)
		n += form->size * is_good(kernel, kind, form, table->bytes + at, table->addr + at);
	return n;
}

static const struct form *best_form(const struct kernel *kernel, const struct kind *kind,
				    const struct kernel_table *table)
{
	const struct form *best = &kind->forms[0];
	uint32_t most = 0;

	for (size_t i = 0; i < KERNEL_FORMS && kind->forms[i].size; i++) {
		uint32_t n = good_bytes(kernel, kind, &kind->forms[i], table);

		if (n > most) {
			most = n;
			best = &kind->forms[i];
		}
	}
	return best;
}

/* No record is a zero: its site would be at address 0, or at its own. */
static void cut_padding(struct kernel_table *table)
{
	while (table->size >= 4 && !bytes_get32(table->bytes + table->size - 4))
		table->size -= 4;
}

static bool refuse_size(const struct kernel *kernel, struct kernel_table *table)
{
	fprintf(stderr, "pvtool: %s: %s: %zu records, more than %u\n", kernel->image.path,
		table->kind->name, table->n, RECORDS_MAX);
	table->n = 0;
	return false;
}

bool tables_find(const struct kernel *kernel, const struct kind *kind, struct kernel_table *out)
{
	*out = (struct kernel_table){.kind = kind};
	if (!by_section(kernel, kind, out) && !by_symbols(kernel, kind, out) && kind->hidden)
		search(kernel, kind, out);
	if (!out->how)
		return true;
	out->form = &kind->forms[0];
	if (!out->bytes)
		return true;
	if (kind->padded && out->size % 4 == 0)
		cut_padding(out);
	out->form = best_form(kernel, kind, out);
	out->n = out->size / out->form->size;
	if (out->n > RECORDS_MAX)
		return refuse_size(kernel, out);
	out->records = bytes_need(calloc(out->n + 1, sizeof(*out->records)));
	for (size_t i = 0; i < out->n; i++) {
		uint32_t at = (uint32_t)i * out->form->size;
		struct record *record = &out->records[i];

		record->index = i;
		out->form->read(out->bytes + at, out->addr + at, record);
		if (kind->len)
			record->len = kind->len(kernel, record);
	}
	return true;
}
