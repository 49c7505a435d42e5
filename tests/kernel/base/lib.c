// SPDX-License-Identifier: MIT
/*
 * Strings, patterns, divisions and numbers, as this kernel's compiler made them: the functions that
 * a compiler may turn into calls of themselves, and 64-bit arithmetic without its library. All
 * cases, against a C library: tests/host/lib_test.c.
 */
#include "kernel/test/ktap.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/string.h"

static void memory(struct ktap *t)
{
	char a[8] = "abcdefg", b[8];

	CHECK(t, memcpy(b, a, 8) == b && !memcmp(a, b, 8), "memcpy() copies");
	memcpy(b, "xyz", 0);
	CHECK(t, b[0] == 'a', "memcpy() of nothing copies nothing");
	CHECK(t, memmove(b + 2, b, 5) == b + 2 && !memcmp(b, "ababcde", 8), "memmove() upwards");
	memcpy(b, a, 8);
	CHECK(t, memmove(b, b + 2, 6) == b && !memcmp(b, "cdefg\0g", 8), "memmove() downwards");
	CHECK(t,
	      memset(b + 1, 0x1ff, 2) == b + 1 && !memcmp(b,
							  "c\xff\xff"
							  "fg",
							  5),
	      "memset() fills with a byte");
	CHECK(t, memcmp("a\0b", "a\0c", 3) < 0, "memcmp() goes on behind a NUL");
	CHECK(t, memcmp("\xff", "\1", 1) > 0, "memcmp() compares unsigned bytes");
	CHECK(t, !memcmp("a", "b", 0), "memcmp() of nothing is equal");
	CHECK(t, memchr(a, 'c', 8) == a + 2, "memchr() finds");
	CHECK(t, !memchr(a, 'c', 2), "memchr() looks no further than n");
}

static void strings(struct ktap *t)
{
	char room[5] = "####";

	CHECK_EQ(t, strlen("abc"), 3, "strlen()");
	CHECK_EQ(t, strlen(""), 0, "strlen() of nothing");
	CHECK_EQ(t, strnlen("abc", 2), 2, "strnlen() stops at max");
	CHECK_EQ(t, strnlen("abc", 9), 3, "strnlen() stops at the end");
	CHECK(t, !strcmp("abc", "abc") && strcmp("abc", "abd") < 0, "strcmp()");
	CHECK(t, strcmp("ab", "abc") < 0 && strcmp("abc", "ab") > 0, "strcmp() of a prefix");
	CHECK(t, strcmp("\xff", "\1") > 0, "strcmp() compares unsigned bytes");
	CHECK(t, !strncmp("abc", "abd", 2) && strncmp("abc", "abd", 3) < 0, "strncmp()");
	CHECK(t, !strncmp("ab\0x", "ab\0y", 4), "strncmp() stops at a NUL");
	CHECK(t, !strcmp(strchr("abc", 'b'), "bc") && !strchr("abc", 'x'), "strchr()");
	CHECK_EQ(t, *strchr("abc", 0), 0, "strchr() finds the end");
	CHECK_EQ(t, strlcpy(room, "abcdef", 3), 6, "strlcpy() says how long it is");
	CHECK(t, !memcmp(room, "ab\0#", 5), "strlcpy() cuts and ends");
	CHECK_EQ(t, strlcpy(room, "abc", 4), 3, "strlcpy() of what fits exactly");
	CHECK(t, !strcmp(room, "abc"), "is whole");
	CHECK_EQ(t, strlcpy(room, "xyz", 0), 3, "strlcpy() into no room");
	CHECK(t, !strcmp(room, "abc"), "writes nothing");
}

static void globs(struct ktap *t)
{
	CHECK(t, glob_match("*", "") && glob_match("*", "abc"), "* is everything");
	CHECK(t, glob_match("", "") && !glob_match("", "a"), "nothing is only nothing");
	CHECK(t, glob_match("abc", "abc") && !glob_match("abc", "abcd"), "a name is itself");
	CHECK(t, !glob_match("abcd", "abc"), "a longer one is not");
	CHECK(t, glob_match("a?c", "abc") && !glob_match("a?c", "ac"), "? is one character");
	CHECK(t, glob_match("irq.*", "irq.nests") && !glob_match("irq.*", "irqs"), "a suite");
	CHECK(t, glob_match("*.nests", "irq.nests"), "a test in each suite");
	CHECK(t, glob_match("a*b*c", "aXbXbXc") && !glob_match("a*b*c", "aXcXb"), "two stars");
	CHECK(t, glob_match("*ab", "aab") && glob_match("*aab", "aaab"), "a star tries again");
	CHECK(t, glob_match("**", "") && glob_match("a**", "ab"), "two stars side by side");
}

static void divides(struct ktap *t)
{
	uint32_t rem = 99;

	CHECK_EQ(t, div_u64(10, 3), 3, "a small quotient");
	CHECK_EQ(t, div_u64_rem(0xffffffffffffffff, 10, &rem), 1844674407370955161, "a large one");
	CHECK_EQ(t, rem, 5, "and its remainder");
	CHECK_EQ(t, div_u64(0x100000000, 0xffffffff), 1, "a divisor of 32 bits");
	CHECK_EQ(t, div_u64(0xfffffffe00000001, 0xffffffff), 0xffffffff, "both large");
	CHECK_EQ(t, div_u64(5, 0), 0xffffffffffffffff, "by 0: all ones");
	CHECK_EQ(t, div_u64_rem(5, 0, &rem), 0xffffffffffffffff, "by 0 with a remainder");
	CHECK_EQ(t, rem, 0, "which is 0");
	CHECK_EQ(t, mul_div_u64(3, 5, 2), 7, "3 * 5 / 2");
	CHECK_EQ(t, mul_div_u64(0xffffffffffffffff, 1000000, 1000000), 0xffffffffffffffff,
		 "a product of more than 64 bits");
	CHECK_EQ(t, mul_div_u64(0x8000000000000000, 2, 1), 0xffffffffffffffff,
		 "a quotient of more: all ones");
	CHECK_EQ(t, mul_div_u64(1, 1, 0), 0xffffffffffffffff, "by 0: all ones");
	CHECK_EQ(t, mul_div_u64(123456789012345, 1000000, 2600000), 47483380389363, "a time");
}

static void numbers(struct ktap *t)
{
	static const char *const bad[] = {
		"",
		" ",
		"-1",
		"+1",
		"0x",
		"x",
		"1x",
		"0xg",
		"1 ",
		" 1",
		"4294967296",
		"0x100000000",
		"99999999999999999999",
		"1.5",
	};
	uint32_t value = 7;

	CHECK(t, !parse_u32("0", &value) && value == 0, "0");
	CHECK(t, !parse_u32("4294967295", &value) && value == 0xffffffff, "the largest");
	CHECK(t, !parse_u32("0xFfFfFfFf", &value) && value == 0xffffffff, "in hexadecimal");
	CHECK(t, !parse_u32("0X1a", &value) && value == 26, "0X1a");
	CHECK(t, !parse_u32("010", &value) && value == 10, "a leading 0 is not octal");
	CHECK(t, !parse_u32("0000000000000000000001", &value) && value == 1, "many zeros");
	value = 7;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(t, parse_u32(bad[i], &value) == -1 && value == 7,
		      "'%s' is no number and changes nothing", bad[i]);
	CHECK(t, parse_u32(NULL, &value) == -1 && value == 7, "NULL is no number");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(memory),  KTAP_TEST(strings), KTAP_TEST(globs),
	KTAP_TEST(divides), KTAP_TEST(numbers),
};
KTAP_SUITE(lib, tests);
