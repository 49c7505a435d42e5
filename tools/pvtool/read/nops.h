/* SPDX-License-Identifier: MIT */
/*
 * What padding may look like, by kind of CPU. Written from the CPU makers' manuals and not from
 * pv/nops.c, whose work these tables judge.
 *
 *	const struct nops *nops = nops_find("p6");
 *	nops_fill(nops, bytes, 5);		// 0f 1f 44 00 00
 */
#ifndef TOOLS_PVTOOL_READ_NOPS_H
#define TOOLS_PVTOOL_READ_NOPS_H

#include <stddef.h>
#include <stdint.h>

#define NOPS_TABLES 5
#define NOPS_MAX    9 /* bytes in the longest one of any */

struct nops {
	const char *name;
	size_t max;   /* the longest here */
	size_t leads; /* DS prefixes that may stand before an instruction instead */
	const char *insns[NOPS_MAX + 1]; /* [length], that many bytes */
};

extern const struct nops nops_tables[NOPS_TABLES];

/* NULL if no table has that name. */
const struct nops *nops_find(const char *name);

/* n bytes of as few NOPs as there can be, the longest first. */
void nops_fill(const struct nops *nops, uint8_t *bytes, size_t n);

#endif
