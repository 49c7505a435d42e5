// SPDX-License-Identifier: MIT
/*
 * NOPs, options, and other things.
 */
#include "kernel/museum/exhibit.h"
#include "pv/nops.h"
#include <stddef.h>

enum { OF_486, OF_P6 }; /* in pv_nops_tables */

static const void *nop_of_5(void)
{
	return pv_nops_tables[OF_P6]->bytes[5];
}

const struct exhibit museum_rest[] = {
	{
		.name = "nop-of-two",
		.mistake = 6,
		.title = "a five-byte NOP is made of two instructions",
		.what = "pv_nops_tables, p6, 5 bytes: 66 66 90 66 90",
		.expected =
			"each NOP is one instruction: whoever is preempted stands before it or behind it",
		.test = "cpu.nops_decode",
		.see = "make break M=049",
		.changes = {MUSEUM_BYTES_AT(nop_of_5, 5, 0x66, 0x66, 0x90, 0x66, 0x90)},
	},
	{NULL},
};
