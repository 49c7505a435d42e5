// SPDX-License-Identifier: MIT
/*
 * The mix is what a kernel has: paravirt sites are mostly of the irq group; alternatives are
 * replaced by less, by a call that has to be moved, by nothing, are kept with other padding, or are
 * groups of two records.
 */
#include "tests/bench/pass_field.h"
#include "pv/alternative.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/smp_locks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LINE          64u      /* bytes that clflush takes away */
#define DENSE         1000000u /* records from which on sites are only a line apart */
#define SITE_MAX      16u
#define CALL          0xe8
#define LOCK          0xf0

static struct pv_image image = {.name = "synthesized"};
static struct paravirt_state native;
static struct pv_stats stats;

_Noreturn void die(const char *what, unsigned records)
{
	fprintf(stderr, "pass: %s (%u records)\n", what, records);
	exit(1);
}

static void *pages(size_t bytes, unsigned records)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap failed", records);
	return p;
}

static uint32_t random_next(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* A site of len bytes at `at`, as linked. */
static void add_site(struct table *t, uint8_t *at, const uint8_t *bytes, unsigned len)
{
	t->places[t->sites++] = (struct place){at, (uint8_t)len};
	memcpy(t->linked + t->bytes, bytes, len);
	memcpy(at, bytes, len);
	t->bytes += len;
}

/* The irq group is most of a kernel's sites; the last ones are what is called and jumped to. */
static void add_paravirt(struct field *f, uint8_t *at)
{
	static const uint8_t types[] = {
		PV_TYPE_save_fl,    PV_TYPE_save_fl,     PV_TYPE_restore_fl,  PV_TYPE_restore_fl,
		PV_TYPE_restore_fl, PV_TYPE_irq_disable, PV_TYPE_irq_disable, PV_TYPE_irq_disable,
		PV_TYPE_irq_enable, PV_TYPE_pte_val,     PV_TYPE_make_pte,    PV_TYPE_read_cr3,
		PV_TYPE_write_msr,  PV_TYPE_cpuid,       PV_TYPE_sched_clock, PV_TYPE_iret,
	};
	struct table *t = &f->table[FIELD_PARAVIRT];
	struct paravirt_patch_site *record = (struct paravirt_patch_site *)t->record;
	uint8_t type = types[random_next() % LENGTH(types)];

	record[t->records++] = (struct paravirt_patch_site){(uint32_t)at, type, PV_SITE_LEN,
							    PV_CLOBBER_ANY};
	add_site(t, at, paravirt_linked()->op[type].bytes, PV_SITE_LEN);
}

/* A site and its one or two replacements; calls get their displacement later. */
struct alternative {
	unsigned len;
	uint8_t linked[SITE_MAX];
	struct {
		unsigned feature, len;
		uint8_t bytes[SITE_MAX];
	} replacement[2];
};

static const struct alternative alternatives[] = {
	/* mb(), and the same with a second record that applies, too */
	{5, {LOCK, 0x83, 0x04, 0x24, 0}, {{X86_FEATURE_XMM2, 3, {0x0f, 0xae, 0xf0}}}},
	{5,
	 {LOCK, 0x83, 0x04, 0x24, 0},
	 {{X86_FEATURE_XMM2, 3, {0x0f, 0xae, 0xf0}}, {X86_FEATURE_ALWAYS, 3, {0x0f, 0xae, 0xe8}}}},
	/* alternative_call() */
	{5, {CALL}, {{X86_FEATURE_CX8, 5, {CALL}}}},
	/* alternative_has_feature_likely(): jmp forward or nothing */
	{5, {0xe9, 0x40, 0, 0, 0}, {{X86_FEATURE_ALWAYS, 0, {0}}}},
	/* copy_bytes() */
	{14,
	 {0x89, 0xc8, 0xc1, 0xe9, 0x02, 0xf3, 0xa5, 0x89, 0xc1, 0x83, 0xe1, 0x03, 0xf3, 0xa4},
	 {{X86_FEATURE_ERMS, 2, {0xf3, 0xa4}}}},
	/* does not apply; rdtsc and padding */
	{5,
	 {0x0f, 0x31, 0x90, 0x90, 0x90},
	 {{X86_FEATURE_RDTSCP, 5, {0x0f, 0x01, 0xf9, 0x89, 0xc9}}}},
	/* lfence; rdtsc, or rdtscp, which does not apply */
	{5,
	 {0x0f, 0x31, 0x90, 0x90, 0x90},
	 {{X86_FEATURE_LFENCE_RDTSC, 5, {0x0f, 0xae, 0xe8, 0x0f, 0x31}},
	  {X86_FEATURE_RDTSCP, 3, {0x0f, 0x01, 0xf9}}}},
};

/* At `at`, with a call's displacement so that it goes to `target`. */
static void put_code(uint8_t *at, const uint8_t *bytes, unsigned len, const uint8_t *target)
{
	uint32_t displacement = (uint32_t)target - (uint32_t)(at + len);

	memcpy(at, bytes, len);
	if (len && bytes[0] == CALL)
		memcpy(at + 1, &displacement, sizeof(displacement));
}

static void add_replacement(struct field *f, const uint8_t *site, const struct alternative *a,
			    unsigned which)
{
	struct table *t = &f->table[FIELD_ALTERNATIVES];
	struct alt_instr *record = (struct alt_instr *)t->record + t->records++;
	uint8_t *at = f->replacements + f->replacement_bytes;
	unsigned len = a->replacement[which].len;

	put_code(at, a->replacement[which].bytes, len, f->text + 2 * SITE_MAX);
	f->replacement_bytes += len;
	record->instr_offset = (int32_t)((uint32_t)site - (uint32_t)&record->instr_offset);
	record->repl_offset = (int32_t)((uint32_t)at - (uint32_t)&record->repl_offset);
	record->cpuid = (uint16_t)a->replacement[which].feature;
	record->instrlen = (uint8_t)a->len;
	record->replacementlen = (uint8_t)len;
}

/* room: for so many records. */
static void add_alternative(struct field *f, uint8_t *at, unsigned room)
{
	const struct alternative *a = &alternatives[random_next() % LENGTH(alternatives)];
	uint8_t site[SITE_MAX];

	while (a->replacement[1].feature && room < 2)
		a = &alternatives[random_next() % LENGTH(alternatives)];
	put_code(at, a->linked, a->len, f->text + SITE_MAX);
	memcpy(site, at, a->len);
	add_site(&f->table[FIELD_ALTERNATIVES], at, site, a->len);
	add_replacement(f, at, a, 0);
	if (a->replacement[1].feature)
		add_replacement(f, at, a, 1);
}

static void add_smp_lock(struct field *f, uint8_t *at)
{
	static const uint8_t lock = LOCK;
	struct table *t = &f->table[FIELD_SMP_LOCKS];
	int32_t *record = (int32_t *)t->record + t->records++;

	*record = (int32_t)((uint32_t)at - (uint32_t)record);
	add_site(t, at, &lock, 1);
}

static unsigned records_of(const struct field *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FIELD_TABLES; i++)
		n += f->table[i].records;
	return n;
}

static void add_any(struct field *f, unsigned tables, uint8_t *at)
{
	unsigned table;

	do
		table = random_next() % FIELD_TABLES;
	while (!(tables & FIELD_SITES(table)));
	switch (table) {
	case FIELD_PARAVIRT: add_paravirt(f, at); break;
	case FIELD_ALTERNATIVES: add_alternative(f, at, f->records - records_of(f)); break;
	default: add_smp_lock(f, at);
	}
}

static void field_image(const struct field *f)
{
	static uint8_t own[16];

	image.text = f->text;
	image.text_end = f->text + f->text_bytes;
	image.own = own;
	image.own_end = own + sizeof(own);
	image.map = f->map;
	image.scratch = f->scratch;
}

static void field_allocate(struct field *f, unsigned records)
{
	f->text_bytes = (size_t)(records + 1) * (records < DENSE ? 400 : LINE);
	f->map_bytes = PV_MAP_SIZE(f->text_bytes);
	f->text = pages(f->text_bytes, records);
	f->map = pages(f->map_bytes, records);
	f->scratch = pages(f->map_bytes, records);
	f->replacements = pages(records * SITE_MAX, records);
	for (unsigned i = 0; i < FIELD_TABLES; i++) {
		struct table *t = &f->table[i];

		t->record = pages(records * sizeof(struct alt_instr), records);
		t->places = pages(records * sizeof(*t->places), records);
		t->linked = pages(records * SITE_MAX, records);
		t->final = pages(records * SITE_MAX, records);
	}
}

void field_make(struct field *f, unsigned records, unsigned tables)
{
	uint8_t *at;

	*f = (struct field){.records = records};
	field_allocate(f, records);
	memset(f->text, 0xcc, f->text_bytes);
	for (at = f->text; records_of(f) < records;
	     at += records < DENSE ? 100 + random_next() % 301 : LINE)
		add_any(f, tables, at);
	field_image(f);
	alternative_state_make(&alternative_state, f->replacements,
			       f->replacements + f->replacement_bytes);
}

void field_free(struct field *f)
{
	munmap(f->text, f->text_bytes);
	munmap(f->map, f->map_bytes);
	munmap(f->scratch, f->map_bytes);
	munmap(f->replacements, f->records * SITE_MAX);
	for (unsigned i = 0; i < FIELD_TABLES; i++) {
		struct table *t = &f->table[i];

		munmap(t->record, f->records * sizeof(struct alt_instr));
		munmap(t->places, f->records * sizeof(*t->places));
		munmap(t->linked, f->records * SITE_MAX);
		munmap(t->final, f->records * SITE_MAX);
	}
}

void field_init(void)
{
	paravirt_init();
	pv_nops_select(PV_VENDOR_INTEL, 6);
	paravirt_state_make(&native, &pv_native_ops);
	pv_image_add(&image);
}

static void apply(const struct table *t, const struct pv_family *family, const void *from,
		  const void *to)
{
	if (t->records)
		pv_apply(family, t->record, t->record + t->records * family->record_size, from, to,
			 PV_STOPPED, &stats);
}

void field_patch(const struct field *f)
{
	stats = (struct pv_stats){.row = paravirt_rows};
	apply(&f->table[FIELD_PARAVIRT], &paravirt_family, paravirt_linked(), &native);
	stats.row = NULL;
	apply(&f->table[FIELD_ALTERNATIVES], &alternative_family, NULL, &alternative_state);
	apply(&f->table[FIELD_SMP_LOCKS], &smp_locks_family, &smp_locks_smp, &smp_locks_up);
}

void field_unpatch_locks(const struct field *f)
{
	apply(&f->table[FIELD_SMP_LOCKS], &smp_locks_family, &smp_locks_up, &smp_locks_smp);
}

static void remember(struct field *f, struct table *t)
{
	size_t offset = 0;

	for (unsigned i = 0; i < t->sites; offset += t->places[i++].len) {
		memcpy(t->final + offset, t->places[i].at, t->places[i].len);
		if (!memcmp(t->final + offset, t->linked + offset, t->places[i].len))
			die("a site was not changed", f->records);
	}
}

void field_remember(struct field *f)
{
	unsigned sites = 0;

	for (unsigned i = 0; i < FIELD_TABLES; i++) {
		sites += f->table[i].sites;
		remember(f, &f->table[i]);
	}
	if (stats.total.refused)
		die(pv_why_text(stats.refusal[0].why), f->records);
	if (stats.total.sites < sites)
		die("sites were forgotten", f->records);
}

void field_reset(const struct field *f)
{
	for (unsigned i = 0; i < FIELD_TABLES; i++) {
		const struct table *t = &f->table[i];
		const uint8_t *bytes = t->linked;

		for (unsigned k = 0; k < t->sites; bytes += t->places[k++].len)
			memcpy(t->places[k].at, bytes, t->places[k].len);
	}
	memset(f->map, 0, f->map_bytes);
}

__attribute__((target("sse2"))) static void flush(const void *from, size_t bytes)
{
	const uint8_t *p = from;

	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_ia32_clflush(p + i);
	__builtin_ia32_mfence();
}

void field_flush(const struct field *f)
{
	flush(f->text, f->text_bytes);
	flush(f->map, f->map_bytes);
	flush(f->scratch, f->map_bytes);
	flush(f->replacements, f->replacement_bytes);
	for (unsigned i = 0; i < FIELD_TABLES; i++) {
		flush(f->table[i].record, f->table[i].records * sizeof(struct alt_instr));
		flush(f->table[i].places, f->table[i].sites * sizeof(struct place));
		flush(f->table[i].final, f->table[i].bytes);
	}
}
