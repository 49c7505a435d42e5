// SPDX-License-Identifier: MIT
/*
 * The log: what formats become, what is cut and how one sees it, what a console gets and when. The
 * formats are compared with a C library's on the build machine (tests/host/lib_test.c); here they
 * are looked at in the kernel, as its compiler made them. Lines that the test prints for its own
 * console are held back from the others where that can be, and say what they are.
 */
#include "lib/printk.h"
#include "kernel/test/ktap.h"
#include "lib/format.h"
#include "lib/ksyms.h"
#include "lib/string.h"

/* No format attribute: formats that a compiler would warn about are part of the test. */
static int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

#define FORMATS(t, expected, ...)                                                              \
	do {                                                                                   \
		char text_[128];                                                               \
		int n_ = format(text_, sizeof(text_), __VA_ARGS__);                            \
		CHECK(t, !strcmp(text_, expected), "'%s' is formatted (it is '%s')", expected, \
		      text_);                                                                  \
		CHECK_EQ(t, n_, sizeof(expected) - 1, "the length of '%s'", expected);         \
	} while (0)

static void formats_integers(struct ktap *t)
{
	FORMATS(t, "0 1 -1 2147483647 -2147483648", "%d %d %i %d %d", 0, 1, -1, 2147483647,
		-2147483647 - 1);
	FORMATS(t, "4294967295 0", "%u %u", 0xffffffffu, 0u);
	FORMATS(t, "ff FF 0xff 0XFF 0", "%x %X %#x %#X %#x", 255, 255, 255, 255, 0);
	FORMATS(t, "[   42] [42   ] [00042] [+42] [ 42]", "[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42,
		42, 42, 42);
	FORMATS(t, "[-0042] [0x002a] [  0042]", "[%05d] [%#06x] [%6.4d]", -42, 42, 42);
	FORMATS(t, "[   7] [7   ] [007]", "[%*d] [%*d] [%.*d]", 4, 7, -4, 7, 3, 7);
	FORMATS(t, "[] [0]", "[%.0d] [%.1d]", 0, 0);
	FORMATS(t, "-1 255 -1 65535", "%hhd %hhu %hd %hu", 0x1ff, 0x1ff, 0x1ffff, 0x1ffff);
	FORMATS(t, "-5 7 80000000", "%ld %zu %lx", -5l, (size_t)7, 0x80000000ul);
}

static void formats_64_bits(struct ktap *t)
{
	FORMATS(t, "18446744073709551615", "%llu", 0xffffffffffffffffull);
	FORMATS(t, "-9223372036854775808", "%lld", -9223372036854775807ll - 1);
	FORMATS(t, "9223372036854775807", "%lld", 9223372036854775807ll);
	FORMATS(t, "100000000 4294967296", "%llx %llu", 0x100000000ull, 0x100000000ull);
	FORMATS(t, "0123456789abcdef", "%016llx", 0x123456789abcdefull);
	FORMATS(t, "[          4294967296]", "[%20llu]", 4294967296ull);
	FORMATS(t, "1 2 3", "%d %llu %d", 1, 2ull, 3);
}

static void formats_text(struct ktap *t)
{
	FORMATS(t, "[abc] [  abc] [abc  ] [ab]", "[%s] [%5s] [%-5s] [%.2s]", "abc", "abc", "abc",
		"abc");
	FORMATS(t, "(null) x % []", "%s %c %% [%s]", (char *)NULL, 'x', "");
	FORMATS(t, "[  x] [x  ]", "[%3c] [%-3c]", 'x', 'x');
	FORMATS(t, "0x00000000 0x00101234", "%p %p", (void *)0, (void *)0x101234);
	FORMATS(t, "[  0x00101234]", "[%12p]", (void *)0x101234);
	FORMATS(t, "%q 5", "%q %d", 5);
	FORMATS(t, "5%", "%d%", 5);
	FORMATS(t, "", "%s", "");
}

static void formats_symbols(struct ktap *t)
{
	uint32_t address = (uint32_t)printk, size = 0;
	char text[64], expected[64];

	CHECK(t, ksym_lookup(address, NULL, NULL, &size) && size > 4, "printk has a size (%u)",
	      size);
	snprintf(expected, sizeof(expected), "printk+0x0/0x%x", size);
	format(text, sizeof(text), "%pS", (void *)address);
	CHECK(t, !strcmp(text, expected), "%%pS of printk is '%s' (it is '%s')", expected, text);
	snprintf(expected, sizeof(expected), "[printk+0x3/0x%x]", size);
	format(text, sizeof(text), "[%pS]", (void *)(address + 3));
	CHECK(t, !strcmp(text, expected), "%%pS inside it is '%s' (it is '%s')", expected, text);
	FORMATS(t, "0x00000010 0xfffffff0", "%pS %pS", (void *)0x10, (void *)0xfffffff0);
	FORMATS(t, "0x00101234S", "%p%s", (void *)0x101234, "S");
}

static void truncates(struct ktap *t)
{
	char text[8] = "1234567";

	CHECK_EQ(t, format(text, 4, "%s", "abcdef"), 6, "the length that it would have had");
	CHECK(t,
	      !memcmp(text,
		      "abc\0"
		      "567",
		      8),
	      "three characters, a NUL, nothing behind");
	CHECK_EQ(t, format(text, 1, "xyz"), 3, "a room of one");
	CHECK(t, !memcmp(text, "\0bc", 3), "holds the NUL only");
	CHECK_EQ(t, format(NULL, 0, "%d", 12345), 5, "no room at all is fine");
	CHECK_EQ(t, format(text, 7, "abcdef"), 6, "what fits exactly");
	CHECK(t, !memcmp(text, "abcdef\0", 8), "is whole");
	CHECK_EQ(t, format(text, 6, "abcdef"), 6, "and one less");
	CHECK(t, !strcmp(text, "abcde"), "cuts one");
}

/* The test's console keeps lines that begin with MARK, the newest KEPT of them by number. */
#define MARK "    # printk's test: "
#define KEPT 4

static struct line {
	enum printk_level level;
	size_t n;
	char text[PRINTK_LINE];
} kept[KEPT];
static unsigned n_kept;

static void keep(struct console *console, enum printk_level level, const char *text, size_t n)
{
	struct line *line = &kept[n_kept % KEPT];

	(void)console;
	if (n < sizeof(MARK) || n > sizeof(line->text) || memcmp(text, MARK, sizeof(MARK) - 1))
		return;
	line->level = level;
	line->n = n;
	memcpy(line->text, text, n);
	n_kept++;
}

static struct console console = {.name = "test", .write = keep};

static bool is_line(const struct line *line, enum printk_level level, const char *text)
{
	return line->level == level && line->n == strlen(text) &&
	       !memcmp(line->text, text, line->n);
}

static void print_long_line(enum printk_level level)
{
	char text[PRINTK_LINE + 100];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	printk(level, MARK "%s\n", text);
}

static void check_cut_line(struct ktap *t, const struct line *line)
{
	CHECK_EQ(t, line->n, PRINTK_LINE - 1, "a line that is too long fills its room");
	CHECK(t, !memcmp(line->text + line->n - 5, "x...\n", 5), "and one sees that it was cut");
}

/*
 * Warnings are held back from consoles, but the log keeps them, so that only a console that comes
 * later has them. Runs before `live`, which also registers.
 */
static void late_console(struct ktap *t)
{
	enum printk_level level = printk_set_level(PRINTK_ERR);
	uint32_t cut = printk_get_stats().cut;

	pr_warn(MARK "held back\n");
	print_long_line(PRINTK_WARN);
	pr_debug(MARK "for nobody\n");
	pr_info(MARK "the last\n");
	CHECK_EQ(t, printk_get_stats().cut, cut + 1, "a cut line is counted");
	printk_set_level(PRINTK_INFO);
	n_kept = 0;
	console_register(&console);
	CHECK_EQ(t, n_kept, 3, "a late console gets the lines before it, but no debug line");
	CHECK(t, is_line(&kept[0], PRINTK_WARN, MARK "held back\n"), "the first, with its level");
	check_cut_line(t, &kept[1]);
	CHECK(t, is_line(&kept[2], PRINTK_INFO, MARK "the last\n"), "the last, in order");
	console_register(&console);
	CHECK_EQ(t, n_kept, 3, "registered again, it gets nothing twice");
	CHECK(t, console_unregister(&console), "and can go");
	printk_set_level(level);
}

static void live_console(struct ktap *t)
{
	enum printk_level level = printk_set_level(PRINTK_INFO);

	console_register(&console);
	n_kept = 0;
	pr_info(MARK "a line for each console, number %u\n", 1u);
	CHECK_EQ(t, n_kept, 1, "a console gets a line once");
	CHECK(t, is_line(&kept[0], PRINTK_INFO, MARK "a line for each console, number 1\n"),
	      "as it was printed");
	pr_debug(MARK "hidden\n");
	CHECK_EQ(t, n_kept, 1, "debug lines are hidden");
	CHECK_EQ(t, printk_set_level(PRINTK_DEBUG), PRINTK_INFO, "the level before is returned");
	pr_debug(MARK "a debug line, shown on purpose\n");
	CHECK_EQ(t, n_kept, 2, "debug lines are shown when the level says so");
	CHECK(t, is_line(&kept[1], PRINTK_DEBUG, MARK "a debug line, shown on purpose\n"),
	      "with their level");
	printk_set_level(PRINTK_ERR);
	pr_warn(MARK "hidden\n");
	CHECK_EQ(t, n_kept, 2, "warnings are hidden when the level says so");
	printk_set_level(PRINTK_INFO);
	CHECK(t, console_unregister(&console) && console_unregister(&console), "it goes, once");
	pr_info(MARK "for the others\n");
	CHECK_EQ(t, n_kept, 2, "and gets no more lines");
	printk_set_level(level);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(formats_integers), KTAP_TEST(formats_64_bits), KTAP_TEST(formats_text),
	KTAP_TEST(formats_symbols),  KTAP_TEST(truncates),       KTAP_TEST(late_console),
	KTAP_TEST(live_console),
};
KTAP_SUITE(printk, tests);
