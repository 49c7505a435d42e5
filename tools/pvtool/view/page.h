/* SPDX-License-Identifier: MIT */
/*
 * A page that has all that it needs: web/view.html with styles, scripts and data in it.
 *
 *	page_put(out, json, strlen(json));
 */
#ifndef TOOLS_PVTOOL_VIEW_PAGE_H
#define TOOLS_PVTOOL_VIEW_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* `data` is JSON, n bytes. */
void page_put(FILE *out, const char *data, size_t n);

#endif
