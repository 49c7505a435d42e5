/* SPDX-License-Identifier: MIT */
/*
 * An instruction in the GNU assembler's words, as objdump says it.
 *
 *	n = pv_insn_len(bytes, room);
 *	spell(bytes, n, at, text, sizeof(text), say_address);		"mov 0x8(%ebp), %edx"
 */
#ifndef KERNEL_SHELL_ASM_SPELL_H
#define KERNEL_SHELL_ASM_SPELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPELL_MAX 96

/* Where a branch goes, in words: "tsc_ns+0x10". */
typedef void spell_address_fn(uint32_t address, char *text, size_t room);

/* The instruction of n bytes that stands, or will, at `at`. False, and an empty text: it is none that has a name here. */
bool spell(const uint8_t *bytes, unsigned n, uint32_t at, char text[SPELL_MAX],
	   spell_address_fn *address);

#endif
