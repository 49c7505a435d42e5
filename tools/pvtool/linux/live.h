/* SPDX-License-Identifier: MIT */
/*
 * A running Linux, in a dump: what its text must be, worked out from the file and from what the
 * dump says of features, pv_ops, keys and calls. Each kind writes its sites' bytes into a copy of
 * the file's text, in the kernel's own order, so that sites which lie in others come out right.
 *
 *	struct live live;
 *	if (live_open(&live, &kernel, options)) {
 *		live_apply(&live);
 *		... live.parts[i].want against live.parts[i].found ...
 *	}
 */
#ifndef TOOLS_PVTOOL_LINUX_LIVE_H
#define TOOLS_PVTOOL_LINUX_LIVE_H

#include "family/dump.h"
#include "linux/kernel.h"
#include "read/nops.h"

/* An executable section. */
struct part {
	const struct section *section;
	uint8_t *want;        /* as it must be */
	const uint8_t *found; /* as the dump has it */
	bool gone;            /* its memory was given up, and may be anything */
};

struct live {
	const struct kernel *kernel;
	struct dump dump;
	struct part *parts;
	size_t n_parts;
	const struct nops *nops;
	const uint8_t *features;           /* words of boot_cpu_data ... */
	unsigned n_features;               /* ... so many */
	uint32_t nothing;                  /* _paravirt_nop */
	uint32_t bug;                      /* paravirt_BUG, or 0 */
	uint32_t zero;                     /* __static_call_return0, or 0 */
	bool up;                           /* lock prefixes are DS prefixes */
	uint8_t *became[KERNEL_KINDS];     /* of each record, an enum expect_kind */
	const char **faults[KERNEL_KINDS]; /* ... and what cannot be right about it, or NULL */
};

/* False, after a line on stderr, if the dump cannot be read or does not hold what is needed. */
bool live_open(struct live *live, const struct kernel *kernel, const struct options *options);
void live_free(struct live *live);

/* Fills parts[].want, became and faults. */
void live_apply(struct live *live);

/* So many bytes of the text that must be; NULL if they are not all in one section. */
uint8_t *live_text(const struct live *live, uint32_t addr, uint32_t len);

/* Does the dump hold that word? */
bool live_word(const struct live *live, uint32_t addr, uint32_t *word);

/* Is it in text of the file that is still there? */
bool live_is_code(const struct live *live, uint32_t addr);

/* Does the CPU have it? `feature` is below 32 * n_features. */
bool live_has(const struct live *live, unsigned feature);

/* Says what became of a record, or that it cannot be right. */
void live_became(struct live *live, const struct kernel_table *table, const struct record *record,
		 enum expect_kind kind);
void live_fault(struct live *live, const struct kernel_table *table, const struct record *record,
		const char *why);

/* Is it a record that can be applied, so far? */
bool live_is_good(const struct live *live, const struct kernel_table *table,
		  const struct record *record);

/* op, displacement from `from` to `to`: a branch of five bytes. */
void live_put_branch(uint8_t *bytes, uint8_t op, uint32_t from, uint32_t to);

#endif
