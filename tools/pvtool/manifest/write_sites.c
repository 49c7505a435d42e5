/* SPDX-License-Identifier: MIT */
/*
 * Sites with all that they may hold. A value that has padding is written once for all tables of
 * padding that make the same bytes of it.
 */
#include "manifest/write.h"
#include "read/nops.h"
#include "read/put.h"

#include <string.h>

struct writer {
	FILE *out;
	size_t n; /* values so far */
};

static void put_tables(FILE *out, const bool *padding)
{
	const char *before = ", \"padding\": [";

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		if (!padding[i])
			continue;
		fprintf(out, "%s\"%s\"", before, nops_tables[i].name);
		before = ", ";
	}
	fputc(']', out);
}

static void put_value(void *arg, const struct value *v, const struct expect *e, const bool *padding)
{
	struct writer *w = arg;

	fprintf(w->out, "%s\n    {\"bytes\": ", w->n++ ? "," : "");
	put_bytes(w->out, e->bytes, e->len, v->open);
	fprintf(w->out, ", \"is\": \"%s\"", expect_kind_name(e->kind));
	if (padding)
		fprintf(w->out, ", \"pad\": %zu", e->len - e->n);
	if (e->lead)
		fprintf(w->out, ", \"lead\": %zu", e->lead);
	fprintf(w->out, ", \"when\": {");
	put_string(w->out, v->when);
	fprintf(w->out, ": ");
	put_string(w->out, v->is);
	if (padding)
		put_tables(w->out, padding);
	fprintf(w->out, "}}");
}

/* ---- values ---- */

struct teller {
	manifest_value_fn *tell;
	void *arg;
};

/* One for each padding that differs. */
static void tell_padded(const struct teller *t, const struct value *v)
{
	struct expect padded[NOPS_TABLES];
	bool done[NOPS_TABLES] = {false};

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		padded[i] = *v->expect;
		expect_pad(&padded[i], &nops_tables[i]);
	}
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		bool same[NOPS_TABLES] = {false};

		if (done[i])
			continue;
		for (size_t k = i; k < NOPS_TABLES; k++)
			if (memcmp(padded[i].bytes, padded[k].bytes, v->expect->len) == 0)
				done[k] = same[k] = true;
		t->tell(t->arg, v, &padded[i], same);
	}
}

static void on_value(void *arg, const struct value *v)
{
	const struct teller *t = arg;

	if (v->expect->n == v->expect->len)
		t->tell(t->arg, v, v->expect, NULL);
	else
		tell_padded(t, v);
}

void manifest_tell_values(const struct model *model, const struct site *site,
			  manifest_value_fn *tell, void *arg)
{
	struct teller teller = {tell, arg};

	if (!site->fault)
		site->family->values(model, site, on_value, &teller);
	else if (image_bytes(&model->image, site->addr, site->len))
		model_tell_linked(model, site, on_value, &teller);
}

/* ---- sites ---- */

static void put_member(FILE *out, const char *name, uint32_t addr)
{
	fprintf(out, ", \"%s\": ", name);
	put_address(out, addr);
}

/* What memory says that its bytes follow. */
static void put_source(FILE *out, const struct model *model, const struct site *site)
{
	if (site->family->ops && !site->fault)
		put_member(out, "slot", model->ops + 4u * site->records->type);
	if (site->records->key)
		put_member(out, "key", site->records->key);
}

static void put_site(FILE *out, const struct model *model, const struct site *site)
{
	struct writer writer = {out, 0};
	char where[IMAGE_WHERE], title[SITE_TITLE];

	fprintf(out,
		"  {\"at\": \"0x%08x\", \"len\": %u, \"family\": \"%s\", \"what\": ", site->addr,
		site->len, site->family->name);
	put_string(out, site->family->title(model, site, title));
	fprintf(out, ", \"in\": ");
	put_string(out, image_where(&model->image, site->addr, where));
	if (site->outer)
		put_member(out, "within", site->outer->addr);
	put_source(out, model, site);
	if (site->fault) {
		fprintf(out, ", \"record\": %zu, \"refused\": ", site->bad->index);
		put_string(out, site->fault);
	}
	fprintf(out, ", \"values\": [");
	manifest_tell_values(model, site, put_value, &writer);
	fprintf(out, "]}");
}

size_t manifest_put_sites(FILE *out, const struct model *model)
{
	size_t faults = 0;

	fprintf(out, " \"sites\": [\n");
	for (size_t i = 0; i < model->n_sites; i++) {
		faults += model->sites[i].fault != NULL;
		put_site(out, model, &model->sites[i]);
		fprintf(out, "%s\n", i + 1 < model->n_sites ? "," : "");
	}
	fprintf(out, " ]");
	return faults;
}
