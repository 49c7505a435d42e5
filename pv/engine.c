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

struct walk {
	const struct pv_family *family;
	const void *from, *to;
	enum pv_mode mode;
	struct pv_stats *stats;
	struct pv_image
		*image; /* the last one found: neighbours in a table are neighbours in text */
};

static struct pv_image *images;

void pv_image_add(struct pv_image *image)
{
	image->next = images;
	images = image;
}

static PV_TEXT bool image_holds(const struct pv_image *image, const uint8_t *at, unsigned len)
{
	return at >= image->text && at < image->text_end && len <= (size_t)(image->text_end - at);
}

static PV_TEXT enum pv_why place_check(struct walk *w, const struct pv_site *site)
{
	struct pv_image *image = w->image;

	if (image && image_holds(image, site->at, site->len))
		return PV_OK;
	for (image = images; image; image = image->next) {
		if (site->at >= image->own && site->at < image->own_end)
			return PV_WHY_OWN;
		if (image_holds(image, site->at, site->len)) {
			w->image = image;
			return PV_OK;
		}
	}
	return PV_WHY_RANGE;
}

/* The bits of n bytes of text; up to eight of them at a time, as they lie in the map's bytes. */
enum bit_job { BITS_ANY, BITS_SET, BITS_CLEAR };

static PV_TEXT bool bits(uint8_t *map, size_t bit, unsigned n, enum bit_job job)
{
	bool any = false;

	while (n) {
		unsigned shift = bit & 7, run = n < 8 - shift ? n : 8 - shift;
		uint8_t mask = (uint8_t)((1u << run) - 1) << shift;
		uint8_t *byte = &map[bit >> 3];

		any |= *byte & mask;
		if (job == BITS_SET)
			*byte |= mask;
		if (job == BITS_CLEAR)
			*byte &= (uint8_t)~mask;
		bit += run;
		n -= run;
	}
	return any;
}

/* A site's bytes are free while it is as linked, and its own from then on until it is so again. */
static PV_TEXT bool may_take(const struct walk *w, const struct pv_site *site)
{
	uint8_t *map = w->mode == PV_DRY ? w->image->scratch : w->image->map;
	bool taken = bits(map, (size_t)(site->at - w->image->text), site->len, BITS_ANY);

	return taken == (w->from != w->family->linked);
}

static PV_TEXT void take(const struct walk *w, const struct pv_site *site)
{
	uint8_t *map = w->mode == PV_DRY ? w->image->scratch : w->image->map;

	bits(map, (size_t)(site->at - w->image->text), site->len,
	     w->to != w->family->linked ? BITS_SET : BITS_CLEAR);
}

static PV_TEXT bool same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static PV_TEXT enum pv_why site_bytes(const struct walk *w, const void *record, const void *state,
				      struct pv_site *site)
{
	enum pv_why why = w->family->bytes(record, state, site);

	if (why)
		return why;
	if (site->n > site->len || !site->len)
		return PV_WHY_LENGTH;
	pv_nops_fill(site->bytes + site->n, site->len - site->n);
	return PV_OK;
}

static PV_TEXT enum pv_why site_check(struct walk *w, const void *record, struct pv_site *old_site,
				      struct pv_site *new_site)
{
	enum pv_why why = site_bytes(w, record, w->from, old_site);

	if (!why)
		why = site_bytes(w, record, w->to, new_site);
	if (!why)
		why = place_check(w, old_site);
	if (!why && !may_take(w, old_site))
		why = PV_WHY_OVERLAP;
	if (!why && !same(old_site->at, old_site->bytes, old_site->len))
		why = PV_WHY_BYTES;
	return why;
}

static PV_TEXT void refuse(struct pv_stats *stats, const void *record, const uint8_t *at,
			   enum pv_why why)
{
	stats->total.refused++;
	if (stats->listed < PV_REFUSED_MAX)
		stats->refusal[stats->listed++] = (struct pv_refusal){record, at, why};
}

static PV_TEXT void count(struct pv_stats *stats, const struct pv_site *site, bool written)
{
	stats->total.kind[site->kind]++;
	if (stats->row) {
		stats->row[site->row].sites++;
		stats->row[site->row].kind[site->kind]++;
	}
	if (written) {
		stats->bytes += site->len;
		stats->pad += site->len - site->n;
	}
}

static PV_TEXT void change(struct walk *w, const void *record)
{
	struct pv_site old_site, new_site;
	enum pv_why why;
	bool differ;

	old_site.at = NULL;
	why = site_check(w, record, &old_site, &new_site);
	w->stats->total.sites++;
	if (why) {
		refuse(w->stats, record, old_site.at, why);
		return;
	}
	take(w, &new_site);
	differ = !same(old_site.bytes, new_site.bytes, new_site.len);
	if (differ && w->mode != PV_DRY)
		pv_host_text_write(new_site.at, new_site.bytes, new_site.len);
	count(w->stats, &new_site, differ);
}

/* A dry run claims bytes in a copy of the maps, so that it finds the same overlaps. */
static void scratch_begin(void)
{
	for (struct pv_image *image = images; image; image = image->next)
		for (size_t i = 0; i < PV_MAP_SIZE((size_t)(image->text_end - image->text)); i++)
			image->scratch[i] = image->map[i];
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
	for (; n; n--, record += w->family->record_size)
		change(w, record);
}

static PV_TEXT void change_early(struct walk *w, const uint8_t *record, size_t n)
{
	uint32_t flags = pv_host_irq_save();

	change_all(w, record, n);
	pv_host_sync_self();
	pv_host_irq_restore(flags);
}

void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats)
{
	struct walk w = {family, from, to, mode, stats, NULL};
	bool bad;
	size_t n = whole_records(family, first, last, &bad);
	uint64_t start;

	if (bad)
		refuse(stats, NULL, last, PV_WHY_TABLE);
	start = pv_host_time();
	if (mode == PV_DRY) {
		scratch_begin();
		change_all(&w, first, n);
	} else {
		change_early(&w, first, n);
	}
	stats->ns += pv_host_time() - start;
}

void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg)
{
	struct walk w = {family, from, to, PV_DRY, NULL, NULL};
	const uint8_t *record = first;
	bool bad;
	size_t n = whole_records(family, first, last, &bad);

	scratch_begin();
	for (; n; n--, record += family->record_size) {
		struct pv_site old_site, new_site;
		enum pv_why why = site_check(&w, record, &old_site, &new_site);

		if (!why)
			take(&w, &new_site);
		visit(record, why, &old_site, &new_site, arg);
	}
}

bool pv_owned(const uint8_t *at)
{
	for (struct pv_image *image = images; image; image = image->next)
		if (image_holds(image, at, 1))
			return bits(image->map, (size_t)(at - image->text), 1, BITS_ANY);
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
