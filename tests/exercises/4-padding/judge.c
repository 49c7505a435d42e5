// SPDX-License-Identifier: MIT
/*
 * Exercise 4. NOPs are told by the tables, which tests of the tree decode (tests/nops).
 *
 * with: pv/nops.c
 */
#include "../judge.h"
#include "pv/nops.h"

#define ROOM   300
#define BEHIND 0xaa /* what nobody may write to */

static uint8_t room[ROOM];

static void fill(unsigned n)
{
	memset(room, BEHIND, ROOM);
	pv_nops_fill(room, n);
}

/* The table's row. */
static const uint8_t *nop(unsigned n)
{
	return pv_nops->bytes[n];
}

static void is_untouched_behind(unsigned n)
{
	for (unsigned i = n; i < ROOM; i++)
		if (room[i] != BEHIND) {
			WRONG("of %u bytes number %u was written, too: %02x", n, i + 1, room[i]);
			return;
		}
}

static void one_row(void)
{
	CASE("a p6: one byte is 90");
	fill(1);
	IS_BYTES(room, nop(1), 1);
	CASE("two bytes are one NOP of two, 66 90");
	fill(2);
	IS_BYTES(room, nop(2), 2);
	CASE("and so up to the longest that the p6 has, nine bytes");
	for (unsigned n = 3; n <= 9; n++) {
		fill(n);
		if (!IS_BYTES(room, nop(n), n))
			break;
	}
	CASE("nothing behind them is written");
	for (unsigned n = 0; n <= 9; n++) {
		fill(n);
		is_untouched_behind(n);
	}
}

/* n bytes are these NOPs, one behind the other. */
static void are(unsigned n, const unsigned *lengths)
{
	uint8_t expected[ROOM];
	unsigned at = 0;

	for (; at < n; at += *lengths++)
		memcpy(expected + at, nop(*lengths), *lengths);
	fill(n);
	IS_BYTES(room, expected, n);
	is_untouched_behind(n);
}

static void several_rows(void)
{
	CASE("eleven bytes are two NOPs, the longest first: nine and two");
	are(11, (const unsigned[]){9, 2});
	CASE("eighteen are two of nine, and no third one of none");
	are(18, (const unsigned[]){9, 9});
	CASE("255 are 28 of nine and one of three");
	are(255, (const unsigned[]){9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
				    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 3});
}

static void others(void)
{
	pv_nops_select(PV_VENDOR_OTHER, 4);
	CASE("a 486: five bytes are what it understands, 3e 8d 74 26 00");
	are(5, (const unsigned[]){5});
	CASE("its longest has eight bytes: nine are eight and one");
	are(9, (const unsigned[]){8, 1});
	pv_nops_select(PV_VENDOR_AMD, 15);
	CASE("a k8: eleven bytes are nine and two, of its own");
	are(11, (const unsigned[]){9, 2});
}

int main(void)
{
	pv_nops_select(PV_VENDOR_INTEL, 6);
	CASE("no bytes are no NOP");
	fill(0);
	is_untouched_behind(0);
	one_row();
	several_rows();
	others();
	return judged();
}
