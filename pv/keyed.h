/* SPDX-License-Identifier: MIT */
/*
 * What families of live sites have in common whose records belong to keys: a key is data, and what
 * it says decides what stands at all of its sites. Static keys and static calls are such families.
 *
 * A record is words, each relative to its own place: the site first, the key last, with flags in the
 * key's low bits. The table is sorted by key, then by site, so a key's records are found by search;
 * pvtool index does it after the link.
 *
 * A change is a structure of the family's that begins with the key's address. It is written to the
 * version of text that nobody looks at (pv/poke.h), committed with any others, of either family, at
 * one instant, and then the other version is made the same:
 *
 *	const struct pv_keyed_part parts[] = {{&pv_static_keys, keys, 2}, {&pv_static_calls, calls, 1}};
 *	bool done = pv_keyed_commit(parts, 2);
 */
#ifndef PV_KEYED_H
#define PV_KEYED_H

#include "pv/engine.h"
#include "pv/host.h"

struct pv_keyed {
	const struct pv_family *family;
	const char *what;    /* "static key" */
	uint8_t words;       /* of a record */
	uint8_t flags;       /* a mask of the key's low bits ... */
	uint8_t given;       /* ... of which these are the compiler's */
	uint8_t key_size;    /* bytes */
	uint8_t change_size; /* bytes */
	uint8_t site_least;  /* bytes of a site, at least */
	/* The flags that only the linked text, `room` bytes at `at`, can tell. */
	unsigned (*note)(const uint8_t *at, unsigned room);
	/* Is it a key, where data are? In PV_TEXT. And of a table as linked, not yet added? */
	bool (*is_key)(const void *key);
	bool (*looks_like_key)(const struct pv_table *table, const void *key);
	unsigned init; /* the flag of a site in text that is given up */
	/* Why it cannot be, in words; NULL: it can. Or NULL: all can be. */
	const char *(*why_not)(const void *change);
	void (*put)(const void *change, unsigned version);
	void (*same)(const void *change, unsigned from); /* the other version as this one */
	void (*done)(const void *change);                /* it is what text does; or NULL */
	/* For tables that come and go, in one's turn (pv/module.h): before the table is added; */
	void (*prepare)(struct pv_table *table);
	/* when it goes, and is in its image still: no key knows its records any more, or NULL; */
	void (*forget)(const struct pv_table *table);
	/* why text that goes with its image is needed by other images' sites, NULL: it is not; or NULL; */
	const char *(*held)(const struct pv_image *image);
	/* and what sites are by now. */
	const void *(*state)(const struct pv_keyed *k);
	/* Until a pass was made changes are noted; then text follows, or it stays as linked. */
	enum { PV_KEYS_NOTED, PV_KEYS_LIVE, PV_KEYS_KEPT } mode;
};

/* Where a field of a record points to. */
PV_TEXT_PART uint32_t pv_keyed_to(const int32_t *field)
{
	return (uint32_t)field + (uint32_t)*field;
}

PV_TEXT_PART uint32_t pv_keyed_key(const struct pv_keyed *k, const int32_t *record)
{
	return pv_keyed_to(record + k->words - 1) & ~(uint32_t)k->flags;
}

/*
 * Is the record what was linked, by its sum, and its key where keys are? *image: whose table it is
 * in; NULL: in none that was added, and then nothing is known of it.
 */
PV_TEXT enum pv_why pv_keyed_why(const struct pv_keyed *k, const int32_t *record,
				 const struct pv_image **image);

/* The key of a table's record as linked; NULL: of something else, which is not written to. */
void *pv_keyed_linked_key(const struct pv_keyed *k, const struct pv_table *table,
			  const int32_t *record);

/*
 * Before the table is added: unless it has an index, for which pvtool did this after the link, its
 * records get their flags by looking at text as linked, and are sorted. The image was added.
 */
void pv_keyed_init(const struct pv_keyed *k, struct pv_table *table);

/* Of a table in order: the first record that is not before the key's, or not before those behind (key + 1). */
const int32_t *pv_keyed_search(const struct pv_keyed *k, const struct pv_table *t, uint32_t key);

struct pv_keyed_part {
	struct pv_keyed *kind;
	const void *changes;
	unsigned n;
};

/*
 * All changes of all parts at one instant, in a turn of one's own, or what is to be noted noted.
 * False after a line that says why: nothing has changed; or a site was refused, and stays, and all
 * others have changed.
 */
bool pv_keyed_commit(const struct pv_keyed_part *parts, unsigned n);

/* What sites are by now, in one's turn: as their keys say, or as linked. */
const void *pv_keyed_state(const struct pv_keyed *k);

/* The same for who has the turn. NULL: text has changed; *whole: nowhere was a site refused. */
const char *pv_keyed_change(const struct pv_keyed_part *parts, unsigned n, bool *whole);

/* The line of one that is not changed. Returns false. */
bool pv_keyed_say(const char *what, const void *key, const char *why);

#endif
