// SPDX-License-Identifier: MIT
/*
 * One walk over the records serves the pass and the dry run. From the first write to the
 * serialization nothing but PV_TEXT runs, and no site lies in there: the walk cannot meet a
 * half-written instruction of its own. Refusals are kept and reported by others, after the pass.
 *
 * Order of the checks: what the record says of itself, where it points, whose bytes those are, and
 * last whether they are what they should be.
 */
#include "pv/engine.h"
#include "pv/host.h"
#include "pv/walk.h"

struct pv_image *pv_images;

void pv_image_add(struct pv_image *image)
{
	image->next = pv_images;
	pv_images = image;
}

PV_TEXT unsigned pv_place_find(struct walk *w, const uint8_t *at, unsigned len)
{
	unsigned why = PV_WHY_RANGE;

	for (struct pv_image *image = pv_images; image; image = image->next) {
		if (touches(image->own, image->own_end, at, len))
			why = PV_WHY_OWN;
		if (!image_holds(image, at, len))
			continue;
		w->image = image;
		w->map = w->scratch ? image->scratch : image->map;
		w->plane = (image_size(image) + 7) / 8;
		return place_judge(image, at, len);
	}
	return why;
}

/*
 * A site's bytes are free while it is as linked, and its own from then on until it is so again. In
 * the map that the walk works on, a site that is accepted flips its bits, so that no other can
 * claim any of them in the same pass, whatever the states.
 */
PV_TEXT_PART enum pv_why may_take(const struct walk *w, size_t bit, unsigned len)
{
	bool any = false, all = true;

	for (unsigned done = 0; done < len; done += 8) {
		struct bits a = bits_at(w->map, bit + done, len - done);
		struct bits b = bits_at(w->map + w->plane, bit + done, len - done);
		unsigned own = bits_get(&a), groups = bits_get(&b);

		any |= (own | groups) != 0;
		all &= own == a.mask && !groups;
	}
	if (w->leaving)
		return all ? PV_OK : any ? PV_WHY_OVERLAP : PV_WHY_BYTES;
	return any ? PV_WHY_OVERLAP : PV_OK;
}

/* Is any of its bytes a group's, whose site is not as linked? */
PV_TEXT_PART bool is_inner(const struct walk *w, size_t bit, unsigned len)
{
	bool any = false;

	for (unsigned done = 0; done < len; done += 8) {
		struct bits b = bits_at(w->map + w->plane, bit + done, len - done);

		any |= bits_get(&b) != 0;
	}
	return any;
}

PV_TEXT_PART void take(const struct walk *w, size_t bit, unsigned len)
{
	for (unsigned done = 0; done < len; done += 8) {
		struct bits b = bits_at(w->map, bit + done, len - done);

		bits_flip(&b);
	}
}

/* What the record says of itself, in both states. */
PV_TEXT_PART enum pv_why site_both(const struct walk *w, const void *record,
				   struct pv_site *old_site, struct pv_site *new_site)
{
	enum pv_why why = w->family->bytes(record, w->from, old_site);

	if (why)
		return why;
	why = w->family->bytes(record, w->to, new_site);
	if (why)
		return why;
	if (old_site->at != new_site->at || old_site->len != new_site->len || !old_site->len ||
	    old_site->n > old_site->len || new_site->n > old_site->len)
		return PV_WHY_LENGTH;
	if (!w->family->pads) {
		pad(old_site);
		pad(new_site);
	}
	return PV_OK;
}

/* Where it points, whose bytes those are, and what they are. They are the site's when all is well.
 */
PV_TEXT_PART unsigned site_take(struct walk *w, const struct pv_site *old_site, unsigned len)
{
	uint8_t *at = old_site->at;
	unsigned why = place_check(w, at, len);
	size_t bit;

	if (why)
		return why;
	bit = (size_t)(at - w->image->text);
	if (w->family->nests && is_inner(w, bit, len))
		return PV_SITE_INNER;
	why = may_take(w, bit, len);
	if (why)
		return why;
	if (!same(at, old_site->bytes, len))
		return PV_WHY_BYTES;
	take(w, bit, len);
	return PV_OK;
}

PV_TEXT void pv_refuse(struct pv_stats *stats, const void *record, const uint8_t *at,
		       enum pv_why why)
{
	stats->total.refused++;
	if (stats->listed < PV_REFUSED_MAX)
		stats->refusal[stats->listed++] = (struct pv_refusal){record, at, why};
}

PV_TEXT_PART unsigned site_change(struct walk *w, const struct pv_site *old_site,
				  const struct pv_site *new_site, unsigned len)
{
	unsigned why = site_take(w, old_site, len);

	if (why)
		return why;
	count_row(w->stats, new_site, new_site->kind);
	if (same(old_site->bytes, new_site->bytes, len))
		return PV_OK;
	if (w->mode != PV_DRY)
		pv_host_text_write(new_site->at, new_site->bytes, len);
	w->stats->bytes += len;
	w->stats->pad += len - new_site->n;
	return PV_OK;
}

/*
 * Nearly all sites have six bytes, or the one of a lock prefix. Those lengths as constants leave no
 * loops and no tests of it.
 */
#define USUAL_LEN 6
#define LOCK_LEN  1

PV_TEXT_PART void change(struct walk *w, const void *record)
{
	struct pv_site old_site, new_site;
	unsigned why;

	old_site.at = NULL;
	why = site_both(w, record, &old_site, &new_site);
	if (!why && old_site.len == USUAL_LEN)
		why = site_change(w, &old_site, &new_site, USUAL_LEN);
	else if (!why && old_site.len == LOCK_LEN)
		why = site_change(w, &old_site, &new_site, LOCK_LEN);
	else if (!why)
		why = site_change(w, &old_site, &new_site, old_site.len);
	if (why == PV_SITE_GONE || why == PV_SITE_INNER)
		count_row(w->stats, &new_site, why == PV_SITE_GONE ? PV_GONE : PV_KEPT);
	else if (why)
		pv_refuse(w->stats, record, old_site.at, why);
}

/* Empty, or as the map is. The string instructions, since maps are long: a quarter of the text. */
static void scratch_set(const struct pv_image *image, bool empty)
{
	size_t n = PV_MAP_SIZE(image_size(image));
	uint8_t *to = image->scratch;
	const uint8_t *from = image->map;

	if (empty)
		asm volatile("rep stosl\n"
			     "mov %[rest], %%ecx\n"
			     "rep stosb"
			     : "+D"(to), "=&c"(n)
			     : "1"(n / 4), [rest] "r"(n % 4), "a"(0)
			     : "memory");
	else
		asm volatile("rep movsl\n"
			     "mov %[rest], %%ecx\n"
			     "rep movsb"
			     : "+D"(to), "+S"(from), "=&c"(n)
			     : "2"(n / 4), [rest] "r"(n % 4)
			     : "memory");
}

/*
 * A dry run claims bytes in a copy of the maps, so that it finds the same overlaps. So does a pass
 * after which the maps are as before it. A walk over groups has its own use for the copy, which is
 * empty at first.
 */
static struct walk walk_begin(const struct pv_family *family, const void *from, const void *to,
			      enum pv_mode mode, struct pv_stats *stats)
{
	bool leaving = from != family->linked, arriving = to == family->linked;
	bool scratch = mode == PV_DRY || leaving != arriving || family->groups;

	for (struct pv_image *image = scratch ? pv_images : NULL; image; image = image->next)
		scratch_set(image, family->groups);
	return (struct walk){.family = family,
			     .from = from,
			     .to = to,
			     .mode = mode,
			     .stats = stats,
			     .scratch = scratch,
			     .leaving = leaving};
}

/* How many whole records; a table that ends before it starts has none. */
static size_t whole_records(const struct pv_family *family, const uint8_t *first,
			    const uint8_t *last, bool *bad)
{
	size_t bytes = (size_t)(last - first);

	*bad = last < first || bytes % family->record_size;
	return last < first ? 0 : bytes / family->record_size;
}

static PV_TEXT void change_all(struct walk *w, const uint8_t *record, size_t n)
{
	if (w->family->groups) {
		pv_groups_change(w, record, n);
		return;
	}
	w->stats->total.sites += (uint32_t)n;
	for (; n; n--, record += w->family->record_size)
		change(w, record);
}

static PV_TEXT void change_stopped(struct walk *w, const uint8_t *record, size_t n)
{
	uint32_t flags = pv_host_irq_save();

	change_all(w, record, n);
	pv_host_sync_self();
	pv_host_irq_restore(flags);
}

void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats)
{
	struct walk w = walk_begin(family, from, to, mode, stats);
	bool bad;
	size_t n = whole_records(family, first, last, &bad);
	uint64_t start;

	if (bad)
		pv_refuse(stats, NULL, last, PV_WHY_TABLE);
	start = pv_host_time();
	if (mode == PV_DRY) {
		change_all(&w, first, n);
	} else {
		pv_host_gather();
		change_stopped(&w, first, n);
		pv_host_release();
	}
	stats->ns += pv_host_time() - start;
}

static PV_TEXT enum pv_why list_site(struct walk *w, const void *record, struct pv_site *old_site,
				     struct pv_site *new_site)
{
	unsigned why = site_both(w, record, old_site, new_site);

	if (!why)
		why = site_take(w, old_site, old_site->len);
	if (why == PV_SITE_INNER)
		w->family->bytes(record, w->from, new_site);
	if (why == PV_SITE_INNER || why == PV_SITE_GONE)
		new_site->kind = why == PV_SITE_GONE ? PV_GONE : PV_KEPT;
	return why < PV_NR_WHYS ? why : PV_OK;
}

void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg)
{
	struct walk w = walk_begin(family, from, to, PV_DRY, NULL);
	const uint8_t *record = first;
	bool bad;
	size_t n = whole_records(family, first, last, &bad);

	if (family->groups) {
		pv_groups_list(&w, record, n, visit, arg);
		return;
	}
	for (; n; n--, record += family->record_size) {
		struct pv_site old_site, new_site;
		enum pv_why why = list_site(&w, record, &old_site, &new_site);

		visit(record, why, &old_site, &new_site, arg);
	}
}

PV_TEXT bool pv_owned(const uint8_t *at)
{
	for (struct pv_image *image = pv_images; image; image = image->next)
		if (image_holds(image, at, 1)) {
			size_t bit = (size_t)(at - image->text);
			struct bits a = bits_at(image->map, bit, 1);
			struct bits b = bits_at(image->map + (image_size(image) + 7) / 8, bit, 1);

			return bits_get(&a) | bits_get(&b);
		}
	return false;
}

const char *pv_why_text(enum pv_why why)
{
	static const char *const text[PV_NR_WHYS] = {
		[PV_OK] = "not refused",
		[PV_WHY_TYPE] = "no such op",
		[PV_WHY_LENGTH] = "bad length",
		[PV_WHY_CLOBBER] = "would change registers that the site keeps",
		[PV_WHY_RANGE] = "not in patchable text",
		[PV_WHY_OWN] = "in the engine's own section",
		[PV_WHY_OVERLAP] = "overlaps another site",
		[PV_WHY_BYTES] = "text is not what the record says",
		[PV_WHY_TABLE] = "not a whole number of records",
		[PV_WHY_FEATURE] = "no such CPU feature",
		[PV_WHY_SOURCE] = "its replacement is not where replacements are",
		[PV_WHY_CODE] = "not whole instructions",
		[PV_WHY_BRANCH] = "a branch that does not reach from there",
	};

	return why < PV_NR_WHYS ? text[why] : "unknown reason";
}
