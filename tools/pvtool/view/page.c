/* SPDX-License-Identifier: MIT */
/*
 * The page is put together when pvtool is built (view.mk), as a string of C in view_page.def.
 */
#include "view/page.h"

#include <string.h>

static const char page[] =
#include "view_page.def"
	;

/* In JSON a `<` stands in strings only; in HTML it could end the script that the data are. */
static void put_data(FILE *out, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '<')
			fputs("\\u003c", out);
		else
			fputc(data[i], out);
	}
}

void page_put(FILE *out, const char *data, size_t n)
{
	static const char mark[] = "@DATA@";
	const char *at = strstr(page, mark);

	fwrite(page, 1, (size_t)(at - page), out);
	put_data(out, data, n);
	fputs(at + sizeof(mark) - 1, out);
}
