/* SPDX-License-Identifier: MIT */
/*
 * Lock prefixes: one byte a site, f0 as linked and with several CPUs, 3e with one. A site may lie
 * in an alternative's; where that one was replaced the byte is no prefix of ours any more.
 */
#include "family/alternatives.h"
#include "family/state.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/table.h"

#include <stdio.h>
#include <string.h>

#define LOCK 0xf0
#define DS   0x3e

/* s32, relative to itself */
static void read_record(const struct image *image, const uint8_t *p, uint32_t at,
			struct record *out)
{
	(void)image;
	out->addr = at + bytes_get32(p);
	out->len = 1;
}

static const char *fault(const struct model *model, const struct site *site,
			 const struct record *record)
{
	const struct section *section = image_section_at(&model->image, site->addr);
	const uint8_t *byte = image_bytes(&model->image, site->addr, 1);

	(void)record;
	if (!byte || !section->exec)
		return "its site is not in an executable section";
	if (*byte != LOCK)
		return "its site is no lock prefix";
	return NULL;
}

static const char *title(const struct model *model, const struct site *site, char out[SITE_TITLE])
{
	(void)model;
	(void)site;
	snprintf(out, SITE_TITLE, "lock");
	return out;
}

static void expect(const struct model *model, const struct state *state, const struct site *site,
		   struct expect *out)
{
	if (site->outer && alternatives_chosen(state, site->outer)) {
		out->kind = EXPECT_COVERED;
		return;
	}
	(void)model;
	*out = (struct expect){.kind = state->up ? EXPECT_DS : EXPECT_LOCK, .n = 1, .len = 1};
	out->bytes[0] = state->up ? DS : LOCK;
}

static void values(const struct model *model, const struct site *site, value_fn *tell, void *arg)
{
	struct expect up = {.kind = EXPECT_DS, .n = 1, .len = 1, .bytes = {DS}};
	struct expect smp = {.kind = EXPECT_LOCK, .n = 1, .len = 1, .bytes = {LOCK}};

	(void)model;
	(void)site;
	tell(arg, &(struct value){&smp, "cpus", "more", 0});
	tell(arg, &(struct value){&up, "cpus", "one", 0});
}

static void add_head(struct table *table, const struct model *model)
{
	(void)model;
	table_add(table, "one CPU");
}

/* With its instruction: a prefix alone says nothing. */
static void add_cells(struct table *table, const struct model *model, const struct site *site,
		      const struct nops *nops)
{
	size_t n = code_whole(&model->image, site->addr, site->len);
	uint8_t bytes[BYTES_TEXT_MAX];
	char text[CODE_TEXT];

	(void)nops;
	memcpy(bytes, image_bytes(&model->image, site->addr, (uint32_t)n), n);
	bytes[0] = DS;
	table_add(table, "%s  %s", BYTES_HEX(bytes, n),
		  code_text(&model->image, site->addr, bytes, n, text));
}

const struct family smp_locks_family = {
	.name = "smp_locks",
	.section = ".smp_locks",
	.begin = "__smp_locks",
	.end = "__smp_locks_end",
	.record_size = 4,
	.nests = true,
	.looks = true,
	.read = read_record,
	.fault = fault,
	.title = title,
	.expect = expect,
	.values = values,
	.add_head = add_head,
	.add_cells = add_cells,
};
