/* SPDX-License-Identifier: MIT */
/*
 * Where code begins and ends: from symbol to symbol, with objects and the multiboot header, which
 * are no code, in between; and functions by address or name.
 *
 *	struct code code = code_of(&image);
 *	for (uint64_t at = s->addr; at < end; at = span.end)
 *		span = code_span(&code, s, at);
 */
#ifndef TOOLS_PVTOOL_READ_CODE_H
#define TOOLS_PVTOOL_READ_CODE_H

#include "read/decode.h"
#include "read/image.h"

#define CODE_TEXT (INSN_TEXT + IMAGE_WHERE + 4) /* room for an instruction with a place ... */
#define CODE_LINE 512                           /* ... and for some of them */

struct code {
	const struct image *image;
	uint32_t header, header_len; /* the multiboot header in memory; length 0: none */
};

/* From an address on: code up to `end`, or `end - at` bytes that are none. */
struct span {
	uint64_t end;
	bool data;
};

struct function {
	const struct section *section;
	const char *name;
	uint32_t addr;
	uint64_t end;
};

struct code code_of(const struct image *image);

/* `at` lies in the section; the span ends in it too, and is not empty. */
struct span code_span(const struct code *code, const struct section *section, uint64_t at);

/* The function that holds `addr`; false if it lies in no executable section that has bytes. */
bool code_function_at(const struct image *image, uint32_t addr, struct function *out);

/* The function whose symbol is image->symbols[i]; false if that does not name code. */
bool code_function(const struct image *image, size_t i, struct function *out);

/* "call 0x101230 <timer_init>": an instruction's text, with the place that it names. */
const char *code_text(const struct image *image, uint32_t addr, const uint8_t *bytes, size_t size,
		      char out[CODE_TEXT]);

/*
 * "cli; inc %eax x3; 4 of padding": the instructions of n bytes, with padding behind them up to
 * len. What does not fit ends in "...".
 */
const char *code_line(const struct image *image, uint32_t addr, const uint8_t *bytes, size_t n,
		      size_t len, char out[CODE_LINE]);

/*
 * len bytes at `addr`, and those that the last instruction in them has beyond: a lock prefix gets
 * its instruction. 0 if the file has not all of them.
 */
size_t code_whole(const struct image *image, uint32_t addr, size_t len);

/* code_line() of them as they stand in the file, or "no bytes". */
const char *code_linked(const struct image *image, uint32_t addr, size_t len, char out[CODE_LINE]);

/* Is it NASM's name for a label inside a macro, ..@43.site, which says nothing to people? */
bool code_is_macro_label(const char *name);

#endif
