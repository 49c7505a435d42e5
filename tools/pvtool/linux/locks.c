/* SPDX-License-Identifier: MIT */
/*
 * Lock prefixes, which become prefixes for DS while one CPU runs. Only those in .text: init text and
 * the replacements of alternatives keep theirs. What stands there when the kernel comes by decides, so
 * one that an alternative has replaced stays what that one made of it.
 *
 *	.smp_locks	u32 address; since 2.6.34 s32, relative to itself
 */
#include "linux/live.h"
#include "read/bytes.h"

#include <string.h>

#define LOCK 0xf0
#define DS   0x3e

static void read_absolute(const uint8_t *p, uint32_t at, struct record *out)
{
	(void)at;
	out->addr = bytes_get32(p);
	out->len = 1;
}

static void read_relative(const uint8_t *p, uint32_t at, struct record *out)
{
	out->addr = at + bytes_get32(p);
	out->len = 1;
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	const char *why = kernel_site_fault(kernel, record);

	if (why)
		return why;
	return *image_bytes(&kernel->image, record->addr, 1) == LOCK ? NULL
								     : "its site is no lock prefix";
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	(void)kernel;
	(void)record;
	return strcpy(out, "lock");
}

/* By what most prefixes of the dump are. */
static bool is_up(const struct live *live, const struct kernel_table *table)
{
	size_t ds = 0, lock = 0;

	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		const uint8_t *want = live_text(live, r->addr, 1);
		const uint8_t *found = dump_bytes(&live->dump, r->addr, 1);

		if (!want || *want != LOCK || !found || !kernel_is_main(live->kernel, r->addr))
			continue;
		ds += *found == DS;
		lock += *found == LOCK;
	}
	return ds > lock;
}

static void apply(struct live *live, const struct kernel_table *table)
{
	live->up = is_up(live, table);
	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];
		uint8_t *p = live_text(live, r->addr, 1);

		if (!live_is_good(live, table, r))
			continue;
		if (!kernel_is_main(live->kernel, r->addr)) {
			live_became(live, table, r, EXPECT_LINKED);
		} else if (*p != LOCK) {
			live_became(live, table, r, EXPECT_COVERED);
		} else {
			*p = live->up ? DS : LOCK;
			live_became(live, table, r, live->up ? EXPECT_DS : EXPECT_LOCK);
		}
	}
}

const struct kind locks_kind = {
	.name = "smp_locks",
	.section = ".smp_locks",
	.begin = "__smp_locks",
	.end = "__smp_locks_end",
	.padded = true,
	.forms = {{"relative", 4, true, read_relative}, {"absolute", 4, false, read_absolute}},
	.fault = fault,
	.title = title,
	.apply = apply,
};
