/* SPDX-License-Identifier: MIT */
/*
 * What sites may hold by a manifest, and not by an image's records: lists of values, each with the
 * state that it belongs to. A model that was read from a manifest has `listed`; then what a family
 * would work out is looked up here, and all else of a model is as it always is.
 *
 *	struct expect expect;
 *	if (model->listed)
 *		listed_expect(model, state, site, &expect);
 */
#ifndef TOOLS_PVTOOL_FAMILY_LISTED_H
#define TOOLS_PVTOOL_FAMILY_LISTED_H

#include "family/state.h"
#include "read/digest.h"
#include "read/doc.h"

/* The one member of "when" beside "padding". */
enum listed_when {
	WHEN_STATE,    /* "linked" */
	WHEN_BACKEND,  /* its index in model.backends */
	WHEN_OP,       /* what stands in its slot: LISTED_MISSING and so on */
	WHEN_FEATURE,  /* as records have it, or LISTED_NONE */
	WHEN_CPUS,     /* 0: one; 1: more */
	WHEN_KEY,      /* 0: off; 1: on */
	WHEN_FUNCTION, /* 0: none; 1: the key's */
	WHEN_KINDS
};

enum { LISTED_MISSING, LISTED_NOTHING, LISTED_ANOTHER };
#define LISTED_NONE 0xffffu /* no feature */

struct listed_value {
	enum listed_when when;
	unsigned is;
	unsigned tables; /* of padding, a mask of indexes into nops_tables; 0: it has none */
	enum expect_kind kind;
	uint8_t n;    /* bytes that are no padding */
	uint8_t open; /* where four bytes begin that memory tells; 0: nowhere */
	uint8_t *bytes;
};

/* What belongs to model.sites[i]. */
struct listed_site {
	const char *title;
	struct listed_value *values;
	size_t n;
};

/* A page, or the part of one that is in memory that is judged. */
struct listed_page {
	uint32_t addr, size;
	const char *fixed; /* hash with zeros for sites ... */
	const char *gone;  /* ... once init text was given up; NULL: it has none */
};

struct listed {
	struct doc doc; /* whose strings are used */
	struct listed_site *sites;
	struct record *records; /* one a site */
	struct listed_page *pages;
	size_t n_pages;
	uint32_t *nothing; /* functions that do nothing */
	size_t n_nothing;
	uint8_t *words;   /* of back ends, and of what is missing */
	uint8_t **memory; /* of sections with sites: zeros, and what was linked there */
};

/* What must stand there in that state; nothing is said (len is 0) of a lock that is covered. */
void listed_expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out);

/* What the records say of a site, whether the model is a manifest's or an image's. Returns `out`. */
const char *listed_title(const struct model *model, const struct site *site, char out[SITE_TITLE]);

/*
 * The last value of the site for that; NULL if it has none. `table`: the padding, an index into
 * nops_tables.
 */
const struct listed_value *listed_find(const struct listed_site *site, enum listed_when when,
				       unsigned is, size_t table);

/* Has the site a value for each state that its family knows, with each padding? */
bool listed_is_complete(const struct model *model, const struct site *site);

#endif
