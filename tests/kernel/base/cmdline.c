// SPDX-License-Identifier: MIT
/*
 * The command line: each option that is documented, each way of getting it wrong. Parsed into
 * options of the test's own; the complaints, which are meant, are held back from the consoles and
 * counted.
 */
#include "kernel/base/cmdline.h"
#include "kernel/test/ktap.h"
#include "lib/printk.h"
#include "lib/string.h"

#define GRUB "GRUB 2.06"

static struct options out;

static unsigned parse(const char *line, const char *loader)
{
	enum printk_level level = printk_set_level(PRINTK_ERR);

	memset(&out, 0x5a, sizeof(out));
	cmdline_parse(&out, line, loader);
	printk_set_level(level);
	return out.unknown;
}

static bool is_default(void)
{
	return !out.noreplace_paravirt && !out.noinline_paravirt && !out.noreplace_smp &&
	       !out.debug_alternative[0] && !out.pv[0] && !strcmp(out.selftest, "*") &&
	       out.maxcpus == 0xffffffff && !out.crash[0] && !out.litmus;
}

static void defaults(struct ktap *t)
{
	CHECK_EQ(t, parse("", ""), 0, "an empty line is fine");
	CHECK(t, is_default(), "an empty line sets nothing");
	CHECK_EQ(t, parse("", "qemu"), 0, "also from QEMU");
	CHECK(t, is_default(), "and it sets nothing");
	CHECK_EQ(t, parse(" \t \n ", GRUB), 0, "blanks are fine");
	CHECK(t, is_default(), "blanks set nothing");
}

static void each_option(struct ktap *t)
{
	CHECK_EQ(t, parse("noreplace-paravirt", GRUB), 0, "noreplace-paravirt is known");
	CHECK(t, out.noreplace_paravirt, "noreplace-paravirt is set");
	out.noreplace_paravirt = false;
	CHECK(t, is_default(), "noreplace-paravirt alone");
	CHECK_EQ(t, parse("noinline-paravirt", GRUB), 0, "noinline-paravirt is known");
	CHECK(t, out.noinline_paravirt, "noinline-paravirt is set");
	out.noinline_paravirt = false;
	CHECK(t, is_default(), "noinline-paravirt alone");
	CHECK_EQ(t, parse("noreplace-smp", GRUB), 0, "noreplace-smp is known");
	CHECK(t, out.noreplace_smp, "noreplace-smp is set");
	out.noreplace_smp = false;
	CHECK(t, is_default(), "noreplace-smp alone");
	CHECK_EQ(t, parse("debug-alternative", GRUB), 0, "debug-alternative is known");
	CHECK(t, !strcmp(out.debug_alternative, "*"), "debug-alternative means all families");
	out.debug_alternative[0] = '\0';
	CHECK(t, is_default(), "debug-alternative alone");
	CHECK_EQ(t, parse("debug-alternative=smp_locks", GRUB), 0, "it may have a value");
	CHECK(t, !strcmp(out.debug_alternative, "smp_locks"), "which is the family");
	CHECK_EQ(t, parse("pv=soft", GRUB), 0, "pv= is known");
	CHECK(t, !strcmp(out.pv, "soft"), "pv= is kept");
	CHECK_EQ(t, parse("selftest=irq.*", GRUB), 0, "selftest= is known");
	CHECK(t, !strcmp(out.selftest, "irq.*"), "selftest= is kept");
	CHECK_EQ(t, parse("selftest=off", GRUB), 0, "selftest=off is known");
	CHECK(t, !strcmp(out.selftest, "off"), "selftest=off is kept");
	CHECK_EQ(t, parse("maxcpus=3", GRUB), 0, "maxcpus= is known");
	CHECK_EQ(t, out.maxcpus, 3, "maxcpus= is a number");
	CHECK_EQ(t, parse("maxcpus=0x10", GRUB), 0, "maxcpus= in hexadecimal");
	CHECK_EQ(t, out.maxcpus, 16, "is a number too");
	CHECK_EQ(t, parse("run=hello,world", GRUB), 0, "run= is known");
	CHECK(t, !strcmp(out.run, "hello,world"), "run= is kept");
	CHECK_EQ(t, parse("crash=ud", GRUB), 0, "crash= is known");
	CHECK(t, !strcmp(out.crash, "ud"), "crash= is kept");
}

static void number_if_any(struct ktap *t)
{
	CHECK_EQ(t, parse("litmus", GRUB), 0, "litmus is known");
	CHECK_EQ(t, out.litmus, 1000, "without a number it is 1000");
	CHECK_EQ(t, parse("litmus=7", GRUB), 0, "litmus= is known");
	CHECK_EQ(t, out.litmus, 7, "litmus= is a number");
	CHECK_EQ(t, parse("litmus=", GRUB), 1, "litmus= without one is none");
	CHECK(t, is_default(), "and sets nothing");
}

static bool has_all(void)
{
	return out.noreplace_paravirt && out.debug_alternative[0] && !strcmp(out.pv, "trace") &&
	       out.maxcpus == 2;
}

static void any_order(struct ktap *t)
{
	CHECK_EQ(t, parse("noreplace-paravirt debug-alternative pv=trace maxcpus=2", GRUB), 0,
		 "four options");
	CHECK(t, has_all(), "four options are set");
	CHECK_EQ(t, parse("maxcpus=2 pv=trace debug-alternative noreplace-paravirt", GRUB), 0,
		 "the other way round");
	CHECK(t, has_all(), "are the same");
	CHECK_EQ(t,
		 parse("\t maxcpus=2\t\t   pv=trace \r\n debug-alternative\tnoreplace-paravirt  ",
		       GRUB),
		 0, "tabs and many blanks");
	CHECK(t, has_all(), "are the same");
}

static void path_first(struct ktap *t)
{
	CHECK_EQ(t, parse("/boot/build/pedant.elf noreplace-smp", "qemu"), 0, "QEMU's path");
	CHECK(t, out.noreplace_smp, "and what follows it");
	CHECK_EQ(t, parse("pedant.elf noreplace-smp", "qemu"), 0, "QEMU's path without a slash");
	CHECK(t, out.noreplace_smp, "and what follows it");
	CHECK_EQ(t, parse("build/pedant.elf", "qemu"), 0, "QEMU's path alone");
	CHECK(t, is_default(), "sets nothing");
	CHECK_EQ(t, parse("noreplace-smp pv=soft", GRUB), 0, "GRUB gives no path");
	CHECK(t, out.noreplace_smp, "so the first word is an option");
	CHECK_EQ(t, parse("noreplace-smp", ""), 0, "a loader without a name");
	CHECK(t, out.noreplace_smp, "is taken for one that gives no path");
	CHECK_EQ(t, parse(" /boot/pedant.elf noreplace-smp", GRUB), 0, "a path behind a blank");
	CHECK(t, out.noreplace_smp, "is skipped");
	CHECK_EQ(t, parse("pv=a/b", GRUB), 0, "a value with a slash");
	CHECK(t, !strcmp(out.pv, "a/b"), "is no path");
	CHECK_EQ(t, parse("/boot/pedant.elf /boot/pedant.elf", "qemu"), 1, "a second path");
	CHECK_EQ(t, parse("pedant.elf", GRUB), 1, "GRUB's first word without a slash is an option");
}

static void unknown_words(struct ktap *t)
{
	CHECK_EQ(t, parse("quiet splash root=/dev/sda1", GRUB), 3, "three unknown words");
	CHECK(t, is_default(), "set nothing");
	CHECK_EQ(t, parse("quiet pv=soft splash", GRUB), 2, "between them an option");
	CHECK(t, !strcmp(out.pv, "soft"), "is seen");
	CHECK_EQ(t, parse("noreplace-paravirtx noreplace noreplace-paravirt-", GRUB), 3,
		 "what only begins or ends like an option");
	CHECK_EQ(t, parse("xpv=soft pvx=soft PV=soft NOREPLACE-SMP", GRUB), 4,
		 "and what is spelt otherwise");
	CHECK(t, is_default(), "set nothing");
	CHECK_EQ(t, parse("= =x ==", GRUB), 3, "values without a name");
	CHECK(t, is_default(), "set nothing");
	CHECK_EQ(t, parse("\x01\xff \x80=\x80", GRUB), 2, "bytes that are no text");
	CHECK(t, is_default(), "set nothing");
}

static void values(struct ktap *t)
{
	CHECK_EQ(t, parse("pv selftest maxcpus crash", GRUB), 4, "values that are missing");
	CHECK(t, is_default(), "set nothing");
	CHECK_EQ(t, parse("noreplace-smp=1 noreplace-paravirt= bench=off", GRUB), 3,
		 "values that are too many");
	CHECK(t, is_default(), "set nothing");
	CHECK_EQ(t, parse("pv= selftest= maxcpus= crash= debug-alternative=", GRUB), 5,
		 "values that are empty");
	CHECK(t, is_default(), "are missing, too");
	CHECK_EQ(t, parse("pv=a=b", GRUB), 0, "a second =");
	CHECK(t, !strcmp(out.pv, "a=b"), "belongs to the value");
	CHECK_EQ(t, parse("pv=first pv=second", GRUB), 0, "twice the same");
	CHECK(t, !strcmp(out.pv, "second"), "the last one wins");
	CHECK_EQ(t, parse("pv=longer pv=x", GRUB), 0, "a shorter one behind");
	CHECK(t, !strcmp(out.pv, "x"), "leaves nothing of it");
	CHECK_EQ(t, parse("pv= soft", GRUB), 2, "a blank ends a value");
	CHECK(t, !out.pv[0], "which is empty then");
}

static void numbers(struct ktap *t)
{
	static const char *const bad[] = {
		"maxcpus=",   "maxcpus=x",  "maxcpus=-1",         "maxcpus=+1",
		"maxcpus=1x", "maxcpus=0x", "maxcpus=4294967296", "maxcpus=99999999999999999999",
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(t, parse(bad[i], GRUB), 1, "'%s' is no number", bad[i]);
		CHECK(t, is_default(), "'%s' sets nothing", bad[i]);
	}
	CHECK_EQ(t, parse("maxcpus=0", GRUB), 0, "0 is a number");
	CHECK_EQ(t, out.maxcpus, 0, "and is kept");
	CHECK_EQ(t, parse("maxcpus=4294967295", GRUB), 0, "so is the largest");
	CHECK_EQ(t, parse("maxcpus=3 maxcpus=x", GRUB), 1, "a bad one behind a good one");
	CHECK_EQ(t, out.maxcpus, 3, "leaves the good one");
}

/* "pv=" and n characters, then another option. */
static unsigned parse_long(unsigned n)
{
	static char line[1100];

	memcpy(line, "pv=", 3);
	memset(line + 3, 'v', n);
	strlcpy(line + 3 + n, " noreplace-smp", sizeof(line) - 3 - n);
	return parse(line, GRUB);
}

static void overlong(struct ktap *t)
{
	static char word[1001];

	CHECK_EQ(t, parse_long(OPTION_MAX - 1), 0, "a value that just fits");
	CHECK_EQ(t, strlen(out.pv), OPTION_MAX - 1, "is whole");
	CHECK(t, out.noreplace_smp, "and what follows it is seen");
	CHECK_EQ(t, parse_long(OPTION_MAX), 1, "one character more is refused");
	CHECK(t, !out.pv[0] && out.noreplace_smp, "sets nothing, and what follows is seen");
	CHECK(t, !strcmp(out.selftest, "*"), "nor does it run into another option");
	CHECK_EQ(t, parse_long(1000), 1, "a thousand characters");
	CHECK(t, !out.pv[0] && out.noreplace_smp, "neither");
	memset(word, 'w', sizeof(word) - 1);
	CHECK_EQ(t, parse(word, GRUB), 1, "a word of a thousand characters");
	CHECK(t, is_default(), "sets nothing");
	CHECK_EQ(t,
		 parse("maxcpus=00000000000000000000000000000000000000000000000000000000000001",
		       GRUB),
		 0, "a long number");
	CHECK_EQ(t, out.maxcpus, 1, "is a number");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(defaults),   KTAP_TEST(each_option),   KTAP_TEST(any_order),
	KTAP_TEST(path_first), KTAP_TEST(unknown_words), KTAP_TEST(values),
	KTAP_TEST(numbers),    KTAP_TEST(number_if_any), KTAP_TEST(overlong),
};
KTAP_SUITE(cmdline, tests);
