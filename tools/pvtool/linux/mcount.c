/* SPDX-License-Identifier: MIT */
/*
 * Calls of __fentry__ (or mcount) at the begin of functions, of five bytes, as the compiler made
 * them for tracing. While nobody traces all of them are NOPs, from early in the boot on.
 *
 *	__mcount_loc	a4 5f 05 c1		the call's address
 *	the call	e8 rel32	->	3e 8d 74 26 00
 */
#include "linux/live.h"
#include "read/bytes.h"

#include <string.h>

#define CALL_LEN 5

static void read_record(const uint8_t *p, uint32_t at, struct record *out)
{
	(void)at;
	out->addr = bytes_get32(p);
	out->len = CALL_LEN;
}

static bool is_tracer(const struct kernel *kernel, uint32_t addr)
{
	return addr && (addr == kernel->tracers[0] || addr == kernel->tracers[1]);
}

static const char *fault(const struct kernel *kernel, const struct record *record)
{
	const char *why = kernel_site_fault(kernel, record);
	const uint8_t *p = image_bytes(&kernel->image, record->addr, CALL_LEN);

	if (why)
		return why;
	if (!p || (*p != 0xe8 && !kernel_is_nop(p, CALL_LEN)))
		return "its site is neither a call nor a NOP";
	if (*p == 0xe8 && !is_tracer(kernel, kernel_branch(kernel, record->addr)))
		return "its site calls neither __fentry__ nor mcount";
	return NULL;
}

static const char *title(const struct kernel *kernel, const struct record *record,
			 char out[SITE_TITLE])
{
	(void)kernel;
	(void)record;
	return strcpy(out, "entry");
}

static void apply(struct live *live, const struct kernel_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct record *r = &table->records[i];

		if (!live_is_good(live, table, r))
			continue;
		nops_fill(live->nops, live_text(live, r->addr, r->len), r->len);
		live_became(live, table, r, EXPECT_NOTHING);
	}
}

const struct kind mcount_kind = {
	.name = "mcount",
	.section = "__mcount_loc",
	.begin = "__start_mcount_loc",
	.end = "__stop_mcount_loc",
	.hidden = true,
	.forms = {{"absolute", 4, true, read_record}},
	.fault = fault,
	.title = title,
	.apply = apply,
};
