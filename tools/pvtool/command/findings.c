/* SPDX-License-Identifier: MIT */
/*
 * Findings are told at once, in the order of the rules; what is counted decides pvtool's status.
 */
#include "command/findings.h"

#include <stdarg.h>
#include <stdio.h>

static void finish(struct check *c, const char *format, va_list args)
{
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	c->findings++;
}

void check_finding(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finish(c, format, args);
	va_end(args);
}

void check_finding_at(struct check *c, uint32_t addr, const char *format, ...)
{
	char where[IMAGE_WHERE];
	va_list args;

	fprintf(stderr, "0x%08x %s: ", addr, image_where(&c->model.image, addr, where));
	va_start(args, format);
	finish(c, format, args);
	va_end(args);
}

void check_finding_of(struct check *c, const struct site *site, const struct record *record,
		      const char *format, ...)
{
	char where[IMAGE_WHERE];
	va_list args;

	fprintf(stderr, "0x%08x %s: %s record %zu: ", site->addr,
		image_where(&c->model.image, site->addr, where), site->family->name, record->index);
	va_start(args, format);
	finish(c, format, args);
	va_end(args);
}

const struct insn *check_insn_around(const struct check *c, uint32_t addr)
{
	size_t low = 0, high = c->n_insns;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->insns[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || addr - c->insns[low - 1].addr >= c->insns[low - 1].len)
		return NULL;
	return &c->insns[low - 1];
}

const struct insn *check_insn_at(const struct check *c, uint32_t addr)
{
	const struct insn *insn = check_insn_around(c, addr);

	return insn && insn->addr == addr ? insn : NULL;
}
