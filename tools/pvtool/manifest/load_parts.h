/* SPDX-License-Identifier: MIT */
/*
 * The parts of a manifest, each by a function that fills the model with it; doc->failed says
 * afterwards whether all was right. In this order, since each uses what those before it read.
 *
 *	manifest_load_pages(doc, &places, model);
 *	manifest_load_ops(doc, &places, model);
 *	if (!doc->failed)
 *		manifest_load_sites(doc, &places, model);
 */
#ifndef TOOLS_PVTOOL_MANIFEST_LOAD_PARTS_H
#define TOOLS_PVTOOL_MANIFEST_LOAD_PARTS_H

#include "family/listed.h"
#include "manifest/places.h"

/* "memory": what is read-only becomes a segment. All text has to be in it. */
void manifest_load_pages(struct doc *doc, struct places *places, struct model *model);

/* "pv_ops", with the back ends. */
void manifest_load_ops(struct doc *doc, struct places *places, struct model *model);

/* "sites". Sections, "features" and back ends are known. */
void manifest_load_sites(struct doc *doc, struct places *places, struct model *model);

/* One of the values of a site, whose length is known. Of out->bytes there are that many. */
void manifest_load_value(struct doc *doc, const struct model *model, const struct site *site,
			 const json_t *value, struct listed_value *out);

#endif
