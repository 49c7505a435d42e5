/* SPDX-License-Identifier: MIT */
/*
 * The field: text with sites, and its tables, laid out from a list of what each record is
 * (struct spec): a real kernel's (linux_sites.pl) or a regular one. What the final bytes are is
 * known from the list alone, without any engine.
 */
#ifndef TESTS_BENCH_PASS_FIELD_H
#define TESTS_BENCH_PASS_FIELD_H

#include "tests/bench/pass_sides.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPL_EMPTY, REPL_JMP, REPL_CALL, REPL_OTHER };

struct spec {
	uint32_t at;   /* offset in text */
	uint16_t what; /* an op (enum world_op) or a feature */
	uint8_t family, len;
	uint8_t n, nops, kind; /* alternatives: the replacement, and the NOPs at the site's end */
};

/* The two engines have paravirt ops, functions and records of their own: two worlds. */
enum { WORLD_NOW, WORLD_BEFORE, WORLDS };

/*
 * The op types of the list are that kernel's; what they become here is as many stores of the same
 * kinds: instructions, a call, a jump, nothing.
 */
#define WORLD_OPS 13
struct world_op {
	uint8_t type, jumps; /* its number; sites jump through the slot */
	uint8_t n;           /* bytes of its template, 0: none */
	uint8_t empty;       /* does nothing */
	uint8_t leads; /* what its template leaves becomes prefixes before it, not NOPs behind */
	uint8_t bytes[8];
	uint32_t slot, function; /* addresses */
	uint32_t plain;          /* what calls of it are linked to, in the world of now */
};

/* Is this the field of FIELD_FOUND? */
extern bool field_found;

/*
 * Bytes of a site, ready to be stored: words at its first and at its last four bytes; of less than
 * four, the halves or the byte. More than 8: `low` is where they are.
 */
struct place {
	uint32_t at, len, low, tail;
};

struct table {
	uint32_t records, sites, size; /* size: of a record */
	uint32_t all;                  /* as many records as there will be */
	uint8_t *record[WORLDS];
	struct place *linked[WORLDS], *final[WORLDS]; /* by address */
	/* room for the engine: entries twice, facts, bytes of long sites; and again for WHO_LOAD */
	uint8_t *room[2];
	uint32_t room_size;
};

struct image {
	uint8_t *text, *replacements, *tables;
	uint32_t text_bytes, replacement_bytes, tables_bytes;
	struct table table[FAMILIES];
};

/* pass_regular.c, pass_linux.c: the list; what text it is for; which features there are. */
const struct spec *linux_list(uint32_t *records, uint32_t *text_bytes);
const struct spec *regular_list(uint32_t records, uint32_t families, uint32_t *text_bytes);
void regular_free(void);
extern const uint32_t field_features[10];

/* pass_layout.c: make one image of a list. */
void image_make(struct image *image, const struct spec *list, uint32_t records, uint32_t text_bytes,
		const struct world_op *worlds[WORLDS]);
void image_free(struct image *image);

/* pass_code.c: n bytes of whole instructions, `which` of two sorts. */
void code_fill(uint8_t *at, uint32_t n, unsigned which);
void code_branch(uint8_t *at, uint8_t opcode, uint32_t target);
/* A site and its bytes in an op's two states. */
void code_op_linked(uint8_t *bytes, const struct world_op *op);
void code_op_final(uint8_t *bytes, const struct world_op *op, uint32_t at);
/* The same of one that is found. */
void code_found_linked(uint8_t *bytes, const struct world_op *op, uint32_t at);
void code_found_final(uint8_t *bytes, const struct world_op *op, uint32_t at);

/* Those who patch: pass_engine.c, pass_before.c. What the pass counted is in *counts. */
struct counts {
	uint32_t sites, refused, bytes, pad, kind[8];
};
void engine_init(struct world_op *ops);
void engine_nops(uint8_t *at, uint32_t n);
void engine_images(struct image *images, uint32_t n);
void engine_prepare(void);
void engine_run(uint32_t families, struct counts *counts);
void engine_load(uint32_t families, struct counts *counts);
void engine_sort(uint32_t families);

void before_init(struct world_op *ops) __attribute__((weak));
void before_images(struct image *images, uint32_t n) __attribute__((weak));
void before_prepare(void) __attribute__((weak));
void before_run(uint32_t families, struct counts *counts) __attribute__((weak));

static inline _Noreturn void die(const char *text, uint32_t number)
{
	bench_die((uint32_t)text, number);
	__builtin_unreachable();
}

#endif
