// SPDX-License-Identifier: MIT
/*
 * What the shell's disassembler says of instructions, for a test that asks another one: a line "ADDRESS BYTES" each, in hex,
 * and one back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define strlcpy spell_strlcpy
#include "kernel/shell/asm/opcodes.c"
#include "kernel/shell/asm/spell.c"
#include "pv/insn.h"

size_t spell_strlcpy(char *to, const char *from, size_t size)
{
	const size_t n = strlen(from);

	if (size) {
		memcpy(to, from, n < size ? n + 1 : size);
		to[size - 1] = '\0';
	}
	return n;
}

static void say_address(uint32_t address, char *text, size_t room)
{
	snprintf(text, room, "%x", address);
}

/* Out of memory that ends where the instruction does. */
static bool said(const uint8_t *bytes, unsigned n, uint32_t at, char text[SPELL_MAX])
{
	uint8_t *copy = malloc(n ? n : 1);
	bool has_name;

	memcpy(copy, bytes, n);
	has_name = spell(copy, n, at, text, say_address);
	free(copy);
	return has_name;
}

int main(void)
{
	char line[128], text[SPELL_MAX];
	uint8_t bytes[PV_INSN_MAX];

	while (fgets(line, sizeof(line), stdin)) {
		char *end;
		const uint32_t at = (uint32_t)strtoul(line, &end, 16);
		unsigned n = 0;

		while (*end == ' ' && n < PV_INSN_MAX) {
			char *from = end;

			bytes[n] = (uint8_t)strtoul(from, &end, 16);
			if (from == end)
				break;
			n++;
		}
		puts(said(bytes, n, at, text) ? text : "?");
	}
	return 0;
}
