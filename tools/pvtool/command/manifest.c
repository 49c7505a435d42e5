/* SPDX-License-Identifier: MIT */
/*
 * pvtool manifest: what a kernel's text may be at its sites, for who has no ELF file at hand when it
 * looks: a hypervisor, or a checker of memory. A value that has padding is written once for all
 * tables of padding that make the same bytes of it.
 */
#include "command/command.h"
#include "family/model.h"
#include "read/nops.h"

#include <stdio.h>
#include <string.h>

#define OPEN 4 /* bytes that only the running kernel tells */

/* Of a symbol, any byte can stand in a damaged file. */
static void put_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_bytes(const uint8_t *bytes, size_t n, unsigned open)
{
	putchar('"');
	for (size_t i = 0; i < n; i++)
		if (open && i >= open && i < open + OPEN)
			printf("..");
		else
			printf("%02x", bytes[i]);
	putchar('"');
}

struct writer {
	const struct site *site;
	size_t n; /* values so far */
};

static void put_value(struct writer *w, const struct value *v, const uint8_t *bytes,
		      const bool *padding)
{
	const struct expect *e = v->expect;
	size_t tables = 0;

	printf("%s\n    {\"bytes\": ", w->n++ ? "," : "");
	put_bytes(bytes, e->len, v->open);
	printf(", \"when\": {");
	put_string(v->when);
	printf(": ");
	put_string(v->is);
	for (size_t i = 0; padding && i < NOPS_TABLES; i++)
		if (padding[i])
			printf("%s\"%s\"", tables++ ? ", " : ", \"padding\": [",
			       nops_tables[i].name);
	printf("%s}", tables ? "]" : "");
	if (v->open)
		printf(", \"key\": \"0x%08x\"", w->site->records->key);
	printf("}");
}

/* One for each padding that differs. */
static void put_padded(struct writer *w, const struct value *v)
{
	uint8_t bytes[NOPS_TABLES][SITE_MAX];
	bool done[NOPS_TABLES] = {false};

	for (size_t i = 0; i < NOPS_TABLES; i++) {
		memcpy(bytes[i], v->expect->bytes, v->expect->n);
		nops_fill(&nops_tables[i], bytes[i] + v->expect->n, v->expect->len - v->expect->n);
	}
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		bool same[NOPS_TABLES] = {false};

		if (done[i])
			continue;
		for (size_t k = i; k < NOPS_TABLES; k++)
			if (memcmp(bytes[i], bytes[k], v->expect->len) == 0)
				done[k] = same[k] = true;
		put_value(w, v, bytes[i], same);
	}
}

static void on_value(void *arg, const struct value *v)
{
	if (v->expect->n == v->expect->len)
		put_value(arg, v, v->expect->bytes, NULL);
	else
		put_padded(arg, v);
}

static void put_site(const struct model *model, const struct site *site)
{
	struct writer writer = {site, 0};
	char where[IMAGE_WHERE], title[SITE_TITLE];

	printf("  {\"at\": \"0x%08x\", \"len\": %u, \"family\": \"%s\", \"what\": ", site->addr,
	       site->len, site->family->name);
	put_string(site->family->title(model, site, title));
	printf(", \"in\": ");
	put_string(image_where(&model->image, site->addr, where));
	if (site->outer)
		printf(", \"within\": \"0x%08x\"", site->outer->addr);
	if (site->fault) {
		printf(", \"refused\": ");
		put_string(site->fault);
	}
	printf(", \"values\": [");
	if (site->fault && image_bytes(&model->image, site->addr, site->len))
		model_tell_linked(model, site, on_value, &writer);
	else if (!site->fault)
		site->family->values(model, site, on_value, &writer);
	printf("]}");
}

static void put_text(const struct model *model)
{
	size_t n = 0;

	printf(" \"text\": [");
	for (size_t i = 0; i < model->image.n_sections; i++) {
		const struct section *s = &model->image.sections[i];

		if (!s->exec || !s->alloc || !s->size)
			continue;
		printf("%s\n  {\"start\": \"0x%08x\", \"size\": %u, \"name\": ", n++ ? "," : "",
		       s->addr, s->size);
		put_string(s->name);
		printf("%s}",
		       model->init_len && s->addr == model->init ? ", \"given_up\": true" : "");
	}
	printf("],\n");
}

int manifest_run(const struct options *options)
{
	struct model model;
	size_t faults = 0;

	if (!model_load(&model, options->image))
		return PVTOOL_FAILED;
	printf("{\"format\": \"pvtool manifest 1\",\n \"image\": ");
	put_string(options->image);
	printf(",\n");
	put_text(&model);
	printf(" \"sites\": [\n");
	for (size_t i = 0; i < model.n_sites; i++) {
		faults += model.sites[i].fault != NULL;
		put_site(&model, &model.sites[i]);
		printf("%s\n", i + 1 < model.n_sites ? "," : "");
	}
	printf(" ]}\n");
	model_free(&model);
	return faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}
