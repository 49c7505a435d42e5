// SPDX-License-Identifier: MIT
/*
 * The walk over records that do not say what stood at their site, several of which may name the
 * same one (alternatives). The last record that applies wins, so the table is walked backwards: the
 * first one met decides its site, and only its bytes are ever written. What no record decides is
 * then met once more, forwards: its linked bytes stay, with the CPU's own padding.
 *
 *	claimed		some record named the site; where it begins and ends is in the scratch map
 *	decided		its bytes are, by a record that applies or by a refusal
 */
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/walk.h"

enum claim { FREE, CLAIMED, DECIDED, OTHERS };

PV_TEXT_PART bool bit_get(const uint8_t *plane, size_t bit)
{
	return plane[bit >> 3] >> (bit & 7) & 1;
}

PV_TEXT_PART void bit_set(uint8_t *plane, size_t bit)
{
	plane[bit >> 3] |= (uint8_t)(1u << (bit & 7));
}

/* Behind the first byte: b alone. */
PV_TEXT_PART bool is_behind(const uint8_t *map, size_t plane, size_t bit)
{
	return bit_get(map + plane, bit) && !bit_get(map, bit);
}

/* Exactly this site, or what? Only in the scratch map is there a site that is claimed only. */
static PV_TEXT enum claim claim_of(const struct walk *w, uint8_t *map, size_t bit, unsigned len)
{
	bool any = false, exact = true;

	for (unsigned done = 0; done < len; done += 8) {
		struct bits a = bits_at(map, bit + done, len - done);
		struct bits b = bits_at(map + w->plane, bit + done, len - done);
		unsigned starts = bits_get(&a), behind = bits_get(&b);
		unsigned first = done ? 0 : a.mask & -a.mask;

		any |= (starts | behind) != 0;
		exact &= starts == first && (behind | first) == b.mask;
	}
	if (!any)
		return FREE;
	if (!exact || (map != w->image->scratch && !bit_get(map + w->plane, bit)))
		return OTHERS;
	if (bit + len < image_size(w->image) && is_behind(map, w->plane, bit + len))
		return OTHERS;
	return bit_get(map + w->plane, bit) ? DECIDED : CLAIMED;
}

PV_TEXT_PART void claim(const struct walk *w, uint8_t *map, size_t bit, unsigned len)
{
	bit_set(map, bit);
	for (unsigned done = 0; done < len; done += 8) {
		struct bits b = bits_at(map + w->plane, bit + done, len - done);

		if (!done)
			b.mask &= b.mask - 1; /* all but the first byte */
		bits_set(&b);
	}
}

PV_TEXT_PART void decide(const struct walk *w, uint8_t *map, size_t bit)
{
	bit_set(map + w->plane, bit);
}

static void undecide(const struct walk *w, size_t bit)
{
	w->map[w->plane + (bit >> 3)] &= (uint8_t) ~(1u << (bit & 7));
}

/*
 * What stands at a site as it is: does it decode into whole instructions, and where does the run of
 * one-byte NOPs at its end begin? Nothing is merged that a branch inside of the site jumps into.
 */
struct text {
	bool whole;
	uint8_t run;
};

static PV_TEXT bool jumps_into(const uint8_t *at, unsigned len, unsigned run)
{
	struct pv_insn insn;

	for (unsigned i = 0; i < run; i += insn.len) {
		uint32_t target;

		if (!pv_insn_decode(at + i, len - i, &insn))
			return true;
		if (!insn.rel_size)
			continue;
		target = pv_insn_target((uint32_t)(at + i), at + i, &insn) - (uint32_t)at;
		if (target > run && target < len)
			return true;
	}
	return false;
}

static PV_TEXT struct text read_text(const uint8_t *at, unsigned len)
{
	struct pv_insn insn;
	unsigned run = len;

	for (unsigned i = 0; i < len; i += insn.len) {
		if (at[i] == 0x90) {
			insn.len = 1;
			run = run == len ? i : run;
			continue;
		}
		if (!pv_insn_decode(at + i, len - i, &insn))
			return (struct text){false, (uint8_t)len};
		run = len;
	}
	if (run < len && jumps_into(at, len, run))
		run = len;
	return (struct text){true, (uint8_t)run};
}

PV_TEXT_PART bool refuse(struct walk *w, const void *record, const uint8_t *at, enum pv_why why)
{
	w->stats->total.sites++;
	pv_refuse(w->stats, record, at, why);
	return false;
}

/*
 * Did an earlier pass write the site? Once claim_site() took it, the kernel's own map has it as it
 * is, or free.
 */
PV_TEXT_PART bool is_patched(const struct walk *w, size_t bit)
{
	return bit_get(w->image->map + w->plane, bit);
}

/* Is the site claimed, by this record or by another one of the same group? Or why not? */
static PV_TEXT unsigned claim_site(struct walk *w, const struct pv_site *site, bool *decided)
{
	unsigned why = site->len ? place_check(w, site->at, site->len) : PV_WHY_LENGTH;
	size_t bit;

	if (why && why != PV_SITE_GONE)
		return why;
	bit = (size_t)(site->at - w->image->text);
	*decided = false;
	switch (claim_of(w, w->map, bit, site->len)) {
	case OTHERS: return PV_WHY_OVERLAP;
	case FREE: break;
	case DECIDED: *decided = true; /* fall through */
	case CLAIMED: return PV_OK;
	}
	if (why == PV_OK && claim_of(w, w->image->map, bit, site->len) == OTHERS)
		return PV_WHY_OVERLAP;
	claim(w, w->map, bit, site->len);
	if (why == PV_OK && !read_text(site->at, site->len).whole) {
		decide(w, w->map, bit);
		return PV_WHY_CODE;
	}
	return PV_OK;
}

/* A site whose bytes are decided by this record. */
static PV_TEXT void write_site(struct walk *w, struct pv_site *site, size_t bit)
{
	uint8_t *map = w->image->map;

	if (!w->family->pads)
		pad(site);
	if (w->mode != PV_DRY && !is_patched(w, bit)) {
		claim(w, map, bit, site->len);
		decide(w, map, bit);
	}
	count_row(w->stats, site, site->kind);
	if (same(site->at, site->bytes, site->len))
		return;
	if (w->mode != PV_DRY)
		pv_host_text_write(site->at, site->bytes, site->len);
	w->stats->bytes += site->len;
	w->stats->pad += site->len - site->n;
}

static PV_TEXT bool is_gone(const struct walk *w, const struct pv_site *site)
{
	return place_judge(w->image, site->at, site->len) == PV_SITE_GONE;
}

/* What the record says of itself, in the state to come. */
PV_TEXT_PART enum pv_why says_of(const struct walk *w, const void *record, struct pv_site *site)
{
	enum pv_why why = w->family->bytes(record, w->to, site);

	return !why && site->kind != PV_KEPT && site->n > site->len ? PV_WHY_LENGTH : why;
}

/* Backwards. False: the record was refused; a site that it named properly is decided by that. */
static PV_TEXT bool decide_by(struct walk *w, const void *record, struct pv_site *site)
{
	enum pv_why says;
	unsigned why;
	bool decided;
	size_t bit;

	site->at = NULL;
	site->len = 0;
	says = says_of(w, record, site);
	why = claim_site(w, site, &decided);
	if (why)
		return refuse(w, record, site->at, says ? says : why);
	bit = (size_t)(site->at - w->image->text);
	if (decided)
		return says ? refuse(w, record, site->at, says) : true;
	if (says || site->kind != PV_KEPT)
		decide(w, w->map, bit);
	if (says)
		return refuse(w, record, site->at, says);
	if (site->kind == PV_KEPT)
		return true;
	w->stats->total.sites++;
	if (is_gone(w, site))
		count_row(w->stats, site, PV_GONE);
	else
		write_site(w, site, bit);
	return true;
}

/* The site's bytes as they are, with the CPU's own padding. */
static PV_TEXT void kept_bytes(struct pv_site *site)
{
	for (unsigned i = 0; i < site->len; i++)
		site->bytes[i] = site->at[i];
	site->n = read_text(site->at, site->len).run;
	pad(site);
}

static PV_TEXT void keep_site(struct walk *w, struct pv_site *site)
{
	kept_bytes(site);
	if (same(site->at, site->bytes, site->len))
		return;
	if (w->mode != PV_DRY)
		pv_host_text_write(site->at, site->bytes, site->len);
	w->stats->bytes += site->len - site->n;
	w->stats->pad += site->len - site->n;
}

/* Where is the record's site? False: nowhere. */
PV_TEXT_PART bool find_place(struct walk *w, const void *record, struct pv_site *site)
{
	unsigned why;

	site->at = NULL;
	site->len = 0;
	w->family->bytes(record, NULL, site);
	why = site->len ? place_check(w, site->at, site->len) : PV_WHY_LENGTH;
	return !why || why == PV_SITE_GONE;
}

/* And what became of it? OTHERS, too, when it is nowhere. */
static PV_TEXT enum claim find_site(struct walk *w, const void *record, struct pv_site *site)
{
	if (!find_place(w, record, site))
		return OTHERS;
	return claim_of(w, w->map, (size_t)(site->at - w->image->text), site->len);
}

/*
 * Forwards: what is claimed and not decided. A site that an earlier pass wrote stays as it is. Most
 * are decided, and the bit of their first byte says so.
 */
static PV_TEXT void keep_undecided(struct walk *w, const void *record)
{
	struct pv_site site;
	size_t bit;

	if (!find_place(w, record, &site))
		return;
	bit = (size_t)(site.at - w->image->text);
	if (bit_get(w->map + w->plane, bit) || claim_of(w, w->map, bit, site.len) != CLAIMED)
		return;
	decide(w, w->map, bit);
	w->stats->total.sites++;
	count_row(w->stats, &site, is_gone(w, &site) ? PV_GONE : PV_KEPT);
	if (!is_gone(w, &site) && !is_patched(w, bit))
		keep_site(w, &site);
}

PV_TEXT void pv_groups_change(struct walk *w, const uint8_t *records, size_t n)
{
	size_t size = w->family->record_size;
	struct pv_site site;

	for (size_t i = n; i--;)
		decide_by(w, records + i * size, &site);
	for (size_t i = 0; i < n; i++)
		keep_undecided(w, records + i * size);
}

static bool is_at(const struct walk *w, const uint8_t *record, const struct pv_site *place,
		  struct pv_site *out)
{
	w->family->bytes(record, NULL, out);
	return out->at == place->at && out->len == place->len;
}

/* The record of a group that gives the bytes, or is refused; they are then in *out. Or none. */
static enum pv_why find_winner(const struct walk *w, const uint8_t *records, size_t n,
			       const struct pv_site *place, struct pv_site *out)
{
	while (n--) {
		const uint8_t *record = records + n * w->family->record_size;
		enum pv_why why;

		if (!is_at(w, record, place, out))
			continue;
		why = says_of(w, record, out);
		if (why || out->kind != PV_KEPT)
			return why;
	}
	*out = *place;
	out->kind = PV_KEPT;
	return PV_OK;
}

static void raw_bytes(struct pv_site *site)
{
	site->kind = PV_KEPT;
	site->n = site->len;
	for (unsigned i = 0; i < site->len; i++)
		site->bytes[i] = site->at[i];
}

static bool is_broken(const struct walk *w, const struct pv_site *site)
{
	return !is_gone(w, site) && !read_text(site->at, site->len).whole;
}

/* A site that is not refused. */
static void list_group(struct walk *w, const uint8_t *records, size_t n, const uint8_t *record,
		       struct pv_site *site, pv_visit_fn *visit, void *arg)
{
	struct pv_site new_site;
	size_t bit = (size_t)(site->at - w->image->text);

	if (is_broken(w, site) || find_winner(w, records, n, site, &new_site))
		return;
	if (is_gone(w, site)) {
		new_site.kind = PV_GONE;
		visit(record, PV_OK, site, &new_site, arg);
		return;
	}
	raw_bytes(site);
	if (new_site.kind != PV_KEPT && !w->family->pads)
		pad(&new_site);
	else if (new_site.kind == PV_KEPT && claim_of(w, w->image->map, bit, site->len) == FREE)
		kept_bytes(&new_site);
	else if (new_site.kind == PV_KEPT)
		raw_bytes(&new_site);
	visit(record, PV_OK, site, &new_site, arg);
}

/*
 * Why the pass refused the record, if it did. A site that is not whole instructions was refused
 * with the last of its records. What is not claimed now is a part of what an earlier pass wrote.
 */
static enum pv_why list_why(struct walk *w, const uint8_t *record, const uint8_t *end,
			    enum claim claim, struct pv_site *site)
{
	enum pv_why says = says_of(w, record, site);
	struct pv_site other;
	unsigned why;

	if (says)
		return says;
	why = site->len ? place_check(w, site->at, site->len) : PV_WHY_LENGTH;
	if (why && why != PV_SITE_GONE)
		return (enum pv_why)why;
	if (claim == OTHERS || claim == FREE)
		return PV_WHY_OVERLAP;
	if (!is_broken(w, site))
		return PV_OK;
	while ((record += w->family->record_size) != end)
		if (is_at(w, record, site, &other))
			return PV_OK;
	return PV_WHY_CODE;
}

/* The dry run decides all sites; a site that was listed becomes one that is claimed only. */
void pv_groups_list(struct walk *w, const uint8_t *records, size_t n, pv_visit_fn *visit, void *arg)
{
	static struct pv_stats unread;
	const uint8_t *end = records + n * w->family->record_size;

	unread = (struct pv_stats){.ns = 0};
	w->stats = &unread;
	pv_groups_change(w, records, n);
	for (const uint8_t *record = records; record != end; record += w->family->record_size) {
		struct pv_site site;
		enum claim claim = find_site(w, record, &site);
		enum pv_why why = list_why(w, record, end, claim, &site);

		if (why)
			visit(record, why, &site, &site, arg);
		if (claim != DECIDED)
			continue;
		undecide(w, (size_t)(site.at - w->image->text));
		list_group(w, records, n, record, &site, visit, arg);
	}
}
