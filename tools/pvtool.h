/* SPDX-License-Identifier: MIT */
/*
 * pvtool's subcommands, one function each, in the file of the same name. Each takes the arguments
 * after its own name and returns pvtool's exit status:
 *
 *	char *args[] = { "build/pedant.elf" };
 *	return check_run(1, args);
 */
#ifndef TOOLS_PVTOOL_H
#define TOOLS_PVTOOL_H

enum {
	PVTOOL_CLEAN = 0, /* read, and nothing to report */
	PVTOOL_FINDINGS = 1,
	PVTOOL_FAILED = 2, /* wrong usage, or a file that cannot be read */
};

/* check IMAGE: the rules that the image obeys before it may boot; a line on stderr for each
 * finding and their number, or one line of facts on stdout. */
int check_run(int n_args, char **args);

#endif
