// SPDX-License-Identifier: MIT
/*
 * The kernel's own alternatives after the boot: each is what this CPU's features say, and looking
 * at a copy of the whole table finds nothing left to do.
 */
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/tsc.h"
#include "arch/x86/dev/timer.h"
#include "kernel/patch/image.h"
#include "kernel/test/kept.h"
#include "lib/string.h"
#include "pv/feature_names.h"
#include "pv/nops.h"
#include "pv/outside.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/sites/alternative.h"

#define RECORDS 512

/* A function whose first instruction is the site. */
#define FIRST(name, statement)                        \
	static __attribute__((naked)) void name(void) \
	{                                             \
		statement;                            \
		asm("ret");                           \
	}

FIRST(do_mb, mb())
FIRST(do_rmb, rmb())
FIRST(do_wmb, wmb())

static const uint8_t locked_add[] = {0xf0, 0x83, 0x04, 0x24, 0x00};

static void barrier_is(struct ktap *t, const char *name, void (*function)(void), unsigned feature,
		       uint8_t fence)
{
	uint8_t expected[5] = {0x0f, 0xae, fence};

	pv_nops_fill(expected + 3, 2);
	if (!cpu_has(feature))
		memcpy(expected, locked_add, sizeof(expected));
	CHECK(t, !memcmp((const void *)function, expected, sizeof(expected)),
	      "%s is %s on this CPU", name, cpu_has(feature) ? "a fence" : "a locked add");
	function();
}

static void barriers(struct ktap *t)
{
	barrier_is(t, "mb", do_mb, X86_FEATURE_XMM2, 0xf0);
	barrier_is(t, "rmb", do_rmb, X86_FEATURE_XMM2, 0xe8);
	barrier_is(t, "wmb", do_wmb, X86_FEATURE_XMM, 0xf8);
}

/* An if answers what cpu_has() answers. */
#define SAME(t, feature)                                                                           \
	do {                                                                                       \
		CHECK_EQ(t, alternative_has_feature_likely(feature), cpu_has(feature),             \
			 "likely: " #feature);                                                     \
		CHECK_EQ(t, alternative_has_feature_unlikely(feature), cpu_has(feature),           \
			 "unlikely: " #feature);                                                   \
		CHECK_EQ(t, alternative_has_feature_likely(ALT_NOT(feature)), !cpu_has(feature),   \
			 "likely not: " #feature);                                                 \
		CHECK_EQ(t, alternative_has_feature_unlikely(ALT_NOT(feature)), !cpu_has(feature), \
			 "unlikely not: " #feature);                                               \
	} while (0)

static void statements_know_the_cpu(struct ktap *t)
{
	SAME(t, X86_FEATURE_ALWAYS);
	SAME(t, X86_FEATURE_FPU);
	SAME(t, X86_FEATURE_TSC);
	SAME(t, X86_FEATURE_CX8);
	SAME(t, X86_FEATURE_XMM2);
	SAME(t, X86_FEATURE_ERMS);
	SAME(t, X86_FEATURE_SMAP);
	SAME(t, X86_FEATURE_RDTSCP);
	SAME(t, X86_FEATURE_HYPERVISOR);
}

static void time_stamps_are_ordered(struct ktap *t)
{
	uint64_t last;

	KTAP_SKIP_UNLESS(t, cpu_has(X86_FEATURE_TSC), "no TSC");
	last = rdtsc_ordered();
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now = rdtsc_ordered();

		if (!CHECK(t, now >= last, "%llu comes not before %llu", now, last))
			return;
		last = now;
	}
}

static void time_goes_on(struct ktap *t)
{
	uint64_t start = timer_ns(), last = start;

	KTAP_SKIP_UNLESS(t, timer_present(), "no timer");
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now = timer_ns();

		if (!CHECK(t, now >= last, "%llu ns come not before %llu", now, last))
			return;
		last = now;
	}
	CHECK(t, last > start, "a thousand readings take time");
}

/* Each record, moved to another table, for the state that the sites are in: as a module's would be.
 */
static void nothing_is_left_to_do(struct ktap *t)
{
	static struct alt_instr copy[RECORDS];
	static struct pv_stats stats;
	const struct alt_instr *start = kernel_tables.alternatives;
	/* Of bytes: compilers differ in what two pointers make that are no whole records apart. */
	uint32_t size = (uint32_t)kernel_tables.alternatives_end - (uint32_t)start;
	unsigned n = size / sizeof(*start);

	CHECK_EQ(t, size % sizeof(*start), 0, "the table is whole records");
	if (!CHECK(t, n && n <= RECORDS, "there are some records and at most %u: %u", RECORDS, n))
		return;
	for (unsigned i = 0; i < n; i++) {
		int32_t moved = (int32_t)((uint32_t)&start[i] - (uint32_t)&copy[i]);

		copy[i] = start[i];
		copy[i].instr_offset += moved;
		copy[i].repl_offset += moved;
	}
	pv_stats_begin(&stats, NULL);
	pv_apply(&alternative_family, copy, copy + n, &alternative_state, &alternative_state,
		 PV_STOPPED, &stats);
	CHECK_EQ(t, stats.total.refused, 0, "no site is refused");
	CHECK_EQ(t, stats.bytes, 0, "and none is anything else than the features say");
	CHECK(t, stats.total.sites > 10, "there are more than 10 sites, found %u",
	      stats.total.sites);
}

static uint32_t refused_now(void)
{
	static struct pv_stats stats;

	pv_stats_begin(&stats, NULL);
	pv_apply(&alternative_family, kernel_tables.alternatives, kernel_tables.alternatives_end,
		 &alternative_state, &alternative_state, PV_DRY, &stats);
	return stats.total.refused;
}

/* Of a damaged image the way back may not be known. */
static bool is_whole(void)
{
	for (const struct pv_table *t = kernel_image.tables; t; t = t->next)
		if (t->family == &alternative_family && t->facts)
			return !refused_now();
	return false;
}

/* What the other CPUs do meanwhile: copies, by the site that has most in the middle of it. */
#define BYTES 600

static volatile uint32_t stop;
static DEFINE_PER_CPU(volatile uint32_t, copies);
static DEFINE_PER_CPU(volatile uint32_t, wrong);

static void copy_and_compare(void *unused)
{
	uint8_t from[BYTES], to[BYTES];

	(void)unused;
	while (!stop) {
		uint32_t round = this_cpu_read(copies), n = BYTES - round % 8;

		for (uint32_t i = 0; i < BYTES; i++) {
			from[i] = (uint8_t)(i * 3 + round);
			to[i] = 0;
		}
		copy_bytes(to, from, n);
		for (uint32_t i = 0; i < BYTES; i++)
			if (to[i] != (i < n ? from[i] : 0))
				this_cpu_inc(wrong);
		this_cpu_inc(copies);
	}
}

/* All CPUs wait meanwhile. Returns bytes; UINT32_MAX: it was not done, or not all of it. */
static uint32_t change_all(struct ktap *t, const struct alternative_state *from,
			   const struct alternative_state *to)
{
	static struct pv_stats stats;
	struct pv_change change = {&alternative_family, kernel_tables.alternatives,
				   kernel_tables.alternatives_end, from, to};
	const char *why;

	pv_stats_begin(&stats, NULL);
	why = pv_change_all(&change, &stats);
	CHECK(t, !why, "%s", why ? why : "done");
	return why || stats.total.refused ? UINT32_MAX : stats.bytes;
}

static void without(struct ktap *t, unsigned feature, uint64_t before, uint32_t *changed)
{
	static struct alternative_state other;
	uint32_t there, back;
	uint64_t between;

	other = alternative_state;
	other.features[feature / 32] &= ~(1u << feature % 32);
	there = change_all(t, &alternative_state, &other);
	between = kept_text();
	back = change_all(t, &other, &alternative_state);
	CHECK(t, there == back && there != UINT32_MAX, "without %s: %u bytes there, %u back",
	      pv_feature_name(feature), there, back);
	CHECK_EQ(t, between == before, !there, "and they are other ones");
	CHECK_EQ(t, kept_text(), before, "and the same afterwards");
	*changed += there;
}

/*
 * Applied again for a CPU that lacks a feature, and back, to the byte: what no record had decided
 * as linked was is among the facts. The other CPUs run through sites.
 */
static void as_on_another_cpu(struct ktap *t)
{
	uint64_t before = kept_text();
	uint32_t changed = 0;

	KTAP_SKIP_UNLESS(t, is_whole(), "the image is damaged");
	stop = 0;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		per_cpu(copies, cpu) = per_cpu(wrong, cpu) = 0;
	smp_others_begin(t, copy_and_compare, NULL);
	for (unsigned feature = 0; feature < PV_FEATURE_WORDS * 32 && !t->failures; feature++)
		if (pv_feature_name(feature) && feature != X86_FEATURE_ALWAYS && cpu_has(feature))
			without(t, feature, before, &changed);
	stop = 1;
	smp_others_end(t);
	CHECK(t, changed || !cpu_has(X86_FEATURE_FPU), "some features matter");
	for_each_other(cpu) CHECK_EQ(t, per_cpu(wrong, cpu), 0, "CPU %u copied what is there", cpu);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(as_on_another_cpu),
	KTAP_TEST(barriers),
	KTAP_TEST(statements_know_the_cpu),
	KTAP_TEST(time_stamps_are_ordered),
	KTAP_TEST(time_goes_on),
	KTAP_TEST(nothing_is_left_to_do),
};
KTAP_SUITE(alternative_kernel, tests);
