/* SPDX-License-Identifier: MIT */
/*
 * Text that may be patched, and the tables of records whose sites lie in it.
 *
 *	pv_image_add(&kernel_image);
 *	pv_table_add(&kernel_image, &locks);
 *	... pv_find(eip, &place) ...
 */
#ifndef PV_IMAGE_H
#define PV_IMAGE_H

#include "pv/site.h"

/* Ascending by address, then by record. Of a refused record's place nothing is known. */
struct pv_entry {
	uint32_t at;
	uint32_t record; /* its number in the table */
};
_Static_assert(sizeof(struct pv_entry) == 8, "pvtool writes these");

/* Bytes that must stay as they were linked, and their sum. */
struct pv_sources {
	uint32_t at, size, sum;
};

/*
 * A table of records, with its index and, for a family with groups or one that looks or sums, its facts:
 * pv/index.h makes them, or pvtool did after the link. A table without them is patched as well,
 * slower.
 */
struct pv_table {
	const struct pv_family *family;
	const void *first, *last;
	const struct pv_entry *index; /* NULL: none; as many entries as records */
	const struct pv_fact *facts;  /* NULL: none; as many, in the index's order */
	const uint8_t *behind;        /* of a family that looks: the same, a byte each */
	const uint32_t *sums;      /* of a family that sums: a word each, in the records' order */
	bool in_order;             /* of pv/keyed.h's: records are sorted by key */
	struct pv_sources sources; /* with facts: what the records copy from, all of it */
	struct pv_table *next;
	uint32_t n;      /* entries, from pv_table_add() on: records, or 0 without an index */
	uint32_t cursor; /* the engine's, during a pass */
};

/*
 * Text that may be patched: the kernel's, later a module's; and, when the two do not touch, `init`,
 * more of it (both NULL: none). A site lies in one of them: what is between sections is no text.
 * `data` is where keys may lie (NULL: anywhere, if no image says it).
 * `engine` is the engine's section, where no site may lie. `native` is the section of what back ends
 * consist of, .pv.native (both NULL: it has none): pv/backend/switch.h. `gone` is a part of the text whose memory
 * was given up (both NULL: none): sites there are counted, and not touched or read any more,
 * whatever they overlap.
 *
 * The tables of an image, in their order: a site that overlaps one of a table before is refused.
 */
struct pv_image {
	const char *name;
	uint8_t *text, *text_end;
	uint8_t *init, *init_end;
	uint8_t *data, *data_end;
	uint8_t *engine, *engine_end;
	uint8_t *native, *native_end;
	uint8_t *gone, *gone_end;
	struct pv_table *tables;
	struct pv_image *next;
};

extern struct pv_image *pv_images;

/* With its tables, if it has any by then. Who walks meanwhile, in pv_breakpoint(), sees all of it or nothing. */
void pv_image_add(struct pv_image *image);

/* For one's turn, and with everybody who could be walking synchronized before it is used again. */
void pv_image_remove(struct pv_image *image);

static inline __attribute__((always_inline)) bool pv_range_holds(struct pv_range range, uint32_t at,
								 unsigned len)
{
	uint32_t first = (uint32_t)(uintptr_t)range.first,
		 size = (uint32_t)(range.end - range.first);

	return at - first < size && len <= size - (at - first);
}

/* The part of an image's text that holds a site; first NULL: none holds all of it. */
static inline __attribute__((always_inline)) struct pv_range
pv_image_range(const struct pv_image *image, uint32_t at, unsigned len)
{
	struct pv_range range = {image->text, image->text_end};

	if (pv_range_holds(range, at, len))
		return range;
	range = (struct pv_range){image->init, image->init_end};
	if (pv_range_holds(range, at, len))
		return range;
	return (struct pv_range){NULL, NULL};
}

/* The same without what was given up, for reading; first NULL also when the site is not all there.
 */
static inline __attribute__((always_inline)) struct pv_range
pv_image_text(const struct pv_image *image, uint32_t at, unsigned len)
{
	struct pv_range range = pv_image_range(image, at, len);
	const struct pv_range gone = {image->gone, image->gone_end};

	if (gone.first < range.first || gone.first >= range.end)
		return range;
	if ((uint32_t)(uintptr_t)gone.end <= at)
		range.first = gone.end;
	else
		range.end = gone.first;
	return pv_range_holds(range, at, len) ? range : (struct pv_range){NULL, NULL};
}

/* Is it in text of any image's, and was not given up? What a damaged record names is not. */
bool pv_is_text(uint32_t at);

/* Behind the tables that are there. From now on its sites are known: pv_find(). */
void pv_table_add(struct pv_image *image, struct pv_table *table);
void pv_table_remove(struct pv_image *image, struct pv_table *table);

/*
 * Whose byte is this? The site that it is part of: of two, the one of the table that was added
 * before (the outer one, of a nest), and the lower one of a table. Of a table without an index all
 * records are read: its ends have to be right.
 */
struct pv_place {
	const struct pv_table *table;
	const void *record; /* of a group, one */
	uint8_t *at;
	uint8_t len;
};
bool pv_find(const uint8_t *byte, struct pv_place *out);

/*
 * What a breakpoint can stand for: the site that begins there, of a family with versions. No other
 * family is asked, and of tables with an index, which are all that are asked, no other record is read.
 */
bool pv_find_live(const uint8_t *first, struct pv_place *out);

/*
 * Among records of tables without an index, of which several may name the place: the first that fits,
 * of those whose sites have a byte in common with `bytes`. Of one table those in [from, last), or all of all.
 */
typedef bool pv_fits_fn(const struct pv_place *place, struct pv_range bytes);
bool pv_find_live_in(const struct pv_table *t, const void *from, const void *last,
		     struct pv_range bytes, pv_fits_fn *fits, struct pv_place *out);
bool pv_find_live_raw(struct pv_range bytes, pv_fits_fn *fits, struct pv_place *out);

/* The table of the family's that a record is in, and its image; NULL: none that was added. */
const struct pv_table *pv_table_of(const struct pv_family *family, const void *record,
				   const struct pv_image **image);

/* The first entry of the index whose site could be so long that it holds the byte. */
uint32_t pv_table_reach(const struct pv_table *t, uint32_t byte);

/* How many whole records a table has; one that ends before it starts has none. */
uint32_t pv_table_records(const struct pv_table *table);

/* Is it the address of one of them? */
bool pv_table_holds(const struct pv_table *table, const void *record);
uint32_t pv_whole_records(const struct pv_family *family, const void *first, const void *last);

/* The record of the table's entry i, which has one. */
static inline __attribute__((always_inline)) const void *pv_table_record(const struct pv_table *t,
									 uint32_t i)
{
	return (const uint8_t *)t->first + t->index[i].record * t->family->record_size;
}

/* The site of an entry: where its record says. Length 0: the record is none, or has another place.
 */
void pv_entry_site(const struct pv_table *table, uint32_t i, struct pv_site *site);

/*
 * Text is fetched so many entries ahead: a miss of the second cache takes as long as some sites.
 * 0f 18: every CPU that has XMM knows it. `far`: the index's first entry, and pv_far(has XMM, entries).
 */
#define PV_AHEAD 16

static inline __attribute__((always_inline)) uint32_t pv_far(bool ahead, uint32_t count)
{
	return ahead && count > PV_AHEAD ? count - PV_AHEAD : 0;
}

static inline __attribute__((always_inline)) void pv_fetch(uint32_t at)
{
	asm volatile("prefetcht0 (%0)" : : "r"(at));
}

static inline __attribute__((always_inline)) void pv_ahead(const struct pv_entry *entry,
							   const struct pv_entry *far)
{
	if (entry < far)
		pv_fetch(entry[PV_AHEAD].at);
}

#endif
