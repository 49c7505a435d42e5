/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader says: command line and memory map, copied out of wherever it left them and
 * believed only as far as it can be true. Each thing that cannot be is one line on the console.
 *
 *	multiboot_read(&boot_info, info);
 *	cmdline_parse(&options, boot_info.cmdline, boot_info.loader);
 *
 * Source: Multiboot Specification 0.6.96, 3.3.
 */
#ifndef KERNEL_BASE_MULTIBOOT_H
#define KERNEL_BASE_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CMDLINE_MAX 1024
#define MEMORY_MAX  64  /* ranges that are kept */
#define MODULES_MAX 64  /* modules whose memory is known one by one */
#define MODULE_FILE 40  /* bytes of a module's name, the NUL included */
#define MODULE_ARGS 160 /* and of what follows it */

struct memory_range {
	uint64_t base, length;
};

struct boot_info {
	char cmdline[CMDLINE_MAX]; /* "" if there is none */
	char loader[64];           /* "" if it does not say */
	struct memory_range memory[MEMORY_MAX];
	unsigned ranges;       /* usable ones */
	uint64_t memory_bytes; /* their sum */
	/* What modules lie in; the last one is where all those beyond MODULES_MAX are, and between.
	 */
	struct memory_range module[MODULES_MAX];
	/* The first word of what the loader says of it, from behind its last slash up to the first dot; or "". */
	char module_name[MODULES_MAX][MODULE_FILE];
	/* What stands behind that word, from the next one on. */
	char module_args[MODULES_MAX][MODULE_ARGS];
	unsigned modules;
	unsigned complaints; /* lines that were printed */
};

extern struct boot_info boot_info;

/* The i-th module's bytes; it lies below 4 GiB, or it is none. */
static inline const void *boot_module_file(unsigned i)
{
	return (const void *)(uint32_t)boot_info.module[i].base;
}

static inline size_t boot_module_size(unsigned i)
{
	return (size_t)boot_info.module[i].length;
}

/* Fill *out from the information at this address, which the loader left in ebx. */
void multiboot_read(struct boot_info *out, const void *info);

#endif
