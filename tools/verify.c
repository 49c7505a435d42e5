/* SPDX-License-Identifier: MIT */
/*
 * pvtool verify: is the code of a running kernel the file's, but for the sites, and does each site
 * hold what it must? What it must is worked out in expect.c; here bytes are compared.
 */
#include "bytes.h"
#include "code.h"
#include "state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 200 /* a dump of another kernel has one violation a few bytes: they are counted */

struct verify {
	struct model model;
	struct dump dump;
	struct state state;
	size_t violations, sites, kinds[EXPECT_KINDS], compared;
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

/* ---- pv_ops ---- */

/*
 * With --state NAME every slot must be the back end's. Otherwise the dump's slots are what sites
 * are judged by, and a slot of another origin is worth a line; but a pv_ops of which most slots
 * are nobody's is no pv_ops.
 */
static void check_slots(struct verify *v, bool strict)
{
	unsigned differing = 0, n = v->model.n_ops;

	if (!v->state.backend)
		return;
	for (unsigned type = 0; type < n; type++) {
		uint32_t live = state_live_slot(&v->model, &v->dump, type);
		uint32_t own = model_installed(&v->model, v->state.backend, type);
		uint32_t at = v->model.ops + 4 * type;
		char op[MODEL_OP], where[IMAGE_WHERE];

		if (live == own)
			continue;
		differing++;
		model_op(&v->model, type, op);
		image_where(&v->model.image, live, where);
		if (strict)
			violation(v, at, "%s: expected %#x, found %#x (%s)", op, own, live, where);
		else
			printf("pvtool: %s: slot %s holds %#x (%s) and not %s's %#x\n",
			       v->dump.path, op, live, where, v->state.backend->name, own);
	}
	if (!strict && differing > n / 2)
		violation(v, v->model.ops,
			  "%u of %u slots are not even %s's, which it is most like", differing, n,
			  v->state.backend->name);
}

/* ---- sites ---- */

static const char *hint(const struct verify *v, const struct record *record,
			const struct expect *expect, const uint8_t *found)
{
	uint8_t other[MODEL_SITE];

	if (memcmp(found, image_bytes(&v->model.image, record->instr, MODEL_SITE), MODEL_SITE) == 0)
		return " (as linked)";
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		memcpy(other, expect->bytes, MODEL_SITE);
		nops_fill(&nops_tables[i], other + expect->n, MODEL_SITE - expect->n);
		if (memcmp(found, other, MODEL_SITE) == 0)
			return " (padding of another table)";
	}
	return "";
}

static void check_site(struct verify *v, const struct record *record)
{
	const char *fault = model_record_fault(&v->model, record);
	const uint8_t *found;
	struct expect expect;
	char op[MODEL_OP];

	model_op(&v->model, record->type, op);
	if (fault) {
		violation(v, record->instr, "%s: record %zu: %s", op, record->index, fault);
		return;
	}
	found = dump_bytes(&v->dump, record->instr, MODEL_SITE);
	state_expect(&v->state, &v->model, record, &expect);
	v->kinds[expect.kind]++;
	if (memcmp(found, expect.bytes, MODEL_SITE) != 0)
		violation(v, record->instr, "%s: expected %s (%s), found %s%s", op,
			  BYTES_HEX(expect.bytes, MODEL_SITE), expect_kind_name(expect.kind),
			  BYTES_HEX(found, MODEL_SITE), hint(v, record, &expect, found));
}

/* ---- everything else ---- */

/*
 * A byte a byte of the section: does it belong to a site? To be freed. In a damaged file sections
 * overlap, and a site may end behind this one.
 */
static uint8_t *map_sites(const struct verify *v, const struct section *s)
{
	uint8_t *map = bytes_need(calloc(s->size + (size_t)MODEL_SITE, 1));

	for (size_t i = 0; i < v->model.n_records; i++) {
		const struct record *record = &v->model.records[i];

		if (record->instr >= s->addr && record->instr - s->addr < s->size &&
		    !model_record_fault(&v->model, record))
			memset(map + (record->instr - s->addr), 1, MODEL_SITE);
	}
	return map;
}

static void check_section(struct verify *v, const struct section *s)
{
	const uint8_t *found = dump_bytes(&v->dump, s->addr, s->size);
	uint8_t *map = map_sites(v, s);
	uint32_t n;

	for (uint32_t at = 0; at < s->size; at += n ? n : 1) {
		for (n = 0; at + n < s->size && !map[at + n] && s->bytes[at + n] != found[at + n];)
			n++;
		v->compared += !map[at] && !n ? 1 : n;
		if (n)
			violation(v, s->addr + at, "no site: expected %s, found %s (%u byte%s)",
				  BYTES_HEX(s->bytes + at, n), BYTES_HEX(found + at, n), n,
				  n == 1 ? "" : "s");
	}
	free(map);
}

static void check_sections(struct verify *v)
{
	for (size_t i = 0; i < v->model.image.n_sections; i++) {
		const struct section *s = &v->model.image.sections[i];

		if (s->alloc && s->exec && s->bytes)
			check_section(v, s);
		else if (s->alloc && s->exec && s->size)
			violation(v, s->addr, "section %s: executable, but not in the file",
				  s->name);
	}
}

/* ---- the summary ---- */

static void print_state(const struct verify *v)
{
	if (v->state.linked)
		printf("state linked");
	else
		printf("state %s, padding %s", v->state.backend->name,
		       v->state.nops_known ? v->state.nops->name : "of any table");
	printf(": %zu sites (", v->model.n_records);
	for (unsigned kind = 0, some = 0; kind < EXPECT_KINDS; kind++) {
		if (v->kinds[kind])
			printf("%s%zu %s", some++ ? ", " : "", v->kinds[kind],
			       expect_kind_name(kind));
	}
	printf("), %zu other bytes", v->compared);
}

static int report(const struct verify *v)
{
	if (v->violations > LISTED)
		printf("... and %zu more\n", v->violations - LISTED);
	printf("pvtool: %s: ", v->dump.path);
	print_state(v);
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
	for (size_t i = 0; i < v->model.n_records; i++)
		check_site(v, &v->model.records[i]);
	check_sections(v);
	return report(v);
}

int verify_run(const struct options *options)
{
	struct verify v = {0};
	int status = PVTOOL_FAILED;

	if (!model_load(&v.model, options->image))
		return PVTOOL_FAILED;
	if (dump_load(&v.dump, &v.model, options)) {
		status = verify(&v, options);
		dump_free(&v.dump);
	}
	model_free(&v.model);
	return status;
}
