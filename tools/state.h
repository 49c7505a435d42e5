/* SPDX-License-Identifier: MIT */
/*
 * The state that a dump's kernel is in, and so what its sites must hold: the back end that pv_ops
 * was filled from, what its slots hold, whether sites were patched at all, and with which padding.
 *
 *	struct state state;
 *	if (!state_find(&state, &model, &dump, options))
 *		return PVTOOL_FAILED;
 *	state_expect(&state, &model, record, &expect);
 */
#ifndef TOOLS_STATE_H
#define TOOLS_STATE_H

#include "dump.h"
#include "expect.h"

struct state {
	const struct backend *backend; /* NULL only if --state linked and the image has none */
	bool linked;                   /* sites were left as they are in the file */
	const struct nops *nops;
	bool nops_known; /* false: no site has padding that tells one table from another */
	uint32_t slots[MODEL_MAX_OPS]; /* that sites must be patched for */
};

/*
 * Of what options do not say: the back end is the one that most slots of the dump's pv_ops equal,
 * slots are the dump's; padding, and patched or not, are what most sites agree with. With a back
 * end named by --state its own slots count, and its sites are patched. False, after a line on
 * stderr, if the image has no back end, or none of the name.
 */
bool state_find(struct state *state, const struct model *model, const struct dump *dump,
		const struct options *options);

/* What must stand at the site of a record without a fault. */
void state_expect(const struct state *state, const struct model *model, const struct record *record,
		  struct expect *out);

/* What pv_ops of the dump holds in a slot. */
uint32_t state_live_slot(const struct model *model, const struct dump *dump, unsigned type);

#endif
