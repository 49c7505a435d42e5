// SPDX-License-Identifier: MIT
/*
 * Where sites may be, what is counted, and what is written. A site lies in one image's text,
 * outside of the engine's own, behind the last one of its pass, and overlaps none of the tables
 * before its own. Those have cursors, which go through their indexes as the pass does: a pass asks
 * in ascending order.
 */
#include "pv/sweep.h"

PV_TEXT_PART bool touches(const uint8_t *start, const uint8_t *end, uint32_t at, unsigned len)
{
	return at < (uint32_t)end && (at >= (uint32_t)start || (uint32_t)start - at < len);
}

/* In an image that holds it: may it be patched? */
PV_TEXT_PART unsigned judge(const struct pv_image *image, uint32_t at, unsigned len)
{
	if (touches(image->engine, image->engine_end, at, len))
		return PV_WHY_OWN;
	if (!touches(image->gone, image->gone_end, at, len))
		return PV_OK;
	return at >= (uint32_t)image->gone && len <= (uint32_t)image->gone_end - at ? PV_SITE_GONE
										    : PV_WHY_RANGE;
}

/* A table that was added keeps to its own image. Sets s->limit to where that part of text ends. */
static PV_TEXT unsigned find_image(struct pv_sweep *s, uint32_t at, unsigned len)
{
	unsigned why = PV_WHY_RANGE;
	struct pv_range range;

	for (struct pv_image *image = pv_images; image; image = image->next) {
		if (touches(image->engine, image->engine_end, at, len))
			why = PV_WHY_OWN;
		range = pv_image_range(image, at, len);
		if (!range.first || (s->table && image != s->image))
			continue;
		s->image = image;
		s->limit = (uint32_t)range.end;
		return judge(image, at, len);
	}
	return why;
}

/*
 * Is the outer site, of the table's entry i, as linked, and are its first n bytes no padding? Lock
 * prefixes in it may be on or off. What is not known is taken for replaced, and so is what is not
 * all in text that is there: its inner sites are left alone.
 */
static PV_TEXT bool is_as_linked(const struct pv_table *t, uint32_t i, const struct pv_site *site,
				 unsigned n)
{
	const uint32_t *record = pv_table_record(t, i);
	const uint8_t *linked = NULL;
	uint8_t pad[PV_SITE_MAX];
	unsigned run, rest;

	if (t->facts)
		linked = pv_fact_linked(t->facts, &t->facts[i], record, t->family->record_size,
					site->len);
	if (!linked || n > t->facts[i].run)
		return false;
	run = t->facts[i].run;
	for (unsigned k = 0; k < run; k++)
		if (linked[k] != site->at[k] && !(linked[k] == 0xf0 && site->at[k] == 0x3e))
			return false;
	rest = site->len - run;
	pv_nops_fill(pad, rest);
	return pv_same(site->at + run, linked + run, rest) || pv_same(site->at + run, pad, rest);
}

/* What the pass may not have, since this site of another table has it. */
static PV_TEXT unsigned judge_other(const struct pv_sweep *s, const struct pv_table *t,
				    const struct pv_site *other, uint32_t at, unsigned len)
{
	uint32_t start = (uint32_t)other->at;

	if (!s->table && t->family->groups == s->family->groups && start == at && other->len == len)
		return PV_OK;
	if (!s->family->nests || !t->family->groups || at < start || at + len > start + other->len)
		return PV_WHY_OVERLAP;
	if (!pv_image_range(s->image, start, other->len).first ||
	    judge(s->image, start, other->len))
		return PV_SITE_INNER;
	return is_as_linked(t, t->cursor, other, at + len - start) ? PV_OK : PV_SITE_INNER;
}

PV_TEXT_PART void limit_by(struct pv_sweep *s, uint32_t at, const uint8_t *start)
{
	if ((uint32_t)start > at && (uint32_t)start < s->limit)
		s->limit = (uint32_t)start;
}

/* Go on in one table before: up to the first site that does not end at or before `at`. */
static PV_TEXT unsigned pass_table(struct pv_sweep *s, struct pv_table *t, uint32_t at,
				   unsigned len)
{
	struct pv_site site;

	/* Few sites of many, and that these ascend is known. */
	if (s->step && t->cursor < t->n && t->index[t->cursor].at < at &&
	    at - t->index[t->cursor].at >= PV_SITE_MAX)
		t->cursor = pv_table_reach(t, at);
	for (; t->cursor < t->n; t->cursor++) {
		pv_entry_site(t, t->cursor, &site);
		if (!site.len || (uint32_t)site.at + site.len <= at)
			continue;
		if ((uint32_t)site.at < at + len) {
			s->limit = at + len; /* what follows may be in its way, too */
			return judge_other(s, t, &site, at, len);
		}
		limit_by(s, at, site.at);
		break;
	}
	return PV_OK;
}

PV_TEXT unsigned pv_sweep_place(struct pv_sweep *s, uint32_t at, unsigned len)
{
	unsigned why = find_image(s, at, len);

	if (!why && at < s->end)
		why = at + len <= s->start ? PV_WHY_INDEX : PV_WHY_OVERLAP;
	else if (!why && at < s->asked)
		why = PV_WHY_INDEX;
	if (why) {
		s->limit = 0;
		return why;
	}
	s->asked = at;
	limit_by(s, at, s->image->engine);
	limit_by(s, at, s->image->gone);
	s->edge = s->limit;
	for (struct pv_table *t = s->image->tables; t && t != s->table; t = t->next) {
		why = pass_table(s, t, at, len);
		if (why) {
			s->limit = 0;
			return why;
		}
	}
	return PV_OK;
}

/* The line of the statistics that a refused site belongs to; NULL: that is not known. */
static PV_TEXT struct pv_count *refused_row(const struct pv_sweep *s, const void *record,
					    uint32_t at, enum pv_why why)
{
	struct pv_site site;

	if (!s->stats->row || !record || why == PV_WHY_TYPE || why == PV_WHY_FEATURE)
		return NULL;
	s->family->bytes(record, NULL, &site);
	if ((uint32_t)site.at != at || site.row >= s->family->rows)
		return NULL;
	return &s->stats->row[site.row];
}

/* Now, since what is found may be gone when it is reported. */
static PV_TEXT void note_text(struct pv_refusal *refusal, const struct pv_site *text)
{
	unsigned skip = 0, left;

	while (skip < text->len && text->at[skip] == text->bytes[skip])
		skip++;
	if (skip < PV_SHOWN || skip == text->len)
		skip = 0;
	left = text->len - skip;
	refusal->skip = (uint8_t)skip;
	refusal->n = (uint8_t)(left < PV_SHOWN ? left : PV_SHOWN);
	pv_copy(refusal->expected, text->bytes + skip, refusal->n);
	pv_copy(refusal->found, text->at + skip, refusal->n);
}

PV_TEXT void pv_sweep_refuse(struct pv_sweep *s, const void *record, uint32_t at, enum pv_why why,
			     const struct pv_site *text)
{
	struct pv_stats *stats = s->stats;
	struct pv_refusal *refusal;
	struct pv_count *row;

	s->limit = 0; /* what lies before this site was passed, too */
	s->left = true;
	if (s->visit) {
		struct pv_site site;

		site.at = (uint8_t *)at;
		s->visit(record, why, &site, &site, s->arg);
		return;
	}
	stats->total.sites += (s->family->groups || s->step == PV_LOOK) && why != PV_WHY_TABLE;
	stats->total.refused++;
	row = refused_row(s, record, at, why);
	if (row) {
		row->sites++;
		row->refused++;
	}
	if (stats->listed == PV_REFUSED_MAX)
		return;
	refusal = &stats->refusal[stats->listed++];
	*refusal = (struct pv_refusal){
		.family = s->family, .record = record, .at = (const uint8_t *)at, .why = why};
	if (text)
		note_text(refusal, text);
}

PV_TEXT bool pv_sweep_count(struct pv_sweep *s, const void *record, const struct pv_site *old_site,
			    const struct pv_site *new_site)
{
	if (s->visit) {
		s->visit(record, PV_OK, old_site, new_site, s->arg);
		return false;
	}
	s->stats->total.sites += s->family->groups;
	pv_count(s->stats, new_site->row, new_site->kind);
	return true;
}

PV_TEXT void pv_sweep_write(enum pv_step step, const struct pv_site *site)
{
	static const uint8_t breakpoint = PV_BREAKPOINT;
	uint32_t flags = pv_host_irq_save();

	if (step <= PV_BREAKPOINTS_AGAIN)
		pv_host_text_write(site->at, &breakpoint, 1);
	else if (step != PV_TAILS)
		pv_host_text_write(site->at, site->bytes, 1);
	else if (site->len > 1)
		pv_host_text_write(site->at + 1, site->bytes + 1, site->len - 1u);
	pv_host_irq_restore(flags);
}

PV_TEXT void pv_sweep_change(struct pv_sweep *s, const void *record, const struct pv_site *old_site,
			     const struct pv_site *new_site)
{
	unsigned len = new_site->len, kept = 0;

	s->start = (uint32_t)new_site->at;
	s->end = s->start + len;
	if (!pv_sweep_count(s, record, old_site, new_site) ||
	    pv_same(old_site->bytes, new_site->bytes, len))
		return;
	if (s->step)
		pv_sweep_write(s->step, new_site);
	else if (s->mode != PV_DRY)
		pv_host_text_write(new_site->at, new_site->bytes, len);
	if (old_site->kind == PV_KEPT && new_site->kind == PV_KEPT && new_site->n < len)
		kept = new_site->n; /* only its padding is other */
	s->stats->bytes += len - kept;
	s->stats->pad += len - new_site->n;
}
