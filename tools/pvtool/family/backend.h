/* SPDX-License-Identifier: MIT */
/*
 * The ops of an image, its back ends, and what stands in their tables. A back end NAME is found by
 * its symbol pv_NAME_ops, a table like pv_ops; its templates are pv_NAME_templates, a (start, end)
 * pair a slot, if it has any; as long as its symbol, of the first slots.
 *
 *	const struct backend *native = backend_find(&model, "native");
 *	if (native)
 *		printf("%s: %#x\n", backend_op(&model, type, op), backend_slot(native, type));
 */
#ifndef TOOLS_PVTOOL_FAMILY_BACKEND_H
#define TOOLS_PVTOOL_FAMILY_BACKEND_H

#include "family/model.h"

#define BACKEND_OP 64 /* room for "group.name" */

/* Finds pv_ops and the tables like it: model->ops to model->n_backends. */
void backend_load(struct model *model);

/* NULL if there is none of that name. */
const struct backend *backend_find(const struct model *model, const char *name);

/*
 * "irq.save_fl", or "type 12" if the image has another number of slots than this pvtool's ops.def.
 * Returns `out`.
 */
const char *backend_op(const struct model *model, unsigned type, char out[BACKEND_OP]);

/* Has the image as many slots as this pvtool's ops.def? Then it is taken for the same. */
bool backend_knows_ops(const struct model *model);

/* Has the op of this type sites? Not so for data and the patcher's hook. */
bool backend_op_has_sites(const struct model *model, unsigned type);

/* Is it one that does not come back? False of an op that is not known. */
bool backend_op_is_jump(const struct model *model, unsigned type);

/*
 * May a site of the op whose record says that it loses these registers become what a back end
 * makes of it? Of an op that is not known: is it a mask of registers at all?
 */
bool backend_op_keeps(const struct model *model, unsigned type, unsigned clobbers);

/* The word in a back end's slot; in pv_missing's; 0 where the image has none. */
uint32_t backend_slot(const struct backend *backend, unsigned type);
uint32_t backend_missing(const struct model *model, unsigned type);

/*
 * What pv_ops holds in that slot once the back end is installed: its own word or, where it has
 * none for an op, the function that says so.
 */
uint32_t backend_installed(const struct model *model, const struct backend *backend, unsigned type);

#endif
