// SPDX-License-Identifier: MIT
/*
 * Records that do not say what stood at their site, several of which may name the same one
 * (alternatives): the general path for a group. The last record that applies wins, and only its
 * bytes are ever written. What no record decides stays as linked, with the CPU's own padding.
 *
 *	with facts	what was linked is known, so old bytes are compared as everywhere
 *	without		text that no record decided is whole instructions, or it is refused
 */
#include "pv/group.h"
#include "pv/look.h"

/*
 * What the record of entry i says of itself in a state: is it, and all of it, what was linked? Its
 * replacement as well, whether it applies or not, but for the state that has none: there nobody
 * has looked whether the record's word for where it is can be followed.
 */
static PV_TEXT enum pv_why says_of(const struct pv_sweep *s, uint32_t i, const void *state,
				   struct pv_site *site)
{
	const uint8_t *record = pv_sweep_record(s, i);
	enum pv_why why = s->family->bytes(record, state, site);

	if (why)
		return why;
	if (site->kind != PV_KEPT && site->n > site->len)
		return PV_WHY_LENGTH;
	if (!s->facts)
		return PV_OK;
	if (!pv_fact_holds(&s->facts[i], (const uint32_t *)(const void *)record,
			   s->family->record_size) ||
	    (state != s->family->linked &&
	     !pv_fact_source_holds(&s->facts[i], site->source, site->source_n)))
		return PV_WHY_FACTS;
	return PV_OK;
}

/* As linked, and with other padding in every state but that one. False: that is not known. */
static PV_TEXT bool linked_bytes(const struct pv_sweep *s, uint32_t i, const void *state,
				 struct pv_site *site)
{
	const uint8_t *linked = site->at;
	unsigned run = site->len;

	if (s->facts) {
		linked = pv_fact_linked(s->facts, &s->facts[i],
					(const uint32_t *)(const void *)pv_sweep_record(s, i),
					s->family->record_size, site->len);
		run = s->facts[i].run;
	} else if (state != s->family->linked) {
		run = pv_text_read(site->at, site->len).run;
	}
	if (!linked)
		return false;
	site->kind = PV_KEPT;
	site->n = state == s->family->linked ? site->len : (uint8_t)run;
	pv_copy(site->bytes, linked, site->n);
	pv_pad(s->family, site);
	return true;
}

/* The last record of the group that applies in a state, or is bad; n: none of them. */
static PV_TEXT uint32_t winner(const struct pv_sweep *s, uint32_t i, uint32_t n, const void *state,
			       struct pv_site *site, enum pv_why *why)
{
	for (uint32_t k = n; k--;) {
		*why = says_of(s, i + k, state, site);
		if (*why || site->kind != PV_KEPT)
			return k;
	}
	*why = PV_OK;
	return n;
}

/* What no record decides; `site` has the place. */
static PV_TEXT enum pv_why undecided(const struct pv_sweep *s, uint32_t i, const void *state,
				     struct pv_site *site)
{
	if (linked_bytes(s, i, state, site))
		return PV_OK;
	return s->facts[i].n == PV_FACT_BROKEN ? PV_WHY_CODE : PV_WHY_FACTS;
}

/* What should stand there: a bad record's bytes were never written. */
static PV_TEXT enum pv_why old_bytes(const struct pv_sweep *s, uint32_t i, uint32_t n,
				     struct pv_site *site)
{
	for (uint32_t k = s->from ? n : 0; k--;)
		if (!says_of(s, i + k, s->from, site) && site->kind != PV_KEPT) {
			pv_pad(s->family, site);
			return PV_OK;
		}
	s->family->bytes(pv_sweep_record(s, i), NULL, site);
	return undecided(s, i, s->from, site);
}

/* Bad records beside the one that decides: so many of the first ones are left to look at. */
static PV_TEXT void refuse_others(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t at)
{
	struct pv_site site;

	while (n--) {
		enum pv_why why = says_of(s, i + n, s->to, &site);

		if (why)
			pv_sweep_refuse(s, pv_sweep_record(s, i + n), at, why, NULL);
	}
}

/* Each for what it says itself, or for where it is. */
static PV_TEXT void refuse_all(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t at,
			       enum pv_why where)
{
	struct pv_site site;

	while (n--) {
		enum pv_why why = says_of(s, i + n, s->to, &site);

		pv_sweep_refuse(s, pv_sweep_record(s, i + n), at, why ? why : where, NULL);
	}
}

/* Whole instructions, and in step with what stands before? */
static PV_TEXT bool is_code(const struct pv_sweep *s, const struct pv_site *site)
{
	struct pv_range text = pv_image_text(s->image, (uint32_t)site->at, site->len);

	return pv_text_read(site->at, site->len).whole && pv_look_begins(text, site->at);
}

/*
 * Is what stands there what should? Without facts, what no record decided is as linked when it is
 * whole instructions, and there is no way back to it.
 */
static PV_TEXT enum pv_why check_old(const struct pv_sweep *s, uint32_t i, uint32_t n,
				     struct pv_site *old_site)
{
	enum pv_why why = old_bytes(s, i, n, old_site);
	bool known = s->facts || old_site->kind != PV_KEPT;

	if (why)
		return why;
	if (!known && !is_code(s, old_site))
		return PV_WHY_CODE;
	if (known && !pv_same(old_site->at, old_site->bytes, old_site->len))
		return PV_WHY_BYTES;
	if (s->to == s->family->linked && !s->facts && old_site->kind != PV_KEPT)
		return PV_WHY_FACTS;
	for (unsigned k = 0; !known && k < old_site->len; k++)
		old_site->bytes[k] = old_site->at[k];
	return PV_OK;
}

/* The site's bytes, which record `by` decides, or none (n), when they can be had. */
static PV_TEXT enum pv_why change(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t by,
				  struct pv_site *old_site, struct pv_site *new_site)
{
	enum pv_why why = check_old(s, i, n, old_site);

	if (!why && by == n)
		why = undecided(s, i, s->to, new_site);
	else if (!why)
		pv_pad(s->family, new_site);
	if (!why)
		pv_sweep_change(s, pv_sweep_record(s, i), old_site, new_site);
	return why;
}

PV_TEXT void pv_sweep_group(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t at, unsigned len)
{
	struct pv_site old_site, site;
	unsigned where = len ? pv_sweep_place(s, at, len) : PV_WHY_LENGTH;
	enum pv_why why;
	uint32_t by;

	if (!where && s->facts && s->facts[i].n != n && s->facts[i].n != PV_FACT_BROKEN)
		where = PV_WHY_FACTS;
	if (where && where != PV_SITE_GONE) {
		refuse_all(s, i, n, at, (enum pv_why)where);
		return;
	}
	by = winner(s, i, n, s->to, &site, &why);
	if (!why && where == PV_SITE_GONE) {
		site.kind = PV_GONE;
		pv_sweep_count(s, pv_sweep_record(s, i), &site, &site);
	} else if (!why) {
		why = change(s, i, n, by, &old_site, &site);
	}
	if (why)
		pv_sweep_refuse(s, pv_sweep_record(s, i + (by < n ? by : n - 1)), at, why,
				why == PV_WHY_BYTES ? &old_site : NULL);
	refuse_others(s, i, by < n ? by : 0, at);
}
