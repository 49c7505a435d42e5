// SPDX-License-Identifier: MIT
/*
 * A libFuzzer target for alternatives, and for lock prefixes inside and outside of their sites. The
 * input is a program: text, replacements, two tables, and a list of passes from and to any set of
 * features, of text that is given up, and of damage. A pass is made over the records as they are,
 * by the general path over the index, or by the short loop, or in all three ways from the same
 * text, with a listing, a dry run, both or nothing before it. Whatever the input says, each time
 *
 *	text is what the model of group_model.h says, to the last byte
 *	each site that changed was written whole and once, between gather and serialization
 *	statistics, and refusals with their reasons, are the model's
 *	the listing and the dry run changed nothing and foretold the pass
 *	when nothing was refused, the pass from where it came to once more changes nothing
 *
 * All memory is of the exact size, and text that was given up is poisoned during a pass, so ASan
 * sees each byte that is touched and should not be.
 */
#include "tests/host/fuzz.h"

#include "tests/host/group_input.h"
#include "tests/host/group_model.h"

#define STEPS_MAX 10

/* How a pass is made, and what is asked before: each as the input wants. */
enum form { RAW, GENERAL, SHORT, FORMS };
enum before { LIST = 1, DRY = 2, DRY_ONLY = 4 };

static unsigned alt_state;
static bool locks_up;
static struct area *alt_area, *lock_area;

/* Text that was given up is no more to be read than written. */
static void hide(bool hidden)
{
	for (unsigned i = 0; i < IMAGES; i++) {
		const struct pv_image *image = &areas[i].image;
		size_t n = (size_t)(image->gone_end - image->gone);

		if (hidden)
			ASAN_POISON_MEMORY_REGION(image->gone, n);
		else
			ASAN_UNPOISON_MEMORY_REGION(image->gone, n);
	}
}

/* The listing: the events, in their order. A site's line has its first record, then and now. */
static unsigned heard;

static void hear(const void *record, enum pv_why why, const struct pv_site *old_site,
		 const struct pv_site *new_site, void *arg)
{
	const struct event *e = &events[heard];
	const struct area *a = area_of(new_site->at, 1);

	(void)arg;
	must(heard < nr_events && e->why == why && e->record == record && e->at == new_site->at,
	     "event %u of %u \"%s\", not \"%s\"", heard, nr_events, pv_why_text(e->why),
	     pv_why_text(why));
	heard++;
	if (why)
		return;
	must(new_site->kind == e->kind && new_site->len == e->len, "a site of kind %u, not %u",
	     e->kind, new_site->kind);
	if (e->kind == PV_GONE || !a)
		return;
	must(old_site->at == new_site->at && old_site->len == new_site->len, "one place for both");
	if (e->changed)
		must(!memcmp(new_site->bytes, expected[a - areas] + (e->at - a->image.text),
			     e->len),
		     "the bytes that will be there");
}

static void stats_check(const struct pass *pass, const struct pv_stats *stats,
			const struct pv_count *rows, bool torn)
{
	struct pv_count total = {.refused = torn}, wanted[PV_FEATURE_ROWS] = {{0}};
	unsigned listed = torn;

	must(!torn || (stats->refusal[0].why == PV_WHY_TABLE && !stats->refusal[0].record &&
		       stats->refusal[0].at == pass->table->last),
	     "a refusal of the table");
	for (unsigned i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		const struct pv_refusal *refusal = &stats->refusal[listed];

		total.sites++;
		total.refused += e->why != PV_OK;
		total.kind[e->kind] += !e->why;
		wanted[e->row].sites += !e->why;
		wanted[e->row].kind[e->kind] += !e->why;
		if (!e->why)
			continue;
		refusal_counts(pass->table->family, e->record, e->at, e->why, wanted);
		must(listed++ < stats->listed && refusal->record == e->record &&
			     refusal->at == e->at && refusal->why == e->why,
		     "a refusal, \"%s\", not \"%s\"", pv_why_text(e->why),
		     pv_why_text(refusal->why));
	}
	must(listed == stats->listed, "%u refusals, not %u", listed, stats->listed);
	must(!memcmp(&total, &stats->total, sizeof(total)),
	     "totals: %u sites, %u refused, not %u, %u", total.sites, total.refused,
	     stats->total.sites, stats->total.refused);
	must(!pass->table->family->rows || !memcmp(wanted, rows, sizeof(wanted)), "the rows");
	must(bytes_changed == stats->bytes && bytes_padded == stats->pad,
	     "%u bytes, %u of padding, not %u and %u", bytes_changed, bytes_padded, stats->bytes,
	     stats->pad);
}

static void text_check(enum form form)
{
	expect(expected);
	for (unsigned image = 0; image < IMAGES; image++) {
		const struct area *a = &areas[image];

		if (!memcmp(a->written, changed[image], a->size))
			continue;
		for (unsigned i = 0; i < a->size; i++)
			must(form == SHORT ? a->written[i] <= changed[image][i]
					   : a->written[i] == changed[image][i],
			     "byte %u of image %u %swritten", i, image,
			     changed[image][i] ? "" : "not ");
	}
	must(form == SHORT ? writes <= changes : writes == changes, "%u writes, one a site, not %u",
	     changes, writes);
}

static void apply(const struct pass *pass, enum pv_mode mode, bool torn)
{
	static struct pv_count rows[PV_FEATURE_ROWS];
	struct pv_stats *stats = stats_begin(rows, pass->table->family->rows);

	remember();
	hide(true);
	pv_apply(pass->table->family, pass->table->first, pass->table->last, pass->from, pass->to,
		 mode, stats);
	hide(false);
	must(rounds == (mode == PV_STOPPED) && phase == IDLE, "one round, not %u", rounds);
	stats_check(pass, stats, rows, torn);
}

static void model(const struct pass *pass, bool dry)
{
	if (pass->table->family->groups)
		model_alternatives(pass, dry);
	else
		model_locks(pass, dry);
}

static void list(const struct pass *pass)
{
	heard = 0;
	remember();
	hide(true);
	pv_list(pass->table->family, pass->table->first, pass->table->last, pass->from, pass->to,
		hear, NULL);
	hide(false);
	must(heard == nr_events, "%u events, not %u", nr_events, heard);
	nothing_changed("a listing");
}

static void list_and_apply(const struct pass *pass, enum form form, bool torn, unsigned before)
{
	if (before)
		model(pass, true);
	if (before & LIST)
		list(pass);
	if (before & DRY) {
		apply(pass, PV_DRY, torn);
		nothing_changed("a dry run");
	}
	if (before & DRY_ONLY)
		return;
	model(pass, false);
	apply(pass, PV_STOPPED, torn);
	text_check(form);
}

static unsigned refusals(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nr_events; i++)
		n += events[i].why != PV_OK;
	return n;
}

/* The records in the order of their places. */
static struct pv_entry sorted[RECORDS_MAX];

static void entries_sort(const struct pv_table *table, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const int32_t *record = model_record(table, i);
		uint32_t at = (uint32_t)(uintptr_t)record + (uint32_t)*record, k = i;

		for (; k && sorted[k - 1].at > at; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = (struct pv_entry){at, i};
	}
}

/* A table in one form: out of its image for a raw pass, where its place in the order was. */
static void pass_make(struct pv_table *table, struct area *a, const void *from, const void *to,
		      enum form form, unsigned before)
{
	struct pv_table copy = *table;
	struct pass pass = {.table = table,
			    .entries = table->index,
			    .n = table->n,
			    .facts = table->facts,
			    .behind = table->behind,
			    .image = a,
			    .from = from,
			    .to = to};

	writable = form == SHORT;
	if (form == RAW) {
		entries_sort(table, table->n);
		pass = (struct pass){table, sorted, table->n, NULL, NULL, NULL, from, to};
		table->index = NULL;
		table->n = 0;
	}
	list_and_apply(&pass, form, false, before);
	if (!(before & DRY_ONLY) && !refusals()) {
		pass.from = to;
		model(&pass, false);
		must(!changes, "a model in which the same state again changes nothing");
		apply(&pass, PV_STOPPED, false);
		nothing_changed("the same state again");
	}
	table->index = copy.index;
	table->n = copy.n;
}

/* In the form that the input wants, or in all of them, from the same text. */
static void passes(struct pv_table *table, struct area *a, const void *from, const void *to,
		   unsigned form, unsigned before)
{
	static uint8_t was[IMAGES][TEXT_MAX];

	if (form < 2 * FORMS) {
		pass_make(table, a, from, to, form % FORMS, before);
		return;
	}
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(was[i], areas[i].image.text, areas[i].size);
	for (form = RAW; form < FORMS; form++) {
		for (unsigned i = 0; form && i < IMAGES; i++)
			memcpy(areas[i].image.text, was[i], areas[i].size);
		pass_make(table, a, from, to, form, before);
	}
}

/* A part of the table, raw beside the whole one; it may end within a record, or before its start.
 */
static void torn_pass(uint8_t how, unsigned to)
{
	struct pv_table part = {.family = &alternative_family, .first = alts, .last = alts};
	struct pass pass = {.table = &part, .entries = sorted, .to = state_of(to)};
	bool torn = how & 1;

	pass.from = state_of(alt_state);
	if (!nr_alts)
		return;
	pass.n = (uint32_t)(how / 2 % nr_alts);
	part.last = (const uint8_t *)(alts + pass.n) + (torn ? 1 + how % 11 : 0);
	if (how == 0xff) {
		torn = true;
		pass.n = 0;
		part.last = alts - 1;
	}
	entries_sort(&part, pass.n);
	writable = how & 4;
	list_and_apply(&pass, RAW, torn, how & 8 ? LIST | DRY | DRY_ONLY : how >> 4 & (LIST | DRY));
}

static void alternatives_step(uint8_t how, unsigned before)
{
	unsigned from = how & 0x80 ? how >> 3 & 3 : alt_state, to = ((how >> 5) + 1) % STATES;

	passes(&alt_table, alt_area, state_of(from), state_of(to), how & 7, before);
	if (!(before & DRY_ONLY))
		alt_state = to;
}

static void locks_step(uint8_t how, unsigned before)
{
	const uint8_t *state[2] = {&smp_locks_smp, &smp_locks_up};
	bool from = how & 0x80 ? how & 0x40 : locks_up, to = !(how & 0x20);

	passes(&lock_table, lock_area, state[from], state[to], how & 7, before);
	if (!(before & DRY_ONLY))
		locks_up = to;
}

static void step(struct input *in)
{
	uint8_t how = take8(in);
	unsigned before = (how & 0x38) == 0x38 ? LIST | DRY | DRY_ONLY : how >> 6;

	switch (how & 7) {
	case 0:
	case 1:
	case 2: alternatives_step(take8(in), before); break;
	case 3:
	case 4: locks_step(take8(in), before); break;
	case 5: damage(in); break;
	case 6: give_up(&areas[how >> 5 & 1], in); break;
	default: torn_pass(take8(in), how >> 5); break;
	}
}

static bool begins_in(const struct area *a, uint32_t at, unsigned len)
{
	return pv_look_begins(pv_image_text(&a->image, at, len), (uint8_t *)(uintptr_t)at);
}

/* What was noted at the start is what is there. */
static void facts_check(void)
{
	for (uint32_t i = 0; i < nr_alts; i++) {
		const struct alt_instr *alt = &alts[alt_entries[i].record];
		const struct pv_fact *fact = &facts[i];
		const struct area *a = area_of((uint8_t *)(uintptr_t)alt_entries[i].at,
					       alt->instrlen);
		const uint8_t *linked = fact_linked(&alt_table, &alt_entries[i], facts, fact,
						    alt->instrlen);
		unsigned run = 0;

		must(fact_holds(&alt_table, &alt_entries[i], fact), "a sum that holds");
		if (!a || !alt->instrlen ||
		    (!fact->n && i && alt_entries[i - 1].at == alt_entries[i].at))
			continue;
		if (!is_whole((uint8_t *)(uintptr_t)alt_entries[i].at, alt->instrlen, &run) ||
		    !begins_in(a, alt_entries[i].at, alt->instrlen)) {
			must(!fact->n, "a site of no whole instructions");
			continue;
		}
		must(linked && fact->run == run, "NOPs from %u on, not %u", run, fact->run);
		must(!memcmp(linked, (uint8_t *)(uintptr_t)alt_entries[i].at, alt->instrlen),
		     "the bytes as linked");
	}
}

static void fuzz_groups(struct input *in)
{
	struct input steps = take_part(in, 40), records = take_part(in, 160);
	uint8_t how;

	locks_up = is_damaged = false;
	alt_state = 0;
	pv_nops_select(take8(&steps) % 3, take8(&steps) % 20);
	areas_fill(in, &steps);
	tables_make(&records);
	facts_check();
	states_make(&steps);
	how = take8(&steps);
	alt_area = &areas[how & 1];
	lock_area = &areas[how >> 1 & 1];
	if (how & 0x80)
		pv_table_add(&lock_area->image, &lock_table);
	pv_table_add(&alt_area->image, &alt_table);
	if (!(how & 0x80))
		pv_table_add(&lock_area->image, &lock_table);
	for (unsigned i = 0; i < STEPS_MAX && (!i || steps.at < steps.end); i++)
		step(&steps);
}

void fuzz_one(const uint8_t *data, size_t size)
{
	struct input in = input_begin(data, size);

	fuzz_groups(&in);
}
