// SPDX-License-Identifier: MIT
/*
 * The self-test framework. Output is KTAP version 1: a plan of suites, each a nested document of
 * its own. Failing checks are diagnostics ("# ...") before the result line of their test.
 */
#include "kernel/test/ktap.h"
#include "kernel/base/event.h"
#include "kernel/test/kept.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stdarg.h>
#include <stddef.h>

extern const struct ktap_suite ktap_suites[], ktap_suites_end[];

struct ktap_tally ktap_tally;

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

static void result_event(const char *suite, const char *name, const char *result, const char *why)
{
	event_begin("test");
	event_text("suite", suite);
	event_text("name", name);
	event_text("result", result);
	event_text("why", why);
	event_end();
}

/* Counts, prints the line, sends the event. True unless it failed. */
static bool record(struct ktap *t, unsigned number)
{
	const char *result = ktap_result(t);
	bool failed = !strcmp(result, "fail"), skipped = !strcmp(result, "skip");

	ktap_tally.failed += failed;
	ktap_tally.skipped += skipped;
	ktap_tally.passed += !failed && !skipped;
	printk(failed ? PRINTK_ERR : PRINTK_INFO, "  %sok %u %s%s%s\n", failed ? "not " : "",
	       number, t->name, skipped ? " # SKIP " : "", skipped ? t->skip : "");
	result_event(t->suite, t->name, result, failed ? t->first : skipped ? t->skip : "");
	return !failed;
}

static bool wanted(const struct ktap_suite *suite, const struct ktap_test *test, const char *glob)
{
	char full[96];

	snprintf(full, sizeof(full), "%s.%s", suite->name, test->name);
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

static bool run_suite(const struct ktap_suite *suite, const char *glob)
{
	unsigned number = 0;
	bool ok = true;

	suite_head(suite->name, count_wanted(suite, glob));
	for (unsigned i = 0; i < suite->n; i++) {
		struct ktap t = {.suite = suite->name, .name = suite->tests[i].name};

		if (!wanted(suite, &suite->tests[i], glob))
			continue;
		run_test(&t, &suite->tests[i]);
		ok &= record(&t, ++number);
	}
	return ok;
}

/* Results about the boot wait here until the plan is printed. */
#define BOOT_RESULTS_MAX 10
static struct {
	const char *name, *why;
} boot_results[BOOT_RESULTS_MAX];
static unsigned nr_boot_results;

void ktap_boot_result(const char *name, const char *why)
{
	if (nr_boot_results == BOOT_RESULTS_MAX)
		nr_boot_results--, why = "more results about the boot than there is room for";
	boot_results[nr_boot_results].name = name;
	boot_results[nr_boot_results++].why = why;
}

static bool report_boot(void)
{
	bool ok = true;

	suite_head("boot", nr_boot_results);
	for (unsigned i = 0; i < nr_boot_results; i++) {
		struct ktap t = {.suite = "boot", .name = boot_results[i].name};

		ktap_check(&t, !boot_results[i].why, __FILE__, __LINE__, "%s",
			   boot_results[i].why ? boot_results[i].why : "");
		ok &= record(&t, i + 1);
	}
	return ok;
}

/* These are always reported; one that is named is one that is found. */
static bool boot_matches(const char *glob)
{
	char full[96];
	bool matches = nr_boot_results && glob_match(glob, "boot");

	for (unsigned i = 0; i < nr_boot_results && !matches; i++) {
		snprintf(full, sizeof(full), "boot.%s", boot_results[i].name);
		matches = glob_match(glob, full);
	}
	return matches;
}

static void suite_result(bool ok, unsigned number, const char *name)
{
	pr_info("%sok %u %s\n", ok ? "" : "not ", number, name);
}

void ktap_run(const char *glob)
{
	const struct ktap_suite *suite;
	unsigned suites = 0, number = 0;
	bool off = !strcmp(glob, "off");

	for (suite = ktap_suites; !off && suite < ktap_suites_end; suite++)
		suites += count_wanted(suite, glob) != 0;
	if (!off && !suites && !boot_matches(glob)) {
		pr_err("selftest=%s matches no test\n", glob);
		ktap_boot_result("selftest", "selftest= matches no test");
	}
	pr_info("KTAP version 1\n1..%u\n", suites + (nr_boot_results != 0));
	if (nr_boot_results)
		suite_result(report_boot(), ++number, "boot");
	kept = kept_now();
	for (suite = ktap_suites; suites && suite < ktap_suites_end; suite++)
		if (count_wanted(suite, glob))
			suite_result(run_suite(suite, glob), ++number, suite->name);
}
