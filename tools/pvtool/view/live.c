/* SPDX-License-Identifier: MIT */
/*
 * A site is judged by all of its values, whatever the state: that memory is this kernel's has to show also
 * where it was changed, or is in the middle of a change.
 */
#include "view/live.h"
#include "manifest/write.h"
#include "read/put.h"

#include <string.h>

struct match {
	const struct site *site;
	const uint8_t *found;
	bool matches;
};

/* Does nothing fix the byte: it tells where a branch goes to, or is another site's? */
static bool is_free(const struct site *site, size_t at, unsigned open)
{
	if (open && at >= open && at < open + 4)
		return true;
	for (size_t i = 1; i <= site->n_inner; i++) {
		if (site->addr + at - site[i].addr < site[i].len)
			return true;
	}
	return false;
}

static void compare(void *arg, const struct value *v, const struct expect *e, const bool *padding)
{
	struct match *m = arg;
	size_t at = 0;

	(void)padding;
	while (at < e->len && (m->found[at] == e->bytes[at] || is_free(m->site, at, v->open)))
		at++;
	m->matches |= at == e->len;
}

static bool holds_some_value(const struct model *model, const struct dump *dump,
			     const struct site *site)
{
	struct match match = {site, dump_bytes(dump, site->addr, site->len), false};

	if (match.found)
		manifest_tell_values(model, site, compare, &match);
	return match.matches || dump_is_gone(dump, model, site->addr, site->len);
}

bool live_is_ours(const struct model *model, const struct dump *dump)
{
	size_t sites = 0, strange = 0;

	for (size_t i = 0; i < model->n_sites; i++) {
		if (model->sites[i].outer)
			continue;
		sites++;
		strange += !holds_some_value(model, dump, &model->sites[i]);
	}
	if (2 * strange <= sites)
		return true;
	fprintf(stderr,
		"pvtool: %s: no memory of %s from 0x%08x on: %zu of %zu sites hold nothing that "
		"they may ever hold\n",
		dump->path, model->image.path, dump->base, strange, sites);
	return false;
}

void live_put(FILE *out, const struct model *model, const struct state *state)
{
	fprintf(out, " \"dump\": {\"file\": ");
	put_string(out, state->dump->path);
	fprintf(out, ", \"ops\": ");
	put_string(out, state->linked ? "linked" : state->backend->name);
	fprintf(out, ", \"padding\": ");
	put_string(out, state->nops_known ? state->nops->name : "any");
	fprintf(out, ", \"locks\": \"%s\", \"init\": \"%s\",\n  \"bytes\": [",
		state->up ? "up" : "smp", state->init_gone ? "gone" : "there");
	for (size_t i = 0; i < model->n_sites; i++) {
		const struct site *site = &model->sites[i];

		fputs(i ? ", " : "", out);
		put_bytes(out, dump_bytes(state->dump, site->addr, site->len), site->len, 0);
	}
	fprintf(out, "]}");
}
