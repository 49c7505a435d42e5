/* SPDX-License-Identifier: MIT */
/*
 * Cells are kept as text until table_print(). The last column is not padded.
 */
#include "read/table.h"
#include "read/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, const char *format, ...)
{
	va_list args;
	int len;

	if (table->n == table->room) {
		table->room = table->room ? 2 * table->room : 256;
		table->cells = bytes_need(
			realloc(table->cells, table->room * sizeof(*table->cells)));
	}
	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	table->cells[table->n] = bytes_need(malloc((size_t)len + 1));
	va_start(args, format);
	vsnprintf(table->cells[table->n++], (size_t)len + 1, format, args);
	va_end(args);
}

static int column_width(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->n; i += table->columns) {
		size_t len = strlen(table->cells[i]);

		width = len > width ? len : width;
	}
	return (int)width;
}

void table_print(struct table *table)
{
	int *width = bytes_need(calloc(table->columns, sizeof(*width)));

	for (size_t column = 0; column + 1 < table->columns; column++)
		width[column] = column_width(table, column);
	for (size_t i = 0; i < table->n; i++) {
		size_t column = i % table->columns;

		printf("%-*s%s", width[column], table->cells[i],
		       column + 1 == table->columns ? "\n" : "  ");
		free(table->cells[i]);
	}
	free(table->cells);
	free(width);
	*table = (struct table){.columns = table->columns};
}
