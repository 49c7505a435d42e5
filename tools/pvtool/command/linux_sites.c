/* SPDX-License-Identifier: MIT */
/*
 * pvtool sites of a Linux kernel: a line a record, by address, with the instructions that stand there
 * as linked; of an alternative also those of its replacement, where that lies.
 */
#include "command/linux.h"
#include "linux/open.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_addr(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void add_code(struct table *table, const struct kernel *kernel, uint32_t addr, uint32_t len)
{
	char text[CODE_LINE];

	table_add(table, "%s", len ? code_linked(&kernel->image, addr, len, text) : "nothing");
}

static void add_record(struct table *table, const struct kernel *kernel,
		       const struct kernel_table *records, const struct record *r)
{
	const char *fault = records->kind->fault(kernel, r);
	char where[IMAGE_WHERE], title[SITE_TITLE];

	table_add(table, "0x%08x", r->addr);
	table_add(table, "%s", image_where(&kernel->image, r->addr, where));
	table_add(table, "%s", records->kind->name);
	table_add(table, "%s", records->kind->title(kernel, r, title));
	table_add(table, "%u", r->len);
	add_code(table, kernel, r->addr, r->len);
	if (fault)
		table_add(table, "refused: %s", fault);
	else if (records->kind == &alternatives_kind)
		add_code(table, kernel, r->replacement, r->replacement_len);
	else
		table_add(table, "%s", "");
}

static size_t list_table(const struct kernel *kernel, const struct kernel_table *records)
{
	static const char *const head[] = {"address", "symbol",    "family",     "record",
					   "len",     "as linked", "replacement"};
	struct table table = {.columns = sizeof(head) / sizeof(head[0])};
	size_t faults = 0;

	for (size_t i = 0; i < table.columns; i++)
		table_add(&table, "%s", head[i]);
	qsort(records->records, records->n, sizeof(*records->records), by_addr);
	for (size_t i = 0; i < records->n; i++) {
		add_record(&table, kernel, records, &records->records[i]);
		faults += records->kind->fault(kernel, &records->records[i]) != NULL;
	}
	table_print(&table);
	return faults;
}

static bool is_kind(const struct kernel *kernel, const char *name)
{
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		if (strcmp(kernel->tables[i].kind->name, name) == 0)
			return true;
	}
	fprintf(stderr, "pvtool: no family %s, only", name);
	for (size_t i = 0; i < KERNEL_KINDS; i++)
		fprintf(stderr, " %s", kernel->tables[i].kind->name);
	fputc('\n', stderr);
	return false;
}

static int list_all(const struct kernel *kernel, const char *wanted)
{
	size_t faults = 0, listed = 0;

	if (wanted && !is_kind(kernel, wanted))
		return PVTOOL_FAILED;
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		const struct kernel_table *table = &kernel->tables[i];

		if (!table->n || (wanted && strcmp(wanted, table->kind->name) != 0))
			continue;
		if (listed++)
			putchar('\n');
		faults += list_table(kernel, table);
	}
	printf("pvtool: %s: ", kernel->image.path);
	linux_print_tables(kernel);
	printf(", %zu refused\n", faults);
	return faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}

int linux_sites(struct image *image, const struct options *options)
{
	struct kernel kernel;
	int status;

	if (!linux_open(&kernel, image, options))
		return PVTOOL_FAILED;
	status = list_all(&kernel, options->family);
	kernel_close(&kernel);
	return status;
}
