/* SPDX-License-Identifier: MIT */
/*
 * Everything that the kernel does about patching, in the order of the boot. Two files implement it:
 * patching.c, and unpatched.c for the yardstick kernel, which has no table and no sites.
 *
 *	patching_init();
 *	patching_run();
 *	...
 *	patching_events();
 *	patching_table();
 */
#ifndef KERNEL_PATCH_PATCHING_H
#define KERNEL_PATCH_PATCHING_H

#include "pv/site.h"
#include <stdbool.h>

/* Choose and install the back end, by the machine or by pv=. */
void patching_init(void);

/* Its name. */
const char *patching_backend(void);

/*
 * List (debug-alternative) and patch the sites of all families, report refusals, judge. From then
 * on lock prefixes follow the number of CPUs.
 */
void patching_run(void);

/* What was judged of each family, in their order: why NULL, or what is wrong with the image. */
void patching_results(void (*tell)(const char *family, const char *why));

/* Did the paravirt pass refuse nothing? What walks the whole table later may then trust it. */
bool patching_whole(void);

/* The state of the kernel's own alternatives: the features, or as linked when all-or-nothing found one that is refused. */
const void *patching_alternatives(void);

/* The sites in init text are gone from here on. */
void patching_init_gone(void);

/* The passes at boot, as events and as the tables for people. */
void patching_events(void);
void patching_table(void);

/* A family's numbers, those of the table: i counts from 0; false: it is behind the last one. */
struct patching_told {
	const char *family;
	const struct pv_stats *boot;
	struct pv_count now; /* as the table has counted them; all 0 if it has not */
};
bool patching_told(unsigned i, struct patching_told *out);

/* crash=missing-op: take an op away, patch again, call it. Comes back if that goes unnoticed. */
void patching_break(void);

/* crash=panic-damaged: an ud2 in each paravirt site, and interrupts off for good. */
void patching_damage(void);

#endif
