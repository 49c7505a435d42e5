/* SPDX-License-Identifier: MIT */
/*
 * The members of a manifest (docs/interface.md), each written as `"name": value` without a comma
 * behind it.
 *
 *	manifest_put_tables(out, &model);
 *	fprintf(out, ",\n");
 *	faults = manifest_put_sites(out, &model);
 */
#ifndef TOOLS_PVTOOL_MANIFEST_WRITE_H
#define TOOLS_PVTOOL_MANIFEST_WRITE_H

#include "family/state.h"

#include <stdio.h>

/* write_tables.c: sections, symbols, features, the table of ops and back ends. */
void manifest_put_tables(FILE *out, const struct model *model);

/*
 * write_pages.c: "memory", with hashes of pages; those of a state if it is not NULL. False,
 * after a line on stderr, if some of it cannot be hashed.
 */
bool manifest_put_memory(FILE *out, const struct model *model, const struct state *state);

/*
 * write_sites.c: one of a site's values, in their order in the manifest. `expect` has padding if the value
 * has some; `padding`: by which of nops_tables it is these bytes, NULL if it has none.
 */
typedef void manifest_value_fn(void *arg, const struct value *value, const struct expect *expect,
			       const bool *padding);
void manifest_tell_values(const struct model *model, const struct site *site,
			  manifest_value_fn *tell, void *arg);

/* write_sites.c: "sites". Returns how many of them are refused. */
size_t manifest_put_sites(FILE *out, const struct model *model);

#endif
