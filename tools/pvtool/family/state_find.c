/* SPDX-License-Identifier: MIT */
/*
 * Everything is found by majority, so that one wrong byte in a dump is one violation, and does not
 * turn the whole kernel into one of another state. Each thing is found with the help of those found
 * before it: features, padding, patched or not, and then the locks, since an alternative that
 * applies covers those in it.
 */
#include "family/backend.h"
#include "family/listed.h"
#include "family/state.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

/* ---- what stands in the dump ---- */

uint32_t state_live_slot(const struct model *model, const struct dump *dump, unsigned type)
{
	return bytes_get32(dump_bytes(dump, model->ops + 4 * type, 4));
}

const uint8_t *state_live_features(const struct model *model, const struct dump *dump)
{
	const struct symbol *words = image_symbol(&model->image, "alternative_state");

	return words ? dump_bytes(dump, words->addr, 4 * FEATURE_WORDS) : NULL;
}

void state_expect(const struct state *state, const struct model *model, const struct site *site,
		  struct expect *out)
{
	*out = (struct expect){.kind = EXPECT_GONE};
	if (state->init_gone && model_in_init(model, site->addr))
		return;
	if (model->listed)
		listed_expect(model, state, site, out);
	else
		site->family->expect(model, state, site, out);
	for (size_t i = 1; i <= site->n_inner; i++) {
		size_t at = site[i].addr - site->addr;
		struct expect inner;

		state_expect(state, model, &site[i], &inner);
		if (!site[i].fault && inner.len && at + inner.len <= out->len)
			memcpy(out->bytes + at, inner.bytes, inner.len);
	}
}

bool state_agrees(const struct state *state, const struct model *model, const struct dump *dump,
		  const struct site *site, const struct expect *expect)
{
	const uint8_t *found = dump_bytes(dump, site->addr, site->len);
	uint8_t judged[SITE_MAX];

	memcpy(judged, found, expect->len);
	for (size_t i = 1; i <= site->n_inner; i++) {
		size_t at = site[i].addr - site->addr;
		struct expect inner;

		state_expect(state, model, &site[i], &inner);
		if (!site[i].fault && inner.len && at + inner.len <= expect->len)
			memcpy(judged + at, expect->bytes + at, inner.len);
	}
	return memcmp(judged, expect->bytes, expect->len) == 0;
}

/* How many sites of the family, or of any, hold what they must in this state? */
static size_t agreeing(const struct state *state, const struct model *model,
		       const struct dump *dump, const struct family *family)
{
	struct expect expect;
	size_t n = 0;

	for (size_t i = 0; i < model->n_sites; i++) {
		const struct site *site = &model->sites[i];

		if (site->fault || (family && site->family != family))
			continue;
		state_expect(state, model, site, &expect);
		n += expect.len && state_agrees(state, model, dump, site, &expect);
	}
	return n;
}

/* ---- the back end ---- */

static unsigned equal_slots(const struct model *model, const struct dump *dump,
			    const struct backend *backend)
{
	unsigned equal = 0;

	for (unsigned type = 0; type < model->n_ops; type++)
		equal += state_live_slot(model, dump, type) ==
			 backend_installed(model, backend, type);
	return equal;
}

static const struct backend *likeliest_backend(const struct model *model, const struct dump *dump)
{
	const struct backend *best = NULL;

	for (size_t i = 0; i < model->n_backends; i++) {
		const struct backend *backend = &model->backends[i];

		if (!best || equal_slots(model, dump, backend) > equal_slots(model, dump, best))
			best = backend;
	}
	return best;
}

/*
 * A slot that is empty was emptied after the pass, so that who still calls through it dies at once:
 * an installed table has none (pv_missing's functions stand for missing ops).
 */
static bool choose_backend(struct state *state, const struct model *model, const struct dump *dump,
			   const char *wanted)
{
	bool by_name = wanted && !state->linked;

	state->backend = by_name ? backend_find(model, wanted) : likeliest_backend(model, dump);
	if (!state->backend && !state->linked) {
		fprintf(stderr, "pvtool: %s: no back end%s%s: it has no table pv_%s_ops\n",
			model->image.path, by_name ? " " : "", by_name ? wanted : "",
			by_name ? wanted : "NAME");
		return false;
	}
	for (unsigned type = 0; type < model->n_ops; type++) {
		uint32_t live = state_live_slot(model, dump, type);

		if (state->backend && (by_name || !live))
			live = backend_installed(model, state->backend, type);
		state->slots[type] = live;
	}
	return true;
}

/* ---- the machine ---- */

/* Most of it is poison, or not: a kernel that gives it up does so at once. */
static void choose_init(struct state *state, const struct model *model, const struct dump *dump,
			const char *wanted)
{
	const uint8_t *found = dump_bytes(dump, model->init, model->init_len);
	size_t gone = 0;

	for (uint32_t i = 0; !wanted && found && i < model->init_len; i++)
		gone += found[i] == DUMP_POISON;
	state->init_gone = wanted ? strcmp(wanted, "gone") == 0 : gone > model->init_len / 2;
}

/* A kernel that has features of none has not looked yet: its alternatives are as linked. */
static bool choose_features(struct state *state, const struct model *model, const struct dump *dump,
			    const struct options *options)
{
	const uint8_t *live = state_live_features(model, dump);
	uint32_t any = 0;

	for (unsigned i = 0; i < FEATURE_WORDS; i++) {
		if (options->has_features)
			state->features[i] = options->features[i];
		else
			state->features[i] = live ? bytes_get32(live + 4 * i) : 0;
		any |= state->features[i];
	}
	state->alternatives_linked = !options->has_features && !any;
	if (options->has_features || live || !model_count(model, &alternatives_family))
		return true;
	fprintf(stderr,
		"pvtool: %s: does not hold alternative_state: --features has to say which "
		"alternatives apply\n",
		dump->path);
	return false;
}

static void choose_nops(struct state *state, const struct model *model, const struct dump *dump)
{
	size_t best = 0, worst = SIZE_MAX;
	const struct nops *found = &nops_tables[0];

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		size_t n;

		state->nops = &nops_tables[i];
		n = agreeing(state, model, dump, NULL);
		if (n > best) {
			best = n;
			found = state->nops;
		}
		worst = n < worst ? n : worst;
	}
	state->nops = found;
	state->nops_known = best > worst;
}

/* Is a flag of the state set? More sites of the family agree with that than with the other. */
static void choose(bool *flag, const struct state *state, const struct model *model,
		   const struct dump *dump, const struct family *family)
{
	size_t without;

	*flag = false;
	without = agreeing(state, model, dump, family);
	*flag = true;
	*flag = agreeing(state, model, dump, family) > without;
}

bool state_find(struct state *state, const struct model *model, const struct dump *dump,
		const struct options *options)
{
	*state = (struct state){.nops = options->nops, .nops_known = options->nops, .dump = dump};
	state->linked = options->state && strcmp(options->state, "linked") == 0;
	choose_init(state, model, dump, options->init);
	if (!choose_backend(state, model, dump, options->state) ||
	    !choose_features(state, model, dump, options))
		return false;
	if (!state->nops)
		choose_nops(state, model, dump);
	if (!options->state)
		choose(&state->linked, state, model, dump, &paravirt_family);
	/* noinline-paravirt: its functions are called, also where it has a template. */
	if (!options->state && state->backend) {
		state->own = *state->backend;
		state->backend = &state->own;
		choose(&state->own.direct, state, model, dump, NULL);
	}
	state->up = options->locks && strcmp(options->locks, "up") == 0;
	if (!options->locks)
		choose(&state->up, state, model, dump, &smp_locks_family);
	/* A key that the dump has not counts nothing: text alone is judged as linked. */
	choose(&state->branches_linked, state, model, dump, &branches_family);
	choose(&state->calls_linked, state, model, dump, &calls_family);
	return true;
}

bool state_given(struct state *state, const struct model *model, const struct dump *linked,
		 const struct options *options)
{
	if (!state_find(state, model, linked, options))
		return false;
	state->branches_linked = state->calls_linked = false;
	return true;
}
