// SPDX-License-Identifier: MIT
/*
 * bench-live on the command line: live changes of 1 to 10^5 sites, while all other CPUs work, there
 * and back; then 100 keys of 100 sites each, one by one and in one commit. What each took is its
 * event `change`, of the family "bench"; tests/bench/live.pl makes a table of them.
 *
 * The sites are made up: a NOP or a jump every eight bytes, in memory that is an image of its own
 * and that nobody runs through. So what is measured is the change, and not the breakpoints that a
 * kernel's work happens to meet.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/run.h"
#include "kernel/live/switch.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/nops.h"
#include "pv/poke.h"
#include <stddef.h>

#define SITES    100000u
#define STRIDE   8u
#define LEN      5u
#define KEYS     100u
#define KEY_EACH 100u
#define RUNS     10 /* commits, there and back */
#define RUNS_BIG 4  /* of 10^4 sites and more */

struct bench_record {
	uint8_t *at;
	uint32_t key;
};

static bool on[2][KEYS];
static const uint8_t versions[2] = {0, 1};

static PV_TEXT enum pv_why bench_bytes(const void *record, const void *state, struct pv_site *out)
{
	static const uint8_t jump[LEN] = {0xe9, 0x78, 0x56, 0x34, 0x12};

	const struct bench_record *bench = record;

	out->at = bench->at;
	out->len = LEN;
	out->n = out->row = 0;
	out->kind = PV_NOP;
	if (!state || !on[*(const uint8_t *)state][bench->key])
		return PV_OK;
	out->kind = PV_JMP;
	for (out->n = 0; out->n < LEN; out->n++)
		out->bytes[out->n] = jump[out->n];
	return PV_OK;
}

static const struct pv_family family = {.name = "bench",
					.record_size = sizeof(struct bench_record),
					.version = {&versions[0], &versions[1]},
					.bytes = bench_bytes};
static struct pv_image image = {.name = "bench"};
static struct pv_table table = {.family = &family};
static struct bench_record *records;
static struct pv_entry *entries, *spare;
static struct pv_change *changes;
static struct pv_stats stats;

static void *some(size_t bytes)
{
	return pages_alloc((uint32_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE));
}

static bool find_room(void)
{
	image.text = some(SITES * STRIDE);
	records = some(SITES * sizeof(*records));
	entries = some(SITES * sizeof(*entries));
	spare = some(SITES * sizeof(*spare));
	changes = some(KEYS * sizeof(*changes));
	image.text_end = image.text + SITES * STRIDE;
	return image.text && records && entries && spare && changes;
}

/* n records, of each key its own, ascending; the sites of all keys lie between each other. */
static void make(uint32_t n, unsigned keys)
{
	const uint32_t each = n / keys;

	for (uint32_t i = 0; i < n; i++) {
		records[i].at = image.text + (i % each * keys + i / each) * STRIDE;
		records[i].key = i / each;
		pv_nops_fill(records[i].at, LEN);
	}
	table.first = records;
	table.last = records + n;
	pv_index_make(&table, entries, spare);
	pv_table_add(&image, &table);
}

/* So many keys in one commit, the first so many records of each. */
static bool commit(unsigned key, unsigned n, uint32_t each, bool value)
{
	const char *why = pv_live_begin();

	if (why)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct bench_record *first = records + (key + i) * KEY_EACH;

		changes[i] = (struct pv_change){&family, first, first + each, NULL, NULL};
		on[!pv_present][key + i] = value;
	}
	pv_stats_begin(&stats, NULL);
	why = pv_commit(changes, n, &stats);
	for (unsigned i = 0; i < n; i++)
		on[!pv_present][key + i] = on[pv_present][key + i];
	pv_live_end();
	return !why;
}

static unsigned sizes(void)
{
	unsigned failed = 0;

	make(SITES, 1);
	for (uint32_t n = 1; n <= SITES && n <= options.bench_live; n *= 10)
		for (unsigned run = 0; run < (n < 10000 ? RUNS : RUNS_BIG); run++)
			failed += !commit(0, 1, n, run % 2 == 0);
	pv_table_remove(&image, &table);
	return failed;
}

static unsigned keys_beside_each_other(void)
{
	unsigned failed = 0;

	make(KEYS * KEY_EACH, KEYS);
	for (unsigned run = 0; run < RUNS_BIG; run++)
		failed += !commit(0, KEYS, KEY_EACH, run % 2 == 0);
	for (unsigned run = 0; run < RUNS_BIG; run++)
		for (unsigned key = 0; key < KEYS; key++)
			failed += !commit(key, 1, KEY_EACH, run % 2 == 0);
	pv_table_remove(&image, &table);
	return failed;
}

static volatile uint32_t over;

static void work(void *unused)
{
	(void)unused;
	while (!over)
		cpu_relax();
}

/* All sites of the kernel, from each back end to the next one; events `switch`. */
static unsigned switches(void)
{
	static const char *const names[] = {"soft", "native", "trace", "native"};
	const char *first = pv_backend_current()->name;
	unsigned failed = 0;

	for (unsigned run = 0; run < RUNS; run++)
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			failed += switch_backend(names[i]) != NULL;
	return failed + (switch_backend(first) != NULL);
}

static void bench_live(void)
{
	unsigned failed;

	if (!options.bench_live)
		return;
	if (!find_room()) {
		pr_warn("bench-live: there is not enough memory\n");
		return;
	}
	pv_image_add(&image);
	over = 0;
	for_each_other(cpu) smp_work(cpu, work, NULL);
	failed = sizes();
	if (options.bench_live >= SITES)
		failed += keys_beside_each_other() + switches();
	over = 1;
	pr_info("bench-live: %u changes could not be made; the others are events on the second "
		"port\n",
		failed);
}
RUN(RUN_MEASURE, "bench-live", bench_live);
