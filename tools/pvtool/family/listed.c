/* SPDX-License-Identifier: MIT */
/*
 * A family is a row here: what of a state decides about its sites, and which values that takes.
 * Which one counts is worked out of the dump as the families do it; the bytes are the manifest's.
 */
#include "family/listed.h"
#include "family/backend.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

/* What to look for, and what the running kernel tells of it. */
struct wanted {
	enum listed_when when;
	unsigned is;
	uint32_t target; /* of an open value */
};

static const struct listed_site *listed_site(const struct model *model, const struct site *site)
{
	return &model->listed->sites[site - model->sites];
}

const struct listed_value *listed_find(const struct listed_site *site, enum listed_when when,
				       unsigned is, size_t table)
{
	for (size_t i = site->n; i-- > 0;) {
		const struct listed_value *v = &site->values[i];

		if (v->when == when && v->is == is && (!v->tables || v->tables >> table & 1))
			return v;
	}
	return NULL;
}

/* ---- what decides, by family ---- */

static bool does_nothing(const struct model *model, uint32_t function)
{
	for (size_t i = 0; i < model->listed->n_nothing; i++) {
		if (model->listed->nothing[i] == function)
			return true;
	}
	return false;
}

/* A state has a back end of its own. */
static unsigned index_of(const struct model *model, const struct backend *backend)
{
	return (unsigned)(backend_find(model, backend->name) - model->backends);
}

/*
 * A back end's function has the back end's bytes, and native's has native's; without templates all that counts
 * is what the slot has.
 */
static struct wanted wanted_paravirt(const struct model *model, const struct state *state,
				     const struct site *site)
{
	const struct backend *native = backend_find(model, "native");
	const unsigned type = site->records->type;
	const uint32_t slot = state->slots[type];

	if (state->linked)
		return (struct wanted){WHEN_STATE, 0, 0};
	if (!state->backend->direct && slot == backend_installed(model, state->backend, type))
		return (struct wanted){WHEN_BACKEND, index_of(model, state->backend), 0};
	if (!state->backend->direct && native && slot == backend_installed(model, native, type))
		return (struct wanted){WHEN_BACKEND, index_of(model, native), 0};
	if (!slot || slot == backend_missing(model, type))
		return (struct wanted){WHEN_OP, LISTED_MISSING, 0};
	return (struct wanted){WHEN_OP, does_nothing(model, slot) ? LISTED_NOTHING : LISTED_ANOTHER,
			       slot};
}

/* The last one that applies. */
static struct wanted wanted_feature(const struct model *model, const struct state *state,
				    const struct site *site)
{
	const struct listed_site *listed = listed_site(model, site);
	struct wanted out = {state->alternatives_linked ? WHEN_STATE : WHEN_FEATURE,
			     state->alternatives_linked ? 0 : LISTED_NONE, 0};

	for (size_t i = 0; i < listed->n && out.when == WHEN_FEATURE; i++) {
		const struct listed_value *v = &listed->values[i];

		if (v->when == WHEN_FEATURE && v->is != LISTED_NONE &&
		    feature_applies((uint16_t)v->is, state->features))
			out.is = v->is;
	}
	return out;
}

static struct wanted wanted_cpus(const struct model *model, const struct state *state,
				 const struct site *site)
{
	(void)model;
	(void)site;
	return (struct wanted){WHEN_CPUS, !state->up, 0};
}

static struct wanted wanted_key(const struct model *model, const struct state *state,
				const struct site *site)
{
	const uint8_t *count = dump_bytes(state->dump, site->records->key, 4);

	(void)model;
	if (state->branches_linked)
		return (struct wanted){WHEN_STATE, 0, 0};
	return (struct wanted){WHEN_KEY, count && (int32_t)bytes_get32(count) > 0, 0};
}

/* struct static_call_key: two functions, and three words more. */
static struct wanted wanted_function(const struct model *model, const struct state *state,
				     const struct site *site)
{
	const struct symbol *present = image_symbol(&model->image, "pv_present");
	const struct symbol *return_0 = image_symbol(&model->image, "__static_call_return0");
	const uint8_t *key = dump_bytes(state->dump, site->records->key, 20);
	const uint8_t *version = present ? dump_bytes(state->dump, present->addr, 4) : NULL;
	uint32_t func;

	if (!key || state->calls_linked)
		return (struct wanted){WHEN_STATE, 0, 0};
	func = bytes_get32(key + (version && bytes_get32(version) == 1 ? 4 : 0));
	return (struct wanted){WHEN_FUNCTION, func && !(return_0 && func == return_0->addr), func};
}

static const struct rule {
	const struct family *family;
	struct wanted (*wanted)(const struct model *model, const struct state *state,
				const struct site *site);
	bool backends; /* it has a value for each back end ... */
	size_t n;      /* ... and for each of these */
	struct {
		enum listed_when when;
		unsigned is;
	} needs[4];
} rules[] = {
	{&paravirt_family, /* and for all with ops */
	 wanted_paravirt,
	 true,
	 4,
	 {{WHEN_STATE, 0},
	  {WHEN_OP, LISTED_MISSING},
	  {WHEN_OP, LISTED_NOTHING},
	  {WHEN_OP, LISTED_ANOTHER}}},
	{&alternatives_family,
	 wanted_feature,
	 false,
	 2,
	 {{WHEN_STATE, 0}, {WHEN_FEATURE, LISTED_NONE}}},
	{&smp_locks_family, wanted_cpus, false, 2, {{WHEN_CPUS, 0}, {WHEN_CPUS, 1}}},
	{&branches_family, wanted_key, false, 3, {{WHEN_STATE, 0}, {WHEN_KEY, 0}, {WHEN_KEY, 1}}},
	{&calls_family,
	 wanted_function,
	 false,
	 3,
	 {{WHEN_STATE, 0}, {WHEN_FUNCTION, 0}, {WHEN_FUNCTION, 1}}},
};

static const struct rule *rule_of(const struct family *family)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].family == family || (rules[i].family->ops && family->ops))
			return &rules[i];
	}
	return NULL;
}

/* ---- is all there? ---- */

static bool has(const struct listed_site *site, enum listed_when when, unsigned is)
{
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		if (!listed_find(site, when, is, i))
			return false;
	}
	return true;
}

bool listed_is_complete(const struct model *model, const struct site *site)
{
	const struct listed_site *listed = listed_site(model, site);
	const struct rule *rule = rule_of(site->family);
	bool complete = rule;

	for (size_t i = 0; complete && i < rule->n; i++)
		complete = has(listed, rule->needs[i].when, rule->needs[i].is);
	for (unsigned i = 0; complete && rule->backends && i < model->n_backends; i++)
		complete = has(listed, WHEN_BACKEND, i);
	for (size_t i = 0; complete && i < listed->n; i++)
		complete = has(listed, listed->values[i].when, listed->values[i].is);
	return complete;
}

/* ---- what must stand there ---- */

static bool is_covered(const struct model *model, const struct state *state,
		       const struct site *site)
{
	struct wanted outer;

	if (!site->outer || site->outer->fault)
		return false;
	outer = rule_of(site->outer->family)->wanted(model, state, site->outer);
	return outer.when == WHEN_FEATURE && outer.is != LISTED_NONE;
}

void listed_expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	const struct wanted wanted = rule_of(site->family)->wanted(model, state, site);
	const struct listed_value *v = listed_find(listed_site(model, site), wanted.when, wanted.is,
						   (size_t)(state->nops - nops_tables));

	if (is_covered(model, state, site)) {
		out->kind = EXPECT_COVERED;
		return;
	}
	*out = (struct expect){.kind = v->kind, .n = v->n, .len = site->len};
	memcpy(out->bytes, v->bytes, site->len);
	if (v->open)
		bytes_put32(out->bytes + v->open, wanted.target - (site->addr + v->open + 4));
}

const char *listed_title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	if (!model->listed)
		return site->family->title(model, site, out);
	snprintf(out, SITE_TITLE, "%s", listed_site(model, site)->title);
	return out;
}
