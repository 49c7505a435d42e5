/* SPDX-License-Identifier: MIT */
/*
 * Measuring the passes, between its two sides: the program (clocks, output), and the field with
 * those who patch it. The two may be compiled for different ABIs (pass.mk), so only 32-bit integers
 * go over, addresses as well; everything of the field lies below 4 GB.
 *
 *	field_make(FIELD_LINUX, 1 << FAMILY_PARAVIRT, 1);
 *	field_prepare(WHO_ENGINE, families);		// text as linked
 *	field_flush();
 *	field_run(WHO_ENGINE, families);		// this is timed
 *	field_check(WHO_ENGINE, families);		// the final bytes, or the end
 *	field_free();
 */
#ifndef TESTS_BENCH_PASS_SIDES_H
#define TESTS_BENCH_PASS_SIDES_H

#include <stdint.h>

enum { FAMILY_PARAVIRT, FAMILY_ALTERNATIVES, FAMILY_SMP_LOCKS, FAMILIES };
#define ALL_FAMILIES ((1u << FAMILIES) - 1)
/* Beside FAMILY_PARAVIRT's bit: its sites are calls of plain functions (pv/relocs.h). */
#define FIELD_FOUND (1u << FAMILIES)

enum {
	WHO_ENGINE, /* with index and facts, as the build tool leaves them */
	WHO_LOAD,   /* without: made, and then the pass */
	WHO_SORT,   /* only the index made */
	WHO_FLOOR,  /* inlined stores of the final bytes */
	WHO_BEFORE, /* the engine as it was; see pass.mk */
	NR_WHO
};

#define FIELD_LINUX 0 /* otherwise: so many records, regularly */
#define IMAGES_MAX  16

/* Each image has text and tables of its own. Returns how many records there are in all of them. */
uint32_t field_make(uint32_t records, uint32_t families, uint32_t images);
void field_free(void);

uint32_t field_has(uint32_t who);
void field_prepare(uint32_t who, uint32_t families);
void field_run(uint32_t who, uint32_t families);
void field_check(uint32_t who, uint32_t families);

/* The sites' text and all tables: read once, and written back to memory. */
void field_touch(void);
void field_flush(void);

/* The program's side. Zeroed pages below 4 GB; the end, with the reason; a line on stderr. */
uint32_t bench_pages(uint32_t bytes);
void bench_pages_free(uint32_t at, uint32_t bytes);
void bench_die(uint32_t text, uint32_t number);
void bench_say(uint32_t text);

#endif
