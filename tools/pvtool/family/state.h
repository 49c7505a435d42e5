/* SPDX-License-Identifier: MIT */
/*
 * The state that a dump's kernel is in, and so what its sites must hold: the back end that pv_ops
 * was filled from, what its slots hold, the CPU's features, one CPU or more, whether sites were
 * patched at all, with which padding, and whether init text is still there.
 *
 *	struct state state;
 *	if (!state_find(&state, &model, &dump, options))
 *		return PVTOOL_FAILED;
 *	state_expect(&state, &model, site, &expect);
 */
#ifndef TOOLS_PVTOOL_FAMILY_STATE_H
#define TOOLS_PVTOOL_FAMILY_STATE_H

#include "family/dump.h"
#include "read/feature.h"
#include "read/nops.h"

/* Found, and asked, in state_find.c. */
struct state {
	const struct backend *backend; /* NULL only if --state linked and the image has none */
	struct backend own;            /* the same, which may be one without templates */
	bool linked;                   /* paravirt sites were left as they are in the file */
	const struct nops *nops;
	bool nops_known; /* false: no site has padding that tells one table from another */
	uint32_t slots[MODEL_MAX_OPS]; /* that sites must be patched for */
	uint32_t features[FEATURE_WORDS];
	bool alternatives_linked; /* as in the file, whatever the features */
	bool branches_linked;     /* as in the file, whatever their keys say ... */
	bool calls_linked;        /* ... and these */
	const struct dump *dump;  /* where keys are */
	bool up;                  /* one CPU: lock prefixes are DS prefixes */
	bool init_gone;
};

/*
 * Of what options do not say: the back end is the one that most slots of the dump's pv_ops equal,
 * slots are the dump's, and so are the features (none at all: alternatives are as linked); padding,
 * patched or not, one CPU or more, and init text, are what most sites and bytes agree with. With a
 * back end named by --state its own slots count, and its sites are patched; with --features
 * alternatives are. False, after a line on stderr, if the image has no back end, or none of the
 * name, or if the features cannot be known.
 */
bool state_find(struct state *state, const struct model *model, const struct dump *dump,
		const struct options *options);

/*
 * The state of a kernel that has booted, by what options say, all of them: keys and calls are what
 * their values in `linked`, the file's memory, say.
 */
bool state_given(struct state *state, const struct model *model, const struct dump *linked,
		 const struct options *options);

/* What must stand at a site without a fault, with the sites that lie in it. */
void state_expect(const struct state *state, const struct model *model, const struct site *site,
		  struct expect *out);

/* Is it there? What stands at sites that lie in this one is not looked at, but for covered ones. */
bool state_agrees(const struct state *state, const struct model *model, const struct dump *dump,
		  const struct site *site, const struct expect *expect);

/* What pv_ops of the dump holds in a slot. */
uint32_t state_live_slot(const struct model *model, const struct dump *dump, unsigned type);

/* The words of features that the dump's kernel applied alternatives for; NULL if not in the dump.
 */
const uint8_t *state_live_features(const struct model *model, const struct dump *dump);

#endif
