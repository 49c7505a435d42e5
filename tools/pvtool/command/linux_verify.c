/* SPDX-License-Identifier: MIT */
/*
 * pvtool verify of a Linux kernel: is each byte of its text in a dump the file's, or what a record
 * and the state in the dump say? All of it is worked out by linux/live.h; here bytes are compared.
 */
#include "command/linux.h"
#include "linux/live.h"
#include "linux/open.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

#define LISTED 200 /* a dump of another kernel has one violation a few bytes: they are counted */

struct verified {
	struct kernel kernel;
	struct live live;
	size_t violations, compared, differing, changed;
};

/* A line's begin; false if there were enough of them. */
static bool begin_violation(struct verified *v, uint32_t addr)
{
	char where[IMAGE_WHERE];

	if (v->violations++ >= LISTED)
		return false;
	printf("0x%08x %s: ", addr, image_where(&v->kernel.image, addr, where));
	return true;
}

/* ---- bytes ---- */

/* The record whose site holds the address, the one that was applied last of several. */
static const struct record *owner_of(const struct verified *v, uint32_t addr, size_t *kind)
{
	for (size_t k = KERNEL_KINDS; k-- > 0;) {
		const struct kernel_table *table = &v->kernel.tables[k];

		for (size_t i = table->n; i-- > 0;) {
			const struct record *r = &table->records[i];
			enum expect_kind became = v->live.became[k][i];

			if (addr - r->addr >= r->len || v->live.faults[k][i] ||
			    became == EXPECT_COVERED)
				continue;
			*kind = k;
			return r;
		}
	}
	return NULL;
}

static const char *hint(const struct part *part, uint32_t at, uint32_t n)
{
	return memcmp(part->found + at, part->section->bytes + at, n) == 0 ? " (as linked)" : "";
}

/* Bytes of a site from the first that differs on, or all of it when that shows it. */
static uint32_t site_violation(struct verified *v, const struct part *part, uint32_t at,
			       const struct record *r, size_t kind)
{
	uint32_t addr = part->section->addr + at, before = addr - r->addr;
	uint32_t back = before < BYTES_TEXT_MAX ? before : 0, n = r->len - before + back;
	const uint8_t *want = part->want + at - back, *found = part->found + at - back;
	char title[SITE_TITLE];

	if (begin_violation(v, addr - back))
		printf("%s %s: expected %s (%s), found %s%s\n", v->kernel.tables[kind].kind->name,
		       v->kernel.tables[kind].kind->title(&v->kernel, r, title), BYTES_HEX(want, n),
		       expect_kind_name(v->live.became[kind][r->index]), BYTES_HEX(found, n),
		       hint(part, at - back, n));
	return r->len - before;
}

/* So many bytes that differ and that no record is about. */
static uint32_t other_violation(struct verified *v, const struct part *part, uint32_t at)
{
	uint32_t n = 0, addr = part->section->addr + at;

	while (at + n < part->section->size && part->want[at + n] != part->found[at + n])
		n++;
	if (begin_violation(v, addr))
		printf("no site: expected %s, found %s (%u byte%s)\n",
		       BYTES_HEX(part->want + at, n), BYTES_HEX(part->found + at, n), n,
		       n == 1 ? "" : "s");
	return n;
}

static void check_part(struct verified *v, const struct part *part)
{
	uint32_t n, size = part->section->size;
	size_t kind = 0;

	for (uint32_t at = 0; at < size; at++) {
		v->differing += part->want[at] != part->found[at];
		v->changed += part->section->bytes[at] != part->found[at];
	}
	v->compared += size;
	for (uint32_t at = 0; at < size; at += n) {
		const struct record *owner;

		n = 1;
		if (part->want[at] == part->found[at])
			continue;
		owner = v->violations < LISTED ? owner_of(v, part->section->addr + at, &kind)
					       : NULL;
		n = owner ? site_violation(v, part, at, owner, kind) : other_violation(v, part, at);
	}
}

/* ---- records ---- */

static void check_faults(struct verified *v)
{
	for (size_t k = 0; k < KERNEL_KINDS; k++) {
		for (size_t i = 0; i < v->kernel.tables[k].n; i++) {
			if (v->live.faults[k][i] &&
			    begin_violation(v, v->kernel.tables[k].records[i].addr))
				printf("%s record %zu: %s\n", v->kernel.tables[k].kind->name, i,
				       v->live.faults[k][i]);
		}
	}
}

/* Records of one site, next to each other, count once, as replaced if one of them was. */
static void count(const struct verified *v, size_t k, size_t counts[EXPECT_KINDS])
{
	const struct kernel_table *table = &v->kernel.tables[k];
	const uint8_t *became = v->live.became[k];
	uint8_t last = EXPECT_KINDS;

	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		bool same = k == KIND_ALTERNATIVES && i && r[-1].addr == r->addr &&
			    r[-1].len == r->len && last < EXPECT_KINDS;

		if (v->live.faults[k][i])
			continue;
		if (same)
			counts[last]--;
		if (!same || became[i] == EXPECT_REPLACED)
			last = became[i];
		counts[last]++;
	}
}

static void print_kind(const struct verified *v, size_t k)
{
	size_t counts[EXPECT_KINDS] = {0}, n = 0;
	unsigned some = 0;

	count(v, k, counts);
	for (unsigned kind = 0; kind < EXPECT_KINDS; kind++)
		n += counts[kind];
	if (!n)
		return;
	printf("%zu %s (", n, v->kernel.tables[k].kind->name);
	for (unsigned kind = 0; kind < EXPECT_KINDS; kind++) {
		if (counts[kind])
			printf("%s%zu %s", some++ ? ", " : "", counts[kind],
			       expect_kind_name(kind));
	}
	printf("), ");
}

static bool init_is_gone(const struct verified *v)
{
	for (size_t i = 0; i < v->live.n_parts; i++) {
		if (v->live.parts[i].gone)
			return true;
	}
	return false;
}

static int report(const struct verified *v)
{
	if (v->violations > LISTED)
		printf("... and %zu more\n", v->violations - LISTED);
	if (v->differing > v->compared / 4)
		printf("pvtool: %s: a dump of another kernel, or of one that was moved (nokaslr "
		       "keeps it where it is), or begins elsewhere (--base)\n",
		       v->live.dump.path);
	if (kernel_version(&v->kernel) != 601)
		printf("pvtool: %s: Linux %s, judged by what 6.1 does\n", v->kernel.image.path,
		       v->kernel.version);
	printf("pvtool: %s: not looked at: data, and code that is not in the file (modules, "
	       "copies)%s\n",
	       v->live.dump.path, init_is_gone(v) ? ", init text, which was given up" : "");
	printf("pvtool: %s: Linux %s, locks %s, init text %s: ", v->live.dump.path,
	       v->kernel.version, v->live.up ? "up" : "smp", init_is_gone(v) ? "gone" : "there");
	for (size_t k = 0; k < KERNEL_KINDS; k++)
		print_kind(v, k);
	printf("%zu of %zu bytes of text changed", v->changed, v->compared);
	if (!v->violations) {
		printf(": all as they must be\n");
		return PVTOOL_CLEAN;
	}
	printf(": %zu violation%s\n", v->violations, v->violations == 1 ? "" : "s");
	return PVTOOL_FINDINGS;
}

int linux_verify(struct image *image, const struct options *options)
{
	struct verified v = {0};
	int status = PVTOOL_FAILED;

	if (!linux_open(&v.kernel, image, options))
		return PVTOOL_FAILED;
	if (live_open(&v.live, &v.kernel, options)) {
		live_apply(&v.live);
		check_faults(&v);
		for (size_t i = 0; i < v.live.n_parts; i++) {
			if (!v.live.parts[i].gone)
				check_part(&v, &v.live.parts[i]);
		}
		status = report(&v);
		live_free(&v.live);
	}
	kernel_close(&v.kernel);
	return status;
}
