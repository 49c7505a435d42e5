/* SPDX-License-Identifier: MIT */
/*
 * What an image says of the places in its text that change: the records of each family, the sites
 * that they make, and what belongs to them: the slots of pv_ops, the back ends, init text.
 *
 *	struct model model;
 *	if (!model_load(&model, "build/pedant.elf"))
 *		return PVTOOL_FAILED;
 *	for (size_t i = 0; i < model.n_sites; i++)
 *		puts(model.sites[i].family->name);
 *	model_free(&model);
 */
#ifndef TOOLS_PVTOOL_FAMILY_MODEL_H
#define TOOLS_PVTOOL_FAMILY_MODEL_H

#include "family/family.h"
#include "read/image.h"

#define MODEL_FAMILIES 6
#define MODEL_MAX_OPS  256u /* slots that a record's type, a byte, can name */
#define MODEL_NAME     32   /* room for a back end's name */
#define MODEL_BACKENDS 16

/* In load.c. */
extern const struct family *const model_families[MODEL_FAMILIES];

struct backend {
	char name[MODEL_NAME];
	const uint8_t *ops;       /* model.n_ops words */
	const uint8_t *templates; /* pairs of words, or NULL */
	unsigned n_templates;     /* of the first ops, at most model.n_ops */
	bool direct;              /* in a state: without templates, its own or native's */
};

/* A family's table, as far as it is there. */
struct family_table {
	const struct family *family;
	const struct symbol *begin, *end; /* NULL where the image has none */
	uint32_t addr, size;
	const uint8_t *bytes; /* NULL if no section has all of them */
	struct record *records;
	size_t n; /* whole records */
};

struct model {
	struct image image;
	struct family_table tables[MODEL_FAMILIES];
	struct site *sites; /* by address; one that lies in another follows it */
	size_t n_sites;
	size_t most_records; /* of one site */

	const struct symbol *ops_symbol; /* pv_ops, or NULL */
	uint32_t ops;                    /* its address */
	unsigned n_ops;                  /* slots */
	const uint8_t
		*missing; /* n_ops words: what stands in empty slots; NULL if there are none */
	struct backend backends[MODEL_BACKENDS]; /* by name, native first */
	size_t n_backends;

	uint32_t init, init_len; /* text that is given up after boot; no bytes: none */

	struct listed *listed;       /* of a manifest (listed.h); NULL of an image */
	const char *const *op_names; /* n_ops, the manifest's */
};

/*
 * Whatever the image has. False, after a line on stderr, only if the file cannot be read. In
 * load.c.
 */
bool model_open(struct model *model, const char *path);

/* The same, but false also if there are no paravirt sites or no pv_ops, or if a table is broken. */
bool model_load(struct model *model, const char *path);

/* The same two of an image that was loaded, by image_load_any(): it is the model's from here on. */
bool model_take(struct model *model, struct image *image);
bool model_take_all(struct model *model, struct image *image);

/* The same, but an image without sites, as of the native build, will do: n_sites is 0. */
bool model_load_any(struct model *model, const char *path);

/* Whatever tables the image has, each of them whole. */
bool model_load_tables(struct model *model, const char *path);
void model_free(struct model *model);

/* Which of the sites, which are in their order, lie in one of another family. */
void model_find_outer(struct model *model);

/* The first site that begins at `addr` or behind it; n_sites if none does. */
size_t model_sites_from(const struct model *model, uint64_t addr);

/* The site that holds `addr`, the outer one of two; NULL if none does. */
const struct site *model_site_at(const struct model *model, uint32_t addr);

/* The family's table. */
const struct family_table *model_table(const struct model *model, const struct family *family);

/* How many sites it has. */
size_t model_count(const struct model *model, const struct family *family);
/* Is it text that is given up after boot? */
bool model_in_init(const struct model *model, uint32_t addr);

/* What was linked; and for values(), the same as the first one. */
void model_linked(const struct model *model, const struct site *site, struct expect *out);
void model_tell_linked(const struct model *model, const struct site *site, value_fn *tell,
		       void *arg);

#endif
