/* SPDX-License-Identifier: MIT */
/*
 * What the command line says, and what pvtool answers with.
 *
 *	if (options->has_base)
 *		base = options->base;
 *	exit(PVTOOL_FAILED);
 */
#ifndef TOOLS_PVTOOL_READ_OPTIONS_H
#define TOOLS_PVTOOL_READ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define PVTOOL_FEATURES 10 /* words of --features */

enum {
	PVTOOL_CLEAN = 0, /* read, and nothing to report */
	PVTOOL_FINDINGS = 1,
	PVTOOL_FAILED = 2, /* wrong usage, or a file that cannot be read */
};

struct nops;

/* What is not given is NULL, or its has_ is false. */
struct options {
	const char *image, *dump;
	const char *out;      /* -o FILE */
	const char *function; /* --function NAME */
	const char *family;   /* --family NAME */
	const char *state;    /* --state linked|NAME */
	const char *locks;    /* --locks up|smp */
	const char *init;     /* --init there|gone */
	const char *header;   /* --header multiboot|none */
	const char *sections; /* --sections NAME[=text|exempt|data],... */
	const struct nops *nops;
	unsigned cpu; /* --cpu i486|i586|i686: 4, 5 or 6 */
	bool has_base, has_features;
	uint32_t base;                      /* address of the dump's first byte */
	uint32_t features[PVTOOL_FEATURES]; /* --features W0,W1,... */
};

#endif
