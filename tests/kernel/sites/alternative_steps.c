// SPDX-License-Identifier: MIT
/*
 * Several records of one site, seen from between the instructions of the pass: only the winner's
 * bytes are ever written. A debug exception after each of the engine's instructions looks at the
 * site, where an NMI could, too: its first bytes are the final ones, the rest is as before.
 */
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/host.h"
#include "tests/kernel/sites/alternative.h"

#define LEN     5 /* of the longest replacement, and so of the sites */
#define RECORDS 3

extern uint8_t _pv_text[], _text[];
extern const uint8_t __alt_replacements[], __alt_replacements_end[];

static struct {
	const volatile uint8_t *at;
	uint8_t before[LEN], after[LEN];
} site;

/* What the hook saw; it runs where nothing can be printed. */
static struct {
	uint32_t steps, old, final, neither;
	uint8_t found[LEN];
} seen;

static PV_TEXT void look(void)
{
	unsigned begin = 0, end = 0;

	while (begin < LEN && site.at[begin] == site.after[begin])
		begin++;
	while (end < LEN && site.at[LEN - 1 - end] == site.before[LEN - 1 - end])
		end++;
	seen.steps++;
	if (end == LEN)
		seen.old++;
	else if (begin == LEN)
		seen.final++;
	else if (begin + end < LEN && !seen.neither++)
		for (unsigned i = 0; i < LEN; i++)
			seen.found[i] = site.at[i];
}

static PV_TEXT void on_step(struct regs *regs)
{
	if (regs->eip - (uint32_t)_pv_text < (uint32_t)(_text - _pv_text))
		look();
}

static void apply(struct ktap *t, const struct alt_instr *records, uint32_t features, int step)
{
	static struct alternative_state state;
	static struct pv_stats stats;

	alternative_state_make(&state, __alt_replacements, __alt_replacements_end);
	state.features[2] = features;
	pv_stats_begin(&stats, NULL);
	memset(&seen, 0, sizeof(seen));
	trap_debug_hook = on_step;
	trap_single_step(step);
	pv_apply(&alternative_family, records, records + RECORDS, NULL, &state, PV_STOPPED, &stats);
	trap_single_step(0);
	trap_debug_hook = NULL;
	CHECK_EQ(t, stats.total.sites, 1, "the records have one site");
	CHECK_EQ(t, stats.total.refused, 0, "which is not refused");
}

static void check_seen(struct ktap *t, const char *name, uint32_t from, uint32_t to)
{
	CHECK(t, seen.steps > 200, "%s, %x to %x: the pass was stepped, found %u steps", name, from,
	      to, seen.steps);
	CHECK_EQ(t, seen.neither, 0,
		 "%s, %x to %x: its bytes are old or final at each of %u steps, not %02x %02x %02x "
		 "%02x %02x",
		 name, from, to, seen.steps, seen.found[0], seen.found[1], seen.found[2],
		 seen.found[3], seen.found[4]);
	CHECK(t, seen.old && seen.final, "%s, %x to %x: old at %u steps and final at %u", name,
	      from, to, seen.old, seen.final);
}

static void copy_site(uint8_t *to)
{
	for (unsigned i = 0; i < LEN; i++)
		to[i] = site.at[i];
}

/* From one set of features to another, for which the site has other bytes. */
static void check_steps(struct ktap *t, const char *name, const struct alt_instr *records,
			uint32_t from, uint32_t to)
{
	alt_test_restore(t);
	apply(t, records, to, 0);
	copy_site(site.after);
	alt_test_restore(t);
	if (from)
		apply(t, records, from, 0);
	copy_site(site.before);
	apply(t, records, to, 1);
	check_seen(t, name, from, to);
	CHECK(t, !memcmp((const void *)(uint32_t)site.at, site.after, LEN),
	      "%s, %x to %x: the site is as without steps", name, from, to);
}

#define ALL (1 << 1 | 1 << 2 | 1 << 3)

static const struct {
	const char *name;
	alt_test_fn *function;
	uint8_t first; /* record's feature: its bytes stand there when the last one's come */
} groups[] = {
	{"123", alt_c_123, 1}, {"132", alt_c_132, 1},   {"213", alt_c_213, 2},
	{"231", alt_c_231, 2}, {"312", alt_asm_312, 3}, {"321", alt_asm_321, 3},
};

/* By name only, for it takes some seconds. */
static void last_wins_at_once(struct ktap *t)
{
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct alt_instr *records = alt_test_find((const void *)groups[i].function);

		if (!CHECK(t, records && records->instrlen == LEN, "%s has a site", groups[i].name))
			break;
		site.at = alt_test_site(records);
		check_steps(t, groups[i].name, records, 0, ALL);
		check_steps(t, groups[i].name, records, 1u << groups[i].first, ALL);
	}
	alt_test_restore(t);
}

static const struct ktap_test tests[] = {
	{.name = "last_wins_at_once", .run = last_wins_at_once, .by_name_only = true},
};
KTAP_SUITE(alternative_steps, tests);
