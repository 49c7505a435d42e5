/* SPDX-License-Identifier: MIT */
/*
 * pvtool verify: is the code of a running kernel the file's, but for the sites, and does each site
 * hold what it must? What it must is worked out by the families; here bytes are compared.
 */
#include "command/command.h"
#include "command/linux.h"
#include "family/backend.h"
#include "family/parts.h"
#include "manifest/load.h"
#include "read/bytes.h"
#include "read/code.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 200 /* a dump of another kernel has one violation a few bytes: they are counted */

struct verify {
	struct model model;
	struct dump dump;
	struct state state;
	size_t violations, compared;
	size_t kinds[MODEL_FAMILIES][EXPECT_KINDS];
};

__attribute__((format(printf, 3, 4))) static void violation(struct verify *v, uint32_t addr,
							    const char *format, ...)
{
	char where[IMAGE_WHERE];
	va_list args;

	if (v->violations++ >= LISTED)
		return;
	printf("0x%08x %s: ", addr, image_where(&v->model.image, addr, where));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- pv_ops, features ---- */

/* A manifest has names of those functions only that a back end has in its slots. */
static const char *function_name(const struct verify *v, uint32_t addr, char out[IMAGE_WHERE])
{
	const char *offset = strrchr(image_where(&v->model.image, addr, out), '+');

	if (v->model.listed && offset && strcmp(offset, "+0x0") != 0)
		snprintf(out, IMAGE_WHERE, "not in the manifest");
	return out;
}

/*
 * With --state NAME every slot must be the back end's. Otherwise the dump's slots are what sites
 * are judged by, and a slot of another origin is worth a line; but a pv_ops of which most slots
 * are nobody's is no pv_ops.
 */
static void check_slots(struct verify *v, bool strict)
{
	unsigned differing = 0, empty = 0, owned = 0, n = v->model.n_ops;

	if (!v->state.backend)
		return;
	for (unsigned type = 0; type < n; type++) {
		uint32_t live = state_live_slot(&v->model, &v->dump, type);
		uint32_t own = backend_installed(&v->model, v->state.backend, type);
		uint32_t at = v->model.ops + 4 * type;
		char op[BACKEND_OP], where[IMAGE_WHERE];

		owned += own != 0;
		empty += !live && own;
		if (live == own || !live)
			continue;
		differing++;
		backend_op(&v->model, type, op);
		function_name(v, live, where);
		if (strict)
			violation(v, at, "%s: expected %#x, found %#x (%s)", op, own, live, where);
		else
			printf("pvtool: %s: slot %s holds %#x (%s) and not %s's %#x\n",
			       v->dump.path, op, live, where, v->state.backend->name, own);
	}
	if (empty == owned)
		violation(v, v->model.ops, "none of %u slots has a function", owned);
	else if (empty)
		printf("pvtool: %s: %u slots of pv_ops were emptied\n", v->dump.path, empty);
	if (!strict && differing > n / 2)
		violation(v, v->model.ops,
			  "%u of %u slots are not even %s's, which it is most like", differing, n,
			  v->state.backend->name);
}

/* Features that were given are what the kernel must have applied alternatives for. */
static void check_features(struct verify *v, bool given)
{
	const struct symbol *words = image_symbol(&v->model.image, "alternative_state");
	const uint8_t *live = state_live_features(&v->model, &v->dump);

	for (unsigned i = 0; given && live && i < FEATURE_WORDS; i++) {
		uint32_t found = bytes_get32(live + 4 * i);

		if (found != v->state.features[i])
			violation(v, words->addr + 4 * i,
				  "feature word %u: expected %#x, found %#x", i,
				  v->state.features[i], found);
	}
}

/* ---- sites ---- */

static bool is_padded_otherwise(const struct verify *v, const struct site *site,
				const uint8_t *found)
{
	struct state other = v->state;
	struct expect expect;

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		other.nops = &nops_tables[i];
		state_expect(&other, &v->model, site, &expect);
		if (memcmp(found, expect.bytes, expect.len) == 0)
			return true;
	}
	return false;
}

static const char *hint(const struct verify *v, const struct site *site,
			const struct expect *expect, const uint8_t *found)
{
	const uint8_t *linked = image_bytes(&v->model.image, site->addr, site->len);

	if (memcmp(found, linked, site->len) == 0)
		return " (as linked)";
	if (is_padded_otherwise(v, site, found))
		return " (padding of another table)";
	if (site->family == &smp_locks_family)
		return *found == 0x3e ? " (ds)" : " (neither lock nor ds)";
	if (site->family->groups && memcmp(found, linked, expect->n) == 0)
		return " (begins as linked)";
	return "";
}

/* Bytes of a long site around the first that differs. */
static size_t first_shown(const struct expect *expect, const uint8_t *found)
{
	size_t at = 0;

	while (at < expect->len && expect->bytes[at] == found[at])
		at++;
	return at < BYTES_TEXT_MAX ? 0 : at;
}

static void site_violation(struct verify *v, const struct site *site, const struct expect *expect,
			   const char *title)
{
	const uint8_t *found = dump_bytes(&v->dump, site->addr, site->len);
	size_t at = first_shown(expect, found);

	violation(v, site->addr + (uint32_t)at, "%s %s: expected %s (%s), found %s%s",
		  site->family->name, title, BYTES_HEX(expect->bytes + at, expect->len - at),
		  expect_kind_name(expect->kind), BYTES_HEX(found + at, expect->len - at),
		  hint(v, site, expect, found));
}

static size_t family_index(const struct family *family)
{
	size_t i = 0;

	while (model_families[i] != family)
		i++;
	return i;
}

static void check_site(struct verify *v, const struct site *site)
{
	struct expect expect;
	char title[SITE_TITLE];

	listed_title(&v->model, site, title);
	if (site->fault) {
		violation(v, site->addr, "%s %s: record %zu: %s", site->family->name, title,
			  site->bad->index, site->fault);
		return;
	}
	state_expect(&v->state, &v->model, site, &expect);
	v->kinds[family_index(site->family)][expect.kind]++;
	if (!state_agrees(&v->state, &v->model, &v->dump, site, &expect))
		site_violation(v, site, &expect, title);
}

/* ---- everything else ---- */

static bool is_gone(const struct verify *v, uint32_t addr)
{
	return v->state.init_gone && model_in_init(&v->model, addr);
}

static void check_part(struct verify *v, const struct part *part)
{
	const uint8_t *found = dump_bytes(&v->dump, part->addr, part->size);
	uint8_t *map = parts_map(&v->model, v->state.init_gone, part->addr, part->size);
	uint8_t *expected = parts_bytes(&v->model, v->state.init_gone, part);
	uint32_t n;

	for (uint32_t at = 0; at < part->size; at += n ? n : 1) {
		for (n = 0;
		     at + n < part->size && !map[at + n] && expected[at + n] != found[at + n];)
			n++;
		v->compared += !map[at] && !n ? 1 : n;
		if (n)
			violation(v, part->addr + at, "%s: expected %s, found %s (%u byte%s)",
				  is_gone(v, part->addr + at) ? "given up" : "no site",
				  BYTES_HEX(expected + at, n), BYTES_HEX(found + at, n), n,
				  n == 1 ? "" : "s");
	}
	free(expected);
	free(map);
}

/* By a manifest: sites as zeros, and hashes of the rest. */
static void check_page(struct verify *v, const struct listed_page *page)
{
	const uint8_t *found = dump_bytes(&v->dump, page->addr, page->size);
	const bool gone = v->state.init_gone && page->gone;
	const char *expected = gone ? page->gone : page->fixed;
	uint8_t *map = parts_map(&v->model, gone, page->addr, page->size), bytes[PART_PAGE];
	char digest[DIGEST_TEXT];

	for (uint32_t at = 0; at < page->size; at++) {
		bytes[at] = map[at] ? 0 : found[at];
		v->compared += !map[at];
	}
	if (strcmp(digest_of(bytes, page->size, digest), expected) != 0)
		violation(v, page->addr, "%s: expected SHA-256 %s, found %s (page of %u bytes)",
			  is_gone(v, page->addr) ? "given up" : "no site", expected, digest,
			  page->size);
	free(map);
}

static void check_pages(struct verify *v)
{
	for (size_t i = 0; i < v->model.listed->n_pages; i++)
		check_page(v, &v->model.listed->pages[i]);
}

static void check_memory(struct verify *v)
{
	struct part *parts;
	const size_t n = parts_find(&v->model, &parts);

	for (size_t i = 0; i < n; i++) {
		if (parts[i].bytes)
			check_part(v, &parts[i]);
		else
			violation(v, parts[i].addr, "section %s: executable, but not in the file",
				  parts[i].section->name);
	}
	free(parts);
}

/* ---- the summary ---- */

static void print_state(const struct verify *v)
{
	const struct state *state = &v->state;

	printf("state %s", state->linked ? "linked" : state->backend->name);
	if (!state->linked && state->backend->direct)
		printf(" without templates");
	if (!state->linked || model_count(&v->model, &alternatives_family))
		printf(", padding %s", state->nops_known ? state->nops->name : "of any table");
	if (state->alternatives_linked && model_count(&v->model, &alternatives_family))
		printf(", no features");
	if (model_count(&v->model, &smp_locks_family))
		printf(", locks %s", state->up ? "up" : "smp");
	if (state->branches_linked && model_count(&v->model, &branches_family))
		printf(", branches linked");
	if (state->calls_linked && model_count(&v->model, &calls_family))
		printf(", calls linked");
	if (v->model.init_len)
		printf(", init text %s", state->init_gone ? "gone" : "there");
}

static void print_family(const struct verify *v, size_t family)
{
	size_t n = model_count(&v->model, model_families[family]);
	unsigned some = 0;

	if (!n)
		return;
	printf("%zu %s (", n, model_families[family]->name);
	for (unsigned kind = 0; kind < EXPECT_KINDS; kind++) {
		if (v->kinds[family][kind])
			printf("%s%zu %s", some++ ? ", " : "", v->kinds[family][kind],
			       expect_kind_name(kind));
	}
	printf("), ");
}

static int report(const struct verify *v)
{
	if (v->violations > LISTED)
		printf("... and %zu more\n", v->violations - LISTED);
	printf("pvtool: %s: ", v->dump.path);
	print_state(v);
	printf(": ");
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		print_family(v, i);
	printf("%zu other bytes", v->compared);
	if (!v->violations) {
		printf(": all as they must be\n");
		return PVTOOL_CLEAN;
	}
	printf(": %zu violation%s\n", v->violations, v->violations == 1 ? "" : "s");
	return PVTOOL_FINDINGS;
}

static int verify(struct verify *v, const struct options *options)
{
	if (!state_find(&v->state, &v->model, &v->dump, options))
		return PVTOOL_FAILED;
	check_slots(v, options->state && !v->state.linked);
	check_features(v, options->has_features);
	for (size_t i = 0; i < v->model.n_sites; i++)
		check_site(v, &v->model.sites[i]);
	if (v->model.listed)
		check_pages(v);
	else
		check_memory(v);
	return report(v);
}

/* An ELF file or a manifest, read once: it may be a pipe. */
static int verify_model(struct verify *v, const struct options *options)
{
	int status = PVTOOL_FAILED;

	if (dump_load(&v->dump, &v->model, options)) {
		status = verify(v, options);
		dump_free(&v->dump);
	}
	return status;
}

static int verify_by_manifest(const struct options *options, uint8_t *bytes, size_t size)
{
	struct verify v = {0};
	int status = PVTOOL_FAILED;

	if (manifest_load(&v.model, options->image, bytes, size)) {
		status = verify_model(&v, options);
		manifest_free(&v.model);
	}
	free(bytes);
	return status;
}

static int verify_by_image(const struct options *options, uint8_t *bytes, size_t size)
{
	struct verify v = {0};
	struct image image;
	int status = PVTOOL_FAILED;

	if (!image_take(&image, options->image, bytes, size))
		return PVTOOL_FAILED;
	if (kernel_claims(&image))
		return linux_verify(&image, options);
	if (model_take_all(&v.model, &image)) {
		status = verify_model(&v, options);
		model_free(&v.model);
	}
	return status;
}

int verify_run(const struct options *options)
{
	uint8_t *bytes;
	size_t size;

	if (!bytes_read_file(options->image, &bytes, &size))
		return PVTOOL_FAILED;
	return manifest_is(bytes, size) ? verify_by_manifest(options, bytes, size)
					: verify_by_image(options, bytes, size);
}
