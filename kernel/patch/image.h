/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own text and tables, as the linker placed them.
 *
 *	image_init();
 *	apply_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end);
 */
#ifndef KERNEL_PATCH_IMAGE_H
#define KERNEL_PATCH_IMAGE_H

#include "pv/alternative.h"
#include "pv/jump_label.h"
#include "pv/patch.h"
#include "pv/relocs.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

struct image_tables {
	const struct paravirt_patch_site *paravirt, *paravirt_end;
	const struct alt_instr *alternatives, *alternatives_end;
	const int32_t *smp_locks, *smp_locks_end;
	const struct jump_entry *branches, *branches_end;
	const struct static_call_site *calls, *calls_end;
	const uint32_t *relocs, *relocs_end;
};

/* Data, so that what is damaged in it can be seen from outside. */
extern struct image_tables kernel_tables;

/* Its text; who has sites of his own in it adds a table. */
extern struct pv_image kernel_image;

/* The paravirt table back to the linker's own ends, when those in kernel_tables cannot be. */
void image_reset_paravirt(void);

/* Where the kernel's replacements lie. */
extern const uint8_t __alt_replacements[], __alt_replacements_end[];

/*
 * Tell the engine which text it may touch, and what lies where in it; panics get the names of
 * missing ops from here on. False, after a line: a table has no index, and its passes are slow.
 */
bool image_init(void);

/* Init text is about to be given up: its sites are counted from here on, and not touched. */
void image_init_gone(void);
bool image_is_gone(const void *at);

/* Does a table with these ends lie in the image's read-only data? An end before the start does,
 * too. */
bool image_holds_table(const void *start, const void *end);

/* The op whose site begins at `at`; PV_NR_TYPES if there is none. */
unsigned image_op_at(uint32_t at);

#endif
