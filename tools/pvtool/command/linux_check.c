/* SPDX-License-Identifier: MIT */
/*
 * pvtool check of a Linux kernel: what cannot be right about its tables: records whose site, target,
 * key or replacement is not what the kernel takes it for, tables that are cut, sites that overlap.
 * The rules of our own house, as of privileged instructions, are not Linux's.
 */
#include "command/linux.h"
#include "linux/open.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>

#define LISTED 200 /* a table that is read wrongly has a finding a record: they are counted */

/* A good record's bytes. */
struct place {
	uint32_t addr, len;
	const struct kernel_table *table;
	const struct record *record;
};

struct checked {
	struct kernel kernel;
	struct place *places;
	size_t n_places, findings;
};

/* Is there room for another finding's line? */
static bool next_finding(struct checked *c)
{
	return c->findings++ < LISTED;
}

static void check_table(struct checked *c, const struct kernel_table *table)
{
	if (!table->form)
		return;
	if (!table->bytes && next_finding(c))
		fprintf(stderr, "%s: its %u bytes at 0x%08x are not in the file\n",
			table->kind->section, table->size, table->addr);
	if (table->bytes && table->size % table->form->size && next_finding(c))
		fprintf(stderr, "%s: %u bytes are no whole number of %u-byte records\n",
			table->kind->section, table->size, table->form->size);
}

static void tell(struct checked *c, const struct kernel_table *table, const struct record *r)
{
	char where[IMAGE_WHERE];

	fprintf(stderr, "0x%08x %s: %s record %zu: ", r->addr,
		image_where(&c->kernel.image, r->addr, where), table->kind->name, r->index);
}

static void check_records(struct checked *c, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		const char *fault = table->kind->fault(&c->kernel, r);

		if (!fault) {
			c->places[c->n_places++] = (struct place){r->addr, r->len, table, r};
		} else if (next_finding(c)) {
			tell(c, table, r);
			fprintf(stderr, "%s\n", fault);
		}
	}
}

/* ---- overlaps ---- */

static int by_place(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->len != b->len) /* what may hold others first */
		return a->len > b->len ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

static bool is(const struct place *place, enum kind_id kind, const struct checked *c)
{
	return place->table == &c->kernel.tables[kind];
}

/* Lock prefixes and calls through pv_ops lie in alternatives, of which several have one site. */
static bool may_overlap(const struct checked *c, const struct place *a, const struct place *b)
{
	bool within = b->addr - a->addr + b->len <= a->len;

	if (is(a, KIND_ALTERNATIVES, c) && is(b, KIND_ALTERNATIVES, c))
		return a->addr == b->addr && a->len == b->len;
	if (is(a, KIND_ALTERNATIVES, c))
		return within && (is(b, KIND_LOCKS, c) || is(b, KIND_PARAVIRT, c));
	return is(b, KIND_ALTERNATIVES, c) && a->addr == b->addr && a->len == b->len &&
	       is(a, KIND_PARAVIRT, c);
}

static void check_overlaps(struct checked *c)
{
	const struct place *before = NULL;

	qsort(c->places, c->n_places, sizeof(*c->places), by_place);
	for (size_t i = 0; i < c->n_places; i++) {
		const struct place *p = &c->places[i];
		bool overlaps = before && p->addr - before->addr < before->len;

		if (overlaps && !may_overlap(c, before, p) && next_finding(c)) {
			tell(c, p->table, p->record);
			fprintf(stderr, "overlaps %s record %zu at 0x%08x\n",
				before->table->kind->name, before->record->index, before->addr);
		}
		if (!overlaps || p->addr + p->len > before->addr + before->len)
			before = p;
	}
}

/* ---- the whole ---- */

static int report(const struct checked *c)
{
	if (c->findings > LISTED)
		fprintf(stderr, "... and %zu more\n", c->findings - LISTED);
	if (c->findings) {
		fprintf(stderr, "pvtool: %s: %zu finding%s\n", c->kernel.image.path, c->findings,
			c->findings == 1 ? "" : "s");
		return PVTOOL_FINDINGS;
	}
	printf("pvtool: %s: ", c->kernel.image.path);
	linux_print_tables(&c->kernel);
	printf(": nothing that cannot be right\n");
	return PVTOOL_CLEAN;
}

int linux_check(struct image *image, const struct options *options)
{
	struct checked c = {0};
	size_t n = 0;
	int status;

	if (!linux_open(&c.kernel, image, options))
		return PVTOOL_FAILED;
	for (size_t i = 0; i < KERNEL_KINDS; i++)
		n += c.kernel.tables[i].n;
	c.places = bytes_need(calloc(n + 1, sizeof(*c.places)));
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		check_table(&c, &c.kernel.tables[i]);
		check_records(&c, &c.kernel.tables[i]);
	}
	check_overlaps(&c);
	status = report(&c);
	free(c.places);
	kernel_close(&c.kernel);
	return status;
}
