/* SPDX-License-Identifier: MIT */
/*
 * What text and statistics must be behind a pass or a commit of static keys and static calls.
 *
 *	remember();
 *	forms_make(from, to);		each site, by its record
 *	... and behind it
 *	text_check();
 *	refusals_all(&stats, n, refusals_check(verdicts, n, &stats, 0));
 *
 * Included once, after tests/host/keyed_host.h.
 */
#ifndef TESTS_HOST_KEYED_CHECKS_H
#define TESTS_HOST_KEYED_CHECKS_H

#include "tests/host/keyed_host.h"

static struct form {
	bool good;
	struct pv_site was, is;
} forms[TABLES][EACH];

static void forms_make(unsigned from, unsigned version)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; i < sites[t].n; i++) {
			const struct sites *s = &sites[t];
			struct pass pass = {.table = &s->table,
					    .from = state_of(s, from),
					    .to = state_of(s, version),
					    .bytes = says};
			const int32_t *record = &s->records[i * s->words];

			forms[t][i].good = s->added &&
					   !model_says(&pass, record, to(record), &forms[t][i].was,
						       &forms[t][i].is);
		}
}

static bool is_changed_site(const struct area *a, const uint8_t *byte)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; i < sites[t].n; i++) {
			const struct form *f = &forms[t][i];

			if (f->good && (uint32_t)byte - (uint32_t)f->is.at < f->is.len &&
			    area_of(f->is.at, f->is.len) == a &&
			    !memcmp(f->is.at, f->is.bytes, f->is.len) &&
			    !memcmp(a->before + (f->is.at - a->image.text), f->was.bytes,
				    f->is.len))
				return true;
		}
	return false;
}

static void text_check(void)
{
	if (exactly)
		expect(expected);
	for (unsigned i = 0; i < IMAGES; i++)
		for (unsigned k = 0; k < areas[i].size; k++)
			must(areas[i].before[k] == areas[i].image.text[k] ||
				     is_changed_site(&areas[i], &areas[i].image.text[k]),
			     "byte %u of image %u only as a part of its site", k, i);
}

/* Those of n records, from refusal number `listed` on; returns the number behind them. */
static unsigned refusals_check(const struct verdict *v, unsigned n, const struct pv_stats *stats,
			       unsigned listed)
{
	for (unsigned i = 0; i < n; i++, v++) {
		if (!v->why)
			continue;
		must(listed < stats->listed && stats->refusal[listed].record == v->record &&
			     stats->refusal[listed].at == v->at &&
			     stats->refusal[listed].why == v->why,
		     "site %x refused, %s, not %s", (uint32_t)v->at, pv_why_text(v->why),
		     pv_why_text(stats->refusal[listed].why));
		listed++;
	}
	return listed;
}

/* And that is all. */
static void refusals_all(const struct pv_stats *stats, unsigned n, unsigned refused)
{
	must(stats->total.sites == n && stats->total.refused == refused && stats->listed == refused,
	     "%u of %u sites refused, not %u of %u", refused, n, stats->total.refused,
	     stats->total.sites);
}

#endif
