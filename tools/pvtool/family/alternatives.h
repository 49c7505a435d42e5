/* SPDX-License-Identifier: MIT */
/*
 * Alternatives: a site, and replacements for it that lie elsewhere, each for CPUs with a feature or
 * without one. Of the records of a site the last in the table that applies wins. The CPU runs a
 * replacement at the site only, so branches that leave it are moved.
 *
 *	.altinstructions		s32 site, s32 replacement (relative to themselves),
 *					u16 feature, u8 site_len, u8 replacement_len
 *	.altinstr_replacement		0f ae f0		mfence
 *	the site, as linked		f0 83 04 24 00		lock addl $0,(%esp)
 *	with the feature xmm2		0f ae f0 66 90		mfence, padding
 */
#ifndef TOOLS_PVTOOL_FAMILY_ALTERNATIVES_H
#define TOOLS_PVTOOL_FAMILY_ALTERNATIVES_H

#include "family/model.h"
#include "read/nops.h"

#define ALTERNATIVES_SECTION ".altinstr_replacement"

/* The record whose replacement stands at a site without a fault; NULL if none applies. */
const struct record *alternatives_chosen(const struct state *state, const struct site *site);

/* The replacement's bytes where it was linked; NULL unless all are in the section for them. */
const uint8_t *alternatives_replacement(const struct model *model, const struct record *record);

/*
 * How many bytes stand before the NOPs at the site's end, which are the CPU's own where no record
 * applies; `linked` are the site's. Of a site without a fault.
 */
size_t alternatives_before_nops(const struct site *site, const uint8_t *linked);

#endif
