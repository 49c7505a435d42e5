// SPDX-License-Identifier: MIT
/*
 * Exercise 5. A replacement's bytes as the family makes them for a site, in a room where everything has a known
 * place: what must come out is written down here by hand.
 *
 * make: build/tests/host/pv.a
 * with: build/tests/host/pv.a
 */
#include "../judge.h"
#include "tests/host/alternative.h"

#define LEN 20 /* bytes of a site */

/* What becomes of these bytes, which stand at REPLACEMENT, for a site of LEN bytes at SITE. */
static void becomes(const uint8_t *replacement, unsigned n, enum pv_why expected,
		    const uint8_t *bytes)
{
	struct pv_site out;
	enum pv_why why;

	memset(room, 0x90, sizeof(room));
	memcpy(room + REPLACEMENT, replacement, n);
	why = bytes_of(SITE, LEN, REPLACEMENT, n, FEATURE, &out);
	if (why != expected)
		WRONG("expected %s, found %s",
		      expected ? "refused: the branch cannot be moved" : "done",
		      why ? "refused" : "done");
	else if (!why)
		IS_BYTES(out.bytes, bytes, n);
}

#define BYTES(...)       ((const uint8_t[]){__VA_ARGS__})
#define MOVES(from, ...) becomes(from, sizeof(from), PV_OK, BYTES(__VA_ARGS__))
#define STAYS(...) \
	becomes(BYTES(__VA_ARGS__), sizeof(BYTES(__VA_ARGS__)), PV_OK, BYTES(__VA_ARGS__))
#define CANNOT(...) becomes(BYTES(__VA_ARGS__), sizeof(BYTES(__VA_ARGS__)), PV_WHY_BRANCH, NULL)

/* The site is 0x40 in front of the replacement, so whoever stays where he is gets 0x40 further away. */
static void outside(void)
{
	CASE("a call of a function further on, e8: its bytes stand 0x40 lower now, so its distance is 0x40 more");
	MOVES(BYTES(0xe8, 0x00, 0x01, 0x00, 0x00), 0xe8, 0x40, 0x01, 0x00, 0x00);
	CASE("one back, of which 0x100 are subtracted, is the same sum");
	MOVES(BYTES(0xe8, 0x00, 0xff, 0xff, 0xff), 0xe8, 0x40, 0xff, 0xff, 0xff);
	CASE("a conditional jump, 0f 84, has its distance one byte later");
	MOVES(BYTES(0x0f, 0x84, 0x00, 0x01, 0x00, 0x00), 0x0f, 0x84, 0x40, 0x01, 0x00, 0x00);
	CASE("a call behind another instruction goes to where it went");
	MOVES(BYTES(0x40, 0x40, 0xe8, 0x00, 0x01, 0x00, 0x00), 0x40, 0x40, 0xe8, 0x40, 0x01, 0x00,
	      0x00);
}

static void inside(void)
{
	CASE("a jump to an instruction of the replacement itself goes along: eb 01 over one byte");
	STAYS(0xeb, 0x01, 0x40, 0x48);
	CASE("so does one back to the replacement's first instruction");
	STAYS(0x48, 0x75, 0xfd, 0x40);
	CASE("one to its end goes to the end of what was copied, and stays as it is, too");
	STAYS(0xeb, 0x02, 0x40, 0x48);
	CASE("a byte behind its end is outside");
	MOVES(BYTES(0xeb, 0x03, 0x40, 0x48), 0xeb, 0x43, 0x40, 0x48);
}

static void refused(void)
{
	CASE("a short jump whose new distance has no room in its one byte cannot be moved");
	CANNOT(0xeb, 0x50);
	CASE("a jump to the site's first byte, by who is copied there, is a loop");
	MOVES(BYTES(0xe9, 0xbb, 0xff, 0xff, 0xff), 0xe9, 0xfb, 0xff, 0xff, 0xff);
	CASE("one into the middle of the site, whose bytes are gone by then, cannot be");
	CANNOT(0xe9, 0xbd, 0xff, 0xff, 0xff);
	CASE("the byte behind the site is not its middle");
	MOVES(BYTES(0xe9, 0xcf, 0xff, 0xff, 0xff), 0xe9, 0x0f, 0x00, 0x00, 0x00);
}

int main(void)
{
	set_feature(&state, FEATURE, true);
	CASE("what has no branch is copied as it is");
	STAYS(0x40, 0x89, 0xf6);
	outside();
	inside();
	refused();
	return judged();
}
