// SPDX-License-Identifier: MIT
/*
 * The framework under its own test: a check that is not true must be seen, or no result of any
 * other suite means anything. `fails` fails on purpose and runs only when it is named
 * (selftest=canary.fails); `reports` looks at what checks leave behind in a test of its own that
 * nobody counts.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "kernel/base/result.h"
#include "kernel/task/task.h"
#include "kernel/test/kept.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include <stddef.h>

static void fails(struct ktap *t)
{
	CHECK(t, false, "a canary sings under water (this fails on purpose)");
}

static struct ktap private_test(void)
{
	return (struct ktap){.suite = "canary", .name = "private", .quiet = true};
}

static void counts_checks(struct ktap *t)
{
	struct ktap p = private_test();

	CHECK(t, ktap_check(&p, true, "f", 1, "so"), "a true CHECK returns true");
	CHECK(t, ktap_check_eq(&p, 7, 7, "f", 1, "so"), "a true CHECK_EQ returns true");
	CHECK_EQ(t, p.failures, 0, "true checks count no failure");
	CHECK_EQ(t, strlen(p.first), 0, "true checks leave no sentence");
	CHECK(t, !CHECK(&p, false, "one"), "a false CHECK returns false");
	t->failures += p.failures != 1; /* by hand: no check can say that checks do not count */
	CHECK_EQ(t, p.failures, 1, "a false CHECK counts as a failure");
	CHECK(t, !CHECK_EQ(&p, 1, 2, "two"), "a false CHECK_EQ returns false");
	CHECK_EQ(t, p.failures, 2, "a false CHECK_EQ counts as a failure");
	CHECK_EQ(t, p.checks, 4, "each check counts as one");
}

static void keeps_first_sentence(struct ktap *t)
{
	struct ktap p = private_test();

	CHECK_EQ(&p, 0x100000000, 0x2a, "the answer of %s is right", "all");
	CHECK(&p, false, "a later sentence");
	CHECK(t, !strcmp(p.first, "the answer of all is right: expected 0x2a, found 0x100000000"),
	      "the first sentence is kept with its facts (it is '%s')", p.first);
}

/* Below the high half they are equal: both halves of a number count. */
static void compares_64_bits(struct ktap *t)
{
	struct ktap p = private_test();

	CHECK(t, !CHECK_EQ(&p, 1, 0x100000001, "equal"), "CHECK_EQ looks at the upper 32 bits");
}

#define SENTENCE 159u /* characters, of any check's: what follows has room of its own */

/* The sentence is a test's last member, so what would be written over stands right behind. */
static void cuts_long_sentence(struct ktap *t)
{
	struct {
		struct ktap test;
		char behind[256];
	} p = {.test = private_test()};
	char text[400];
	unsigned changed = 0;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(p.behind, '!', sizeof(p.behind));
	memset(p.test.first + 1, '?', sizeof(p.test.first) - 1);
	CHECK_EQ(&p.test, 1, 2, "%s", text);
	for (unsigned i = 0; i < sizeof(p.behind); i++)
		changed += p.behind[i] != '!';
	CHECK_EQ(t, changed, 0, "a long sentence writes over nothing that stands behind it");
	CHECK(t, memchr(p.test.first, 0, sizeof(p.test.first)), "it is ended by a NUL");
	CHECK(t, !strcmp(p.test.first + SENTENCE, ": expected 0x2, found 0x1"),
	      "and %u characters of it are kept, and what was found", SENTENCE);
	CHECK_EQ(t, p.test.checks, 1, "it counts as one check");
	CHECK_EQ(t, p.test.failures, 1, "that failed");
}

static void goes_on(struct ktap *p)
{
	KTAP_SKIP_UNLESS(p, false, "no reason to go on");
	CHECK(p, false, "this is not reached");
}

static void has_three_words(struct ktap *t)
{
	struct ktap empty = private_test(), skipped = private_test(), both = private_test();
	struct ktap good = private_test();

	CHECK(&good, true, "so");
	CHECK(t, !strcmp(ktap_result(&good), "ok"), "true checks only: ok");
	CHECK(t, !strcmp(ktap_result(&empty), "fail"), "no check at all: fail");
	CHECK(t, !strcmp(empty.first, "the test checked nothing"), "and it says why");
	goes_on(&skipped);
	CHECK_EQ(t, skipped.checks, 0, "a skip ends the test");
	CHECK(t, skipped.skip && !strcmp(skipped.skip, "no reason to go on"), "it has a reason");
	CHECK(t, !strcmp(ktap_result(&skipped), "skip"), "a skip is a skip");
	CHECK(&both, false, "not so");
	goes_on(&both);
	CHECK(t, !strcmp(ktap_result(&both), "fail"), "a failure before a skip is a failure");
}

static void nothing(void)
{
}

static const char *changed_since(const struct kept *before)
{
	struct kept now = kept_now();

	return kept_changed(before, &now);
}

/* What a test leaves otherwise is seen, and each is put back. Text is changed by a mutant. */
static void wait_for_end(void *unused)
{
	static struct wait_queue queue;

	(void)unused;
	while (wait_until(&queue, false))
		;
}

static void sees_tasks(struct ktap *t, const struct kept *before)
{
	struct task *task;

	if (pages_available() < 8)
		return;
	task = task_start("left", wait_for_end, NULL);
	CHECK(t, task && changed_since(before), "a task that stays is seen");
	task_kill(task);
	task_join(task, NULL);
	tasks_trim();
}

static void sees_what_is_left(struct ktap *t)
{
	struct kept before = kept_now();

	CHECK(t, !changed_since(&before), "nothing was changed");
	timer_tick_hook = nothing;
	CHECK(t, changed_since(&before), "a hook that stays is seen");
	timer_tick_hook = NULL;
	local_irq_disable();
	CHECK(t, changed_since(&before), "interrupts that stay off are seen");
	local_irq_enable();
	printk_set_level(PRINTK_ERR);
	CHECK(t, changed_since(&before), "a level that stays is seen");
	printk_set_level(before.level);
	sees_tasks(t, &before);
	CHECK(t, !changed_since(&before), "what was put back is none of it");
}

static void reports(struct ktap *t)
{
	struct results before = results;

	counts_checks(t);
	keeps_first_sentence(t);
	compares_64_bits(t);
	cuts_long_sentence(t);
	has_three_words(t);
	CHECK(t, !memcmp(&before, &results, sizeof(before)), "checks alone count no test");
}

static const struct ktap_test tests[] = {
	{.name = "fails", .run = fails, .by_name_only = true},
	KTAP_TEST(reports),
	KTAP_TEST(sees_what_is_left),
};
KTAP_SUITE(canary, tests);
