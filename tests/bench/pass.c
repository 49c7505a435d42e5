// SPDX-License-Identifier: MIT
/*
 * What the passes cost at native speed: the kernel's own objects (pv/engine.c and the rest, as
 * compiled for the kernel) patch synthesized text, beside a plain copy of the final bytes to the
 * same places in the same order. Each family alone, lock prefixes in both directions, and all
 * together. Each size is measured twice:
 *
 *	warm	text, records and maps were just touched, and are in the caches as far as they fit
 *	cold	they were flushed to memory: how a boot loader leaves them
 *
 *	pass [build/bench/pass.json]
 *
 * "copy" is a memcpy() a site with its length: a program that knows the answer. "stores" is the
 * floor below it: the same without a call. All times are a record's; a group of alternatives has
 * more records than sites. The engine's time includes saving IF (a stand-in) and the serialization
 * (IRET, as in the kernel). The budget, 20 ns a record up to 10^4 of them and 4 times the copy, is
 * for warm caches: cold, the machine's memory is measured. A miss is said, and the exit status is 0
 * all the same: a busy machine is not a broken program. Wrong bytes are, status 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/pass_field.h"

#define LENGTH(array)    (sizeof(array) / sizeof((array)[0]))
#define BUDGET_NS        20.0 /* a record, up to BUDGET_RECORDS */
#define BUDGET_RECORDS   10000u
#define BUDGET_RATIO     4.0
#define REPEATS_MAX      201
#define LONG_RECORDS     1000u /* so many take long enough to be interrupted */
#define NS_A_MEASUREMENT 4e8   /* about how long one row may take: big passes repeat less often */

static const struct subject {
	const char *name;
	unsigned tables;
	bool back; /* to the bytes as linked */
} subjects[] = {
	{"paravirt", FIELD_SITES(FIELD_PARAVIRT), false},
	{"alternatives", FIELD_SITES(FIELD_ALTERNATIVES), false},
	{"smp_locks, up", FIELD_SITES(FIELD_SMP_LOCKS), false},
	{"smp_locks, smp", FIELD_SITES(FIELD_SMP_LOCKS), true},
	{"all three",
	 FIELD_SITES(FIELD_PARAVIRT) | FIELD_SITES(FIELD_ALTERNATIVES) |
		 FIELD_SITES(FIELD_SMP_LOCKS),
	 false},
};

/* The bytes that a pass has to end with. */
static const uint8_t *wanted(const struct table *t, bool back)
{
	return back ? t->linked : t->final;
}

__attribute__((noinline)) static void copy_all(const struct field *f, bool back)
{
	for (const struct table *t = f->table; t < f->table + FIELD_TABLES; t++) {
		const uint8_t *bytes = wanted(t, back);

		for (unsigned i = 0; i < t->sites; bytes += t->places[i++].len)
			memcpy(t->places[i].at, bytes, t->places[i].len);
	}
}

typedef uint32_t __attribute__((may_alias, aligned(1))) word;
typedef uint16_t __attribute__((may_alias, aligned(1))) half;

__attribute__((noinline)) static void store_all(const struct field *f, bool back)
{
	for (const struct table *t = f->table; t < f->table + FIELD_TABLES; t++) {
		const uint8_t *bytes = wanted(t, back);

		for (unsigned i = 0; i < t->sites; i++) {
			uint8_t *at = t->places[i].at;
			unsigned n = t->places[i].len;

			for (; n >= 4; n -= 4, at += 4, bytes += 4)
				*(volatile word *)at = *(const word *)bytes;
			for (; n >= 2; n -= 2, at += 2, bytes += 2)
				*(volatile half *)at = *(const half *)bytes;
			if (n)
				*(volatile uint8_t *)at = *bytes++;
		}
	}
}

static void engine_all(const struct field *f, bool back)
{
	if (back)
		field_unpatch_locks(f);
	else
		field_patch(f);
}

/*
 * Time on the CPU, without what others take of it. Reading that clock is a system call, so the
 * shortest passes are measured by the other one, which is not.
 */
static double now(const struct field *f)
{
	struct timespec t;

	clock_gettime(f->records < LONG_RECORDS ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void check(const struct field *f, bool back)
{
	for (const struct table *t = f->table; t < f->table + FIELD_TABLES; t++) {
		const uint8_t *bytes = wanted(t, back);

		for (unsigned i = 0; i < t->sites; bytes += t->places[i++].len)
			if (memcmp(bytes, t->places[i].at, t->places[i].len))
				die("wrong bytes at a site", f->records);
	}
}

static const struct contestant {
	const char *name;
	void (*run)(const struct field *f, bool back);
} contestants[] = {{"engine", engine_all}, {"copy", copy_all}, {"stores", store_all}};

enum { ENGINE, COPY, STORES, NR_CONTESTANTS };

static double time_one(const struct contestant *who, const struct field *f, bool back, bool cold)
{
	double before, start, end;

	field_reset(f);
	if (back)
		field_patch(f);
	if (cold)
		field_flush(f);
	before = now(f);
	start = now(f);
	who->run(f, back);
	end = now(f);
	check(f, back);
	return end - start - (start - before);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

struct row {
	const struct subject *subject;
	unsigned records, repeats;
	double ns[2][NR_CONTESTANTS]; /* a pass, medians: warm, cold */
	double slope;                 /* ns for each record more than in the row before, warm */
};

/* In turns, so that whatever disturbs the machine disturbs all. */
static void measure(const struct field *f, struct row *row, bool cold)
{
	static double ns[NR_CONTESTANTS][REPEATS_MAX];

	for (unsigned i = 0; i < row->repeats; i++)
		for (unsigned who = 0; who < NR_CONTESTANTS; who++)
			ns[who][i] = time_one(&contestants[who], f, row->subject->back, cold);
	for (unsigned who = 0; who < NR_CONTESTANTS; who++)
		row->ns[cold][who] = median(ns[who], row->repeats);
}

static double ratio(const struct row *row, bool cold)
{
	return row->ns[cold][ENGINE] / row->ns[cold][COPY];
}

static const char *verdict(const struct row *row)
{
	bool time = row->records <= BUDGET_RECORDS && row->ns[0][ENGINE] / row->records > BUDGET_NS;

	if (ratio(row, false) > BUDGET_RATIO)
		return time ? "over budget: time, ratio" : "over budget: ratio";
	return time ? "over budget: time" : "in budget";
}

static void print_row(const struct row *row)
{
	double n = row->records;

	printf("%9u %8.1f %7.1f %7.1f %7.2f %7.1f   %8.1f %7.1f %7.2f %7u  %s\n", row->records,
	       row->ns[0][ENGINE] / n, row->ns[0][COPY] / n, row->ns[0][STORES] / n,
	       ratio(row, false), row->slope, row->ns[1][ENGINE] / n, row->ns[1][COPY] / n,
	       ratio(row, true), row->repeats, verdict(row));
}

static void json_row(FILE *out, const struct row *row, bool cold)
{
	fprintf(out, "{\"family\": \"%s\", \"records\": %u, \"caches\": \"%s\", ",
		row->subject->name, row->records, cold ? "cold" : "warm");
	for (unsigned who = 0; who < NR_CONTESTANTS; who++)
		fprintf(out, "\"%s_ns\": %.2f, ", contestants[who].name,
			row->ns[cold][who] / row->records);
	fprintf(out, "\"ratio\": %.3f, \"repeats\": %u, \"verdict\": \"%s\"}", ratio(row, cold),
		row->repeats, cold ? "-" : verdict(row));
}

static void json(const char *path, const struct row *rows, unsigned n)
{
	FILE *out = fopen(path, "w");

	if (!out)
		die(path, 0);
	fprintf(out,
		"{\"budget_ns\": %g, \"budget_records\": %u, \"budget_ratio\": %g, \"rows\": [",
		BUDGET_NS, BUDGET_RECORDS, BUDGET_RATIO);
	for (unsigned i = 0; i < 2 * n; i++) {
		fprintf(out, i ? ",\n" : "\n");
		json_row(out, &rows[i / 2], i % 2);
	}
	fprintf(out, "\n]}\n");
	if (fclose(out))
		die(path, 0);
}

static void measure_size(struct row *row, const struct row *before)
{
	unsigned repeats = (unsigned)(NS_A_MEASUREMENT / (row->records * 400.0)) | 1;
	struct field f;

	row->repeats = repeats > REPEATS_MAX ? REPEATS_MAX : repeats;
	field_make(&f, row->records, row->subject->tables);
	field_patch(&f);
	field_remember(&f);
	measure(&f, row, false);
	measure(&f, row, true);
	row->slope = row->ns[0][ENGINE] / row->records;
	if (before)
		row->slope = (row->ns[0][ENGINE] - before->ns[0][ENGINE]) /
			     (row->records - before->records);
	print_row(row);
	field_free(&f);
}

#define SIZES 5

static void measure_subject(const struct subject *subject, struct row *rows)
{
	static const unsigned sizes[SIZES] = {100, 1000, 10000, 100000, 1000000};

	printf("%s\n", subject->name);
	for (unsigned i = 0; i < SIZES; i++) {
		rows[i] = (struct row){.subject = subject, .records = sizes[i]};
		measure_size(&rows[i], i ? &rows[i - 1] : NULL);
	}
}

int main(int argc, char **argv)
{
	static struct row rows[LENGTH(subjects) * SIZES];

	field_init();
	printf("\nThe passes, native: ns a record, medians. Budget (warm): %g ns up to %u records, "
	       "ratio to copy %g\n",
	       BUDGET_NS, BUDGET_RECORDS, BUDGET_RATIO);
	printf("%9s %8s %7s %7s %7s %7s   %8s %7s %7s %7s  %s\n", "records", "engine", "copy",
	       "stores", "ratio", "slope", "cold:eng", "copy", "ratio", "repeats", "verdict");
	for (unsigned i = 0; i < LENGTH(subjects); i++)
		measure_subject(&subjects[i], rows + i * SIZES);
	printf("Over budget: a record of alternatives costs decoding the text below it, which may be "
	       "no\nwhole instructions, and the replacement, whose branches move; a lock prefix is one "
	       "byte, so\nthe copy is one store, and the engine's checks are as many as for six.\n");
	if (argc > 1)
		json(argv[1], rows, LENGTH(rows));
	return 0;
}
