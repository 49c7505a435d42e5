/* SPDX-License-Identifier: MIT */
/*
 * The command line: words separated by blanks, each `name` or `name=value`, anywhere on the line.
 * QEMU puts the kernel's path first, GRUB does not: a first word that looks like a path is skipped.
 *
 *	cmdline_parse(&options, boot_info.cmdline, boot_info.loader);
 *	if (options.noreplace_paravirt) ...
 */
#ifndef KERNEL_BASE_CMDLINE_H
#define KERNEL_BASE_CMDLINE_H

#include <stdbool.h>
#include <stdint.h>

#define OPTION_MAX 64 /* a value's room, its NUL included */

struct options {
	bool noreplace_paravirt;
	bool noinline_paravirt;
	bool noreplace_smp;
	bool all_or_nothing;
	char debug_alternative[OPTION_MAX]; /* a glob of families, "*" without a value, "" for none
					     */
	bool bench;
	bool irq_statistics;
	bool keep_log;               /* on the screen, in place of the summary */
	char features[OPTION_MAX];   /* -NAME,-NAME...: the CPU is to have them not */
	char trace[OPTION_MAX];      /* a glob of families, "*" without a value, "" for none */
	uint32_t bench_live;         /* sites of the largest change; 0: it was not asked for */
	char bench_work[OPTION_MAX]; /* a glob of workloads, "*" without a value, "" for none */
	bool bench_tasks;
	bool bench_relink;           /* the same with sites as linked again, and patched again */
	char run[OPTION_MAX];        /* a program, and its arguments with commas; "" for none */
	char guest_text[OPTION_MAX]; /* "open": a guest may do with its text what it likes */
	uint32_t guest_seconds;      /* that a guest may live; 0: for ever */
	uint32_t guest_memory;       /* MiB of each guest's */
	bool unload;                 /* modules of the boot loader's, once they are loaded */
	char pv[OPTION_MAX];         /* "" : detect */
	char switches[OPTION_MAX];   /* NAME,NAME...: back ends, one after the other; "" for none */
	char selftest[OPTION_MAX];   /* a glob, "*" by default, "off" */
	uint32_t maxcpus;
	uint32_t stress;        /* live changes, for selftest=stress.all */
	uint32_t fuzz_seconds;  /* of calls by lot, for selftest=fuzz.calls */
	uint32_t fuzz_seed;     /* the first one's */
	char crash[OPTION_MAX]; /* what to provoke, "" for nothing */
	uint32_t litmus;        /* changes in each row of the litmus tests; 0: none of them */
	char shell[OPTION_MAX]; /* words with commas, "on" without a value, "" for none */
	bool no_table;          /* at the end: who asked for something else has no use for it */
	unsigned unknown;       /* words that were named on the console and ignored */
};

extern struct options options;

/* Fill *out; complaints go to the console, one line each. */
void cmdline_parse(struct options *out, const char *line, const char *loader);

#endif
