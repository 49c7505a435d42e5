/* SPDX-License-Identifier: MIT */
/*
 * A family of sites, and what all families have in common: a table of records in the image, each of
 * which names a place in text, and bytes that must stand there in a state of the running kernel.
 *
 *	for (size_t i = 0; i < model.n_sites; i++) {
 *		const struct site *site = &model.sites[i];
 *		printf("0x%08x %s %s\n", site->addr, site->family->name,
 *		       site->family->title(&model, site, title));
 *	}
 *
 * To add one: a file with its struct family and a line in load.c's list; rules of its own are
 * another line, in check_sites.c's. What of a state decides about its values, for who has them by a
 * manifest only, is a row in listed.c.
 */
#ifndef TOOLS_PVTOOL_FAMILY_FAMILY_H
#define TOOLS_PVTOOL_FAMILY_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_MAX   255 /* bytes in a site: a record's length is one byte */
#define SITE_TITLE 128 /* room for what the records say of a site; more is cut */

struct family;
struct image;
struct model;
struct nops;
struct state;
struct table;

/* One record. What a family's records do not have is 0. */
struct record {
	uint32_t addr; /* of the site */
	uint8_t len;   /* bytes of the site */
	size_t index;  /* in the table, as records get sorted */

	uint8_t type;      /* paravirt and discovered: the op's slot in pv_ops ... */
	uint16_t clobbers; /* ... and which registers its site may lose, a mask */

	uint16_t feature; /* alternatives: see feature.h */
	uint8_t replacement_len;
	uint32_t replacement;

	uint32_t target, key; /* branches: where to; branches and calls: whose, and flags */
	unsigned flags;
};

/* One place, whatever records it. */
struct site {
	uint32_t addr; /* first: arrays of these are searched by it */
	uint8_t len;
	const struct family *family;
	const struct record *records; /* of this place, n in their table's order */
	size_t n;
	const struct site *outer; /* the site of another family that it may lie in, or NULL */
	size_t n_inner;           /* so many sites right behind this one lie in it */
	const char *fault;        /* why the kernel cannot patch it, or NULL ... */
	const struct record *bad; /* ... and whose fault that is */
};

enum expect_kind {
	EXPECT_LINKED, /* as in the file */
	EXPECT_TEMPLATE,
	EXPECT_NOTHING,
	EXPECT_TRAP,
	EXPECT_JMP,
	EXPECT_CALL,
	EXPECT_REPLACED,
	EXPECT_KEPT, /* no replacement applies: as in the file, but for padding */
	EXPECT_ZERO, /* a call of nothing: its result, 0 */
	EXPECT_LOCK,
	EXPECT_DS,
	EXPECT_COVERED, /* inside a site that was replaced: the byte is that one's */
	EXPECT_GONE,    /* in memory that was given up */
	EXPECT_KINDS
};

/* What must stand at a site. */
struct expect {
	enum expect_kind kind;
	size_t n;    /* bytes that are no padding */
	size_t len;  /* and with it: the site's length, or 0 if nothing is said of its bytes */
	bool leads;  /* its padding may be prefixes that stand before them ... */
	bool moves;  /* ... and make the way shorter that its last four bytes are */
	size_t lead; /* so many stand there; 0: NOPs behind */
	uint8_t bytes[SITE_MAX];
};

/* To its length, with this table's padding; once. */
void expect_pad(struct expect *expect, const struct nops *nops);

/* "template", "call" and so on. */
const char *expect_kind_name(enum expect_kind kind);

/*
 * One value of a site, and when that stands there: {"backend", "native"}. What is beyond value->n
 * bytes is padding. `open`: where four bytes begin that say where a branch goes to, to which function is not known
 * before (`is` says who tells); 0: nowhere.
 */
struct value {
	const struct expect *expect;
	const char *when, *is;
	unsigned open;
};
typedef void value_fn(void *arg, const struct value *value);

struct family {
	const char *name;
	const char *section;     /* of its table ... */
	const char *begin, *end; /* ... which lies between these symbols */
	uint32_t record_size;
	bool required; /* every image that can be patched has such sites, or discovered ones */
	bool groups;   /* records with the same address and length are one site */
	bool counted; /* the table begins with their number; a byte of each record stands behind all of them */
	bool ops;   /* its sites follow slots of pv_ops, and a record's type is which */
	bool looks; /* its sites have a fact of one byte, by who has looked at them */
	bool sums;  /* its records have a fact of a word, the sum of their addresses */
	/* Of a family whose records belong to keys (keyed.h), the flags that a record's should have.
	 */
	unsigned (*flags)(const struct model *model, const struct record *record);
	bool nests; /* its sites may lie in one of a family with groups */

	/* The record whose bytes are p, and which lies at the address `at`; index is set already.
	 */
	void (*read)(const struct image *image, const uint8_t *p, uint32_t at, struct record *out);

	/* Why the kernel cannot patch the site by this record of it; NULL if it can. */
	const char *(*fault)(const struct model *model, const struct site *site,
			     const struct record *record);

	/* "irq.save_fl", "xmm2": what the records say. Returns `out`. */
	const char *(*title)(const struct model *model, const struct site *site,
			     char out[SITE_TITLE]);

	/* What must stand in this state at a site without a fault; *out is all 0 before. */
	void (*expect)(const struct model *model, const struct state *state,
		       const struct site *site, struct expect *out);

	/* All that may stand at a site without a fault, what was linked first; without padding. */
	void (*values)(const struct model *model, const struct site *site, value_fn *tell,
		       void *arg);

	/* pvtool sites: the columns behind the common ones, their heads and a site's cells. */
	void (*add_head)(struct table *table, const struct model *model);
	void (*add_cells)(struct table *table, const struct model *model, const struct site *site,
			  const struct nops *nops);
};

extern const struct family paravirt_family, alternatives_family, smp_locks_family, branches_family,
	calls_family, discovered_family;

#endif
