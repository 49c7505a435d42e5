/* SPDX-License-Identifier: MIT */
/*
 * Text made up for measuring the passes, with its tables: sites of the families in turn, 100 to 400
 * bytes apart, from a million records on 64 bytes.
 *
 *	field_make(&field, 1000, FIELD_SITES(FIELD_ALTERNATIVES));
 *	field_patch(&field);			// the engine
 *	field_remember(&field);			// what it wrote are the final bytes
 *	field_reset(&field);
 *	field_free(&field);
 */
#ifndef TESTS_BENCH_PASS_FIELD_H
#define TESTS_BENCH_PASS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIELD_PARAVIRT, FIELD_ALTERNATIVES, FIELD_SMP_LOCKS, FIELD_TABLES };
#define FIELD_SITES(table) \
	(1u << (table)) /* in which tables the field has sites; several are or'ed */

struct place {
	uint8_t *at;
	uint8_t len;
};

/* A family's records; the bytes of its sites stand one behind the other, in the order of `places`.
 */
struct table {
	unsigned records, sites;
	uint8_t *record;
	struct place *places;
	size_t bytes;
	uint8_t *linked, *final;
};

struct field {
	unsigned records; /* in all tables */
	size_t text_bytes, map_bytes, replacement_bytes;
	uint8_t *text, *map, *scratch, *replacements;
	struct table table[FIELD_TABLES];
};

/* Once. */
void field_init(void);

/* With exactly so many records; ends the program when memory is short. */
void field_make(struct field *f, unsigned records, unsigned tables);
void field_free(struct field *f);

/* The engine's passes, family by family, and back for those that can go back. */
void field_patch(const struct field *f);
void field_unpatch_locks(const struct field *f);

/*
 * After a field_patch(): what it wrote is final from now on. Ends the program when a site was
 * refused or is what it was.
 */
void field_remember(struct field *f);

/* Every site as linked, the engine's maps empty. */
void field_reset(const struct field *f);

/* Out of the caches: how a boot loader leaves it. */
void field_flush(const struct field *f);

/* `what` failed. */
_Noreturn void die(const char *what, unsigned records);

#endif
