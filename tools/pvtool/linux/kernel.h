/* SPDX-License-Identifier: MIT */
/*
 * A Linux kernel for i386, as its file says: where its text lies, who its symbols are, and its
 * tables of places that it changes. A kind of places is a file of this room with its struct kind,
 * and a line in open.c's list.
 *
 *	struct kernel kernel;
 *	if (kernel_claims(&image) && kernel_open(&kernel, &image))	// open.h
 *		printf("%zu\n", kernel.tables[KIND_LOCKS].n);
 */
#ifndef TOOLS_PVTOOL_LINUX_KERNEL_H
#define TOOLS_PVTOOL_LINUX_KERNEL_H

#include "family/family.h"
#include "read/image.h"

#define KERNEL_VERSION 64 /* room for "6.1.0-47-686-pae"; more is cut */
#define KERNEL_FORMS   6  /* of one kind's records, at most */

/* In the order in which a kernel applies them while it boots. */
enum kind_id {
	KIND_MCOUNT,
	KIND_PARAVIRT,
	KIND_ALTERNATIVES,
	KIND_LOCKS,
	KIND_BRANCHES,
	KIND_CALLS,
	KERNEL_KINDS
};

struct kernel;
struct kernel_table;
struct live;

/* What a record looks like: the layouts changed over the years. */
struct form {
	const char *name;
	uint32_t size;
	bool known; /* to verify: one that Linux 6.1 has */

	/* The record whose bytes are p, and which lies at the address `at`; index is set already.
	 */
	void (*read)(const uint8_t *p, uint32_t at, struct record *out);
};

struct kind {
	const char *name;
	const char *section;     /* of its table ... */
	const char *begin, *end; /* ... or the symbols around it */
	bool hidden;             /* it may lie inside another section, and is looked for there */
	bool padded;             /* zeros follow, up to a page's end */
	struct form forms[KERNEL_FORMS]; /* those without a size are none */

	/* How long a record's site is, where it does not say it itself; NULL: it does. */
	uint8_t (*len)(const struct kernel *kernel, const struct record *record);

	/* What cannot be right about a record; NULL: nothing. */
	const char *(*fault)(const struct kernel *kernel, const struct record *record);

	/* "xmm2", "pv_ops+0x10": what the record says. Returns `out`. */
	const char *(*title)(const struct kernel *kernel, const struct record *record,
			     char out[SITE_TITLE]);

	/* Writes what must stand at the table's records into the text that live.h keeps. */
	void (*apply)(struct live *live, const struct kernel_table *table);
};

extern const struct kind mcount_kind, paravirt_kind, alternatives_kind, locks_kind, branches_kind,
	calls_kind;

struct kernel_table {
	const struct kind *kind;
	const struct form *form; /* NULL: there is no table */
	const char *how;         /* it was found: by "section", "symbols", "search" */
	uint32_t addr, size;     /* of all of it; the last record may be cut */
	const uint8_t *bytes;
	struct record *records; /* in its order */
	size_t n;
};

struct kernel {
	struct image image;
	char version[KERNEL_VERSION];
	uint32_t text, end;  /* no executable section begins before, or ends behind */
	const char *names;   /* where its symbols are from ... */
	bool stripped;       /* ... and of variables these are a few only */
	uint32_t ops;        /* pv_ops; this and the next two are 0 where it has none */
	uint32_t tracers[2]; /* __fentry__, mcount: what functions call when they begin */
	struct kernel_table tables[KERNEL_KINDS];
	uint32_t *keys; /* calls: words that may be a trampoline's key, see keys.h */
	size_t n_keys;
};

/* Is the image a Linux kernel: does a section hold "Linux version "? */
bool kernel_claims(const struct image *image);

/* Fill kernel->version; text and end. */
void kernel_read_version(struct kernel *kernel);
void kernel_find_text(struct kernel *kernel);

/* The number of the version, as 601 for 6.1; 0 if it cannot be read. */
unsigned kernel_version(const struct kernel *kernel);

/* Are they all in one executable section that has bytes? */
bool kernel_is_text(const struct kernel *kernel, uint32_t addr, uint32_t len);

/* Is it text that stays, .text, or the init text that sites are changed in? */
bool kernel_is_main(const struct kernel *kernel, uint32_t addr);
bool kernel_is_init(const struct kernel *kernel, uint32_t addr);

/* Is it in a section that is loaded and not executable? */
bool kernel_is_data(const struct kernel *kernel, uint32_t addr, uint32_t len);

/* The address of a symbol; 0 if there is none. */
uint32_t kernel_symbol(const struct kernel *kernel, const char *name);

/*
 * "name+0x12" of a variable or, where no name says more than that something lies before it, its
 * address. Returns `out`.
 */
const char *kernel_variable(const struct kernel *kernel, uint32_t addr, char out[IMAGE_WHERE]);

/* Where a branch e8, e9 or eb at `addr` goes to; 0 if there is none. */
uint32_t kernel_branch(const struct kernel *kernel, uint32_t addr);

/* Is it a NOP of `len` bytes, of one instruction, by any table? */
bool kernel_is_nop(const uint8_t *bytes, uint32_t len);

/* Does a record's site lie, with all its bytes, in text? */
const char *kernel_site_fault(const struct kernel *kernel, const struct record *record);

#endif
