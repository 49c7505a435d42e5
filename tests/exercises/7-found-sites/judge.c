// SPDX-License-Identifier: MIT
/*
 * Exercise 7. An object of a few bytes, with one relocation at a time: what does callee() take it for? Text begins
 * where the file does, so that a sanitizer sees who reads in front of it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../judge.h"
#include "kernel/module/link.h"

#define strlcpy judge_strlcpy
static size_t judge_strlcpy(char *to, const char *from, size_t size)
{
	return (size_t)snprintf(to, size, "%s", from);
}

#include "kernel/module/link.c" /* callee() is its own */
#undef SAY
#include "kernel/module/object.c"

enum { TEXT_SECTION = 1, DATA_SECTION, SECTIONS };
enum { NO_SYMBOL, THE_OP, FUNCTION, OWN, TRAMPOLINE_OF_A_CALL, SYMBOLS };

static const char strings[] = "\0pv_irq_disable\0irq_set_handler\0pv_own\0__SCT__clock";

static const struct elf_symbol symbols[SYMBOLS] = {
	[THE_OP] = {.name = 1},
	[FUNCTION] = {.name = 16},
	[OWN] = {.name = 32, .section = TEXT_SECTION},
	[TRAMPOLINE_OF_A_CALL] = {.name = 39},
};

static const char *const words[] = {"no call that can be patched", "a call of a static call",
				    "a call of an op"};

/* The bytes are the section's first ones, and the relocation is of four of them. */
static void is(enum callee expected, unsigned section, const uint8_t *bytes, unsigned n,
	       unsigned offset, unsigned type, unsigned symbol)
{
	struct elf_section sections[SECTIONS] = {
		[TEXT_SECTION] = {.flags = SHF_ALLOC | SHF_EXEC, .size = n},
		[DATA_SECTION] = {.flags = SHF_ALLOC | SHF_WRITE, .size = n},
	};
	const struct elf_rel rel = {offset, symbol << 8 | type};
	const struct relocation r = {0, 1, section, &rel};
	uint8_t *file = malloc(n);
	const struct object o = {.file = file,
				 .size = n,
				 .sections = sections,
				 .n = SECTIONS,
				 .names = strings,
				 .symbols = symbols,
				 .symbols_n = SYMBOLS,
				 .strings = strings};
	enum callee found;

	memcpy(file, bytes, n);
	found = callee(&o, &r);
	if (found != expected)
		WRONG("expected: %s, found: %s", words[expected],
		      found < CALLEES ? words[found] : "no word of the list");
	free(file);
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define HERE       0xfc, 0xff, 0xff, 0xff /* -4: from behind the four bytes */

static void calls(void)
{
	CASE("e8, a call of pv_irq_disable by its distance, is one of an op");
	is(OP, TEXT_SECTION, BYTES(0xe8, HERE), 1, R_386_PC32, THE_OP);
	CASE("so is one by R_386_PLT32, which newer assemblers write");
	is(OP, TEXT_SECTION, BYTES(0x40, 0xe8, HERE), 2, R_386_PLT32, THE_OP);
	CASE("so is e9, a jump at the end of a function");
	is(OP, TEXT_SECTION, BYTES(0x40, 0x40, 0xe9, HERE), 3, R_386_PC32, THE_OP);
	CASE("a call of __SCT__clock is one of a static call");
	is(STATIC_CALL, TEXT_SECTION, BYTES(0xe8, HERE), 1, R_386_PC32, TRAMPOLINE_OF_A_CALL);
}

static void others(void)
{
	CASE("a call of any other function is none");
	is(NOTHING, TEXT_SECTION, BYTES(0xe8, HERE), 1, R_386_PC32, FUNCTION);
	CASE("nor is one of a function of the module's own that is named like an op's, pv_own");
	is(NOTHING, TEXT_SECTION, BYTES(0xe8, HERE), 1, R_386_PC32, OWN);
	CASE("whoever takes its address, b8, does not call it: R_386_32 is no distance");
	is(NOTHING, TEXT_SECTION, BYTES(0xb8, 0, 0, 0, 0), 1, R_386_32, THE_OP);
	CASE("nor if the byte in front happens to be e8");
	is(NOTHING, TEXT_SECTION, BYTES(0xe8, HERE), 1, R_386_32, THE_OP);
	CASE("a conditional jump, 0f 84, has six bytes, and no room for what a call becomes");
	is(NOTHING, TEXT_SECTION, BYTES(0x0f, 0x84, HERE), 2, R_386_PC32, THE_OP);
	is(NOTHING, TEXT_SECTION, BYTES(0x0f, 0x84, HERE), 2, R_386_PLT32, TRAMPOLINE_OF_A_CALL);
	CASE("a call of five bytes behind the function is a call of something else");
	is(NOTHING, TEXT_SECTION, BYTES(0xe8, 1, 0, 0, 0), 1, R_386_PC32, THE_OP);
	CASE("what is not executed is no call, whatever its bytes are");
	is(NOTHING, DATA_SECTION, BYTES(0xe8, HERE), 1, R_386_PC32, THE_OP);
	CASE("of a distance that is the section's first four bytes there is no byte in front to look at");
	is(NOTHING, TEXT_SECTION, BYTES(HERE), 0, R_386_PC32, THE_OP);
}

int main(void)
{
	calls();
	others();
	return judged();
}
