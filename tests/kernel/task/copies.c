// SPDX-License-Identifier: MIT
/*
 * Copies to and from programs' memory, at the edges of what user_copy.h promises.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "lib/string.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/task/in_task.h"

#define AT        0xc0400000u
#define PAGES     4
#define END       (AT + PAGES * PAGE_SIZE) /* nothing is there */
#define READ_ONLY 0xc0800000u
#define EFLAGS_AC 0x40000u
#define CR4_SMAP  0x00200000u

static struct space *space;

static bool begin(struct ktap *t)
{
	space = space_create();
	if (!CHECK(t, space, "there is a space"))
		return false;
	space_map(space, AT, END, SPACE_WRITE);
	space_map(space, READ_ONLY, READ_ONLY + PAGE_SIZE, 0);
	space_enter(space);
	return true;
}

static void end(void)
{
	space_enter(NULL);
	space_destroy(space);
}

/* In a space with those two areas. */
static void in_space(struct ktap *t, void (*fn)(struct ktap *t))
{
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	NEEDS_MEMORY(t);
	if (!begin(t))
		return;
	fn(t);
	end();
}

static uint8_t bytes[256];

static bool both_refuse(uint32_t at, size_t n)
{
	return !copy_from_user(bytes, at, n) && !copy_to_user(at, bytes, n);
}

static bool both_agree(uint32_t at, size_t n)
{
	return copy_from_user(bytes, at, n) && copy_to_user(at, bytes, n);
}

static void at_edges(struct ktap *t)
{
	CHECK(t, both_agree(AT, 256) && both_agree(END - 256, 256), "what is mapped");
	CHECK(t, both_agree(AT, 0) && both_agree(0, 0) && both_agree(0xffffffff, 0),
	      "nothing is nowhere a mistake");
	CHECK(t, both_refuse(0, 4) && both_refuse(0x100000, 4) && both_refuse(USER_BASE - 4, 4),
	      "the kernel's addresses are refused");
	CHECK(t, both_refuse(USER_BASE - 2, 4), "and a range from there");
	CHECK(t, both_refuse(USER_END, 4) && both_refuse(USER_END - 2, 4), "above, too");
	CHECK(t, both_refuse(0xfffffffc, 8) && both_refuse(0xffffffff, 0xffffffff), "and wraps");
	CHECK(t,
	      both_refuse(AT, 0x80000000) && both_refuse(AT, 0xffffffff) &&
		      both_refuse(AT, 0u - AT) && both_refuse(AT, 4 - AT),
	      "a length whose end wraps");
	CHECK(t, copy_from_user(bytes, USER_END - 256, 256), "the last bytes of programs'");
	CHECK(t, !copy_from_user(bytes, USER_END - 255, 256), "and not one more");
	CHECK(t, !copy_to_user(USER_END - 256, bytes, 256), "which are read-only");
	CHECK(t, both_refuse(USER_BASE, 4), "nothing is mapped there");
}

static void edges(struct ktap *t)
{
	in_space(t, at_edges);
}

static void over_the_end(struct ktap *t)
{
	uint8_t to[16];

	memset(bytes, 0x5a, sizeof(bytes));
	for (unsigned n = 1; n < 16; n++)
		for (unsigned there = 0; there < n; there++) {
			memset(to, 1, sizeof(to));
			CHECK(t, !copy_to_user(END - there, bytes, n), "%u of %u bytes", there, n);
			CHECK(t, !copy_from_user(to, END - there, n), "%u of %u, back", there, n);
			CHECK_EQ(t, to[n], 1, "no more was touched");
			CHECK(t, copy_to_user(END - n, bytes, n), "all %u", n);
		}
	CHECK(t, !copy_to_user(AT - 1, bytes, 2) && !copy_from_user(to, AT - 4, 8),
	      "what begins before");
}

static void missing_page(struct ktap *t)
{
	in_space(t, over_the_end);
}

static void to_read_only(struct ktap *t)
{
	uint32_t word = 1;

	CHECK(t, !copy_to_user(READ_ONLY, &word, 4), "it is not written to");
	CHECK(t, copy_from_user(&word, READ_ONLY, 4) && !word, "it is read, and all zeroes");
	CHECK(t, !copy_to_user(READ_ONLY, &word, 4), "nor when it is there");
	CHECK(t, !copy_to_user(READ_ONLY + PAGE_SIZE - 2, &word, 4), "nor its end");
}

static void read_only(struct ktap *t)
{
	in_space(t, to_read_only);
}

/* Each length at each place in a word, over a border of pages that come with it, there and back. */
static void at_each_place(struct ktap *t)
{
	uint8_t back[64];
	unsigned wrong = 0;

	for (unsigned n = 0; n < 20; n++)
		for (unsigned at = 0; at < 8; at++) {
			uint32_t to = AT + PAGE_SIZE - 12 + at;

			for (unsigned i = 0; i < n; i++)
				bytes[at + i] = (uint8_t)(n * 8 + at + i);
			memset(back, 0xee, sizeof(back));
			wrong += !copy_to_user(to, bytes + at, n);
			wrong += !copy_from_user(back + at, to, n);
			wrong += memcmp(back + at, bytes + at, n) != 0 || back[at + n] != 0xee;
			space_unmap(space, AT, AT + 2 * PAGE_SIZE);
			space_map(space, AT, AT + 2 * PAGE_SIZE, SPACE_WRITE);
		}
	CHECK_EQ(t, wrong, 0, "each arrives, and nothing beside it changes");
}

static void places(struct ktap *t)
{
	in_space(t, at_each_place);
}

static void of_each_length(struct ktap *t)
{
	char to[8];

	CHECK(t, copy_to_user(END - 6, "short", 6), "a string at the very end");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, sizeof(to)), 5, "its length");
	CHECK(t, !strcmp(to, "short"), "and what it says");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, 6), 5, "in as much room as it needs");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, 5), 5, "and in less");
	CHECK_EQ(t, copy_string_from_user(to, END - 1, sizeof(to)), 0, "an empty one");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, 0), 0, "no room is no mistake");
	CHECK(t, copy_to_user(END - 6, "without", 6), "one without an end");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, sizeof(to)), -1, "is not read beyond");
	CHECK_EQ(t, copy_string_from_user(to, END - 6, 6), 6, "but as far as it is there");
	CHECK_EQ(t, copy_string_from_user(to, 0x100000, sizeof(to)), -1, "the kernel's is none");
	CHECK_EQ(t, copy_string_from_user(to, USER_END, sizeof(to)), -1, "nor what is above");
	CHECK_EQ(t, copy_string_from_user(to, 0xffffffff, sizeof(to)), -1, "nor what wraps");
}

static void strings(struct ktap *t)
{
	in_space(t, of_each_length);
}

extern const int32_t __ex_table[], __ex_table_end[];
extern const uint8_t _text[], _etext[];

static bool is_text(uint32_t address)
{
	return address - (uint32_t)_text < (uint32_t)(_etext - _text);
}

static void records(struct ktap *t)
{
	unsigned n = 0;

	for (const int32_t *e = __ex_table; e < __ex_table_end; e += 2, n++) {
		CHECK(t, is_text((uint32_t)&e[0] + (uint32_t)e[0]), "record %u: instruction", n);
		CHECK(t, is_text((uint32_t)&e[1] + (uint32_t)e[1]), "record %u: goes on", n);
	}
	CHECK(t, n, "there are some");
}

/* ---- SMAP ---- */

static void read_plainly(void *address)
{
	(void)*(volatile uint32_t *)address;
}

static void with_smap(struct ktap *t)
{
	struct regs at;
	uint32_t word = 5, plainly;

	CHECK(t, copy_to_user(AT, &word, 4), "a copy has its way");
	CHECK(t, !(native_save_fl() & EFLAGS_AC), "and ends with AC off");
	CHECK(t, !copy_from_user(&word, END - 2, 4), "one that faults ends");
	CHECK(t, !(native_save_fl() & EFLAGS_AC), "so, too");
	plainly = trap_try(read_plainly, (void *)AT, &at);
	CHECK_EQ(t, plainly, TRAP_PF, "what is no copy faults");
	CHECK(t, !(at.eflags & EFLAGS_AC), "AC was off");
	CHECK(t, copy_from_user(&word, AT, 4) && word == 5, "and copies have their way still");
}

static void smap(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_enabled() && read_cr4_safe() & CR4_SMAP, "SMAP is not on");
	in_space(t, with_smap);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(edges),   KTAP_TEST(missing_page), KTAP_TEST(read_only), KTAP_TEST(places),
	KTAP_TEST(strings), KTAP_TEST(records),      KTAP_TEST(smap),
};
KTAP_SUITE(copies, tests);
