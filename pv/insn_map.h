/* SPDX-License-Identifier: MIT */
/*
 * The opcode maps of the decoder, one character an opcode, a row for sixteen of them as in the
 * SDM's tables (volume 2D, A.3), so that they can be compared by eye:
 *
 *	.  nothing follows		m  ModRM
 *	b  8-bit immediate		B  ModRM and 8-bit immediate
 *	z  16/32-bit immediate		Z  ModRM and 16/32-bit immediate
 *	w  16-bit immediate		e  16- and 8-bit immediates (enter)
 *	j  8-bit relative		J  16/32-bit relative
 *	o  address-sized offset		f  far pointer
 *	t  ModRM, and for /0 and /1 an 8-bit immediate (test)		T  the same, 16/32-bit
 *	v  ModRM that names memory; with registers the byte is none, or begins a VEX or EVEX prefix
 *	n  ModRM that names registers	N  the same, and 8-bit immediate
 *	r  ModRM that names registers, whatever its mod says, and chooses: see `groups`
 *	g  ModRM that chooses	G  the same, and 8-bit immediate	H  16/32-bit
 *	p  prefix			x  an escape, or not an instruction
 *
 * What is not here is refused: what a newer CPU makes of it nobody can measure today. Included
 * once, by insn.c.
 */
#ifndef PV_INSN_MAP_H
#define PV_INSN_MAP_H

#include <stdint.h>

/* clang-format off */
static const char one_byte_map[257] =
	/*       0123456789abcdef */
	/* 0 */ "mmmmbz..mmmmbz.x"
	/* 1 */ "mmmmbz..mmmmbz.."
	/* 2 */ "mmmmbzp.mmmmbzp."
	/* 3 */ "mmmmbzp.mmmmbzp."
	/* 4 */ "................"
	/* 5 */ "................"
	/* 6 */ "..vmppppzZbB...."
	/* 7 */ "jjjjjjjjjjjjjjjj"
	/* 8 */ "BZBBmmmmmmmmgvgg"
	/* 9 */ "..........f....."
	/* a */ "oooo....bz......"
	/* b */ "bbbbbbbbzzzzzzzz"
	/* c */ "BBw.vvGHe.w..b.."
	/* d */ "mmmmbbx.mggggggg"
	/* e */ "jjjjbbbbJJfj...."
	/* f */ "p.pp..tT......gg";

static const char two_byte_map[257] =
	/*       0123456789abcdef */
	/* 0 */ "ggmmx.....x.xm.x"
	/* 1 */ "mmgvmmgvmmxxmmmm"
	/* 2 */ "rrrrxxxxmmmvmmmm"
	/* 3 */ "......x.xxxxxxxx"
	/* 4 */ "mmmmmmmmmmmmmmmm"
	/* 5 */ "nmmmmmmmmmmmmmmm"
	/* 6 */ "mmmmmmmmmmmmmmmm"
	/* 7 */ "BGGGmmm.mmxxmmmm"
	/* 8 */ "JJJJJJJJJJJJJJJJ"
	/* 9 */ "mmmmmmmmmmmmmmmm"
	/* a */ "...mBmxx...mBmgm"
	/* b */ "mmvmvvmmmmGmmmmm"
	/* c */ "mmBvBNBg........"
	/* d */ "mmmmmmmnmmmmmmmm"
	/* e */ "mmmmmmmvmmmmmmmm"
	/* f */ "vmmmmmmnmmmmmmmm";

/*
 * Behind which of the prefixes that choose among SSE's instructions the two-byte opcodes are one: 1
 * none, 2 66, 4 f3, 8 f2, as a hexadecimal digit; f: they choose nothing.
 */
static const char two_byte_prefixes[257] =
	/*       0123456789abcdef */
	/* 0 */ "f1ff0fffff0f0ff0"
	/* 1 */ "fff33373ff00ffff"
	/* 2 */ "ffff000033f3ff33"
	/* 3 */ "ffffff0100000000"
	/* 4 */ "ffffffffffffffff"
	/* 5 */ "3f553333fff7ffff"
	/* 6 */ "3333333333332237"
	/* 7 */ "f33333311100aa77"
	/* 8 */ "ffffffffffffffff"
	/* 9 */ "ffffffffffffffff"
	/* a */ "ffffff00ffffff1f"
	/* b */ "ffffffff4fffffff"
	/* c */ "fff13331ffffffff"
	/* d */ "a333332333333333"
	/* e */ "333333e333333333"
	/* f */ "8333333333333333";
/* clang-format on */

/*
 * Opcodes of which ModRM chooses the instruction: behind which prefixes, which /reg there are in
 * memory, and for each /reg of the register form which of its eight are one. 0x1..: behind 0f.
 */
static const struct group {
	uint16_t opcode;
	uint8_t prefixes, memory, registers[8];
} groups[] = {
	{0xff, 15, 0x7f, {255, 255, 255, 0, 255, 0, 255}},
	{0xc7, 15, 0x01, {255}},                                  /* mov; not xbegin */
	{0xc6, 15, 0x01, {255}},                                  /* mov; not xabort */
	{0x8c, 15, 0x3f, {255, 255, 255, 255, 255, 255}},         /* mov from segment */
	{0x8e, 15, 0x3d, {255, 0, 255, 255, 255, 255}},           /* mov to segment */
	{0x8f, 15, 0x01, {255}},                                  /* pop; the others are XOP's */
	{0xd9, 15, 0xfd, {255, 255, 1, 0, 0x33, 0x7f, 255, 255}}, /* x87 from here on */
	{0xda, 15, 0xff, {255, 255, 255, 255, 0, 2}},
	{0xdb, 15, 0xaf, {255, 255, 255, 255, 0x1f, 255, 255}},
	{0xdc, 15, 0xff, {255, 255, 0, 0, 255, 255, 255, 255}},
	{0xdd, 15, 0xdf, {255, 0, 255, 255, 255, 255}},
	{0xde, 15, 0xff, {255, 255, 0, 2, 255, 255, 255, 255}},
	{0xdf, 15, 0xff, {0, 0, 0, 0, 1, 255, 255}},
	{0xfe, 15, 0x03, {255, 255}}, /* inc, dec */
	{0x100, 15, 0x3f, {255, 255, 255, 255, 255, 255}},
	{0x101,
	 15,
	 0xdf,
	 {0x1e, 0x0f, 0x03, 0, 255, 0, 255, 0x02}}, /* vmcall, monitor, clac, xgetbv, rdtscp */
	{0x112, 13, 0xff, {255, 255, 255, 255, 255, 255, 255, 255}}, /* movlps, movhlps; movlpd */
	{0x112, 2, 0xff, {0}},
	{0x116, 13, 0xff, {255, 255, 255, 255, 255, 255, 255, 255}},
	{0x116, 2, 0xff, {0}},
	{0x120, 15, 0, {255, 0, 255, 255, 255}}, /* cr0, 2, 3, 4 */
	{0x121, 15, 0, {255, 255, 255, 255, 255, 255, 255, 255}},
	{0x122, 15, 0, {255, 0, 255, 255, 255}},
	{0x123, 15, 0, {255, 255, 255, 255, 255, 255, 255, 255}},
	{0x171, 3, 0, {0, 0, 255, 0, 255, 0, 255}}, /* shifts by a number */
	{0x172, 3, 0, {0, 0, 255, 0, 255, 0, 255}},
	{0x173, 1, 0, {0, 0, 255, 0, 0, 0, 255}},
	{0x173, 2, 0, {0, 0, 255, 255, 0, 0, 255, 255}},
	{0x1ae, 1, 0xff, {0, 0, 0, 0, 0, 1, 1, 1}}, /* fxsave, clflush; the fences */
	{0x1ba, 15, 0xf0, {0, 0, 0, 0, 255, 255, 255, 255}},
	{0x1c7, 1, 0x3a, {0, 0, 0, 0, 0, 0, 255, 255}}, /* cmpxchg8b; rdrand, rdseed */
};

/* The maps behind 0f 38 and 0f 3a, where there is something. */
static const struct range {
	uint8_t map, first, last, prefixes;
	char kind;
} ranges[] = {
	{0x38, 0x00, 0x0b, 3, 'm'}, {0x38, 0x10, 0x10, 2, 'm'}, {0x38, 0x14, 0x15, 2, 'm'},
	{0x38, 0x17, 0x17, 2, 'm'}, {0x38, 0x1c, 0x1e, 3, 'm'}, {0x38, 0x20, 0x25, 2, 'm'},
	{0x38, 0x28, 0x29, 2, 'm'}, {0x38, 0x2a, 0x2a, 2, 'v'}, {0x38, 0x2b, 0x2b, 2, 'm'},
	{0x38, 0x30, 0x35, 2, 'm'}, {0x38, 0x37, 0x41, 2, 'm'}, {0x38, 0xc8, 0xcd, 1, 'm'},
	{0x38, 0xdb, 0xdf, 2, 'm'}, {0x38, 0xf0, 0xf1, 3, 'v'}, {0x38, 0xf0, 0xf1, 8, 'm'},
	{0x3a, 0x08, 0x0e, 2, 'B'}, {0x3a, 0x0f, 0x0f, 3, 'B'}, {0x3a, 0x14, 0x17, 2, 'B'},
	{0x3a, 0x20, 0x22, 2, 'B'}, {0x3a, 0x40, 0x42, 2, 'B'}, {0x3a, 0x44, 0x44, 2, 'B'},
	{0x3a, 0x60, 0x63, 2, 'B'}, {0x3a, 0xcc, 0xcc, 1, 'B'}, {0x3a, 0xdf, 0xdf, 2, 'B'},
};

#endif
