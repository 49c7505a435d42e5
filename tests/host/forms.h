/* SPDX-License-Identifier: MIT */
/*
 * One pass in its three forms: over the records as they are, by the general path over an index, and
 * by the family's short loop. What comes out must be the same.
 *
 *	form = SHORT;
 *	outcome_of(&table, &image, from, to, PV_STOPPED, &out);	the table has its index, or `form`
 *								is RAW; text is put back before
 *	outcomes_agree(&out, &other)
 *
 * The short loop runs on a CPU that can fetch ahead.
 *
 * Included once, after tests/host/host.h; TEXT_SIZE is the text's size, ROWS_MAX the most rows.
 */
#ifndef TESTS_HOST_FORMS_H
#define TESTS_HOST_FORMS_H

#include "pv/engine.h"
#include "tests/host/host.h"

enum form { RAW, GENERAL, SHORT, FORMS };
static enum form form;
static const char *const form_names[FORMS] = {"raw", "general", "short"};

struct outcome {
	uint8_t text[TEXT_SIZE];
	struct pv_stats stats;
	struct pv_count rows[ROWS_MAX];
};

/* The table is in the image for the pass only, behind those that are there. */
static void form_apply(struct pv_table *table, struct pv_image *image, const void *from,
		       const void *to, enum pv_mode mode, struct outcome *out)
{
	memset(&out->stats, 0, sizeof(out->stats));
	memset(out->rows, 0, sizeof(out->rows));
	out->stats.row = table->family->rows ? out->rows : NULL;
	writable = form == SHORT;
	host_features[X86_FEATURE_XMM / 32] = (uint32_t)writable << X86_FEATURE_XMM % 32;
	trace_clear();
	if (form != RAW)
		pv_table_add(image, table);
	pv_apply(table->family, table->first, table->last, from, to, mode, &out->stats);
	if (form != RAW)
		pv_table_remove(image, table);
	writable = false;
	host_features[X86_FEATURE_XMM / 32] = 0;
	out->stats.row = NULL;
	out->stats.ns = 0;
}

static void outcome_of(struct pv_table *table, struct pv_image *image, const void *from,
		       const void *to, enum pv_mode mode, struct outcome *out)
{
	uint8_t was[TEXT_SIZE];

	memcpy(was, image->text, TEXT_SIZE);
	form_apply(table, image, from, to, mode, out);
	memcpy(out->text, image->text, TEXT_SIZE);
	memcpy(image->text, was, TEXT_SIZE);
}

/* Text, statistics, rows, refusals. */
static bool outcomes_agree(const struct outcome *a, const struct outcome *b)
{
	return !memcmp(a->text, b->text, TEXT_SIZE) &&
	       !memcmp(&a->stats, &b->stats, sizeof(a->stats)) &&
	       !memcmp(a->rows, b->rows, sizeof(a->rows));
}

/* All forms from `first` on; the result in *out. A dry run writes nothing and counts the same. */
static bool forms_agree(struct pv_table *table, struct pv_image *image, const void *from,
			const void *to, enum form first, struct outcome *out)
{
	static struct outcome other, dry;
	bool good;

	form = first;
	outcome_of(table, image, from, to, PV_STOPPED, out);
	outcome_of(table, image, from, to, PV_DRY, &dry);
	good = !memcmp(dry.text, image->text, TEXT_SIZE);
	memcpy(dry.text, out->text, TEXT_SIZE);
	good &= outcomes_agree(out, &dry);
	while (++form < FORMS) {
		outcome_of(table, image, from, to, PV_STOPPED, &other);
		good &= outcomes_agree(out, &other);
	}
	return good;
}

static __attribute__((unused)) enum pv_why why_of(const struct pv_stats *stats, const void *record)
{
	for (unsigned i = 0; i < stats->listed; i++)
		if (stats->refusal[i].record == record)
			return stats->refusal[i].why;
	return PV_OK;
}

#endif
