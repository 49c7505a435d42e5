/* SPDX-License-Identifier: MIT */
/*
 * What the engine's two walks share: engine.c's, for families whose records say what a site holds
 * now, and group.c's, for those whose do not. Nobody else includes this.
 *
 * The maps. Two bits for each byte of an image's text, in two planes, a and b:
 *
 *	a b
 *	0 0	free
 *	1 0	of a site that is not as linked
 *	1 1	the first byte of a group's site, whose bytes are decided
 *	0 1	a byte behind that
 *
 * In the copy that a walk over groups works on, 1 0 is the first byte of a site that is not decided
 * yet: there is none of the other kind in it.
 */
#ifndef PV_WALK_H
#define PV_WALK_H

#include "pv/engine.h"
#include "pv/host.h"
#include "pv/nops.h"

/* Unaligned is fine on i386; may_alias, since these are bytes. */
typedef uint32_t __attribute__((may_alias, aligned(1))) pv_word;
typedef uint16_t __attribute__((may_alias, aligned(1))) pv_half;

struct walk {
	const struct pv_family *family;
	const void *from, *to;
	enum pv_mode mode;
	struct pv_stats *stats;
	struct pv_image *image; /* the last one found: neighbours in a table are so in text */
	uint8_t *map;           /* of that image, the map that this walk works on */
	size_t plane;           /* where plane b begins in it */
	bool scratch;           /* that is pv_image's scratch */
	bool leaving;           /* from a state that is not as linked: sites own their bytes */
};

/* Not refused, and not to be written either: beyond enum pv_why. */
enum { PV_SITE_GONE = PV_NR_WHYS, PV_SITE_INNER };

extern struct pv_image *pv_images;

PV_TEXT_PART bool image_holds(const struct pv_image *image, const uint8_t *at, unsigned len)
{
	size_t offset = (size_t)at - (size_t)image->text;
	size_t size = (size_t)image->text_end - (size_t)image->text;

	return offset < size && len <= size - offset;
}

PV_TEXT_PART bool touches(const uint8_t *start, const uint8_t *end, const uint8_t *at, unsigned len)
{
	return at < end && (at >= start || (size_t)(start - at) < len);
}

/* In an image that holds it: may it be patched? */
PV_TEXT_PART unsigned place_judge(const struct pv_image *image, const uint8_t *at, unsigned len)
{
	if (touches(image->own, image->own_end, at, len))
		return PV_WHY_OWN;
	if (!touches(image->gone, image->gone_end, at, len))
		return PV_OK;
	return at >= image->gone && len <= (size_t)(image->gone_end - at) ? PV_SITE_GONE
									  : PV_WHY_RANGE;
}

/* Not in the image of the site before: in which one, or why in none? In engine.c. */
unsigned pv_place_find(struct walk *w, const uint8_t *at, unsigned len);

PV_TEXT_PART unsigned place_check(struct walk *w, const uint8_t *at, unsigned len)
{
	if (!w->image || !image_holds(w->image, at, len))
		return pv_place_find(w, at, len);
	return place_judge(w->image, at, len);
}

/*
 * Up to eight bits of a plane, which lie in one byte or in two: without a branch, which would be
 * mispredicted every other time. When it is one byte, `high` is that byte and its mask 0.
 */
struct bits {
	uint8_t *low, *high;
	unsigned mask;
};

PV_TEXT_PART struct bits bits_at(uint8_t *plane, size_t bit, unsigned n)
{
	unsigned mask = ((1u << (n < 8 ? n : 8)) - 1) << (bit & 7);
	uint8_t *low = plane + (bit >> 3);

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

PV_TEXT_PART void bits_set(const struct bits *b)
{
	*b->low |= (uint8_t)b->mask;
	*b->high |= (uint8_t)(b->mask >> 8);
}

PV_TEXT_PART bool same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	for (; n >= 4; n -= 4, a += 4, b += 4)
		if (*(const pv_word *)a != *(const pv_word *)b)
			return false;
	if (n & 2 && *(const pv_half *)a != *(const pv_half *)b)
		return false;
	return !(n & 1) || a[n & 2] == b[n & 2];
}

PV_TEXT_PART void pad(struct pv_site *site)
{
	if (site->n < site->len)
		pv_nops_fill(site->bytes + site->n, site->len - site->n);
}

PV_TEXT_PART void count_row(struct pv_stats *stats, const struct pv_site *site, unsigned kind)
{
	stats->total.kind[kind]++;
	if (stats->row) {
		struct pv_count *row = &stats->row[site->row];

		row->sites++;
		row->kind[kind]++;
	}
}

PV_TEXT_PART size_t image_size(const struct pv_image *image)
{
	return (size_t)(image->text_end - image->text);
}

/* Kept apart, reported after the pass. In engine.c. */
void pv_refuse(struct pv_stats *stats, const void *record, const uint8_t *at, enum pv_why why);

/* group.c: the pass over n records of a family with groups, and the listing of it. */
void pv_groups_change(struct walk *w, const uint8_t *records, size_t n);
void pv_groups_list(struct walk *w, const uint8_t *records, size_t n, pv_visit_fn *visit,
		    void *arg);

#endif
