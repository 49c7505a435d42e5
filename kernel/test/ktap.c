// SPDX-License-Identifier: MIT
/*
 * The self-test framework. Output is KTAP version 1: a plan of suites, each a nested document of
 * its own. Failing checks are diagnostics ("# ...") before the result line of their test.
 */
#include "kernel/test/ktap.h"
#include "arch/x86/dev/guest.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/test/kept.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stdarg.h>
#include <stddef.h>

extern const struct ktap_suite ktap_suites[], ktap_suites_end[];

static void failure(struct ktap *t, const char *file, int line, const char *sentence,
		    const char *facts)
{
	t->failures++;
	if (!t->first[0])
		snprintf(t->first, sizeof(t->first), "%s%s", sentence, facts);
	if (!t->quiet)
		pr_err("  # not true: %s%s (%s:%d)\n", sentence, facts, file, line);
}

bool ktap_check(struct ktap *t, bool ok, const char *file, int line, const char *format, ...)
{
	char sentence[160];
	va_list args;

	t->checks++;
	if (ok)
		return true;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	failure(t, file, line, sentence, "");
	return false;
}

bool ktap_check_eq(struct ktap *t, uint64_t found, uint64_t expected, const char *file, int line,
		   const char *format, ...)
{
	char sentence[160], facts[64];
	va_list args;

	t->checks++;
	if (found == expected)
		return true;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	snprintf(facts, sizeof(facts), ": expected 0x%llx, found 0x%llx", expected, found);
	failure(t, file, line, sentence, facts);
	return false;
}

const char *ktap_result(struct ktap *t)
{
	if (t->failures)
		return "fail";
	if (t->skip)
		return "skip";
	if (!t->checks) {
		strlcpy(t->first, "the test checked nothing", sizeof(t->first));
		return "fail";
	}
	return "ok";
}

/* The line. True unless it failed. */
static bool say(const struct ktap *t, unsigned number, const char *result)
{
	const bool failed = !strcmp(result, "fail"), skipped = !strcmp(result, "skip");

	printk(failed ? PRINTK_ERR : PRINTK_INFO, "  %sok %u %s%s%s\n", failed ? "not " : "",
	       number, t->name, skipped ? " # SKIP " : "", skipped ? t->skip : "");
	return !failed;
}

/* Counted and told, too. */
static bool record(struct ktap *t, unsigned number)
{
	const char *result = ktap_result(t);
	const bool ok = say(t, number, result);

	result_tell(t->suite, t->name, result, ok ? t->skip ? t->skip : "" : t->first);
	return ok;
}

#define FULL_NAME 96

static void put_name(char full[FULL_NAME], const struct ktap_suite *suite,
		     const struct ktap_test *test)
{
	snprintf(full, FULL_NAME, "%s.%s", suite->name, test->name);
}

static bool wanted(const struct ktap_suite *suite, const struct ktap_test *test, const char *glob)
{
	char full[FULL_NAME];

	put_name(full, suite, test);
	if (test->by_name_only)
		return !strcmp(full, glob);
	return glob_match(glob, full) || glob_match(glob, suite->name);
}

static unsigned count_wanted(const struct ktap_suite *suite, const char *glob)
{
	unsigned n = 0;

	for (unsigned i = 0; i < suite->n; i++)
		n += wanted(suite, &suite->tests[i], glob);
	return n;
}

static void suite_head(const char *name, unsigned tests)
{
	pr_info("  KTAP version 1\n  # Subtest: %s\n  1..%u\n", name, tests);
}

/* What the last test left, or was there before the first: what the next one finds. */
static struct kept kept;

/* Those that run by name only may leave the machine otherwise: nothing comes after them. */
static void run_test(struct ktap *t, const struct ktap_test *test)
{
	struct kept before = kept;
	const char *changed;

	test->run(t);
	kept = kept_now();
	changed = kept_changed(&before, &kept);
	if (changed && !test->by_name_only)
		failure(t, __FILE__, __LINE__, "the test puts back what it changes: it leaves ",
			changed);
}

bool ktap_try(const char *name, struct ktap *t)
{
	char full[FULL_NAME];

	for (const struct ktap_suite *suite = ktap_suites; suite < ktap_suites_end; suite++)
		for (unsigned i = 0; i < suite->n; i++) {
			put_name(full, suite, &suite->tests[i]);
			if (strcmp(full, name))
				continue;
			*t = (struct ktap){
				.suite = suite->name, .name = suite->tests[i].name, .quiet = true};
			kept = kept_now();
			run_test(t, &suite->tests[i]);
			return true;
		}
	return false;
}

static bool run_suite(const struct ktap_suite *suite, const char *glob)
{
	unsigned number = 0;
	bool ok = true;

	suite_head(suite->name, count_wanted(suite, glob));
	for (unsigned i = 0; i < suite->n; i++) {
		struct ktap t = {.suite = suite->name, .name = suite->tests[i].name};

		if (!wanted(suite, &suite->tests[i], glob))
			continue;
		if (suite->tests[i].patches && guest_text_is_checked())
			t.skip = "its host lets text change only as the image's records say";
		else
			run_test(&t, &suite->tests[i]);
		ok &= record(&t, ++number);
	}
	return ok;
}

static unsigned count_boot(void)
{
	const char *name, *why;
	unsigned n = 0;

	while (result_of_boot(n, &name, &why))
		n++;
	return n;
}

/* They have been counted and told. */
static bool report_boot(void)
{
	struct ktap t = {.suite = "boot"};
	const char *why;
	bool ok = true;

	suite_head("boot", count_boot());
	for (unsigned i = 0; result_of_boot(i, &t.name, &why); i++) {
		t.failures = 0;
		t.first[0] = '\0';
		ktap_check(&t, !why, __FILE__, __LINE__, "%s", why ? why : "");
		ok &= say(&t, i + 1, ktap_result(&t));
	}
	return ok;
}

/* These are always reported; one that is named is one that is found. */
static bool boot_matches(const char *glob)
{
	char full[96];
	const char *name, *why;
	bool matches = count_boot() && glob_match(glob, "boot");

	for (unsigned i = 0; !matches && result_of_boot(i, &name, &why); i++) {
		snprintf(full, sizeof(full), "boot.%s", name);
		matches = glob_match(glob, full);
	}
	return matches;
}

static void suite_result(bool ok, unsigned number, const char *name)
{
	pr_info("%sok %u %s\n", ok ? "" : "not ", number, name);
}

static void ktap_run(void)
{
	const char *glob = options.litmus ? "off" : options.selftest;
	const struct ktap_suite *suite;
	unsigned suites = 0, number = 0;
	bool off = !strcmp(glob, "off");

	for (suite = ktap_suites; !off && suite < ktap_suites_end; suite++)
		suites += count_wanted(suite, glob) != 0;
	if (!off && !suites && !boot_matches(glob)) {
		pr_err("selftest=%s matches no test\n", glob);
		result_boot("selftest", "selftest= matches no test");
	}
	pr_info("KTAP version 1\n1..%u\n", suites + (count_boot() != 0));
	if (count_boot())
		suite_result(report_boot(), ++number, "boot");
	kept = kept_now();
	for (suite = ktap_suites; suites && suite < ktap_suites_end; suite++)
		if (count_wanted(suite, glob))
			suite_result(run_suite(suite, glob), ++number, suite->name);
}
RUN(RUN_TEST, "selftest", ktap_run);
