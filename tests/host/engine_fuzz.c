// SPDX-License-Identifier: MIT
/*
 * A libFuzzer target for the engine and the decoder. The input is a program: text, records that
 * point anywhere near it, templates, functions in slots, another table that comes before, damage of
 * both tables' indexes, and a list of passes. A pass is made over the records as they are, by the
 * general path over the index, or by the short loop, or in all three ways from the same text, with
 * a listing, a dry run, both or nothing before it: the input says that, too, since a choice of one
 * costs a third. Whatever it says, each time
 *
 *	text is what the model of engine_model.h says, to the last byte
 *	statistics, rows and refusals, with their reasons and in their order, are the model's
 *	the listing and the dry run changed nothing and foretold the pass
 *	each site that changed was written whole and once, but by the short loop
 *
 * and back in the linked state every byte is what it was, when those who left it came back.
 * The decoder finds the length that another one finds.
 *
 * Two families: paravirt, and "raw", whose sites have any length and whose padding is the engine's.
 * All memory is of the exact size, so ASan sees each byte beside it that is touched.
 */
#include "tests/host/fuzz.h"

#include "pv/index.h"
#include "tests/host/fuzz_families.h"

#include "tests/host/engine_model.h"

#define STEPS_MAX  8
#define OTHERS_MAX 8

/* How a pass is made, and what is asked before: each as the input wants. */
enum form { RAW, GENERAL, SHORT, FORMS };
enum before { LIST = 1, DRY = 2, DRY_ONLY = 4 };

/* A table with its index, which may be damaged, and the image that it is added to. */
struct indexed {
	struct pv_table table;
	struct pv_entry *entries;
	struct area *area;
};

/* What is patched, what comes before it, and the states. */
static struct indexed patching, others;
static const void *states[STATES];
static size_t records_n;
static unsigned current; /* the state that the sites are in */
static bool tainted;     /* others came back than had left: text is not as linked */
static bool accepted[RECORDS_MAX];

static const void *record_at(size_t i)
{
	return (const uint8_t *)patching.table.first + i * patching.table.family->record_size;
}

static size_t record_number(const void *record)
{
	return (size_t)((uintptr_t)record - (uintptr_t)patching.table.first) /
	       patching.table.family->record_size;
}

/* A byte of the index, or two entries change places. */
static void index_damage(struct indexed *t, uint32_t n, uint8_t how, bool order, struct input *in)
{
	struct pv_entry *a, *b, was;

	if (!n || how > 2)
		return;
	a = &t->entries[take8(in) % n];
	b = &t->entries[take8(in) % n];
	was = *a;
	if (how == 2 && order) {
		*a = *b;
		*b = was;
		return;
	}
	((uint8_t *)a)[take8(in) % sizeof(*a)] ^= take8(in);
}

static void indexed_make(struct indexed *t, struct pv_family *family, size_t n, bool order,
			 struct input *in)
{
	uint8_t *records = exact(n * family->record_size + 1);
	struct pv_entry *spare = exact(n * sizeof(*spare) + 1);
	uint8_t how;

	t->table = (struct pv_table){
		.family = family, .first = records, .last = records + n * family->record_size};
	t->entries = exact(n * sizeof(*spare) + 1);
	for (size_t i = 0; i < n; i++) {
		void *record = records + i * family->record_size;

		if (family == &raw_family)
			raw_record(record, in);
		else
			paravirt_record(record, in);
	}
	pv_index_make(&t->table, t->entries, spare);
	spent(spare, n * sizeof(*spare));
	how = take8(in);
	t->area = &areas[how & 1];
	for (unsigned i = 0; i < (order ? how >> 6 : 1u); i++)
		index_damage(t, (uint32_t)n, how >> 1 & 7, order, in);
}

static void tables_make(struct input *in)
{
	uint8_t how = take8(in);
	bool raw = how & 1;

	records_n = take8(in) % (RECORDS_MAX + 1);
	pv_nops_select(take8(in) % 3, take8(in) % 20);
	if (!raw || !(how & 2))
		paravirt_states(in);
	indexed_make(&patching, raw ? &raw_family : &paravirt_family, records_n, true, in);
	indexed_make(&others, how & 2 ? &raw_family : &paravirt_family, how & 4 ? how >> 3 & 7 : 0,
		     false, in);
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(as_linked[i], areas[i].image.text, areas[i].size);
	for (unsigned i = 0; i < STATES; i++)
		states[i] = raw ? (const void *)&raw_state[i]
			    : i ? (const void *)&patched[i - 1]
				: (const void *)paravirt_linked();
	pv_table_add(&others.area->image, &others.table);
	current = 0;
	tainted = false;
	memset(accepted, 0, sizeof(accepted));
}

/* The entries that a pass goes by: the index, or the records in order. */
static struct pv_entry sorted[RECORDS_MAX];

static void entries_sort(void)
{
	for (uint32_t i = 0; i < records_n; i++) {
		struct pv_site site;
		uint32_t k = i;

		patching.table.family->bytes(record_at(i), NULL, &site);
		for (; k && sorted[k - 1].at > (uint32_t)site.at; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = (struct pv_entry){(uint32_t)site.at, i};
	}
}

static struct pass pass_of(enum form form, unsigned from, unsigned to)
{
	return (struct pass){.table = &patching.table,
			     .entries = form == RAW ? sorted : patching.entries,
			     .n = (uint32_t)records_n,
			     .image = form == RAW ? NULL : patching.area,
			     .from = states[from],
			     .to = states[to]};
}

/* The listing: in the order of the entries, what the model says. */
static size_t heard;

static void hear(const void *record, enum pv_why why, const struct pv_site *old_site,
		 const struct pv_site *new_site, void *arg)
{
	const struct verdict *v = &verdicts[heard];

	(void)old_site;
	(void)arg;
	must(heard < records_n && v->why == why && v->record == record && new_site->at == v->at,
	     "entry %u listed as \"%s\", not \"%s\"", (unsigned)heard, pv_why_text(v->why),
	     pv_why_text(why));
	must(why || (new_site->len == v->site.len && new_site->kind == v->site.kind &&
		     !memcmp(new_site->bytes, v->site.bytes, v->site.len)),
	     "the announced bytes of entry %u", (unsigned)heard);
	heard++;
}

static void counts_check(const struct pv_stats *stats, const struct pv_count *rows)
{
	struct pv_count wanted[PV_NR_TYPES] = {{0}}, total = {.sites = (uint32_t)records_n};
	unsigned listed = 0;

	for (size_t i = 0; i < records_n; i++) {
		const struct verdict *v = &verdicts[i];
		const struct pv_refusal *refusal = &stats->refusal[listed];

		if (!v->why) {
			total.kind[v->site.kind]++;
			wanted[v->site.row].sites++;
			wanted[v->site.row].kind[v->site.kind]++;
			continue;
		}
		total.refused++;
		refusal_counts(patching.table.family, v->record, v->at, v->why, wanted);
		must(listed++ < stats->listed && refusal->record == v->record &&
			     refusal->at == v->at && refusal->why == v->why,
		     "entry %u refused, \"%s\", not \"%s\"", (unsigned)i, pv_why_text(v->why),
		     pv_why_text(refusal->why));
	}
	must(listed == stats->listed, "%u refusals, not %u", listed, stats->listed);
	must(!memcmp(&total, &stats->total, sizeof(total)), "the totals, %u of %u refused, not %u",
	     total.refused, total.sites, stats->total.refused);
	must(!memcmp(wanted, rows, patching.table.family->rows * sizeof(*rows)), "the rows");
	must(stats->bytes == bytes_changed && stats->pad == bytes_padded,
	     "%u bytes, %u of padding, not %u and %u", bytes_changed, bytes_padded, stats->bytes,
	     stats->pad);
}

static void run(const struct pass *pass, enum pv_mode mode)
{
	static struct pv_count rows[PV_NR_TYPES];
	struct pv_stats *stats = stats_begin(rows, pass->table->family->rows);

	remember();
	pv_apply(pass->table->family, pass->table->first, pass->table->last, pass->from, pass->to,
		 mode, stats);
	must(rounds == (mode == PV_STOPPED) && phase == IDLE, "one round, not %u", rounds);
	counts_check(stats, rows);
}

static void text_check(enum form form)
{
	expect(expected);
	must(form == SHORT ? writes <= sites_changed : writes == sites_changed,
	     "%u writes, one a site, not %u", sites_changed, writes);
}

static void list(const struct pass *pass)
{
	heard = 0;
	remember();
	pv_list(pass->table->family, pass->table->first, pass->table->last, pass->from, pass->to,
		hear, NULL);
	must(heard == records_n, "%u records listed, not %u", (unsigned)records_n, (unsigned)heard);
	nothing_changed("a listing");
}

static void pass_make(enum form form, unsigned from, unsigned to, unsigned before)
{
	struct pass pass = pass_of(form, from, to);

	writable = form == SHORT;
	if (form != RAW)
		pv_table_add(&patching.area->image, &patching.table);
	model_begin();
	model_run(&pass);
	if (before & LIST)
		list(&pass);
	if (before & DRY) {
		run(&pass, PV_DRY);
		nothing_changed("a dry run");
	}
	if (!(before & DRY_ONLY)) {
		run(&pass, PV_STOPPED);
		text_check(form);
	}
	if (form != RAW)
		pv_table_remove(&patching.area->image, &patching.table);
}

/* Back in the linked state, when all came back that had left it. */
static void undone(unsigned from, unsigned to)
{
	bool now[RECORDS_MAX] = {false};

	for (size_t i = 0; i < records_n; i++)
		if (!verdicts[i].why)
			now[record_number(verdicts[i].record)] = true;
	for (size_t i = 0; i < records_n; i++) {
		tainted |= from && now[i] != accepted[i];
		accepted[i] = now[i];
	}
	for (unsigned i = 0; i < IMAGES && !to && !tainted; i++)
		must(!memcmp(areas[i].image.text, as_linked[i], areas[i].size),
		     "the text of image %u as linked", i);
}

static void accepted_check(unsigned to)
{
	for (size_t i = 0; i < records_n; i++)
		if (!verdicts[i].why && to && patching.table.family == &paravirt_family)
			paravirt_check(verdicts[i].record, &verdicts[i].site, to);
}

/* In all forms, from the same text. */
static void all_forms(unsigned from, unsigned to, unsigned before)
{
	static uint8_t was[IMAGES][TEXT_MAX];

	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(was[i], areas[i].image.text, areas[i].size);
	for (unsigned form = RAW; form < FORMS; form++) {
		for (unsigned i = 0; form && i < IMAGES; i++)
			memcpy(areas[i].image.text, was[i], areas[i].size);
		pass_make(form, from, to, before);
	}
}

static void step(struct input *in)
{
	uint8_t how = take8(in);
	unsigned from = current, to = (how & 3) % STATES, form = how >> 2 & 3;
	unsigned before = how >> 4 & (LIST | DRY);

	if ((how >> 4) == 14)
		before = LIST | DRY | DRY_ONLY;
	if ((how >> 4) == 15) { /* a caller who is mistaken about the state */
		from = take8(in) % STATES;
		tainted = true;
	}
	if (form < FORMS)
		pass_make(form, from, to, before);
	else
		all_forms(from, to, before);
	if (before & DRY_ONLY)
		return;
	accepted_check(to);
	undone(from, to);
	current = to;
}

/* Few different bytes, so that text and what is announced agree by chance now and then. */
static uint8_t text_byte(struct input *in)
{
	uint8_t byte = take8(in);

	return byte < 0xc0 ? byte & 3 : byte;
}

static void areas_make(struct input *in, uint8_t *own)
{
	pv_images = NULL;
	for (unsigned i = 0; i < IMAGES; i++) {
		struct area *a = &areas[i];
		size_t start;

		area_make(a, 1u + (i ? 40 : take8(in)));
		for (size_t byte = 0; byte < a->size; byte++)
			a->image.text[byte] = text_byte(in);
		start = take8(in);
		area_own(a, own, start, 1 + take8(in) % 8);
		pv_image_add(&a->image);
	}
}

static void fuzz_engine(struct input *in)
{
	uint8_t *own = exact(16);

	areas_make(in, own);
	tables_make(in);
	entries_sort();
	for (unsigned i = 0; i < STEPS_MAX && (!i || in->at < in->end); i++)
		step(in);
}

static void fuzz_decoder(struct input *in)
{
	unsigned room = (unsigned)(in->end - in->at);
	uint8_t *bytes = exact(room ? room : 1);
	struct pv_insn insn = {0}, again;

	memcpy(bytes, in->at, room);
	if (pv_insn_decode(bytes, room, &insn)) {
		must(insn.len >= 1 && insn.len <= PV_INSN_MAX && insn.len <= room,
		     "a length of 1 to %u, not %u", room, insn.len);
		must(insn.rel_size == 0 || insn.rel_size == 1 || insn.rel_size == 4,
		     "a displacement of 0, 1 or 4 bytes, not %u", insn.rel_size);
		must(insn.rel_at + insn.rel_size <= insn.len, "a displacement in the instruction");
		must(!pv_insn_decode(bytes, insn.len - 1u, &again), "nothing in a byte less");
		must(pv_insn_decode(bytes, insn.len, &again) && again.len == insn.len,
		     "the same in just enough room");
		if (insn.rel_size)
			(void)pv_insn_target((uint32_t)bytes, bytes, &insn);
	}
}

/* Padding is instructions, and as few as there can be. */
static void fuzz_nops(struct input *in)
{
	unsigned n, done = 0, count = 0;
	uint8_t *bytes;
	struct pv_insn insn;

	pv_nops_select(take8(in) % 3, take8(in) % 20);
	n = take8(in);
	bytes = exact(n ? n : 1);
	pv_nops_fill(bytes, n);
	for (; done < n; done += insn.len, count++)
		must(pv_insn_decode(bytes + done, n - done, &insn), "a NOP at %u of %u", done, n);
	must(count == (n + pv_nops->max - 1) / pv_nops->max, "few NOPs for %u bytes, not %u", n,
	     count);
}

void fuzz_one(const uint8_t *data, size_t size)
{
	struct input in = input_begin(data, size);

	switch (take8(&in) % 8) {
	case 0: fuzz_decoder(&in); break;
	case 1: fuzz_nops(&in); break;
	default: fuzz_engine(&in); break;
	}
}
