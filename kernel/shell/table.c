// SPDX-License-Identifier: MIT
/*
 * All commands, in the order in which help lists them, and those that are the shell's own.
 */
#include "kernel/shell/commands.h"
#include "kernel/shell/term/out.h"
#include "lib/format.h"
#include "lib/string.h"

#define MANY (SHELL_WORDS - 1)

static shell_run_fn help, leave;

static void offer_help(struct completion *c)
{
	for (const struct shell_command *command = shell_commands; command->name; command++)
		completion_offer(c, command->name);
}

const struct shell_command shell_commands[] = {
	{"help", "[COMMAND]", "what there is", 0, 1, help, offer_help},
	{"stats", "", "what became of all sites at boot, and what they are by now", 0, 0, cmd_stats,
	 NULL},
	{"sites", "[GLOB]", "sites, by family, function, or what they are about", 0, 1, cmd_sites,
	 offer_functions},
	{"site", "NAME|ADDRESS",
	 "all that a site may hold, when, and what it holds; or of all of a function", 1, 1,
	 cmd_site, offer_functions},
	{"dis", "FUNCTION", "its instructions as linked and as they are, side by side", 1, 1,
	 cmd_dis, offer_functions},
	{"verify", "", "memory against what it must be, from inside", 0, 0, cmd_verify, NULL},
	{"keys", "[GLOB]", "static keys: on or off, their count, their sites", 0, 1, cmd_keys,
	 offer_keys},
	{"flip", "KEY...", "turn keys that are on off, and the others on: all at one instant", 1,
	 MANY, cmd_flip, offer_keys},
	{"calls", "[GLOB]", "static calls: what they call, what they could, their sites", 0, 1,
	 cmd_calls, offer_calls},
	{"call", "CALL FUNCTION...",
	 "make calls call another function, 0: none: all at one instant", 2, MANY, cmd_call,
	 offer_calls},
	{"commit", "KEY... CALL=FUNCTION...", "both, at one instant", 1, MANY, cmd_commit,
	 offer_keyed},
	{"switch", "BACKEND[,...]", "another back end, under all CPUs", 1, 1, cmd_switch,
	 offer_backends},
	{"features", "[+NAME -NAME...]", "alternatives for a CPU with, or without, these features",
	 0, MANY, cmd_features, offer_features},
	{"cpu", "[up|down NUMBER]", "which CPUs run; start one, or take one off", 0, 2, cmd_cpu,
	 offer_cpu},
	{"modules", "", "modules that are loaded, and that could be", 0, 0, cmd_modules, NULL},
	{"load", "NAME", "load a module that the boot loader has brought", 1, 1, cmd_load,
	 offer_modules},
	{"unload", "NAME", "and unload it", 1, 1, cmd_unload, offer_modules},
	{"guest", "[start [NAME [OPTION...]]|stop [N]|console [N]]",
	 "guests: start one, end it, wait for its end", 0, MANY, cmd_guest, offer_guest},
	{"museum", "[GLOB]", "mistakes that others made, and that this kernel can make on purpose",
	 0, 1, cmd_museum, offer_exhibits},
	{"break", "[-v] NAME", "make one, and see what notices it; -v: all that is said meanwhile",
	 1, 2, cmd_break, offer_exhibits},
	{"repair", "[-v]", "put it right, and see that it helps", 0, 1, cmd_repair, NULL},
	{"top", "[SECONDS]", "calls of each op a second, counted by the back end trace", 0, 1,
	 cmd_top, NULL},
	{"bench", "OP", "what an op costs, patched and as linked", 1, 1, cmd_bench, offer_bench},
	{"exit", "[STATUS]", "the end; with a status that is not 0, of a machine that failed", 0, 1,
	 leave, NULL},
	{NULL, NULL, NULL, 0, 0, NULL, NULL},
};

static void help_line(const struct shell_command *c)
{
	char usage[64];

	snprintf(usage, sizeof(usage), "%s %s", c->name, c->args);
	say("  %-30s %s\n", usage, c->help);
}

static bool help(unsigned n, char **words)
{
	unsigned found = 0;

	for (const struct shell_command *c = shell_commands; c->name && !out_stopped(); c++)
		if (n == 1 || !strcmp(words[1], c->name)) {
			help_line(c);
			found++;
		}
	return found ? true : fail("help: %s is no command", words[1]);
}

static bool leave(unsigned n, char **words)
{
	uint32_t status = 0;

	if (n > 1 && parse_u32(words[1], &status))
		return fail("exit: %s is no number", words[1]);
	shell_leave(status);
	return true;
}
