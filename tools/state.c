/* SPDX-License-Identifier: MIT */
/*
 * Everything is found by majority, so that one wrong byte in a dump is one violation, and does not
 * turn the whole kernel into one of another state.
 */
#include "state.h"
#include "bytes.h"

#include <stdio.h>
#include <string.h>

uint32_t state_live_slot(const struct model *model, const struct dump *dump, unsigned type)
{
	return bytes_get32(dump_bytes(dump, model->ops + 4 * type, 4));
}

static unsigned equal_slots(const struct model *model, const struct dump *dump,
			    const struct backend *backend)
{
	unsigned equal = 0;

	for (unsigned type = 0; type < model->n_ops; type++)
		equal += state_live_slot(model, dump, type) ==
			 model_installed(model, backend, type);
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

static bool choose_backend(struct state *state, const struct model *model, const struct dump *dump,
			   const char *wanted)
{
	bool by_name = wanted && !state->linked;

	state->backend = by_name ? model_backend(model, wanted) : likeliest_backend(model, dump);
	if (!state->backend && !state->linked) {
		fprintf(stderr, "pvtool: %s: no back end%s%s: it has no table pv_%s_ops\n",
			model->image.path, by_name ? " " : "", by_name ? wanted : "",
			by_name ? wanted : "NAME");
		return false;
	}
	for (unsigned type = 0; type < model->n_ops; type++)
		state->slots[type] = by_name ? model_installed(model, state->backend, type)
					     : state_live_slot(model, dump, type);
	return true;
}

/* How many sites hold what they must in this state? */
static size_t agreeing(const struct state *state, const struct model *model,
		       const struct dump *dump)
{
	struct expect expect;
	size_t n = 0;

	for (size_t i = 0; i < model->n_records; i++) {
		const struct record *record = &model->records[i];

		if (model_record_fault(model, record))
			continue;
		state_expect(state, model, record, &expect);
		n += memcmp(dump_bytes(dump, record->instr, MODEL_SITE), expect.bytes,
			    MODEL_SITE) == 0;
	}
	return n;
}

static void choose_nops(struct state *state, const struct model *model, const struct dump *dump)
{
	size_t best = 0, worst = SIZE_MAX;
	const struct nops *found = &nops_tables[0];

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		size_t n;

		state->nops = &nops_tables[i];
		n = agreeing(state, model, dump);
		if (n > best) {
			best = n;
			found = state->nops;
		}
		worst = n < worst ? n : worst;
	}
	state->nops = found;
	state->nops_known = best > worst;
}

bool state_find(struct state *state, const struct model *model, const struct dump *dump,
		const struct options *options)
{
	struct state linked;

	*state = (struct state){.nops = options->nops, .nops_known = options->nops};
	state->linked = options->state && strcmp(options->state, "linked") == 0;
	if (!choose_backend(state, model, dump, options->state))
		return false;
	if (state->linked)
		return true;
	if (!state->nops)
		choose_nops(state, model, dump);
	linked = *state;
	linked.linked = true;
	if (!options->state && agreeing(&linked, model, dump) > agreeing(state, model, dump))
		*state = linked;
	return true;
}

void state_expect(const struct state *state, const struct model *model, const struct record *record,
		  struct expect *out)
{
	if (state->linked)
		expect_linked(model, record, out);
	else
		expect_site(model, state->backend, state->slots[record->type], record, state->nops,
			    out);
}
