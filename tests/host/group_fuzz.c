// SPDX-License-Identifier: MIT
/*
 * A libFuzzer target for alternatives, and for lock prefixes inside and outside of their sites. The
 * input is a program: text, replacements, two tables, and a list of passes, of features that come
 * and go and of text that is given up. Whatever it says, after every pass
 *
 *	text is what the model of group_model.h says, to the last byte
 *	each site that changed was written whole and once, between gather and serialization
 *	statistics, refusals with their reasons, and the owners of text are the model's
 *	the listing and the dry run before it changed nothing and foretold the pass
 *	the same pass over alternatives again changes nothing
 *
 * All memory is of the exact size, and text that was given up is poisoned during a pass, so ASan
 * sees each byte that is touched and should not be.
 */
#include "pv/alternative.c"
#include "pv/engine.c"
#include "pv/feature.c"
#include "pv/group.c"
#include "pv/insn.c"
#include "pv/nops.c"
#include "pv/smp_locks.c"

/* New ways through the code under test are looked for, not through the model; it is faster, too. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)

#include "tests/host/fuzz.h"

#include "tests/host/group_input.h"
#include "tests/host/group_model.h"
#include <sanitizer/asan_interface.h>

#define STEPS_MAX 12

static struct alternative_state features_now;
static bool locks_up; /* the state that lock prefixes are in */

/* A pass. `torn`: its table is not a whole number of records. */
static struct pass {
	const struct pv_family *family;
	const uint8_t *first, *last;
	size_t n;
	const void *from, *to;
	bool torn;
} pass;

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

/* What a listing said of each record, and of the site that it lists with it. */
static struct heard {
	unsigned refusals, sites;
	enum pv_why why;
	struct pv_site old_site, new_site;
} heard[RECORDS_MAX];
static size_t heard_last;

static void hear(const void *record, enum pv_why why, const struct pv_site *old_site,
		 const struct pv_site *new_site, void *arg)
{
	size_t i = (size_t)((const uint8_t *)record - pass.first) / pass.family->record_size;

	(void)arg;
	must(i < pass.n && i >= heard_last, "records in their order, not %u behind %u", (unsigned)i,
	     (unsigned)heard_last);
	heard_last = i;
	heard[i].refusals += why != PV_OK;
	heard[i].sites += why == PV_OK;
	if (why) {
		heard[i].why = why;
		return;
	}
	heard[i].old_site = *old_site;
	heard[i].new_site = *new_site;
}

/* A site's line, made with the first of its records: where and what, then and now. */
static void line_check(size_t i, unsigned kind)
{
	const struct pv_site *was = &heard[i].old_site, *is = &heard[i].new_site;
	const struct area *a = area_of(is->at, is->len);

	must(heard[i].sites == 1 && is->kind == kind && a, "record %u listed as kind %u, not %u",
	     (unsigned)i, kind, is->kind);
	if (kind == PV_GONE || !pass.family->groups)
		return;
	must(was->at == is->at && was->len == is->len && is->n <= is->len, "one place for both");
	must(!memcmp(was->bytes, was->at, was->len), "the bytes that are there, listed");
	must(!memcmp(is->bytes, expected[a - areas] + (is->at - a->image.text), is->len),
	     "the bytes that will be there, listed with record %u", (unsigned)i);
}

static void list(void)
{
	unsigned lines[RECORDS_MAX] = {0};

	memset(heard, 0, sizeof(heard));
	heard_last = 0;
	hide(true);
	pv_list(pass.family, pass.first, pass.last, pass.from, pass.to, hear, NULL);
	hide(false);
	nothing_changed("a listing");
	for (size_t i = 0; i < pass.n; i++) {
		const struct verdict *v = &verdicts[i];

		must(heard[i].refusals == (v->why != PV_OK) && heard[i].why == v->why,
		     "record %u listed %u times as refused, \"%s\", not \"%s\"", (unsigned)i,
		     heard[i].refusals, pv_why_text(heard[i].why), pv_why_text(v->why));
		lines[v->first] += v->counts;
		if (v->counts)
			line_check(v->first, v->kind);
	}
	for (size_t i = 0; i < pass.n; i++)
		must(heard[i].sites == lines[i], "%u sites listed with record %u, not %u", lines[i],
		     (unsigned)i, heard[i].sites);
}

static const uint8_t *place_named(size_t i)
{
	const int32_t *field = (const void *)(pass.first + i * pass.family->record_size);

	return (uint8_t *)(uintptr_t)((uint32_t)field + (uint32_t)*field);
}

static void refusals_check(const struct pv_stats *stats)
{
	bool listed[RECORDS_MAX] = {false}, torn = false;
	unsigned n = pass.torn;

	for (size_t i = 0; i < pass.n; i++)
		n += verdicts[i].why != PV_OK;
	must(stats->total.refused == n && stats->listed == n, "%u refusals, not %u, %u listed", n,
	     stats->total.refused, stats->listed);
	for (unsigned r = 0; r < stats->listed; r++) {
		const struct pv_refusal *refusal = &stats->refusal[r];
		size_t i = (size_t)((const uint8_t *)refusal->record - pass.first) /
			   pass.family->record_size;

		if (!refusal->record) {
			must(!torn && refusal->why == PV_WHY_TABLE && refusal->at == pass.last,
			     "one refusal of the table");
			torn = true;
			continue;
		}
		must(i < pass.n && !listed[i] && refusal->why == verdicts[i].why,
		     "record %u refused once, \"%s\", not \"%s\"", (unsigned)i,
		     pv_why_text(verdicts[i].why), pv_why_text(refusal->why));
		must(refusal->at == place_named(i), "record %u refused where it is", (unsigned)i);
		listed[i] = true;
	}
}

/* A site that no record decides is counted in the row of any of its records. */
static void rows_check(const struct pv_stats *stats)
{
	struct pv_count wanted[PV_FEATURE_ROWS] = {{0}}, sum = {0};

	for (size_t i = 0; i < pass.n; i++)
		if (verdicts[i].counts)
			wanted[verdicts[i].row].kind[verdicts[i].kind]++;
	for (unsigned row = 0; row < pass.family->rows; row++) {
		uint32_t sites = 0;

		for (unsigned kind = 0; kind < PV_NR_KINDS; kind++) {
			uint32_t n = stats->row[row].kind[kind];

			must(kind == PV_KEPT || kind == PV_GONE || n == wanted[row].kind[kind],
			     "%u sites of kind %u in row %u, not %u", wanted[row].kind[kind], kind,
			     row, n);
			sites += n;
			sum.kind[kind] += n;
		}
		must(stats->row[row].sites == sites, "%u sites in row %u, not %u", sites, row,
		     stats->row[row].sites);
	}
	must(!pass.family->rows || !memcmp(sum.kind, stats->total.kind, sizeof(sum.kind)),
	     "rows that add up to the total");
}

static void stats_check(const struct pv_stats *stats)
{
	struct pv_count wanted = {.refused = stats->total.refused};

	for (size_t i = 0; i < pass.n; i++) {
		wanted.sites += verdicts[i].counts || verdicts[i].why;
		wanted.kind[verdicts[i].kind] += verdicts[i].counts;
	}
	must(wanted.sites == stats->total.sites, "%u sites, not %u", wanted.sites,
	     stats->total.sites);
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		must(wanted.kind[kind] == stats->total.kind[kind], "%u of kind %u, not %u",
		     wanted.kind[kind], kind, stats->total.kind[kind]);
	must(bytes_changed == stats->bytes && bytes_padded == stats->pad,
	     "%u bytes, %u of padding, not %u and %u", bytes_changed, bytes_padded, stats->bytes,
	     stats->pad);
	refusals_check(stats);
	rows_check(stats);
}

static void text_check(void)
{
	for (unsigned image = 0; image < IMAGES; image++) {
		const struct area *a = &areas[image];

		for (unsigned i = 0; i < a->size; i++) {
			bool owned = owners[image][i].who != NOBODYS;

			must(a->image.text[i] == expected[image][i],
			     "byte %u of image %u: %02x, not %02x", i, image, expected[image][i],
			     a->image.text[i]);
			must(a->written[i] == changed[image][i], "byte %u of image %u %swritten", i,
			     image, changed[image][i] ? "" : "not ");
			must(pv_owned(a->image.text + i) == owned, "byte %u of image %u %sowned", i,
			     image, owned ? "" : "not ");
		}
		nothing_beyond(a);
	}
	must(writes == changes, "%u writes, one a site, not %u", changes, writes);
}

/* The pass as it is set up; what it must do is in the model. */
static void run(enum pv_mode mode, struct pv_stats *stats)
{
	static struct pv_count rows[PV_FEATURE_ROWS];

	memset(stats, 0, sizeof(*stats));
	memset(rows, 0, sizeof(rows));
	stats->row = pass.family->rows ? rows : NULL;
	remember();
	hide(true);
	pv_apply(pass.family, pass.first, pass.last, pass.from, pass.to, mode, stats);
	hide(false);
	must(rounds == (mode == PV_STOPPED) && phase == IDLE, "one round, not %u", rounds);
	stats_check(stats);
}

static void dry_then_pass(bool dry_only)
{
	struct pv_stats dry, done;

	remember();
	list();
	run(PV_DRY, &dry);
	nothing_changed("a dry run");
	must(!writes, "no writes in a dry run");
	if (dry_only)
		return;
	run(PV_STOPPED, &done);
	must(!memcmp(&dry, &done, sizeof(dry)), "a dry run that foretells the pass");
	model_commit();
	text_check();
}

/* A table may end within a record, or before its start: torn is 0, or how. */
static void alternatives(bool dry_only, uint8_t torn)
{
	struct pv_stats again;

	pass = (struct pass){&alternative_family,
			     (const uint8_t *)alts,
			     NULL,
			     nr_alts,
			     NULL,
			     &features_now,
			     false};
	pass.torn = torn && nr_alts;
	if (pass.torn)
		pass.n = torn & 1 ? nr_alts - 1 : 0;
	pass.last = pass.first + pass.n * sizeof(*alts);
	if (pass.torn && torn & 1)
		pass.last += 1 + torn / 2 % 11;
	else if (pass.torn)
		pass.last -= sizeof(*alts);
	model_alternatives(alts, pass.n);
	dry_then_pass(dry_only);
	if (dry_only)
		return;
	model_alternatives(alts, pass.n);
	must(!changes, "a model in which the same pass again changes nothing");
	run(PV_STOPPED, &again);
	nothing_changed("the same pass again");
	text_check();
}

static void lock_prefixes(bool dry_only, bool from_up, bool to_up)
{
	const uint8_t *state[2] = {&smp_locks_smp, &smp_locks_up};

	pass = (struct pass){&smp_locks_family,
			     (const uint8_t *)locks,
			     (const uint8_t *)(locks + nr_locks),
			     nr_locks,
			     state[from_up],
			     state[to_up],
			     false};
	model_locks(locks, nr_locks, from_up, to_up);
	dry_then_pass(dry_only);
	if (!dry_only)
		locks_up = to_up;
}

static void features_change(uint8_t set)
{
	for (unsigned i = 0; i < NR_FEATURES; i++)
		if (features[i] / 32 < PV_FEATURE_WORDS && set >> i & 1)
			host_features[features[i] / 32] ^= 1u << features[i] % 32;
	alternative_state_make(&features_now, replacements, replacements_end);
}

/* Once an image; in eights, which is what ASan can poison; not where replacements are. */
static void give_up(struct area *a, struct input *in)
{
	size_t start = take8(in) % a->size & ~7u, n = 8u + (take8(in) & 0x38);
	uint8_t *gone = a->image.text + start;

	if (a->image.gone || start + n > a->size ||
	    (gone < replacements_end && replacements < gone + n))
		return;
	a->image.gone = gone;
	a->image.gone_end = gone + n;
}

static void step(struct input *in)
{
	uint8_t how = take8(in);
	bool dry_only = (how & 0x18) == 0x18;

	switch (how & 7) {
	case 0:
	case 1:
	case 2: alternatives(dry_only, 0); break;
	case 3:
	case 4: lock_prefixes(dry_only, locks_up, how & 0x20); break;
	case 5: features_change(take8(in)); break;
	case 6: give_up(&areas[how >> 5 & 1], in); break;
	default:
		if (how & 0x40)
			alternatives(dry_only, take8(in));
		else
			lock_prefixes(dry_only, how & 0x20, how & 0x80);
		break;
	}
}

static void fuzz_groups(struct input *in)
{
	struct input steps = take_part(in, 28), records = take_part(in, 160);

	memset(owners, 0, sizeof(owners));
	memset(host_features, 0, sizeof(host_features));
	locks_up = false;
	pv_nops_select(take8(&steps) % 3, take8(&steps) % 20);
	areas_fill(in, &steps);
	tables_make(&records);
	features_change((uint8_t)~take8(&steps));
	for (unsigned i = 0; i < STEPS_MAX && (!i || steps.at < steps.end); i++)
		step(&steps);
	tables_free();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	fuzz_groups(&in);
	return 0;
}

#pragma clang attribute pop
