// SPDX-License-Identifier: MIT
/*
 * Exercise 6. What the CPU pushed when it met a breakpoint, and behind it the stack of what was interrupted: where
 * does emulate() put the frame, what is in it, and what is on that stack then?
 *
 * make: build/tests/host/pv.a
 * with: build/tests/host/pv.a
 */
#include "../judge.h"
#include "pv/poke.c" /* emulate() is its own */
#include "tests/host/host.h"

#define AT     0x100000u /* the site's address: nothing is read there */
#define CS     0x08u
#define EFLAGS 0x246u
#define FRAME  4 /* where in `stack` the frame is, words */
#define TOP    (FRAME + 3)
#define MARK   0x5a5a5a00u /* word i of the stack is MARK + i */

static uint32_t stack[16];

uint64_t pv_host_sync_others(void)
{
	return 0;
}

const char *pv_host_live_begin(void)
{
	return NULL;
}

void pv_host_live_end(void)
{
}

static struct pv_site site_of(const uint8_t *bytes, unsigned n, unsigned len)
{
	struct pv_site site = {.at = (uint8_t *)AT, .len = (uint8_t)len, .n = (uint8_t)n};

	memset(site.bytes, 0x90, len);
	memcpy(site.bytes, bytes, n);
	return site;
}

/* The breakpoint was the site's first byte, so EIP is one further. Returns the word that the frame is at. */
static int met(const struct pv_site *site)
{
	uint32_t *now;

	for (unsigned i = 0; i < 16; i++)
		stack[i] = MARK + i;
	stack[FRAME] = AT + 1;
	stack[FRAME + 1] = CS;
	stack[FRAME + 2] = EFLAGS;
	now = emulate(site, stack + FRAME);
	return now >= stack && now + 3 <= stack + 16 ? (int)(now - stack) : -1;
}

static bool goes_on(const struct pv_site *site, int frame, uint32_t eip)
{
	const int now = met(site);

	if (now != frame) {
		WRONG("the frame: expected %d words from where it was, found %d", frame - FRAME,
		      now - FRAME);
		return false;
	}
	return IS_NUMBER("EIP", stack[now], eip) && IS_NUMBER("CS", stack[now + 1], CS) &&
	       IS_NUMBER("EFLAGS", stack[now + 2], EFLAGS);
}

static void is_whole_from(int word)
{
	for (; word < 16; word++)
		if (!IS_NUMBER("a word of the stack of what was interrupted", stack[word],
			       MARK + (uint32_t)word))
			return;
}

/* Stays on the same stack. */
static void jumps(const struct pv_site *site, uint32_t to)
{
	if (goes_on(site, FRAME, to))
		is_whole_from(TOP);
}

static void calls(const struct pv_site *site, uint32_t to)
{
	if (goes_on(site, FRAME - 1, to) &&
	    IS_NUMBER("the return address", stack[TOP - 1], AT + site->n))
		is_whole_from(TOP);
}

#define SITE(len, ...)                                               \
	(&(struct pv_site[]){site_of((const uint8_t[]){__VA_ARGS__}, \
				     sizeof((const uint8_t[]){__VA_ARGS__}), len)}[0])

int main(void)
{
	CASE("a site that is nothing but padding, five bytes: it goes on behind all of it");
	jumps(&(struct pv_site){.at = (uint8_t *)AT, .len = 5}, AT + 5);
	CASE("a jump, e9 00 01 00 00: 0x100 from behind the jump");
	jumps(SITE(5, 0xe9, 0x00, 0x01, 0x00, 0x00), AT + 5 + 0x100);
	CASE("a jump back, e9 f0 ff ff ff");
	jumps(SITE(5, 0xe9, 0xf0, 0xff, 0xff, 0xff), AT + 5 - 0x10);
	CASE("a short jump, eb 10, with three bytes of padding behind it: 0x10 from behind the jump");
	jumps(SITE(5, 0xeb, 0x10), AT + 2 + 0x10);
	CASE("a short jump back, eb f0");
	jumps(SITE(5, 0xeb, 0xf0), AT + 2 - 0x10);
	CASE("a jump in a site of six bytes");
	jumps(SITE(6, 0xe9, 0x00, 0x01, 0x00, 0x00), AT + 5 + 0x100);
	CASE("a call, e8 00 01 00 00: its return address is on the stack, and the frame a word below");
	calls(SITE(5, 0xe8, 0x00, 0x01, 0x00, 0x00), AT + 5 + 0x100);
	CASE("a call of six bytes, 2e e8 00 01 00 00");
	calls(SITE(6, 0x2e, 0xe8, 0x00, 0x01, 0x00, 0x00), AT + 6 + 0x100);
	CASE("a return, c3: to what is on top of the stack, which is gone then");
	if (goes_on(SITE(5, 0xc3), FRAME + 1, MARK + TOP))
		is_whole_from(TOP + 1);
	CASE("2e 2e 2e 31 c0, which stands for a call of a function that returns 0: that is called");
	calls(&(struct pv_site[]){site_of(pv_return_0, PV_RETURN_0, 5)}[0],
	      (uint32_t)pv_return_0_called);
	return judged();
}
