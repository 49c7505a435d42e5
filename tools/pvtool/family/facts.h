/* SPDX-License-Identifier: MIT */
/*
 * What struct pv_fact of pv/index.h says of a record, worked out of the file and not by pv/facts.c,
 * which makes the same at load.
 *
 *	uint8_t fact[FACT_SIZE];
 *	fact_make(&model, site, record, long_at, fact);
 */
#ifndef TOOLS_PVTOOL_FAMILY_FACTS_H
#define TOOLS_PVTOOL_FAMILY_FACTS_H

#include "family/model.h"
#include "pv/facts.h"
#include "pv/index.h"

#define FACT_SIZE sizeof(struct pv_fact)

/* A site of more bytes has them elsewhere: behind all facts. */
#define FACT_LINKED_MAX sizeof(((struct pv_fact *)0)->linked)

/*
 * The fact of a record of alternatives, whose site has no fault. long_at: where the site's bytes
 * stand, from the first fact on, when they are more than FACT_LINKED_MAX.
 */
void fact_make(const struct model *model, const struct site *site, const struct record *record,
	       uint32_t long_at, uint8_t out[FACT_SIZE]);

/* The byte of a family that looks, whose site has no fault. */
uint8_t fact_look(const struct model *model, const struct site *site);

/* struct pv_sources: all replacements and their sum; zeros, when there are none. */
void fact_sources(const struct model *model, uint8_t out[12]);

#endif
