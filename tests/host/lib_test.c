/* SPDX-License-Identifier: MIT */
/*
 * lib/ on the build machine, under ASan and UBSan: formats and strings must agree with the C
 * library's, divisions with the compiler's; glob, symbols and the log with what their headers say.
 *
 *	gcc -m32 -std=gnu11 -g -fsanitize=address,undefined -I. -o lib_test tests/host/lib_test.c
 *
 * Output is TAP, the plan last; the exit status is 1 if a check failed. The sources are included
 * under names with a prefix, so that both libraries can be called side by side.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define memcpy    pedant_memcpy
#define memmove   pedant_memmove
#define memset    pedant_memset
#define memcmp    pedant_memcmp
#define strlen    pedant_strlen
#define strnlen   pedant_strnlen
#define strcmp    pedant_strcmp
#define strncmp   pedant_strncmp
#define strchr    pedant_strchr
#define strlcpy   pedant_strlcpy
#define snprintf  pedant_snprintf
#define vsnprintf pedant_vsnprintf

/* The linker defines these two around any section whose name is an identifier. */
#define ksyms_start __start_ksyms_table
#define ksyms_end   __stop_ksyms_table

#define CONFIG_PARAVIRT 0 /* a branch is a test here */
#include "lib/crc32.c"
#include "lib/div64.c"
#include "lib/format.c"
#include "lib/glob.c"
#include "lib/ksyms.c"
/* Where the log says that it is busy, and that it is not, a trap may come. */
static void trap_may_come(void);
#define __atomic_signal_fence(order) trap_may_come()
#include "lib/printk.c"
#undef __atomic_signal_fence
#include "lib/string.c"

/* ksyms.c once more, as in the kernel's first link: nobody defines the table. */
#undef LIB_KSYMS_H
#undef ksyms_start
#undef ksyms_end
#define ksym_block   no_ksym_block
#define walk         no_walk
#define walk_begin   no_walk_begin
#define walk_size    no_walk_size
#define walk_on      no_walk_on
#define next_record  no_next_record
#define find_block   no_find_block
#define record_name  no_record_name
#define pair         no_pair
#define is_end       no_is_end
#define unpack_byte  no_unpack_byte
#define unpack       no_unpack
#define ksyms_pairs  no_ksyms_pairs
#define ksyms_start  no_ksyms_start
#define ksyms_end    no_ksyms_end
#define ksyms_names  no_ksyms_names
#define ksyms_count  no_ksyms_count
#define ksym_lookup  no_ksym_lookup
#define ksym_address no_ksym_address
#include "lib/ksyms.c"
#undef ksym_block
#undef walk
#undef record_name
#undef pair
#undef is_end
#undef unpack_byte
#undef unpack
#undef ksyms_pairs
#undef ksyms_names
#undef ksym_lookup
#undef ksym_address

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef snprintf
#undef vsnprintf

/*
 * Three blocks and the end; mains is long, and apply_sites has pairs of pairs, and one of the codes below '.', and its
 * end in one, as mains in the other. The third one's name is longer than there is room for.
 */
#define TEN "zzzzzzzzzz"
static const struct ksym_block table[] __attribute__((used, section("ksyms_table"))) = {
	{0x00100000, 0}, {0x00101249, 20}, {0x00101289, 26}, {0x00101299, 118}};
const uint8_t ksyms_names[] = "\x10start\0\xff\x34\x12main\xfe\x05x.1\0"
			      "\0\x82\x01it\xff"
			      "\0" TEN TEN TEN TEN TEN TEN TEN TEN TEN;
const uint8_t ksyms_pairs[][2] = {{'a', 'p'},         {'p', 'l'},         {0x80, 0x83},
				  {0x81, 'y'},        [0x7e] = {'s', 0},  [0x7f] = {'e', 0xfe},
				  [0x80] = {0xfe, 0}, [0x81] = {'_', 's'}};

static int checks, failures;

/* cases: how many comparisons stand behind the check. None is a failure, not a success. */
static void check(bool pass, unsigned cases, const char *sentence)
{
	if (!cases)
		printf("# nothing was compared\n");
	pass = pass && cases;
	failures += !pass;
	printf("%sok %d - %s (%u cases)\n", pass ? "" : "not ", ++checks, sentence, cases);
}

static uint32_t random_state = 0x2545f491;

static uint32_t random_u32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* Small, huge and ordinary numbers equally often: mistakes live at the ends. */
static uint64_t random_u64(void)
{
	uint64_t n = (uint64_t)random_u32() << 32 | random_u32();

	switch (random_u32() % 4) {
	case 0: return n & 15;
	case 1: return ~(n & 15);
	case 2: return n >> random_u32() % 64;
	default: return n;
	}
}

/* --- formats ------------------------------------------------------------------------------- */

static unsigned format_cases, format_failures;

/* Both libraries into buffers of exactly size bytes: ASan sees one byte too many. */
static void same_format(size_t size, const char *fmt, ...)
{
	char *ours = malloc(size + !size), *libc = malloc(size + !size);
	va_list ap;
	int n, expected;

	va_start(ap, fmt);
	n = pedant_vsnprintf(ours, size, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	expected = vsnprintf(libc, size, fmt, ap);
	va_end(ap);
	format_cases++;
	if (n != expected || (size && memcmp(ours, libc, strnlen(libc, size - 1) + 1))) {
		if (!format_failures++)
			printf("# \"%s\" in %zu: expected %d \"%s\", found %d \"%s\"\n", fmt, size,
			       expected, size ? libc : "", n, size ? ours : "");
	}
	free(ours);
	free(libc);
}

static void end_formats(const char *sentence)
{
	check(!format_failures, format_cases, sentence);
	format_cases = format_failures = 0;
}

static void random_columns(char *out, char prefix)
{
	if (random_u32() % 2)
		sprintf(out + strlen(out), prefix ? ".%u" : "%u",
			prefix ? random_u32() % 25 : 1 + random_u32() % 30);
	else if (prefix && !(random_u32() % 4))
		strcat(out, ".");
}

/* "%", a random choice of these flags, a width, a precision. */
static void random_spec(char *out, const char *flags)
{
	strcpy(out, "[%");
	for (; *flags; flags++) {
		if (!(random_u32() % 3))
			strncat(out, flags, 1);
	}
	random_columns(out, 0);
	random_columns(out, '.');
}

static size_t random_size(void)
{
	return random_u32() % 4 ? 128 : random_u32() % 24;
}

static void test_integers(void)
{
	static const char *const lengths[] = {"hh", "h", "", "l", "z", "ll"};
	static const char conversions[] = "diuxX";

	for (int i = 0; i < 200000; i++) {
		char conversion = conversions[random_u32() % 5], fmt[64];
		unsigned length = random_u32() % 6;
		uint64_t value = random_u64();

		random_spec(fmt, conversion == 'x' || conversion == 'X' ? "-0#" : "-0+ ");
		sprintf(fmt + strlen(fmt), "%s%c]", lengths[length], conversion);
		if (length == 5)
			same_format(random_size(), fmt, value);
		else
			same_format(random_size(), fmt, (uint32_t)value);
	}
	end_formats("integers of every length with every flag format as in the C library");
}

static void test_text(void)
{
	for (int i = 0; i < 50000; i++) {
		char fmt[64], text[40];
		size_t n = random_u32() % sizeof(text);

		memset(text, 'a' + (int)(random_u32() % 26), n);
		text[n < sizeof(text) ? n : n - 1] = '\0';
		random_spec(fmt, "-");
		strcat(fmt, "s]");
		same_format(random_size(), fmt, text);
	}
	for (int c = 0; c < 256; c++)
		same_format(8, "%c%3c%-3c", c, c, c);
	end_formats("strings and characters format as in the C library");
}

static void test_mixed(void)
{
	same_format(64, "");
	same_format(0, "abc");
	same_format(1, "abc");
	same_format(3, "abc");
	same_format(4, "abc");
	same_format(64, "100%% of %d and %s%c", 7, "x", '!');
	same_format(64, "%*d|%-*d|%*d", 6, 42, 6, 42, -6, 42);
	same_format(64, "%.*d|%.*d|%*.*x", 4, 7, -4, 7, 9, 3, 0xabu);
	same_format(64, "%.0d|%.0x|%.0u|%5.0d|%+.0d|%#.0x", 0, 0u, 0u, 0, 0, 0u);
	same_format(64, "%d %u %lld %llu", INT32_MIN, UINT32_MAX, (long long)INT64_MIN,
		    (unsigned long long)UINT64_MAX);
	same_format(8192, "%4096d|%.4096d", 1, 2);
	same_format(8192, "%*d|", -4096, 1);
	same_format(64, "%d%lld%d%llx%s", 1, 2LL, 3, 4ULL, "five");
	end_formats("stars, limits and several arguments format as in the C library");
}

static void same_text(const char *expected, const char *fmt, ...)
{
	char text[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = pedant_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	format_cases++;
	if (strcmp(text, expected) || (size_t)n != strlen(expected)) {
		format_failures++;
		printf("# \"%s\": expected \"%s\", found %d \"%s\"\n", fmt, expected, n, text);
	}
}

static void test_own_formats(void)
{
	/* No NUL: ASan sees a read behind the precision. (Its own vsnprintf() makes one.) */
	char *abc = malloc(3);

	memcpy(abc, "abc", 3);
	same_text("abc|ab||abc", "%.3s|%.2s|%.0s|%.*s", abc, abc, abc, 3, abc);
	free(abc);
	end_formats("a string with a precision is not read beyond it");

	same_text("0x00101234 0x00000000", "%p %p", (void *)0x101234, NULL);
	same_text("  0x00101234|0x00101234  |", "%12p|%-12p|", (void *)0x101234, (void *)0x101234);
	same_text("apply_sites+0x12/0x40.", "%pS.", (void *)0x10125b);
	same_text("mains+0x0/0x1234", "%pS", (void *)0x100010);
	same_text("    start+0xf/0x10|", "%18pS|", (void *)0x10000f);
	same_text("0x000fffff 0x00101299", "%pS %pS", (void *)0xfffff, (void *)0x101299);
	same_text("(null)|  (null)|(nu", "%s|%8s|%.3s", NULL, NULL, NULL);
	end_formats("%p, %pS and a null string format as lib/format.h says");

	same_text("%q 7", "%q %d", 7);
	same_text("%-+08.3lf|%o|%n|7", "%-+08.3lf|%o|%n|%d", 7);
	same_text("100%", "100%");
	same_text("%5", "%5");
	same_text("%ll", "%ll");
	same_text("%4097d|", "%4097d|", 1);
	same_text("%.4097d|", "%.4097d|", 1);
	same_text("%99999999999999999999d|", "%99999999999999999999d|", 1);
	same_text("%*d|", "%*d|", INT32_MIN, 1);
	same_text("%40960d|", "%40960d|", 1);
	same_text("%q7|%4097%7|", "%q%d|%4097%%d|", 7, 7);
	end_formats("a conversion that is unknown or too wide is copied as it stands");
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		int result;
		uint32_t value;
	} cases[] = {{"0", 0, 0},
		     {"007", 0, 7},
		     {"4294967295", 0, UINT32_MAX},
		     {"0x0", 0, 0},
		     {"0xFFFFffff", 0, UINT32_MAX},
		     {"0X12aB", 0, 0x12ab},
		     {"0x0000000001", 0, 1},
		     {"4294967296", -1, 0},
		     {"42949672950", -1, 0},
		     {"0x100000000", -1, 0},
		     {"", -1, 0},
		     {"0x", -1, 0},
		     {"-1", -1, 0},
		     {"+1", -1, 0},
		     {" 1", -1, 0},
		     {"1 ", -1, 0},
		     {"1a", -1, 0},
		     {"0xg", -1, 0},
		     {"0xAFaf09", 0, 0xafaf09},
		     {"0x/", -1, 0},
		     {"0x:", -1, 0},
		     {"0x@", -1, 0},
		     {"0xG", -1, 0},
		     {"0x`", -1, 0},
		     {"/", -1, 0},
		     {":", -1, 0},
		     {NULL, -1, 0}};
	bool pass = true;
	unsigned n = 0;

	for (; n < sizeof(cases) / sizeof(cases[0]); n++) {
		uint32_t untouched = 0xdeadbeef, value = untouched;
		int result = parse_u32(cases[n].text, &value);

		if (result != cases[n].result || value != (result ? untouched : cases[n].value)) {
			pass = false;
			printf("# \"%s\": found %d, %u\n", cases[n].text, result, value);
		}
	}
	check(pass, n, "parse_u32 takes whole 32-bit numbers and nothing else");
}

/* --- the rest of lib/ ---------------------------------------------------------------------- */

static void test_div64(void)
{
	unsigned n = 0, bad = 0;

	for (; n < 300000; n++) {
		uint64_t a = random_u64();
		uint32_t d = (uint32_t)random_u64(), rem;

		d += !d;
		bad += div_u64_rem(a, d, &rem) != a / d || rem != a % d || div_u64(a, d) != a / d;
	}
	check(!bad, n, "64-bit division and remainder agree with the compiler's");

	/* a = q * div + r, so a * mul / div = q * mul + r * mul / div, and each part fits 64 bits.
	 */
	for (n = bad = 0; n < 300000; n++) {
		uint64_t a = random_u64(), expected;
		uint32_t mul = (uint32_t)random_u64(), div = (uint32_t)random_u64();

		div += !div;
		if (__builtin_mul_overflow(a / div, mul, &expected) ||
		    __builtin_add_overflow(expected, a % div * mul / div, &expected))
			expected = UINT64_MAX;
		bad += mul_div_u64(a, mul, div) != expected;
	}
	check(!bad, n, "mul_div_u64 is exact with a product of 96 bits, and all ones above 64");

	uint32_t rem = 7;

	check(div_u64_rem(5, 0, &rem) == UINT64_MAX && !rem && div_u64(0, 0) == UINT64_MAX &&
		      mul_div_u64(1, 1, 0) == UINT64_MAX && mul_div_u64(0, 0, 0) == UINT64_MAX,
	      4, "a division by zero gives all ones");
}

/* The obvious definition, exponential and short. */
static bool slow_glob(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (*p == '*')
		return slow_glob(p + 1, t) || (*t && slow_glob(p, t + 1));
	return *t && (*p == '?' || *p == *t) && slow_glob(p + 1, t + 1);
}

static void random_word(char *out, const char *letters, unsigned max)
{
	unsigned n = random_u32() % (max + 1);

	while (n--)
		*out++ = letters[random_u32() % strlen(letters)];
	*out = '\0';
}

static void test_glob(void)
{
	unsigned n = 0, bad = 0, matches = 0;
	char pattern[16], text[16], *as;

	for (; n < 200000; n++) {
		random_word(pattern, "ab*?", 8);
		random_word(text, "ab", 10);
		matches += slow_glob(pattern, text);
		if (glob_match(pattern, text) != slow_glob(pattern, text) && !bad++)
			printf("# glob \"%s\", text \"%s\"\n", pattern, text);
	}
	printf("# %u of %u matched\n", matches, n);
	check(!bad && matches && matches < n, n, "glob_match agrees with the plain definition");

	as = calloc(1, 100001);
	memset(as, 'a', 100000);
	check(!glob_match("*a*a*a*a*a*a*b", as) && glob_match("*a*a*a*a*a*a", as), 2,
	      "glob_match does not explode on many stars and a long text");
	free(as);
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void test_strings(void)
{
	unsigned n = 0, bad = 0;

	for (; n < 50000; n++) {
		char a[24], b[24], c = "abx"[random_u32() % 3];
		size_t max = random_u32() % 12;

		random_word(a, "ab\xff", 10);
		random_word(b, "ab\xff", 10);
		bad += pedant_strlen(a) != strlen(a) || pedant_strnlen(a, max) != strnlen(a, max) ||
		       sign(pedant_strcmp(a, b)) != sign(strcmp(a, b)) ||
		       sign(pedant_strncmp(a, b, max)) != sign(strncmp(a, b, max)) ||
		       pedant_strchr(a, c) != strchr(a, c) || pedant_strchr(a, 0) != strchr(a, 0) ||
		       sign(pedant_memcmp(a, b, strlen(a) < strlen(b) ? strlen(a) : strlen(b))) !=
			       sign(memcmp(a, b, strlen(a) < strlen(b) ? strlen(a) : strlen(b)));
	}
	check(!bad, n, "string functions agree with the C library's");

	for (n = bad = 0; n < 50000; n++) {
		unsigned char a[64], b[64];
		size_t from = random_u32() % 32, to = random_u32() % 32, len = random_u32() % 33;

		for (size_t i = 0; i < sizeof(a); i++)
			a[i] = b[i] = (unsigned char)random_u32();
		bad += pedant_memmove(a + to, a + from, len) != a + to;
		memmove(b + to, b + from, len);
		bad += memcmp(a, b, sizeof(a)) != 0;
		bad += pedant_memset(a + from, (int)random_u32() | 0x100, len) != a + from;
		memset(b + from, len ? a[from] : 0, len);
		bad += pedant_memcpy(a + 32, b, len % 32) != a + 32;
		memcpy(b + 32, b, len % 32);
		bad += memcmp(a, b, sizeof(a)) != 0;
	}
	check(!bad, n, "memory functions agree with the C library's, overlap included");

	for (n = bad = 0; n < 8; n++) {
		char *room = malloc(n + !n);
		size_t len = pedant_strlcpy(room, "abcd", n);

		bad += len != 4 || (n && (strncmp(room, "abcd", n - 1) || strlen(room) >= n));
		free(room);
	}
	check(!bad, n, "strlcpy cuts, terminates and tells the whole length");
}

static void test_ksyms(void)
{
	static const struct {
		uint32_t addr;
		const char *name;
		uint32_t offset, size;
	} cases[] = {{0, NULL, 0, 0},
		     {0x000fffff, NULL, 0, 0},
		     {0x00100000, "start", 0, 0x10},
		     {0x0010000f, "start", 0xf, 0x10},
		     {0x00100010, "mains", 0, 0x1234},
		     {0x00101243, "mains", 0x1233, 0x1234},
		     {0x00101244, "x.1", 0, 5},
		     {0x00101248, "x.1", 4, 5},
		     {0x00101249, "apply_sites", 0, 0x40},
		     {0x00101288, "apply_sites", 0x3f, 0x40},
		     {0x00101289, TEN TEN TEN TEN TEN TEN TEN "zzzzzzzzz", 0, 0x10},
		     {0x00101299, NULL, 0, 0},
		     {0xffffffff, NULL, 0, 0}};
	unsigned n = 0, bad = 0;

	for (; n < sizeof(cases) / sizeof(cases[0]); n++) {
		uint32_t offset = 0, size = 0;
		char room[KSYM_NAME];
		const char *name = ksym_lookup(cases[n].addr, room, &offset, &size) ? room : NULL;

		if (!name != !cases[n].name || (name && strcmp(name, cases[n].name)) ||
		    offset != cases[n].offset || size != cases[n].size) {
			bad++;
			printf("# 0x%08x: found %s+0x%x/0x%x\n", cases[n].addr, name ? name : "?",
			       offset, size);
		}
	}
	check(!bad && ksym_lookup(0x100000, NULL, NULL, NULL), n, "an address finds its function");
	check(ksym_address("start") == 0x100000 && ksym_address("apply_sites") == 0x101249 &&
		      ksym_address("mains") == 0x100010 && ksym_address("x.1") == 0x101244 &&
		      !ksym_address("apply") && !ksym_address(""),
	      6, "a function's name finds its address, and the end marker has none");
	check(!no_ksym_lookup(0, NULL, NULL, NULL) && !no_ksym_lookup(0x100000, NULL, NULL, NULL) &&
		      !no_ksym_address("start") && !no_ksym_address(""),
	      4, "without a table nothing is found");
}

/* --- printk -------------------------------------------------------------------------------- */

struct capture {
	struct console console;
	char text[4 * PRINTK_LOG_SIZE];
	size_t len;
	int nested; /* printk() calls to make from write() */
};

static void capture_write(struct console *console, enum printk_level level, const char *text,
			  size_t n)
{
	struct capture *capture = (struct capture *)console;

	memcpy(capture->text + capture->len, text, n);
	capture->len += n;
	capture->text[capture->len] = '\0';
	while (capture->nested > 0) {
		capture->nested--;
		printk(level, "nested %d\n", capture->nested);
	}
}

static struct capture early = {.console = {.name = "early", .write = capture_write}};
static struct capture late = {.console = {.name = "late", .write = capture_write}};
static struct capture full = {.console = {.name = "full", .write = capture_write}};
static struct capture noisy = {.console = {.name = "noisy", .write = capture_write}};

/* Another CPU's, which this one has already when it is not free. */
#define FLAGS 0x246ul

static bool lock_is_free = true, lock_is_held;
static unsigned locks, unlocks, unlocked_lines;

static bool take_lock(unsigned long *flags)
{
	if (!lock_is_free)
		return false;
	*flags = FLAGS;
	locks++;
	return lock_is_held = true;
}

static void give_lock(unsigned long flags)
{
	unlocks += lock_is_held && flags == FLAGS;
	lock_is_held = false;
}

static void look_at_lock(struct console *console, enum printk_level level, const char *text,
			 size_t n)
{
	(void)console, (void)level, (void)text, (void)n;
	unlocked_lines += !lock_is_held;
}

static void test_lock(void)
{
	static struct console looks = {.name = "looks", .write = look_at_lock};
	unsigned long flags = 0;

	printk_set_level(PRINTK_INFO);
	printk_set_lock(take_lock, give_lock);
	console_register(&looks);
	check(locks == 1 && unlocks == 1, 1, "a console comes under the lock");
	unlocked_lines = 0;
	pr_info("under the lock\n");
	check(locks == 2 && unlocks == 2 && !unlocked_lines, 1,
	      "a line is written under the lock, which is given back");
	check(printk_lock(&flags) && locks == 3 && flags == FLAGS, 1, "it can be had");
	printk_unlock(true, flags);
	check(unlocks == 3, 1, "and given back");
	lock_is_free = false;
	pr_info("it is this one's\n");
	console_register(&looks);
	printk_unlock(false, 0);
	check(locks == 3 && unlocks == 3 && unlocked_lines == 1, 1,
	      "who has it already writes, and leaves it alone");
	lock_is_free = true;
	printk_set_lock(NULL, NULL);
	pr_info("no lock\n");
	check(!printk_lock(&flags) && locks == 3 && unlocks == 3 && unlocked_lines == 2, 1,
	      "without one there is none");
	console_unregister(&looks);
}

static unsigned trap_at; /* the next place but so many; 0: none comes */

static void trap_may_come(void)
{
	if (trap_at && !--trap_at)
		pr_info("from a trap\n");
}

static unsigned found_in(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* Before it is busy, in the middle, at the end of that, and behind it. */
static void test_traps(void)
{
	static struct capture whole = {.console = {.name = "whole", .write = capture_write}};
	unsigned bad = 0, n = 1;

	for (; n <= 4; n++) {
		const uint32_t unlogged = printk_get_stats().unlogged;

		early.len = 0;
		trap_at = n;
		pr_info("interrupted at %u\n", n);
		bad += trap_at || !strstr(early.text, "from a trap\n");
		bad += printk_get_stats().unlogged - unlogged != (n == 2 || n == 3);
	}
	check(!bad, n - 1, "a line from a trap reaches the consoles; inside the log it is counted");
	trap_at = 2;
	console_register(&whole.console);
	check(printk_get_stats().unlogged == 3 && !trap_at, 1, "also while one is read");
	check(found_in(whole.text, "interrupted at ") == 4 &&
		      found_in(whole.text, "from a trap\n") == 2,
	      1, "and the log is whole, with what came before it was busy, and behind that");
	console_unregister(&whole.console);
}

static void test_printk(void)
{
	pr_err("one\n");
	pr_debug("hidden\n");
	pr_info("two %d\n", 2);
	console_register(&early.console);
	console_register(&early.console);
	pr_warn("three\n");
	check(!strcmp(early.text, "one\ntwo 2\nthree\n"), 1,
	      "a console gets each line once: what was logged before it, without debug, and what "
	      "follows");

	char line[PRINTK_LINE + 8];

	memset(line, 'x', sizeof(line));
	line[PRINTK_LINE - 1] = '\0';
	early.len = 0;
	printk(PRINTK_INFO, "%s", line);
	check(early.len == PRINTK_LINE - 1 && !printk_get_stats().cut, 1,
	      "the longest line that fits is whole");
	line[PRINTK_LINE - 1] = 'x';
	line[PRINTK_LINE] = '\0';
	early.len = 0;
	printk(PRINTK_INFO, "%s", line);
	check(early.len == PRINTK_LINE - 1 && !strcmp(early.text + early.len - 5, "x...\n") &&
		      printk_get_stats().cut == 1,
	      1, "a longer line is cut, says so and is counted");

	test_traps();
}

static void test_replay(void)
{
	char first[64];
	unsigned long long lost;
	size_t start;

	for (int i = 0; i < 3000; i++) {
		early.len = 0;
		pr_info("line %d%*s\n", i, (int)(random_u32() % 30), "");
	}
	console_register(&late.console);
	lost = printk_get_stats().overwrote;
	start = (size_t)sprintf(first, "printk: %llu bytes of older log are lost\n", lost);
	check(lost > PRINTK_LOG_SIZE && !strncmp(late.text, first, start) &&
		      !strncmp(late.text + start, "line ", 5) &&
		      !strcmp(late.text + late.len - early.len, early.text),
	      1,
	      "a replay of a log that ran over says what is lost, starts at a line and ends at "
	      "the last");

	noisy.nested = 2000;
	console_register(&noisy.console);
	check(strstr(noisy.text, "nested 0\n") && !noisy.nested, 1,
	      "a console that logs 2000 lines while it gets its replay gets a whole log");

	for (int i = 0; i < 300; i++) {
		early.len = 0;
		pr_info("%060d\n", i);
	}
	console_register(&full.console);
	start = (size_t)(strchr(full.text, '\n') + 1 - full.text);
	check(full.len - start == PRINTK_LOG_SIZE / 64 * 61 &&
		      atoi(full.text + start) == 300 - PRINTK_LOG_SIZE / 64,
	      1, "the log holds lines to its last byte, each with three of its own");
	full.len = 0;
	console_unregister(&late.console);
	console_unregister(&late.console);
	late.len = 0;
	pr_info("one fewer\n");
	check(!late.len && full.len == 10, 1, "a console that is taken out gets no more lines");
	console_unregister(&early.console);
	console_unregister(&noisy.console);
	pr_info("one\n");
	console_unregister(&full.console);
	pr_info("none\n");
	check(full.len == 14, 1, "one that is alone does, until there is none");
	console_register(&early.console);

	check(printk_set_level(PRINTK_ERR) == PRINTK_INFO, 1, "the level before is told");
	early.len = 0;
	pr_warn("not now\n");
	check(!early.len, 1, "a lower level holds lines back");
}

/* The values that its users print: of nothing, and of the nine digits that everybody takes. */
static uint32_t slow_crc32(const uint8_t *at, size_t n)
{
	uint32_t crc = ~0u;

	for (; n--; at++) {
		crc ^= *at;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1) * 0xedb88320u;
	}
	return ~crc;
}

/* So that a table which is not filled whole is not full of the last one's. */
static __attribute__((noinline)) void soil_stack(void)
{
	uint32_t words[1024];

	for (unsigned i = 0; i < 1024; i++)
		words[i] = 0x5a5aa5a5;
	__asm__ volatile("" : : "r"(words) : "memory");
}

static void test_crc32(void)
{
	static const uint8_t all[256] = {[255] = 1};
	unsigned n = 0, bad = 0;

	for (; n < 256; n++) {
		const uint8_t byte = (uint8_t)n;

		soil_stack();
		bad += crc32(&byte, 1) != slow_crc32(&byte, 1);
	}
	check(!bad, n, "crc32 of each byte is what its bits make");

	check(!crc32("", 0) && crc32("123456789", 9) == 0xcbf43926, 2, "crc32 of known texts");
	check(crc32(all, 255) != crc32(all, 256) && crc32(all, 256) != crc32(all + 1, 255), 2,
	      "a zero more is another file");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* what was found before a sanitizer stops us is seen */
	test_integers();
	test_text();
	test_mixed();
	test_own_formats();
	test_parse();
	test_div64();
	test_glob();
	test_strings();
	test_ksyms();
	test_printk();
	test_replay();
	test_lock();
	test_crc32();
	printf("1..%d\n", checks);
	return failures ? 1 : 0;
}
