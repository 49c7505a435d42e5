/* SPDX-License-Identifier: MIT */
/*
 * pvtool manifest: what a kernel's text may be, for who has no ELF file at hand when it looks: a
 * hypervisor, or a checker of memory. It is made whole before a byte of it is written, so that
 * there is all of it or none.
 */
#include "command/command.h"
#include "manifest/format.h"
#include "manifest/write.h"
#include "read/bytes.h"
#include "read/put.h"

#include <stdlib.h>
#include <string.h>

/* ---- a given state ---- */

static bool says_any(const struct options *o)
{
	return o->dump || o->has_base || o->state || o->has_features || o->nops || o->locks ||
	       o->init;
}

/* Without a dump there is nothing to find out what was not said. */
static bool says_all(const struct options *o)
{
	const char *missing = !o->state          ? "--state"
			      : !o->has_features ? "--features"
			      : !o->nops         ? "--nops"
			      : !o->locks        ? "--locks"
			      : !o->init         ? "--init"
						 : NULL;

	if (missing)
		fprintf(stderr,
			"pvtool: a state without a dump has to be all said: %s is missing\n",
			missing);
	return !missing;
}

static bool find_state(struct state *state, const struct model *model, struct dump *dump,
		       const struct options *options)
{
	if (options->dump)
		return dump_load(dump, model, options) && state_find(state, model, dump, options);
	return says_all(options) && dump_linked(dump, model) &&
	       state_given(state, model, dump, options);
}

static const char *follow(const struct options *options, bool linked)
{
	return linked ? "linked" : options->dump ? "dump" : "first";
}

static void put_state(FILE *out, const struct state *state, const struct options *options)
{
	fprintf(out, " \"state\": {\"ops\": ");
	put_string(out, state->linked ? "linked" : state->backend->name);
	fprintf(out, ", \"padding\": \"%s\", \"features\": [", state->nops->name);
	for (unsigned i = 0; !state->alternatives_linked && i < FEATURE_WORDS; i++) {
		fputs(i ? ", " : "", out);
		put_address(out, state->features[i]);
	}
	fprintf(out, "], \"locks\": \"%s\", \"init\": \"%s\"", state->up ? "up" : "smp",
		state->init_gone ? "gone" : "there");
	fprintf(out, ", \"keys\": \"%s\", \"calls\": \"%s\"},\n",
		follow(options, state->branches_linked), follow(options, state->calls_linked));
}

/* ---- the whole ---- */

static int put_all(FILE *out, const struct model *model, const struct state *state,
		   const struct options *options)
{
	size_t faults;
	bool good;

	fprintf(out, "{\"format\": \"" MANIFEST_FORMAT "\",\n \"image\": ");
	put_string(out, options->image);
	fprintf(out, ",\n");
	manifest_put_tables(out, model);
	fprintf(out, ",\n");
	if (state)
		put_state(out, state, options);
	good = manifest_put_memory(out, model, state);
	fprintf(out, ",\n");
	faults = manifest_put_sites(out, model);
	fprintf(out, "}\n");
	return !good ? PVTOOL_FAILED : faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}

/* main() says what stdout did not take. */
static bool deliver(const char *path, const char *text, size_t size)
{
	if (path)
		return bytes_put_file(path, (const uint8_t *)text, size);
	fwrite(text, 1, size, stdout);
	return true;
}

static int make(const struct model *model, const struct options *options)
{
	struct state state;
	struct dump dump = {0};
	const bool given = says_any(options);
	char *text = NULL;
	size_t size = 0;
	int status = PVTOOL_FAILED;
	FILE *out;

	if (!given || find_state(&state, model, &dump, options)) {
		out = bytes_need(open_memstream(&text, &size));
		status = put_all(out, model, given ? &state : NULL, options);
		if (fclose(out) != 0)
			bytes_need(NULL);
	}
	if (status != PVTOOL_FAILED && !deliver(options->out, text, size))
		status = PVTOOL_FAILED;
	free(text);
	dump_free(&dump);
	return status;
}

int manifest_run(const struct options *options)
{
	struct model model;
	int status;

	if (!model_load(&model, options->image))
		return PVTOOL_FAILED;
	status = make(&model, options);
	model_free(&model);
	return status;
}
