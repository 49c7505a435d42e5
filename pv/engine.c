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
#include "pv/nops.h"

/*
 * A part of PV_TEXT functions: it becomes code of theirs, so nobody else may call it. What the pass
 * does for every record is made of these, because calls were a third of its time.
 */
#define PV_TEXT_PART static inline __attribute__((section(".pv.text"), always_inline))

/* Unaligned is fine on i386; may_alias, since these are bytes. */
typedef uint32_t __attribute__((may_alias, aligned(1))) word;
typedef uint16_t __attribute__((may_alias, aligned(1))) half;

struct walk {
	const struct pv_family *family;
	const void *from, *to;
	enum pv_mode mode;
	struct pv_stats *stats;
	struct pv_image *image; /* the last one found: neighbours in a table are so in text */
	uint8_t *map;           /* of that image, the map that this walk works on */
	bool scratch;           /* that is pv_image's scratch */
	bool leaving;           /* from a state that is not as linked: sites own their bytes */
};

static struct pv_image *images;

void pv_image_add(struct pv_image *image)
{
	image->next = images;
	images = image;
}

PV_TEXT_PART bool image_holds(const struct pv_image *image, const uint8_t *at, unsigned len)
{
	size_t offset = (size_t)at - (size_t)image->text;
	size_t size = (size_t)image->text_end - (size_t)image->text;

	return offset < size && len <= size - offset;
}

PV_TEXT_PART bool touches_own(const struct pv_image *image, const uint8_t *at, unsigned len)
{
	return at < image->own_end && (at >= image->own || (size_t)(image->own - at) < len);
}

/* Not in the image of the site before: in which one, or why in none? */
static PV_TEXT enum pv_why place_find(struct walk *w, const uint8_t *at, unsigned len)
{
	enum pv_why why = PV_WHY_RANGE;

	for (struct pv_image *image = images; image; image = image->next) {
		if (touches_own(image, at, len))
			why = PV_WHY_OWN;
		if (!image_holds(image, at, len))
			continue;
		w->image = image;
		w->map = w->scratch ? image->scratch : image->map;
		return touches_own(image, at, len) ? PV_WHY_OWN : PV_OK;
	}
	return why;
}

PV_TEXT_PART enum pv_why place_check(struct walk *w, const uint8_t *at, unsigned len)
{
	if (!w->image || !image_holds(w->image, at, len))
		return place_find(w, at, len);
	return touches_own(w->image, at, len) ? PV_WHY_OWN : PV_OK;
}

/*
 * Up to eight bits of a map, which lie in one byte or in two: without a branch, which would be
 * mispredicted every other time. When it is one byte, `high` is that byte and its mask 0.
 */
struct bits {
	uint8_t *low, *high;
	unsigned mask;
};

PV_TEXT_PART struct bits bits_at(uint8_t *map, size_t bit, unsigned n)
{
	unsigned mask = ((1u << (n < 8 ? n : 8)) - 1) << (bit & 7);
	uint8_t *low = map + (bit >> 3);

	return (struct bits){low, low + (mask > 0xff), mask};
}

PV_TEXT_PART unsigned bits_get(const struct bits *b)
{
	return (*b->low | (unsigned)*b->high << 8) & b->mask;
}

PV_TEXT_PART void bits_flip(const struct bits *b)
{
	*b->low ^= (uint8_t)b->mask;
	*b->high ^= (uint8_t)(b->mask >> 8);
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
		struct bits b = bits_at(w->map, bit + done, len - done);
		unsigned found = bits_get(&b);

		any |= found != 0;
		all &= found == b.mask;
	}
	if (w->leaving)
		return all ? PV_OK : any ? PV_WHY_OVERLAP : PV_WHY_BYTES;
	return any ? PV_WHY_OVERLAP : PV_OK;
}

PV_TEXT_PART void take(const struct walk *w, size_t bit, unsigned len)
{
	for (unsigned done = 0; done < len; done += 8) {
		struct bits b = bits_at(w->map, bit + done, len - done);

		bits_flip(&b);
	}
}

PV_TEXT_PART bool same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	for (; n >= 4; n -= 4, a += 4, b += 4)
		if (*(const word *)a != *(const word *)b)
			return false;
	if (n & 2 && *(const half *)a != *(const half *)b)
		return false;
	return !(n & 1) || a[n & 2] == b[n & 2];
}

PV_TEXT_PART void pad(struct pv_site *site)
{
	if (site->n < site->len)
		pv_nops_fill(site->bytes + site->n, site->len - site->n);
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
PV_TEXT_PART enum pv_why site_take(struct walk *w, const struct pv_site *old_site, unsigned len)
{
	uint8_t *at = old_site->at;
	enum pv_why why = place_check(w, at, len);

	if (why)
		return why;
	why = may_take(w, (size_t)(at - w->image->text), len);
	if (why)
		return why;
	if (!same(at, old_site->bytes, len))
		return PV_WHY_BYTES;
	take(w, (size_t)(at - w->image->text), len);
	return PV_OK;
}

static PV_TEXT void refuse(struct pv_stats *stats, const void *record, const uint8_t *at,
			   enum pv_why why)
{
	stats->total.refused++;
	if (stats->listed < PV_REFUSED_MAX)
		stats->refusal[stats->listed++] = (struct pv_refusal){record, at, why};
}

PV_TEXT_PART void count(struct pv_stats *stats, const struct pv_site *site)
{
	stats->total.kind[site->kind]++;
	if (stats->row) {
		struct pv_count *row = &stats->row[site->row];

		row->sites++;
		row->kind[site->kind]++;
	}
}

PV_TEXT_PART enum pv_why site_change(struct walk *w, const struct pv_site *old_site,
				     const struct pv_site *new_site, unsigned len)
{
	enum pv_why why = site_take(w, old_site, len);

	if (why)
		return why;
	count(w->stats, new_site);
	if (same(old_site->bytes, new_site->bytes, len))
		return PV_OK;
	if (w->mode != PV_DRY)
		pv_host_text_write(new_site->at, new_site->bytes, len);
	w->stats->bytes += len;
	w->stats->pad += len - new_site->n;
	return PV_OK;
}

/* Nearly all sites have six bytes. That length as a constant leaves no loop and no test of it. */
#define USUAL_LEN 6

PV_TEXT_PART void change(struct walk *w, const void *record)
{
	struct pv_site old_site, new_site;
	enum pv_why why;

	old_site.at = NULL;
	why = site_both(w, record, &old_site, &new_site);
	if (!why && old_site.len == USUAL_LEN)
		why = site_change(w, &old_site, &new_site, USUAL_LEN);
	else if (!why)
		why = site_change(w, &old_site, &new_site, old_site.len);
	if (why)
		refuse(w->stats, record, old_site.at, why);
}

/*
 * A dry run claims bytes in a copy of the maps, so that it finds the same overlaps. So does a pass
 * after which the maps are as before it.
 */
static struct walk walk_begin(const struct pv_family *family, const void *from, const void *to,
			      enum pv_mode mode, struct pv_stats *stats)
{
	bool leaving = from != family->linked, arriving = to == family->linked;
	bool scratch = mode == PV_DRY || leaving != arriving;

	for (struct pv_image *image = scratch ? images : NULL; image; image = image->next)
		for (size_t i = 0; i < PV_MAP_SIZE((size_t)(image->text_end - image->text)); i++)
			image->scratch[i] = image->map[i];
	return (struct walk){family, from, to, mode, stats, NULL, NULL, scratch, leaving};
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
		refuse(stats, NULL, last, PV_WHY_TABLE);
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
	enum pv_why why = site_both(w, record, old_site, new_site);

	return why ? why : site_take(w, old_site, old_site->len);
}

void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg)
{
	struct walk w = walk_begin(family, from, to, PV_DRY, NULL);
	const uint8_t *record = first;
	bool bad;
	size_t n = whole_records(family, first, last, &bad);

	for (; n; n--, record += family->record_size) {
		struct pv_site old_site, new_site;
		enum pv_why why = list_site(&w, record, &old_site, &new_site);

		visit(record, why, &old_site, &new_site, arg);
	}
}

PV_TEXT bool pv_owned(const uint8_t *at)
{
	for (struct pv_image *image = images; image; image = image->next)
		if (image_holds(image, at, 1)) {
			struct bits b = bits_at(image->map, (size_t)(at - image->text), 1);

			return bits_get(&b);
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
	};

	return why < PV_NR_WHYS ? text[why] : "unknown reason";
}
