/* SPDX-License-Identifier: MIT */
/*
 * pvtool's subcommands, one function each, in the file of the same name, and what the command line
 * says. Each returns pvtool's exit status:
 *
 *	struct options options = {.image = "build/pedant.elf"};
 *	return check_run(&options);
 */
#ifndef TOOLS_PVTOOL_PVTOOL_H
#define TOOLS_PVTOOL_PVTOOL_H

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
	const char *function; /* --function NAME */
	const char *family;   /* --family NAME */
	const char *state;    /* --state linked|NAME */
	const char *locks;    /* --locks up|smp */
	const char *init;     /* --init there|gone */
	const struct nops *nops;
	bool has_base, has_features;
	uint32_t base;                      /* address of the dump's first byte */
	uint32_t features[PVTOOL_FEATURES]; /* --features W0,W1,... */
};

/* check IMAGE: the rules that the image obeys before it may boot; a line on stderr for each
 * finding and their number, or one line of facts on stdout. */
int check_run(const struct options *options);

/* sites IMAGE [--family NAME] [--nops NAME]: a table, one line a site: what stands there, and what
 * each back end makes of it, or each replacement, or one CPU. */
int sites_run(const struct options *options);

/*
 * verify IMAGE DUMP [--base ADDRESS] [--state linked|NAME] [--nops NAME] [--features W0,...,W9]
 * [--locks up|smp] [--init there|gone]: does running code differ from the file at sites only, and
 * does each site hold what it must? A line for each violation and a summary, on stdout.
 */
int verify_run(const struct options *options);

/* diff IMAGE DUMP [--base ADDRESS] [--function NAME]: functions with sites, before and after. */
int diff_run(const struct options *options);

/* list IMAGE [DUMP] [--base ADDRESS] [--function NAME]: a listing of the dump's code, or the
 * file's, that names sites. */
int list_run(const struct options *options);

#endif
