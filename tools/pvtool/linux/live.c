/* SPDX-License-Identifier: MIT */
/*
 * The text that must be begins as the file's; the kinds write into it, in order. Init text is gone
 * when it is mostly not what it must be: then nothing is known of it, since its memory is used again.
 */
#include "linux/live.h"
#include "linux/state.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(const struct live *live, const char *why)
{
	fprintf(stderr, "pvtool: %s: %s\n", live->dump.path ? live->dump.path : "dump", why);
	return false;
}

/* ---- text ---- */

static void load_parts(struct live *live)
{
	const struct image *image = &live->kernel->image;

	live->parts = bytes_need(calloc(image->n_sections + 1, sizeof(*live->parts)));
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];
		struct part *part = &live->parts[live->n_parts];

		if (!s->alloc || !s->exec || !s->bytes || !s->size)
			continue;
		*part = (struct part){s, bytes_need(malloc(s->size)),
				      dump_bytes(&live->dump, s->addr, s->size), false};
		live->n_parts++;
	}
}

static bool is_mostly_other(const struct part *part)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < part->section->size; i++)
		same += part->found[i] == part->want[i];
	return same < part->section->size / 2;
}

/* Everything executable from .init.text on goes, together. Is it gone? */
static bool find_gone(struct live *live)
{
	uint32_t from = UINT32_MAX;

	for (size_t i = 0; i < live->n_parts; i++) {
		const struct part *part = &live->parts[i];

		if (strcmp(part->section->name, ".init.text") == 0 && is_mostly_other(part))
			from = part->section->addr;
	}
	for (size_t i = 0; i < live->n_parts; i++)
		live->parts[i].gone = live->parts[i].section->addr >= from;
	return from != UINT32_MAX;
}

static const struct part *part_at(const struct live *live, uint32_t addr)
{
	for (size_t i = 0; i < live->n_parts; i++) {
		if (addr - live->parts[i].section->addr < live->parts[i].section->size)
			return &live->parts[i];
	}
	return NULL;
}

uint8_t *live_text(const struct live *live, uint32_t addr, uint32_t len)
{
	const struct part *part = part_at(live, addr);

	if (!part || part->section->size - (addr - part->section->addr) < len)
		return NULL;
	return part->want + (addr - part->section->addr);
}

bool live_is_code(const struct live *live, uint32_t addr)
{
	const struct part *part = part_at(live, addr);

	return part && !part->gone;
}

bool live_word(const struct live *live, uint32_t addr, uint32_t *word)
{
	const uint8_t *p = dump_bytes(&live->dump, addr, 4);

	if (p)
		*word = bytes_get32(p);
	return p != NULL;
}

void live_put_branch(uint8_t *bytes, uint8_t op, uint32_t from, uint32_t to)
{
	bytes[0] = op;
	bytes_put32(bytes + 1, to - (from + 5));
}

/* ---- state ---- */

bool live_has(const struct live *live, unsigned feature)
{
	return bytes_get32(live->features + 4 * (feature / 32)) >> feature % 32 & 1;
}

/* Whose forms or records this cannot judge, it does not judge. */
static bool knows_forms(const struct live *live)
{
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		const struct kernel_table *table = &live->kernel->tables[i];

		if (!table->form || table->form->known)
			continue;
		fprintf(stderr,
			"pvtool: %s: %s, %u bytes a record, %s: sites and check read these, verify "
			"knows what Linux 6.1 has\n",
			live->kernel->image.path, table->kind->name, table->form->size,
			table->form->name);
		return false;
	}
	return true;
}

static bool find_state(struct live *live)
{
	const struct kernel *kernel = live->kernel;

	live->nops = nops_find("486"); /* since 5.13, on every CPU */
	live->nothing = kernel_symbol(kernel, "_paravirt_nop");
	live->bug = kernel_symbol(kernel, "paravirt_BUG");
	live->zero = kernel_symbol(kernel, "__static_call_return0");
	live->features = state_features(kernel, &live->dump, &live->n_features);
	if (live->features || !kernel->tables[KIND_ALTERNATIVES].n)
		return true;
	if (!kernel_symbol(kernel, "boot_cpu_data"))
		return refuse(live, "no symbol says where boot_cpu_data is, so which alternatives "
				    "apply is not known");
	return refuse(live, "boot_cpu_data has no vendor, levels and features: no dump of this "
			    "kernel, or from before it looked at its CPU");
}

static void make_results(struct live *live)
{
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		size_t n = live->kernel->tables[i].n + 1;

		live->became[i] = bytes_need(calloc(n, 1));
		live->faults[i] = bytes_need(calloc(n, sizeof(*live->faults[i])));
	}
}

bool live_open(struct live *live, const struct kernel *kernel, const struct options *options)
{
	*live = (struct live){.kernel = kernel};
	if (!knows_forms(live) || !dump_load_image(&live->dump, &kernel->image, options))
		return false;
	load_parts(live);
	make_results(live);
	if (find_state(live))
		return true;
	live_free(live);
	return false;
}

void live_free(struct live *live)
{
	for (size_t i = 0; i < live->n_parts; i++)
		free(live->parts[i].want);
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		free(live->became[i]);
		free(live->faults[i]);
	}
	free(live->parts);
	dump_free(&live->dump);
	*live = (struct live){0};
}

/* ---- records ---- */

static size_t kind_index(const struct live *live, const struct kernel_table *table)
{
	return (size_t)(table - live->kernel->tables);
}

void live_became(struct live *live, const struct kernel_table *table, const struct record *record,
		 enum expect_kind kind)
{
	live->became[kind_index(live, table)][record->index] = (uint8_t)kind;
}

void live_fault(struct live *live, const struct kernel_table *table, const struct record *record,
		const char *why)
{
	live->faults[kind_index(live, table)][record->index] = why;
}

bool live_is_good(const struct live *live, const struct kernel_table *table,
		  const struct record *record)
{
	size_t kind = kind_index(live, table);

	return !live->faults[kind][record->index] &&
	       live->became[kind][record->index] != EXPECT_GONE;
}

static void prepare(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		const struct part *part = part_at(live, r->addr);

		live_fault(live, table, r, table->kind->fault(live->kernel, r));
		live_became(live, table, r, part && part->gone ? EXPECT_GONE : EXPECT_LINKED);
	}
}

static void apply_all(struct live *live)
{
	for (size_t i = 0; i < live->n_parts; i++) {
		const struct section *s = live->parts[i].section;

		memcpy(live->parts[i].want, s->bytes, s->size);
	}
	for (size_t i = 0; i < KERNEL_KINDS; i++) {
		const struct kernel_table *table = &live->kernel->tables[i];

		prepare(live, table);
		if (table->n)
			table->kind->apply(live, table);
	}
}

void live_apply(struct live *live)
{
	apply_all(live);
	if (find_gone(live))
		apply_all(live);
}
