// SPDX-License-Identifier: MIT
/*
 * What the passes cost at native speed: the engine, with its index and facts as the build tool
 * leaves them and with both made at load, beside the floor (inlined stores of the final bytes, in
 * the order of addresses) and beside the engine as it was before sites were sorted. All patch the
 * same field in turns, so that whatever disturbs the machine disturbs all of them:
 *
 *	linux-6.1	the sites of a real kernel, one image and 16, in three states of the caches; "relocs" are
 *			those of paravirt, as calls of plain functions that were found after the link
 *	regular		10^2 to 10^6 records
 *
 *	pass [build/bench/pass.json]
 *	pass check			each row of few records once: are the bytes right?
 *
 *	near	the sites' text and all tables were read, and then another buffer, twice as large as
 * the second cache: they are in the last one, if that is large enough
 *	cold	all was flushed: how a boot loader leaves it
 *	hot	the same pass ran just before
 *
 * All times are a record's; a group of alternatives has more records than sites. The engine's time
 * includes the serialization (IRET). A missed budget is said, and the exit status is 0 all the
 * same: a busy machine is not a broken program. Wrong bytes or counts are, status 1.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

#include "tests/bench/pass_report.h"

#define ROUNDS_MAX   101
#define ROW_NS       1e9    /* about how long one row may take */
#define LONG_RECORDS 20000u /* so many take long enough to be interrupted */
#define STACK_BYTES  (1u << 20)

static double tick_ns;
static bool check_only;
static uint8_t *thrash;
static size_t thrash_bytes;

void bench_die(uint32_t text, uint32_t number)
{
	fprintf(stderr, "%s (%u)\n", (const char *)(uintptr_t)text, number);
	exit(1);
}

void bench_say(uint32_t text)
{
	fprintf(stderr, "%s\n", (const char *)(uintptr_t)text);
}

/* Small pages, as a kernel's text has. */
uint32_t bench_pages(uint32_t bytes)
{
	void *p = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "pass: no %u bytes below 4 GB\n", bytes);
		exit(1);
	}
	return (uint32_t)(uintptr_t)p;
}

void bench_pages_free(uint32_t at, uint32_t bytes)
{
	munmap((void *)(uintptr_t)at, bytes + 1);
}

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/*
 * Time on the CPU, without what others take of it. Reading that clock is a system call, so short
 * passes are measured by the time stamp counter. Stores count when they are done, not when the CPU
 * has noted them: some hundred may wait.
 */
static double now(uint32_t records)
{
	_mm_mfence();
	_mm_lfence();
	return records < LONG_RECORDS ? (double)__rdtsc() * tick_ns
				      : clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void now_init(void)
{
	double ns = clock_ns(CLOCK_MONOTONIC), end;
	uint64_t ticks = __rdtsc();

	do
		end = clock_ns(CLOCK_MONOTONIC);
	while (end - ns < 5e7);
	tick_ns = (end - ns) / (double)(__rdtsc() - ticks);
}

static void thrash_init(void)
{
	long size = sysconf(_SC_LEVEL2_CACHE_SIZE);

	thrash_bytes = 2 * (size_t)(size > 0 ? size : 1 << 20);
	thrash = (uint8_t *)(uintptr_t)bench_pages((uint32_t)thrash_bytes);
}

/* Text is as linked; now the caches. */
static void state_make(const struct row *row, unsigned who)
{
	switch (row->state) {
	case STATE_NEAR:
		field_touch();
		for (size_t i = 0; i < thrash_bytes; i += 64)
			(void)*(volatile uint8_t *)(thrash + i);
		break;
	case STATE_COLD: field_flush(); break;
	default: field_run(who, row->families); field_prepare(who, row->families);
	}
}

static double time_one(const struct row *row, unsigned who)
{
	double before, start, end;

	field_prepare(who, row->families);
	state_make(row, who);
	before = now(row->records);
	start = now(row->records);
	field_run(who, row->families);
	end = now(row->records);
	field_check(who, row->families);
	return end - start - (start - before);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct row *row)
{
	static double ns[NR_WHO][ROUNDS_MAX];

	for (unsigned i = 0; i < row->rounds; i++)
		for (unsigned who = 0; who < NR_WHO; who++)
			if (field_has(who))
				ns[who][i] = time_one(row, who);
	for (unsigned who = 0; who < NR_WHO; who++)
		if (field_has(who)) {
			qsort(ns[who], row->rounds, sizeof(double), by_value);
			row->ns[who] = ns[who][row->rounds / 2];
		}
}

static struct row rows[100];
static unsigned nr_rows;

/* An odd number, so that one of them is the median. */
static unsigned rounds_of(const struct row *row)
{
	const double rounds = ROW_NS / (row->records * 2000.0);

	if (check_only)
		return 1;
	return (rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds < 3 ? 3 : (unsigned)rounds) | 1;
}

static void measure_row(struct row row)
{
	row.records = field_make(row.size, row.families, row.images);
	row.rounds = rounds_of(&row);
	measure(&row);
	field_free();
	row.slope = row.ns[WHO_ENGINE] / row.records;
	if (nr_rows && row.size > rows[nr_rows - 1].size && rows[nr_rows - 1].size)
		row.slope = (row.ns[WHO_ENGINE] - rows[nr_rows - 1].ns[WHO_ENGINE]) /
			    (row.records - rows[nr_rows - 1].records);
	report_row(&row);
	fflush(stdout);
	rows[nr_rows++] = row;
}

static uint32_t families_of(unsigned i)
{
	if (i > FAMILIES)
		return FIELD_FOUND | 1u << FAMILY_PARAVIRT;
	return i < FAMILIES ? 1u << i : ALL_FAMILIES;
}

static void measure_linux(void)
{
	static const char *const titles[STATES] = {"text out of the first caches (near)",
						   "text and tables flushed (cold)",
						   "the same pass ran just before (hot)"};

	report_linux_head();
	for (unsigned state = 0; state < STATES; state++) {
		printf("%s\n", titles[state]);
		for (uint32_t images = 1; images <= (check_only ? 1 : IMAGES_MAX);
		     images *= IMAGES_MAX)
			for (unsigned i = 0; i <= FAMILIES + 1; i++)
				measure_row((struct row){.size = FIELD_LINUX,
							 .families = families_of(i),
							 .images = images,
							 .state = (enum state)state});
	}
}

static void measure_regular(void)
{
	report_regular_head();
	for (unsigned i = 0; i <= FAMILIES; i++)
		for (unsigned state = 0; state < STATES; state++)
			for (uint32_t size = 100; size <= (check_only ? 1000 : 1000000); size *= 10)
				measure_row((struct row){.size = size,
							 .families = families_of(i),
							 .images = 1,
							 .state = (enum state)state});
}

static const char *path;

/* On a stack below 4 GB. */
static void run(void)
{
	now_init();
	thrash_init();
	if (!strcmp(PASS_WAY, "x32"))
		printf("\nThis machine runs no i386 programs: the passes are measured as the same "
		       "sources in 64-bit\ncode with 32-bit pointers. Ratios are near those of the "
		       "kernel's own objects, not equal.\n");
	if (!field_has(WHO_BEFORE))
		printf("\nNo engine to compare with: git, or the commit, is missing.\n");
	measure_linux();
	measure_regular();
	if (path && !report_json(path, rows, nr_rows)) {
		perror(path);
		exit(1);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	static ucontext_t low, here;

	check_only = argc > 1 && !strcmp(argv[1], "check");
	path = argc > 1 && !check_only ? argv[1] : NULL;
	getcontext(&low);
	low.uc_stack.ss_sp = (void *)(uintptr_t)bench_pages(STACK_BYTES);
	low.uc_stack.ss_size = STACK_BYTES;
	makecontext(&low, run, 0);
	swapcontext(&here, &low);
	return 1;
}
