// SPDX-License-Identifier: MIT
/*
 * What the patch pass costs at native speed: the kernel's own objects (pv/engine.c and the rest, as
 * compiled for the kernel) patch synthesized text, beside a plain copy of the final bytes to the
 * same places in the same order. Sites lie 100 to 400 bytes apart, at a million of them 64 bytes,
 * and hold the mix of ops that a kernel has. Each size is measured twice:
 *
' *	warm	text, records and maps were just touched, and are in the caches as far as they fit
 *	cold	they were flushed to memory: how a boot loader leaves them
 *
 *	pass [build/bench/pass.json]
 *
 * "copy" is a memcpy() a record with the record's length: a program that knows the answer. "stores"
 * is the floor below it: two moves of constant size. The engine's time includes saving IF (a
 * stand-in) and the serialization (IRET, as in the kernel). The budget, 20 ns a record up to 10^4
of
 * them and 4 times the copy, is for warm caches: cold, the machine's memory is measured. A miss is
 * said, and the exit status is 0 all the same: a busy machine is not a broken program. Wrong bytes
 * are, status 1.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/nops.h"
#include "pv/patch.h"

#define LENGTH(array)    (sizeof(array) / sizeof((array)[0]))
#define BUDGET_NS        20.0 /* a record, up to BUDGET_RECORDS */
#define BUDGET_RECORDS   10000u
#define BUDGET_RATIO     4.0
#define REPEATS_MAX      201
#define LINE             64u /* bytes that clflush takes away */
#define NS_A_MEASUREMENT 2e9 /* about how long one row may take: big passes repeat less often */

/* What pv/ wants of its host. */

uint32_t pv_host_irq_save(void)
{
	return 0;
}

void pv_host_irq_restore(uint32_t flags)
{
	(void)flags;
}

typedef uint32_t __attribute__((may_alias, aligned(1))) word;
typedef uint16_t __attribute__((may_alias, aligned(1))) half;

/* As arch/x86/paging.c does it while text is still writable. */
void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	for (; n >= 4; n -= 4, at += 4, bytes += 4)
		*(volatile word *)at = *(const word *)bytes;
	if (n & 2)
		*(volatile half *)at = *(const half *)bytes;
	if (n & 1)
		at[n & 2] = bytes[n & 2];
}

void pv_host_sync_self(void)
{
	asm volatile("pushf\n push %%cs\n push $1f\n iret\n1:" : : : "memory");
}

void pv_host_deliver(unsigned irq)
{
	(void)irq;
}

/* One CPU: nobody to wait for. */
void pv_host_gather(void)
{
}

void pv_host_release(void)
{
}

uint64_t pv_host_time(void)
{
	return 0;
}

bool pv_host_has(unsigned feature)
{
	(void)feature;
	return false;
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* One size: the text, its table, and what is copied. */
struct field {
	unsigned sites;
	size_t text_bytes, map_bytes;
	uint8_t *text, *map;
	struct paravirt_patch_site *records;
	uint8_t (*linked)[PV_SITE_LEN], (*final)[PV_SITE_LEN];
};

static struct pv_image image = {.name = "synthesized"};
static struct paravirt_state state;
static struct pv_stats stats;

static _Noreturn void die(const char *what, unsigned sites)
{
	fprintf(stderr, "pass: %s (%u sites)\n", what, sites);
	exit(1);
}

static void *pages(size_t bytes, unsigned sites)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap failed", sites);
	return p;
}

static uint32_t random_next(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* The irq group is most of a kernel's sites; the last ones are what is called and jumped to. */
static uint8_t random_type(void)
{
	static const uint8_t types[] = {
		PV_TYPE_save_fl,    PV_TYPE_save_fl,     PV_TYPE_restore_fl,  PV_TYPE_restore_fl,
		PV_TYPE_restore_fl, PV_TYPE_irq_disable, PV_TYPE_irq_disable, PV_TYPE_irq_disable,
		PV_TYPE_irq_enable, PV_TYPE_pte_val,     PV_TYPE_make_pte,    PV_TYPE_read_cr3,
		PV_TYPE_write_msr,  PV_TYPE_cpuid,       PV_TYPE_sched_clock, PV_TYPE_iret,
	};

	return types[random_next() % LENGTH(types)];
}

static unsigned random_step(unsigned sites)
{
	return sites < 1000000 ? 100 + random_next() % 301 : LINE;
}

static void field_site(struct field *f, unsigned i, size_t offset)
{
	uint8_t type = random_type();

	f->records[i] = (struct paravirt_patch_site){(uint32_t)(f->text + offset), type,
						     PV_SITE_LEN, PV_CLOBBER_ANY};
	memcpy(f->linked[i], paravirt_linked()->op[type].bytes, PV_SITE_LEN);
}

static void field_image(const struct field *f)
{
	static uint8_t own[16];

	image.text = f->text;
	image.text_end = f->text + f->text_bytes;
	image.own = own;
	image.own_end = own + sizeof(own);
	image.map = f->map;
	image.scratch = f->map; /* no dry runs here */
}

static void field_make(struct field *f, unsigned sites)
{
	size_t offset = 0;

	f->sites = sites;
	f->text_bytes = (size_t)sites * (sites < 1000000 ? 400 : LINE) + PV_SITE_LEN;
	f->map_bytes = PV_MAP_SIZE(f->text_bytes);
	f->text = pages(f->text_bytes, sites);
	f->map = pages(f->map_bytes, sites);
	f->records = pages(sites * sizeof(*f->records), sites);
	f->linked = pages(sites * sizeof(*f->linked), sites);
	f->final = pages(sites * sizeof(*f->final), sites);
	memset(f->text, 0xcc, f->text_bytes);
	for (unsigned i = 0; i < sites; i++, offset += random_step(sites))
		field_site(f, i, offset);
	field_image(f);
}

static void field_free(struct field *f)
{
	munmap(f->text, f->text_bytes);
	munmap(f->map, f->map_bytes);
	munmap(f->records, f->sites * sizeof(*f->records));
	munmap(f->linked, f->sites * sizeof(*f->linked));
	munmap(f->final, f->sites * sizeof(*f->final));
}

__attribute__((noinline)) static void copy_all(const struct field *f,
					       const uint8_t (*bytes)[PV_SITE_LEN])
{
	for (unsigned i = 0; i < f->sites; i++)
		memcpy((uint8_t *)f->records[i].instr, bytes[i], f->records[i].len);
}

__attribute__((noinline)) static void store_all(const struct field *f,
						const uint8_t (*bytes)[PV_SITE_LEN])
{
	for (unsigned i = 0; i < f->sites; i++) {
		uint8_t *at = (uint8_t *)f->records[i].instr;

		*(volatile word *)at = *(const word *)bytes[i];
		*(volatile half *)(at + 4) = *(const half *)(bytes[i] + 4);
	}
}

static void engine_all(const struct field *f, const uint8_t (*bytes)[PV_SITE_LEN])
{
	(void)bytes;
	stats = (struct pv_stats){.row = paravirt_rows};
	pv_apply(&paravirt_family, f->records, f->records + f->sites, paravirt_linked(), &state,
		 PV_STOPPED, &stats);
}

__attribute__((target("sse2"))) static void flush(const void *from, size_t bytes)
{
	const uint8_t *p = from;

	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_ia32_clflush(p + i);
	__builtin_ia32_mfence();
}

/* As linked again, in the caches or out of them. */
static void field_reset(const struct field *f, bool cold)
{
	copy_all(f, (const void *)f->linked);
	memset(f->map, 0, f->map_bytes);
	if (!cold)
		return;
	flush(f->text, f->text_bytes);
	flush(f->map, f->map_bytes);
	flush(f->records, f->sites * sizeof(*f->records));
	flush(f->final, f->sites * sizeof(*f->final));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void field_check(const struct field *f)
{
	for (unsigned i = 0; i < f->sites; i++)
		if (memcmp(f->final[i], (uint8_t *)f->records[i].instr, PV_SITE_LEN))
			die("wrong bytes at a site", f->sites);
}

static const struct contestant {
	const char *name;
	void (*run)(const struct field *f, const uint8_t (*bytes)[PV_SITE_LEN]);
} contestants[] = {{"engine", engine_all}, {"copy", copy_all}, {"stores", store_all}};

enum { ENGINE, COPY, STORES, NR_CONTESTANTS };

static double time_one(const struct contestant *who, const struct field *f, bool cold)
{
	double start, end;

	field_reset(f, cold);
	start = now();
	who->run(f, (const void *)f->final);
	end = now();
	field_check(f);
	return end - start;
}

/* Whatever the engine wrote is what the copy copies, once the engine says that it wrote it all. */
static void field_final(struct field *f)
{
	field_reset(f, false);
	engine_all(f, NULL);
	if (stats.total.refused || stats.total.sites != f->sites)
		die("sites were refused", f->sites);
	for (unsigned i = 0; i < f->sites; i++) {
		memcpy(f->final[i], (uint8_t *)f->records[i].instr, PV_SITE_LEN);
		if (!memcmp(f->final[i], f->linked[i], PV_SITE_LEN))
			die("a site was not changed", f->sites);
	}
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
	unsigned sites, repeats;
	bool cold;
	double ns[NR_CONTESTANTS]; /* a pass, medians */
	double slope; /* ns for each site more than in the row before of the same kind */
};

/* In turns, so that whatever disturbs the machine disturbs all. */
static void measure(const struct field *f, struct row *row)
{
	static double ns[NR_CONTESTANTS][REPEATS_MAX];
	unsigned repeats = (unsigned)(NS_A_MEASUREMENT / (f->sites * 400.0)) | 1;

	row->repeats = repeats > REPEATS_MAX ? REPEATS_MAX : repeats;
	for (unsigned i = 0; i < row->repeats; i++)
		for (unsigned who = 0; who < NR_CONTESTANTS; who++)
			ns[who][i] = time_one(&contestants[who], f, row->cold);
	for (unsigned who = 0; who < NR_CONTESTANTS; who++)
		row->ns[who] = median(ns[who], row->repeats);
}

static double ratio(const struct row *row)
{
	return row->ns[ENGINE] / row->ns[COPY];
}

static const char *verdict(const struct row *row)
{
	if (row->cold)
		return "-";
	if (ratio(row) > BUDGET_RATIO)
		return "ratio over budget";
	if (row->sites <= BUDGET_RECORDS && row->ns[ENGINE] / row->sites > BUDGET_NS)
		return "time over budget";
	return "in budget";
}

static void print_row(const struct row *row)
{
	printf("%9u  %-5s %8.1f %8.1f %8.1f %8.2f %8.1f %8u  %s\n", row->sites,
	       row->cold ? "cold" : "warm", row->ns[ENGINE] / row->sites,
	       row->ns[COPY] / row->sites, row->ns[STORES] / row->sites, ratio(row), row->slope,
	       row->repeats, verdict(row));
}

static void json_row(FILE *out, const struct row *row)
{
	fprintf(out, "{\"sites\": %u, \"caches\": \"%s\", ", row->sites,
		row->cold ? "cold" : "warm");
	for (unsigned who = 0; who < NR_CONTESTANTS; who++)
		fprintf(out, "\"%s_ns\": %.2f, ", contestants[who].name, row->ns[who] / row->sites);
	fprintf(out, "\"ratio\": %.3f, \"slope_ns\": %.2f, \"repeats\": %u, \"verdict\": \"%s\"}",
		ratio(row), row->slope, row->repeats, verdict(row));
}

static void json(const char *path, const struct row *rows, unsigned n)
{
	FILE *out = fopen(path, "w");

	if (!out)
		die(path, 0);
	fprintf(out,
		"{\"budget_ns\": %g, \"budget_records\": %u, \"budget_ratio\": %g, \"rows\": [",
		BUDGET_NS, BUDGET_RECORDS, BUDGET_RATIO);
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, i ? ",\n" : "\n");
		json_row(out, &rows[i]);
	}
	fprintf(out, "\n]}\n");
	if (fclose(out))
		die(path, 0);
}

#define KINDS 2 /* warm, cold */

static void measure_size(unsigned sites, struct row *rows, const struct row *before)
{
	struct field f;

	field_make(&f, sites);
	field_final(&f);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		struct row *row = &rows[kind];

		*row = (struct row){.sites = sites, .cold = kind};
		measure(&f, row);
		row->slope = row->ns[ENGINE] / sites;
		if (before)
			row->slope = (row->ns[ENGINE] - before[kind].ns[ENGINE]) /
				     (sites - before[kind].sites);
		print_row(row);
	}
	field_free(&f);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = {100, 1000, 10000, 100000, 1000000};
	static struct row rows[LENGTH(sizes) * KINDS];

	paravirt_init();
	pv_nops_select(PV_VENDOR_INTEL, 6);
	paravirt_state_make(&state, &pv_native_ops);
	pv_image_add(&image);
	printf("The pass, native: ns a site, medians. Budget (warm): %g ns up to %u sites, ratio to copy %g\n",
	       BUDGET_NS, BUDGET_RECORDS, BUDGET_RATIO);
	printf("%9s  %-5s %8s %8s %8s %8s %8s %8s  %s\n", "sites", "cache", "engine", "copy",
	       "stores", "ratio", "slope", "repeats", "verdict");
	for (unsigned i = 0; i < LENGTH(sizes); i++)
		measure_size(sizes[i], &rows[i * KINDS], i ? &rows[(i - 1) * KINDS] : NULL);
	if (argc > 1)
		json(argv[1], rows, LENGTH(rows));
	return 0;
}
