/* SPDX-License-Identifier: MIT */
/*
 * Reads Pedant's ELF files on the build machine, and says what is wrong with them before they
 * boot. Exit status: 0 nothing to report, 1 findings, 2 wrong usage or an unreadable file.
 *
 *	$ pvtool check build/pedant.elf
 *	0x00101234 timer_init+0x12: cli (fa) outside the native functions
 *	pvtool: build/pedant.elf: 1 finding
 */
#include "pvtool.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	const char *args;
	const char *does;
	int n_args;
	int (*run)(int n_args, char **args);
} commands[] = {
	{"check", "IMAGE", "check an image against the rules that booting relies on", 1, check_run},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *out, int status)
{
	fprintf(out, "usage:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  pvtool %s %s\n\t%s\n", commands[i].name, commands[i].args,
			commands[i].does);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout, PVTOOL_CLEAN);
	for (size_t i = 0; argc >= 2 && i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 == commands[i].n_args)
			return commands[i].run(argc - 2, argv + 2);
	}
	return usage(stderr, PVTOOL_FAILED);
}
