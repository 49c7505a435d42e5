/* SPDX-License-Identifier: MIT */
/*
 * What an image says of its paravirt sites: the records, the slots of pv_ops, the back ends. A back
 * end NAME is found by its symbol pv_NAME_ops, a table like pv_ops; its templates are
 * pv_NAME_templates, a (start, end) pair a slot, if it has any.
 *
 *	struct model model;
 *	if (!model_load(&model, "build/pedant.elf"))
 *		return PVTOOL_FAILED;
 *	for (size_t i = 0; i < model.n_records; i++)
 *		puts(model_op(&model, model.records[i].type, op));
 *	model_free(&model);
 */
#ifndef TOOLS_MODEL_H
#define TOOLS_MODEL_H

#include "image.h"

#define MODEL_RECORD   8u   /* bytes: u32 instr; u8 type; u8 len; u16 clobbers */
#define MODEL_SITE     6u   /* bytes of a site: ff 15 disp32, or ff 25 disp32 */
#define MODEL_MAX_OPS  256u /* slots that a record's type, a byte, can name */
#define MODEL_OP       64   /* room for "group.name" */
#define MODEL_NAME     32   /* room for a back end's name */
#define MODEL_BACKENDS 16

struct record {
	uint32_t instr;
	uint8_t type, len;
	uint16_t clobbers;
	size_t index; /* in the table, as records get sorted by address */
};

struct backend {
	char name[MODEL_NAME];
	const uint8_t *ops;       /* model.n_ops words */
	const uint8_t *templates; /* model.n_ops pairs of words, or NULL */
};

struct model {
	struct image image;
	struct record *records; /* by address */
	size_t n_records;
	uint32_t ops;   /* address of pv_ops */
	unsigned n_ops; /* slots */
	const uint8_t
		*missing; /* n_ops words: what stands in empty slots; NULL if there are none */
	struct backend backends[MODEL_BACKENDS]; /* by name, native first */
	size_t n_backends;
};

/* False, after a line on stderr, if the file cannot be read, or has no sites or no pv_ops. */
bool model_load(struct model *model, const char *path);

/* The same, but an image without sites, as of the native build, will do: n_records is 0. */
bool model_load_any(struct model *model, const char *path);
void model_free(struct model *model);

/* Records out of a table of n, sorted by address; to be freed. */
struct record *model_records(const uint8_t *table, size_t n);

/* The record whose site holds `addr`, or NULL. */
const struct record *model_record_at(const struct model *model, uint32_t addr);

/* NULL if there is none of that name. */
const struct backend *model_backend(const struct model *model, const char *name);

/*
 * "irq.save_fl", or "type 12" if the image has another number of slots than this pvtool's ops.def.
 * Returns `out`.
 */
const char *model_op(const struct model *model, unsigned type, char out[MODEL_OP]);

/* Has the op of this type sites? Not so for data and the patcher's hook. */
bool model_op_has_sites(const struct model *model, unsigned type);

/* The word in a back end's slot; in pv_missing's; 0 where the image has none. */
uint32_t model_slot(const struct backend *backend, unsigned type);
uint32_t model_missing(const struct model *model, unsigned type);

/*
 * What pv_ops holds in that slot once the back end is installed: its own word or, where it has
 * none for an op, the function that says so.
 */
uint32_t model_installed(const struct model *model, const struct backend *backend, unsigned type);

/*
 * Why the record is none that the kernel can patch, or NULL if it is one: then MODEL_SITE bytes in
 * the image are a call or a jump through the type's slot.
 */
const char *model_record_fault(const struct model *model, const struct record *record);

#endif
