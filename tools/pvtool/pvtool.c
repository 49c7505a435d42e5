/* SPDX-License-Identifier: MIT */
/*
 * Reads Pedant's ELF files, and dumps of its memory, on the build machine: says what is wrong with
 * an image before it boots, and whether a running kernel's code is what it must be. Exit status: 0
 * nothing to report, 1 findings, 2 wrong usage or an unreadable file. Linux's files and dumps, too.
 *
 *	$ pvtool check build/pedant.elf
 *	0x00101234 timer_init+0x12: cli (fa) outside the native functions
 *	pvtool: build/pedant.elf: 1 finding
 */
#include "command/command.h"
#include "command/roles.h"
#include "read/nops.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NOPS = 1,
	STATE = 2,
	BASE = 4,
	FUNCTION = 8,
	FAMILY = 16,
	FEATURES = 32,
	LOCKS = 64,
	INIT = 128,
	CPU = 256,
	HEADER = 512,
	SECTIONS = 1024,
	OUT = 2048
};

static const struct command {
	const char *name, *args, *does;
	int min_files, max_files;
	unsigned options; /* those that it knows */
	int (*run)(const struct options *options);
} commands[] = {
	{"check",
	 "IMAGE [--cpu i486|i586|i686] [--header multiboot|none]\n"
	 "\t[--sections NAME[=text|exempt|data],...]",
	 "check an image against the rules that patching and booting rely on", 1, 1,
	 CPU | HEADER | SECTIONS, check_run},
	{"index", "IMAGE", "write the sites of a linked image into its section .pv_index, sorted",
	 1, 1, 0, index_run},
	{"calls", "IMAGE [--sections NAME[=text|exempt|data],...]",
	 "write the table of static calls for a second link, of an image linked with\n"
	 "\t--emit-relocs, as a file of GNU as",
	 1, 1, SECTIONS, calls_run},
	{"relocs", "IMAGE [--sections NAME[=text|exempt|data],...]",
	 "find who calls the ops as plain functions in an image linked with --emit-relocs,\n"
	 "\tand write that into its section .pv_relocs",
	 1, 1, SECTIONS, relocs_run},
	{"seal", "MODULE", "leave a module's sum behind its last byte, so that damage is noticed",
	 1, 1, 0, seal_run},
	{"sites", "IMAGE [--family NAME] [--nops 486|p6|k7|k8|k10]",
	 "list the sites, and what can become of them", 1, 1, FAMILY | NOPS, sites_run},
	{"manifest",
	 "IMAGE [DUMP] [-o FILE] [--base ADDRESS] [--state linked|BACKEND]\n"
	 "\t[--nops 486|p6|k7|k8|k10] [--features W0,...,W9] [--locks up|smp] [--init there|gone]",
	 "write, as JSON, for each site all bytes that it may ever hold, and when, and\n"
	 "\thashes of all pages; those of a state, too: the dump's, or one that is all said",
	 1, 2, OUT | NOPS | STATE | BASE | FEATURES | LOCKS | INIT, manifest_run},
	{"verify",
	 "IMAGE|MANIFEST DUMP [--base ADDRESS] [--state linked|BACKEND] [--nops 486|p6|k7|k8|k10]\n"
	 "\t[--features W0,...,W9] [--locks up|smp] [--init there|gone]",
	 "prove that a running kernel's code is what it must be", 2, 2,
	 NOPS | STATE | BASE | FEATURES | LOCKS | INIT, verify_run},
	{"diff", "IMAGE DUMP [--base ADDRESS] [--function NAME]",
	 "show functions that have sites, before and after", 2, 2, BASE | FUNCTION, diff_run},
	{"list", "IMAGE [DUMP] [--base ADDRESS] [--function NAME]",
	 "list a running kernel's code, with its sites named", 1, 2, BASE | FUNCTION, list_run},
	{"view", "IMAGE [DUMP] -o FILE.html|FILE.json [--base ADDRESS]",
	 "show source, code as linked and running code side by side, in a page that needs\n"
	 "\tno other file, or write what it shows",
	 1, 2, OUT | BASE, view_run},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *out, int status)
{
	fprintf(out, "usage:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  pvtool %s %s\n\t%s\n", commands[i].name, commands[i].args,
			commands[i].does);
	fprintf(out,
		"check, sites and verify read Linux for i386 as well (docs/linux.md)\n"
		"DUMP is memory of the running kernel, from the image's first byte or from "
		"--base on, all of it\n\t"
		"(its end: nm IMAGE | grep _image_end):\n\t(qemu) pmemsave 0x100000 0x400000 dump\n");
	return status;
}

static bool refuse(const char *option, const char *wanted, const char *value)
{
	fprintf(stderr, "pvtool: %s wants %s, not \"%s\"\n", option, wanted, value);
	return false;
}

static bool parse_address(const char *text, uint32_t *address)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	*address = (uint32_t)value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value <= UINT32_MAX;
}

/* "W0,W1,...,W9", hexadecimal */
static bool parse_features(const char *text, uint32_t words[PVTOOL_FEATURES])
{
	for (unsigned i = 0; i < PVTOOL_FEATURES; i++) {
		unsigned long long value;
		char *end;

		if (!isxdigit((unsigned char)*text))
			return false;
		errno = 0;
		value = strtoull(text, &end, 16);
		words[i] = (uint32_t)value;
		if (errno || value > UINT32_MAX || *end != (i + 1 < PVTOOL_FEATURES ? ',' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

static bool parse_word(const char *option, const char *value, const char *one, const char *other,
		       const char **out)
{
	char wanted[32];

	*out = value;
	snprintf(wanted, sizeof(wanted), "%s or %s", one, other);
	return strcmp(value, one) == 0 || strcmp(value, other) == 0 ||
	       refuse(option, wanted, value);
}

static bool parse_cpu(const char *option, const char *value, unsigned *cpu)
{
	bool known = strlen(value) == 4 && strncmp(value, "i", 1) == 0 &&
		     strcmp(value + 2, "86") == 0 && value[1] >= '4' && value[1] <= '6';

	*cpu = known ? (unsigned)(value[1] - '0') : 0;
	return known || refuse(option, "i486, i586 or i686", value);
}

static bool parse_value(unsigned option, const char *name, const char *value, struct options *out)
{
	switch (option) {
	case NOPS:
		out->nops = nops_find(value);
		return out->nops || refuse(name, "486, p6, k7, k8 or k10", value);
	case BASE:
		out->has_base = parse_address(value, &out->base);
		return out->has_base || refuse(name, "an address of 32 bits", value);
	case FEATURES:
		out->has_features = parse_features(value, out->features);
		return out->has_features ||
		       refuse(name, "10 hexadecimal words with commas between", value);
	case LOCKS: return parse_word(name, value, "up", "smp", &out->locks);
	case INIT: return parse_word(name, value, "there", "gone", &out->init);
	case HEADER: return parse_word(name, value, "multiboot", "none", &out->header);
	case CPU: return parse_cpu(name, value, &out->cpu);
	case SECTIONS:
		out->sections = value;
		return roles_are_valid(value) ||
		       refuse(name, "NAME[=text|exempt|data], commas between", value);
	case OUT: out->out = value; break;
	case STATE: out->state = value; break;
	case FUNCTION: out->function = value; break;
	case FAMILY: out->family = value; break;
	}
	return true;
}

static bool parse_option(unsigned allowed, const char *name, const char *value, struct options *out)
{
	static const struct {
		const char *name;
		unsigned option;
	} names[] = {
		{"--nops", NOPS},         {"--state", STATE},       {"--base", BASE},
		{"--function", FUNCTION}, {"--family", FAMILY},     {"--features", FEATURES},
		{"--locks", LOCKS},       {"--init", INIT},         {"--cpu", CPU},
		{"--header", HEADER},     {"--sections", SECTIONS}, {"-o", OUT},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].option & allowed && strcmp(name, names[i].name) == 0)
			return parse_value(names[i].option, name, value, out);
	}
	return false;
}

static bool parse(const struct command *command, int n, char **args, struct options *out)
{
	int files = 0;

	for (int i = 0; i < n; i++) {
		if (strncmp(args[i], "--", 2) == 0 || strcmp(args[i], "-o") == 0) {
			if (i + 1 == n ||
			    !parse_option(command->options, args[i], args[i + 1], out))
				return false;
			i++;
		} else if (files < command->max_files) {
			*(files++ ? &out->dump : &out->image) = args[i];
		} else {
			return false;
		}
	}
	return files >= command->min_files;
}

static int run(int argc, char **argv)
{
	struct options options = {.cpu = 4};

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout, PVTOOL_CLEAN);
	for (size_t i = 0; argc >= 2 && i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0 &&
		    parse(&commands[i], argc - 2, argv + 2, &options))
			return commands[i].run(&options);
	}
	return usage(stderr, PVTOOL_FAILED);
}

/* What could not be written was not said: a full disk is no clean image. */
int main(int argc, char **argv)
{
	int status;

	signal(SIGXFSZ, SIG_IGN); /* write() says it */
	status = run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "pvtool: cannot write to stdout: %s\n", strerror(errno));
	return PVTOOL_FAILED;
}
