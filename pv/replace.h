/* SPDX-License-Identifier: MIT */
/*
 * Functions that can be replaced while all CPUs run through them: a jump at the entry, to another function
 * of the same type. Several of them, at one instant, and back to the byte.
 *
 *	PV_REPLACEABLE int answer(int x) { ... }		entry:	90 90 90 90 90, by gcc
 *
 *	struct pv_replacement r[] = {{answer, better_answer}};
 *	struct pv_replacing all = {.first = r, .n = 1, .image = &kernel_image, .room = room};
 *
 *	why = pv_replace_begin(&all);			3e 8d 74 26 00, or what the CPU has
 *	why = pv_replace(&all, true);			e9 to better_answer()
 *	why = pv_replace(&all, false);			3e 8d 74 26 00
 *	why = pv_replace_end(&all);			90 90 90 90 90
 *
 * Who is in a function's body when it is replaced ends it. Sites in both bodies are what they are anywhere: keys
 * and calls that both use change in both. Live (pv/poke.h): between begin and end nothing is waited for but
 * rounds. Begin and end gather all CPUs, since none may be between the five NOPs.
 */
#ifndef PV_REPLACE_H
#define PV_REPLACE_H

#include "pv/image.h"

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

#define PV_REPLACE_LEN 5

/* Its entry is in the section __patchable_function_entries, too. */
#if CONFIG_PARAVIRT
#ifdef __clang__
#define PV_REPLACEABLE __attribute__((noinline, patchable_function_entry(PV_REPLACE_LEN)))
#else /* nor may callers know what it does, or have a copy of it */
#define PV_REPLACEABLE __attribute__((noipa, patchable_function_entry(PV_REPLACE_LEN)))
#endif
#else
#define PV_REPLACEABLE
#endif

struct pv_replacement {
	const void *entry, *by;
	uint8_t on[2];                  /* in each version of text; 0 at first */
	uint8_t linked[PV_REPLACE_LEN]; /* what was there: compilers differ */
	uint8_t unused;
};

/* Functions that are replaced together. All but the last two members are given; zeros. */
struct pv_replacing {
	struct pv_replacement *first;
	uint32_t n;
	struct pv_image *image; /* whose text the entries lie in */
	void *room;             /* 16 bytes a function, aligned to 4 */
	struct pv_table table;
	bool begun;
};

extern const struct pv_family replace_family;

/*
 * NULL: done; otherwise why not, in words, and nothing is otherwise than it was: an entry is not five NOPs, is
 * replaced by others already, or its replacement is no text. pv_replace_end() undoes, too, what was replaced.
 */
const char *pv_replace_begin(struct pv_replacing *r);
const char *pv_replace(struct pv_replacing *r, bool on);
const char *pv_replace_end(struct pv_replacing *r);

#endif
