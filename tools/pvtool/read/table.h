/* SPDX-License-Identifier: MIT */
/*
 * A table of text with aligned columns: widths are known only when the last row is.
 *
 *	struct table table = {.columns = 2};
 *	table_add(&table, "%s", "op");
 *	table_add(&table, "%u", 3);
 *	table_print(&table);	// and frees it
 */
#ifndef TOOLS_PVTOOL_READ_TABLE_H
#define TOOLS_PVTOOL_READ_TABLE_H

#include <stddef.h>

struct table {
	size_t columns;
	char **cells; /* row by row */
	size_t n, room;
};

/* The next cell, left to right and row by row. */
__attribute__((format(printf, 2, 3))) void table_add(struct table *table, const char *format, ...);

/* Writes the rows to stdout, two blanks between columns; the table is empty afterwards. */
void table_print(struct table *table);

#endif
