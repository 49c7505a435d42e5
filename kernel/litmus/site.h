/* SPDX-License-Identifier: MIT */
/*
 * The instruction under test: five bytes that are one NOP or one jump, four of which differ.
 *
 *	0f 1f 44 00 01	nopl 1(%eax,%eax)	goes on behind it
 *	e9 0b 80 00 00	jmp +0x800b		goes elsewhere
 *
 * Each of the 32 mixtures of the two is one whole instruction, or faults, and all of them lead to a
 * place of their own, where the value that comes back says which it was:
 *
 *	e9, any other displacement	a stub there, LITMUS_FAR further on if the last byte is old
 *	0f 1f 80 ...			a NOP of seven bytes: a stub behind the two that it takes along
 *	0f 0b ...			ud2
 *	0f 1f 44 00 00			a NOP as the other one: nobody can tell, and nobody is harmed
 *
 * Between stubs all is cc. The bytes are the same in 32-bit and in 64-bit code.
 *
 *	litmus_build(memory);
 *	ran = ((litmus_code *)(memory + litmus_offset(place)))();
 */
#ifndef KERNEL_LITMUS_SITE_H
#define KERNEL_LITMUS_SITE_H

#include <stdbool.h>
#include <stdint.h>

#define LITMUS_BYTES 5

/* What a place needs: code in the first LITMUS_NEAR bytes, and in as many from LITMUS_FAR on. */
#define LITMUS_NEAR 0xa000u
#define LITMUS_FAR  0x1000000u
#define LITMUS_SIZE (LITMUS_FAR + LITMUS_NEAR)
/* All sites lie in the first so many bytes: what has to be writable while they run. */
#define LITMUS_SITES 0x2000u

enum litmus_text { LITMUS_NOP, LITMUS_JMP };

/* Within eight aligned bytes; with two bytes in front of a line's, or a page's, end. */
enum litmus_place { LITMUS_IN_LINE, LITMUS_ACROSS_LINE, LITMUS_ACROSS_PAGE, LITMUS_PLACES };

extern const uint8_t litmus_bytes[2][LITMUS_BYTES];
extern const char *const litmus_place_name[LITMUS_PLACES];

/* Returns LITMUS_NOP or LITMUS_JMP; anything else is torn. Changes nothing else. */
typedef uint32_t litmus_code(void);

uint32_t litmus_offset(enum litmus_place place);

/* Make all places, with NOPs in them, in LITMUS_SIZE bytes; what is in between stays. */
void litmus_build(uint8_t *memory);

/* What the site does that has byte i of the jump where bit i of mask is set, and of the NOP else. */
enum litmus_does { LITMUS_AS_NOP, LITMUS_AS_JMP, LITMUS_TORN, LITMUS_FAULTS };
enum litmus_does litmus_mixture(unsigned mask);

#endif
