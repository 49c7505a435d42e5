/* SPDX-License-Identifier: MIT */
/*
 * pvtool sites: one line a site, with what the linker left there and what each back end of the
 * image would make of it. Padding is counted and not disassembled: it is one NOP.
 */
#include "bytes.h"
#include "code.h"
#include "expect.h"
#include "pvtool.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

#define MADE 256 /* room for what a back end makes of a site, as text */

/* Adds to text of up to MADE bytes; what does not fit ends in "...". */
static void append(char out[MADE], const char *text)
{
	size_t len = strlen(out);

	if ((size_t)snprintf(out + len, MADE - len, "%s%s", len ? "; " : "", text) >= MADE - len)
		strcpy(out + MADE - 4, "...");
}

/* "cli; 5 of padding" */
static const char *made(const struct model *model, const struct record *record,
			const struct expect *expect, char out[MADE])
{
	char text[CODE_TEXT];
	struct insn insn;

	*out = '\0';
	for (size_t at = 0; at < expect->n; at += insn.len) {
		uint32_t addr = record->instr + (uint32_t)at;

		code_text(&model->image, addr, expect->bytes + at, expect->n - at, text);
		append(out, text);
		if (!insn_decode(addr, expect->bytes + at, expect->n - at, &insn))
			break;
	}
	snprintf(text, sizeof(text), "%zu of padding", MODEL_SITE - expect->n);
	if (expect->n < MODEL_SITE)
		append(out, text);
	return out;
}

static void add_backends(struct table *table, const struct model *model,
			 const struct record *record, const struct nops *nops)
{
	struct expect expect;
	char text[MADE];

	for (size_t i = 0; i < model->n_backends; i++) {
		const struct backend *backend = &model->backends[i];
		uint32_t slot = model_installed(model, backend, record->type);

		expect_site(model, backend, slot, record, nops, &expect);
		table_add(table, "%s  %s", BYTES_HEX(expect.bytes, MODEL_SITE),
			  made(model, record, &expect, text));
	}
}

static void add_site(struct table *table, const struct model *model, const struct record *record,
		     const struct nops *nops)
{
	const uint8_t *bytes = image_bytes(&model->image, record->instr, MODEL_SITE);
	const char *fault = model_record_fault(model, record);
	char where[IMAGE_WHERE], op[MODEL_OP], text[CODE_TEXT];

	table_add(table, "0x%08x", record->instr);
	table_add(table, "%s", image_where(&model->image, record->instr, where));
	table_add(table, "%s", model_op(model, record->type, op));
	table_add(table, "%u", record->len);
	table_add(table, "%s",
		  bytes ? code_text(&model->image, record->instr, bytes, MODEL_SITE, text)
			: "no bytes");
	if (!fault)
		add_backends(table, model, record, nops);
	for (size_t i = 0; fault && i < model->n_backends; i++)
		table_add(table, "refused: %s", fault);
}

static void add_head(struct table *table, const struct model *model)
{
	static const char *const head[] = {"address", "symbol", "op", "len", "as linked"};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_add(table, "%s", head[i]);
	for (size_t i = 0; i < model->n_backends; i++)
		table_add(table, "%s", model->backends[i].name);
	table->columns = table->n;
}

int sites_run(const struct options *options)
{
	const struct nops *nops = options->nops ? options->nops : nops_find("p6");
	struct table table = {0};
	struct model model;
	size_t faults = 0;

	if (!model_load(&model, options->image))
		return PVTOOL_FAILED;
	add_head(&table, &model);
	for (size_t i = 0; i < model.n_records; i++) {
		add_site(&table, &model, &model.records[i], nops);
		faults += model_record_fault(&model, &model.records[i]) != NULL;
	}
	table_print(&table);
	printf("pvtool: %s: %zu sites, %zu of them refused, %zu back end%s, padding %s\n",
	       model.image.path, model.n_records, faults, model.n_backends,
	       model.n_backends == 1 ? "" : "s", nops->name);
	model_free(&model);
	return faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}
