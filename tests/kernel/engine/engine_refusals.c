// SPDX-License-Identifier: MIT
/*
 * What the engine refuses: each kind of bad record, with its reason; the site and all that is not a
 * site untouched, the neighbours patched. A dry run finds the same and changes nothing.
 */
#include "lib/string.h"
#include "pv/engine.h"
#include "pv/nops.h"
#include "tests/kernel/engine/engine_family.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct fake_record before = {FAKE(64), .len = 8, .n = 3, .kind = PV_INLINE};
static const struct fake_record behind = {FAKE(128), .len = 8, .n = 5, .kind = PV_CALL};

/* Bad in the middle of good ones; `before` is patched by then. */
static const struct bad_case {
	const char *what;
	enum pv_why why;
	struct fake_record record;
} bad[] = {
	{"a type that is none", PV_WHY_TYPE, {FAKE(90), .len = 8, .n = 3, .why = PV_WHY_TYPE}},
	{"clobbers", PV_WHY_CLOBBER, {FAKE(90), .len = 8, .n = 3, .why = PV_WHY_CLOBBER}},
	{"no length", PV_WHY_LENGTH, {FAKE(90), .len = 0, .n = 0}},
	{"one byte too many", PV_WHY_LENGTH, {FAKE(90), .len = 8, .n = 9}},
	{"many bytes too many", PV_WHY_LENGTH, {FAKE(90), .len = 1, .n = 255}},
	{"the byte before text", PV_WHY_RANGE, {FAKE(-1), .len = 1}},
	{"across the start of text", PV_WHY_RANGE, {FAKE(-4), .len = 8}},
	{"across the end of text", PV_WHY_RANGE, {FAKE(FAKE_SIZE - 7), .len = 8}},
	{"right behind text", PV_WHY_RANGE, {FAKE(FAKE_SIZE), .len = 1}},
	{"longer than the rest of text", PV_WHY_RANGE, {FAKE(FAKE_SIZE - 1), .len = 255}},
	{"a null pointer", PV_WHY_RANGE, {.at = NULL, .len = 8}},
	{"the last byte there is", PV_WHY_RANGE, {.at = (uint8_t *)0xffffffff, .len = 1}},
	{"across the end of memory", PV_WHY_RANGE, {.at = (uint8_t *)0xfffffffc, .len = 255}},
	{"the engine's own section", PV_WHY_OWN, {.at = fake_own, .len = 8}},
	{"the last byte of it", PV_WHY_OWN, {.at = fake_own + FAKE_OWN - 1, .len = 1}},
	{"across the start of it", PV_WHY_OWN, {.at = fake_own - 4, .len = 5}},
	{"right before it", PV_WHY_RANGE, {.at = fake_own - 4, .len = 4}},
	{"right behind it", PV_WHY_RANGE, {.at = fake_own + FAKE_OWN, .len = 4}},
	{"one byte of overlap, at the end", PV_WHY_OVERLAP, {FAKE(71), .len = 8, .n = 2}},
	{"inside another site", PV_WHY_OVERLAP, {FAKE(66), .len = 2, .n = 2}},
	{"the same site", PV_WHY_OVERLAP, {FAKE(64), .len = 8, .n = 3}},
	{"behind the first byte of one", PV_WHY_OVERLAP, {FAKE(65), .len = 255, .n = 1}},
};

static void check_bad(struct ktap *t, const struct bad_case *c)
{
	struct fake_record records[3] = {before, c->record, behind};

	fake_reset();
	fake_apply(t, records, 3, &fake_linked, &fake_patched, PV_STOPPED);
	fake_expect_linked();
	fake_expect(&before);
	fake_expect(&behind);
	CHECK_EQ(t, fake_stats.total.refused, 1, "%s: one site is refused", c->what);
	CHECK_EQ(t, fake_stats.refusal[0].why, c->why, "%s: %s, found %s", c->what,
		 pv_why_text(c->why), pv_why_text(fake_stats.refusal[0].why));
	CHECK(t, fake_stats.refusal[0].record == &records[1], "%s: the record is named", c->what);
	CHECK(t, fake_stats.refusal[0].at == c->record.at, "%s: the place is named", c->what);
	CHECK(t, fake_text_as_expected(), "%s: untouched, its neighbours patched", c->what);
	fake_apply(t, records, 3, &fake_patched, &fake_linked, PV_STOPPED);
	fake_expect_linked();
	CHECK(t, fake_text_as_expected(), "%s: undone", c->what);
	CHECK_EQ(t, fake_stats.total.refused, 1, "%s: refused on the way back too", c->what);
}

static void refuses_bad_records(struct ktap *t)
{
	for (unsigned i = 0; i < COUNT(bad); i++)
		check_bad(t, &bad[i]);
}

/* What a refusal says of the text: as it is, and as `state` has it. */
static void check_compared(struct ktap *t, const struct pv_refusal *refusal, const void *state,
			   const char *what)
{
	static struct pv_site site;
	unsigned n = refusal->n, skip = refusal->skip;

	if (!CHECK(t, refusal->record, "%s: the record is named", what))
		return;
	fake_family.bytes(refusal->record, state, &site);
	pv_nops_fill(site.bytes + site.n, site.len - site.n);
	CHECK(t, n && skip + n <= site.len, "%s: bytes are remembered: %u from %u on", what, n,
	      skip);
	CHECK(t, !memcmp(refusal->expected, site.bytes + skip, n), "%s: those expected", what);
	CHECK(t, !memcmp(refusal->found, site.at + skip, n), "%s: and those found", what);
	CHECK(t, memcmp(refusal->found, refusal->expected, n), "%s: which are others", what);
}

static void refuses_other_bytes(struct ktap *t)
{
	struct fake_record records[3] = {
		before, {FAKE(90), .len = 8, .n = 3, .kind = PV_INLINE}, behind};

	for (unsigned wrong = 0; wrong < 8; wrong++) {
		fake_reset();
		fake_text[90 + wrong] ^= 0x10;
		fake_apply(t, records, 3, &fake_linked, &fake_patched, PV_STOPPED);
		fake_expect_linked();
		fake_expect(&before);
		fake_expect(&behind);
		CHECK_EQ(t, fake_stats.refusal[0].why, PV_WHY_BYTES, "byte %u is wrong", wrong);
		CHECK_EQ(t, fake_stats.total.refused, 1, "one site is refused");
		check_compared(t, &fake_stats.refusal[0], &fake_linked, "as linked");
		CHECK_EQ(t, fake_stats.refusal[0].skip, wrong < PV_SHOWN ? 0 : wrong,
			 "from the start on, unless that is the same");
		fake_text[90 + wrong] ^= 0x10;
		CHECK(t, fake_text_as_expected(), "byte %u wrong: the site is left alone", wrong);
	}
}

static void refuses_the_wrong_state(struct ktap *t)
{
	struct fake_record records[2] = {before, behind};

	fake_reset();
	fake_apply(t, records, 2, &fake_linked, &fake_patched, PV_STOPPED);
	fake_apply(t, records, 2, &fake_linked, &fake_patched, PV_STOPPED);
	CHECK_EQ(t, fake_stats.total.refused, 2, "patched sites are not patched again");
	fake_apply(t, records, 2, &fake_third, &fake_linked, PV_STOPPED);
	CHECK_EQ(t, fake_stats.total.refused, 2, "nor undone from a state that they are not in");
	CHECK_EQ(t, fake_stats.refusal[1].why, PV_WHY_BYTES, "because the bytes are others");
	check_compared(t, &fake_stats.refusal[0], &fake_third, "not those of the state before");
	fake_expect_linked();
	fake_expect(&before);
	fake_expect(&behind);
	CHECK(t, fake_text_as_expected(), "and they stay as they are");
	fake_apply(t, records, 2, &fake_patched, &fake_linked, PV_STOPPED);
	fake_apply(t, records, 2, &fake_patched, &fake_linked, PV_STOPPED);
	CHECK_EQ(t, fake_stats.total.refused, 2, "nothing is undone twice");
}

static void apply_bytes(const void *first, const void *last)
{
	fake_reset();
	pv_stats_begin(&fake_stats, NULL);
	pv_apply(&fake_family, first, last, &fake_linked, &fake_patched, PV_STOPPED, &fake_stats);
}

static void refuses_bad_tables(struct ktap *t)
{
	struct fake_record records[2] = {before, behind};
	const uint8_t *first = (const uint8_t *)records;

	for (size_t extra = 1; extra < sizeof(records[0]); extra++) {
		apply_bytes(first, first + sizeof(records[0]) + extra);
		CHECK_EQ(t, fake_stats.refusal[0].why, PV_WHY_TABLE, "%zu bytes too many", extra);
		CHECK(t, !fake_stats.refusal[0].record, "no record is to blame");
		CHECK_EQ(t, fake_stats.total.refused, 1, "one refusal");
		CHECK_EQ(t, fake_stats.total.sites, 1, "the whole records are applied");
		fake_expect_linked();
		fake_expect(&before);
		CHECK(t, fake_text_as_expected(), "and nothing but them");
	}
	apply_bytes(first + sizeof(records), first);
	CHECK_EQ(t, fake_stats.refusal[0].why, PV_WHY_TABLE, "a table ends before it starts");
	CHECK_EQ(t, fake_stats.total.refused, 1, "one refusal");
	CHECK_EQ(t, fake_stats.total.sites, 0, "no record is read");
	fake_expect_linked();
	CHECK(t, fake_text_as_expected(), "and nothing is written");
}

static void counts_refusals_beyond_the_list(struct ktap *t)
{
	static struct fake_record records[PV_REFUSED_MAX + 41];
	unsigned in_order = 0;

	for (unsigned i = 0; i < COUNT(records); i++)
		records[i] = (struct fake_record){FAKE(FAKE_SIZE + i), .len = 6, .n = 1};
	records[COUNT(records) - 1] = behind;
	fake_reset();
	fake_apply(t, records, COUNT(records), &fake_linked, &fake_patched, PV_STOPPED);
	for (unsigned i = 0; i < PV_REFUSED_MAX; i++)
		in_order += fake_stats.refusal[i].record == &records[i];
	CHECK_EQ(t, fake_stats.total.refused, PV_REFUSED_MAX + 40, "all refusals are counted");
	CHECK_EQ(t, fake_stats.listed, PV_REFUSED_MAX, "as many as the list holds are listed");
	CHECK_EQ(t, in_order, PV_REFUSED_MAX, "the first ones, in the table's order");
	fake_expect(&behind);
	CHECK(t, fake_text_as_expected(), "a good record after them is applied");
}

static struct fake_record all[COUNT(bad) + 3];

static void make_all(void)
{
	all[0] = before;
	for (unsigned i = 0; i < COUNT(bad); i++)
		all[i + 1] = bad[i].record;
	all[COUNT(bad) + 1] = behind;
	all[COUNT(bad) + 2] = behind;
}

static bool same_result(const struct pv_stats *a, const struct pv_stats *b)
{
	return !memcmp(&a->total, &b->total, sizeof(a->total)) && a->bytes == b->bytes &&
	       a->pad == b->pad && a->listed == b->listed &&
	       !memcmp(a->refusal, b->refusal, sizeof(a->refusal));
}

static void dry_runs_change_nothing(struct ktap *t)
{
	static struct pv_stats dry;

	make_all();
	fake_reset();
	for (unsigned round = 0; round < 2; round++) {
		const void *from = round ? &fake_patched : &fake_linked;
		const void *to = round ? &fake_linked : &fake_patched;

		fake_apply(t, all, COUNT(all), from, to, PV_DRY);
		dry = fake_stats;
		CHECK(t, fake_text_as_expected(), "a dry run writes nothing");
		fake_apply(t, all, COUNT(all), from, to, PV_STOPPED);
		CHECK(t, same_result(&dry, &fake_stats), "the pass does what the dry run said");
		CHECK_EQ(t, fake_stats.total.refused, COUNT(bad) + 1, "overlaps are found in both");
		fake_expect(&before);
		fake_expect(&behind);
	}
}

struct visits {
	unsigned n, wrong;
	const uint8_t *last;
	enum pv_why why[COUNT(all)];
};

static void visit(const void *record, enum pv_why why, const struct pv_site *old_site,
		  const struct pv_site *new_site, void *arg)
{
	struct visits *visits = arg;

	unsigned i = (unsigned)((const struct fake_record *)record - all);

	visits->wrong += i >= COUNT(all) || all[i].at < visits->last;
	visits->last = all[i].at;
	visits->n++;
	visits->why[i] = why;
	if (!why)
		visits->wrong += memcmp(old_site->bytes, old_site->at, old_site->len) ||
				 new_site->at != old_site->at || new_site->len != old_site->len;
}

static void lists_each_record(struct ktap *t)
{
	struct visits visits = {0};

	make_all();
	fake_reset();
	pv_list(&fake_family, all, all + COUNT(all), &fake_linked, &fake_patched, visit, &visits);
	CHECK_EQ(t, visits.n, COUNT(all), "each record is visited once");
	CHECK_EQ(t, visits.wrong, 0,
		 "in the order of the sites, with the bytes that stand in text");
	CHECK_EQ(t, visits.why[0], PV_OK, "the first is good");
	for (unsigned i = 0; i < COUNT(bad); i++)
		CHECK_EQ(t, visits.why[i + 1], bad[i].why, "listed: %s", bad[i].what);
	CHECK_EQ(t, visits.why[COUNT(bad) + 2], PV_WHY_OVERLAP, "the last is there twice");
	CHECK(t, fake_text_as_expected(), "nothing is changed");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(refuses_bad_records),
	KTAP_TEST(refuses_other_bytes),
	KTAP_TEST(refuses_the_wrong_state),
	KTAP_TEST(refuses_bad_tables),
	KTAP_TEST(counts_refusals_beyond_the_list),
	KTAP_TEST(dry_runs_change_nothing),
	KTAP_TEST(lists_each_record),
};
KTAP_SUITE(engine_refusals, tests);
