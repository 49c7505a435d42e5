/* SPDX-License-Identifier: MIT */
/*
 * A pass as the engine's files and a family's own short loop see it. Nobody else includes this.
 *
 * The loop, family->sweep(s, i), takes sites from entry i of the index on, and returns the first
 * entry that is not as usual: that one goes through the engine's general path, which knows why. It
 * is called only where text may be stored to, and checks as the general path does:
 *
 *	the entry's record is one of the table and names the entry's address
 *	pv_sweep_free(): the site begins behind the last one, and nothing else is in the way
 *	the record is good, and the text is what it must be in `from`
 *
 * It stores whole words, counts, and keeps s->start and s->end.
 */
#ifndef PV_SWEEP_H
#define PV_SWEEP_H

#include "pv/facts.h"
#include "pv/host.h"
#include "pv/nops.h"

/* Unaligned is fine on i386; may_alias, since these are bytes. */
typedef uint32_t __attribute__((may_alias, aligned(1))) pv_word;
typedef uint16_t __attribute__((may_alias, aligned(1))) pv_half;

struct pv_sweep {
	const struct pv_family *family;
	const void *from, *to;
	struct pv_stats *stats;
	const uint8_t *records;
	uint32_t n; /* records */
	const struct pv_entry *index;
	uint32_t count;              /* entries */
	const struct pv_fact *facts; /* NULL: what groups hold has to be decoded */
	const uint8_t *behind;       /* NULL: of a family that looks, it does so now */
	uint32_t start, end;         /* of the last site that was taken */
	uint32_t limit;              /* from `end` up to here is only text without other sites */
	uint32_t edge;               /* and up to here text, whose sites they may be */
	uint32_t named;              /* by the last record that was good in itself */
	uint32_t asked;              /* the last place looked at: cursors do not go back */
	bool left;                   /* of these sites one was refused, or left alone */
	bool ahead;                  /* the CPU can fetch ahead */
	enum { PV_NOT_SUMMED, PV_HOLD, PV_HOLD_NOT } sources; /* what the records copy from */

	enum pv_mode mode;
	enum pv_step step;
	pv_can_fn *can;               /* NULL: anything may stand there */
	const struct pv_table *table; /* NULL: not one that was added */
	struct pv_image *image;       /* where the last site was */
	pv_visit_fn *visit;           /* a listing, or NULL */
	void *arg;
};

/* Not refused, and not to be written either: beyond enum pv_why. */
enum { PV_SITE_GONE = PV_NR_WHYS, PV_SITE_INNER };

/*
 * Where the site is: in text, behind the last one, and in nobody's way? enum pv_why, or one of the
 * two above. Sets s->limit.
 */
unsigned pv_sweep_place(struct pv_sweep *s, uint32_t at, unsigned len);

PV_TEXT_PART bool pv_sweep_free(struct pv_sweep *s, uint32_t at, unsigned len)
{
	if (at >= s->end && at < s->limit && len <= s->limit - at)
		return true;
	return pv_sweep_place(s, at, len) == PV_OK;
}

PV_TEXT_PART const struct pv_entry *pv_sweep_far(const struct pv_sweep *s)
{
	return s->index + pv_far(s->ahead, s->count);
}

PV_TEXT_PART void pv_count(struct pv_stats *stats, unsigned row, unsigned kind)
{
	stats->total.kind[kind]++;
	if (stats->row) {
		stats->row[row].sites++;
		stats->row[row].kind[kind]++;
	}
}

PV_TEXT_PART bool pv_same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	for (; n >= 4; n -= 4, a += 4, b += 4)
		if (*(const pv_word *)a != *(const pv_word *)b)
			return false;
	if (n & 2 && *(const pv_half *)a != *(const pv_half *)b)
		return false;
	return !(n & 1) || a[n & 2] == b[n & 2];
}

PV_TEXT_PART void pv_copy(uint8_t *to, const uint8_t *from, unsigned n)
{
	for (; n >= 4; n -= 4, to += 4, from += 4)
		*(pv_word *)to = *(const pv_word *)from;
	for (; n; n--)
		*to++ = *from++;
}

PV_TEXT_PART void pv_pad(const struct pv_family *family, struct pv_site *site)
{
	if (!family->pads && site->n < site->len)
		pv_nops_fill(site->bytes + site->n, site->len - site->n);
}

/* The record of an entry, if it is one of the table. */
PV_TEXT_PART const uint8_t *pv_sweep_record(const struct pv_sweep *s, uint32_t i)
{
	return s->records + s->index[i].record * s->family->record_size;
}

/*
 * Kept apart, reported after the pass; a listing hears of it at once. `text`: what should stand at
 * the site, which can be read; or NULL.
 */
void pv_sweep_refuse(struct pv_sweep *s, const void *record, uint32_t at, enum pv_why why,
		     const struct pv_site *text);

/* A site that is not refused: a listing hears of it, and then it is false; or it is counted. */
bool pv_sweep_count(struct pv_sweep *s, const void *record, const struct pv_site *old_site,
		    const struct pv_site *new_site);

/* What a walk of a live change has to write. */
void pv_sweep_write(enum pv_step step, const struct pv_site *site);

/* A site whose text is old_site: count, and write what differs. */
void pv_sweep_change(struct pv_sweep *s, const void *record, const struct pv_site *old_site,
		     const struct pv_site *new_site);

#endif
