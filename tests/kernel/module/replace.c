// SPDX-License-Identifier: MIT
/*
 * Functions of the kernel's that a module replaces: both bodies have branches of one key and calls of one static call,
 * which change meanwhile; other CPUs run through them.
 */
#include "pv/replace.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/smp/smp.h"
#include "kernel/module/module.h"
#include "kernel/test/ktap.h"
#include "lib/export.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/live/instant.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/module/modules.h"

#define CHANGES      60
#define CHANGES_MANY 8 /* with more emulated CPUs than the host has */

PV_REPLACEABLE unsigned module_test_answer(void)
{
	unsigned long flags;
	unsigned answer;

	local_irq_save(flags);
	answer = static_branch_unlikely(&module_test_key) ? 1 : 0;
	local_irq_restore(flags);
	return answer;
}
EXPORT_SYMBOL(module_test_answer);

PV_REPLACEABLE unsigned module_test_other(unsigned x)
{
	return static_call(module_test_call)(x);
}
EXPORT_SYMBOL(module_test_other);
EXPORT_SYMBOL(module_test_old);

static unsigned better_calls(void)
{
	const unsigned *calls = module_symbol("better", "better_calls");

	return calls ? *calls : 0;
}

static const uint8_t *entry(void)
{
	return (const uint8_t *)(uint32_t)module_test_answer;
}

static bool can_load(struct ktap *t)
{
	if (guest_text_is_checked())
		t->skip = "its host lets nothing run but the image";
	else if (pages_available() < MODULE_FILE_PAGES)
		t->skip = "there is no memory for modules";
	else
		modules_say(false);
	return !t->skip;
}

static void replaces_and_undoes(struct ktap *t)
{
	uint8_t linked[PV_REPLACE_LEN];

	if (!can_load(t))
		return;
	memcpy(linked, entry(), sizeof(linked));
	CHECK_EQ(t, module_test_other(1), 11, "the kernel's function");
	if (CHECK(t, !module_load_file("better"), "a module comes")) {
		CHECK(t, *entry() == 0xe9, "the entry is a jump");
		CHECK(t, module_test_answer() == 0 && better_calls() == 1,
		      "to the module's function");
		CHECK_EQ(t, module_test_other(1), 111, "and so is the other one");
		CHECK(t, static_branch_enable(&module_test_key) && module_test_answer() == 1,
		      "whose branch follows the key");
		CHECK(t, !module_replace("better", false), "it is undone");
		CHECK(t, module_test_answer() == 1 && better_calls() == 2,
		      "and so does the kernel's own");
		CHECK_EQ(t, module_test_other(1), 11, "both are");
		CHECK(t, !module_replace("better", true) && module_test_other(1) == 111,
		      "and again");
		CHECK(t, static_branch_disable(&module_test_key), "the key is off");
		CHECK(t, !module_unload("better"), "it goes");
	}
	CHECK_EQ(t, module_test_other(1), 11, "without it, it is the kernel's");
	CHECK(t, memcmp(linked, entry(), sizeof(linked)) == 0, "to the byte as linked");
	modules_say(true);
}

static void says_no(struct ktap *t)
{
	const struct module_file *file = module_file("better");

	if (!can_load(t))
		return;
	CHECK(t, module_load_file("worse") != NULL, "what is not made for it is not replaced");
	CHECK(t, !module_load_file("better"), "a module comes");
	CHECK(t, module_load("again", file->start, (size_t)(file->end - file->start)) != NULL,
	      "nobody else replaces the same");
	CHECK(t, module_replace("worse", true) != NULL, "nor who is not there");
	CHECK(t, module_test_other(1) == 111 && !module_unload("better"),
	      "it was the first, and goes");
	modules_say(true);
}

static void every_step_fails(struct ktap *t)
{
	const struct modules_now before = modules_now();
	unsigned steps = 0;
	const char *why;

	if (!can_load(t))
		return;
	do {
		module_fail(++steps);
		why = module_load_file("better");
		CHECK(t,
		      !why || (modules_now().modules == before.modules &&
			       module_test_other(1) == 11),
		      "step %u: nothing is replaced", steps);
	} while (why && steps < 20);
	module_fail(0);
	CHECK_EQ(t, steps, 7, "six steps can fail, and then it is loaded");
	CHECK(t, !module_unload("better") && modules_now().pages == before.pages, "it goes");
	modules_say(true);
}

static volatile uint32_t over, passes;

static unsigned answer(void)
{
	return module_test_answer();
}

static void run_through(void *unused)
{
	(void)unused;
	while (!over) {
		instant_look(answer);
		passes = 1;
	}
}

/* Which body it is nobody sees; what the key says, all see at one instant. */
static void under_all(struct ktap *t)
{
	const uint32_t changes = smp_online() > 2 ? CHANGES_MANY : CHANGES;
	unsigned failed = 0;

	NEEDS_CPUS(t);
	if (!can_load(t))
		return;
	CHECK(t, !module_load_file("better"), "a module comes");
	over = passes = 0;
	instant_reset();
	smp_others_begin(t, run_through, NULL);
	for (uint32_t n = 1; n <= changes; n++) {
		instant_begin(n);
		failed += n & 1 ? !static_branch_enable(&module_test_key)
				: !static_branch_disable(&module_test_key);
		instant_end(n);
		failed += module_replace("better", n % 4 < 2) != NULL;
	}
	over = 1;
	smp_others_end(t);
	CHECK_EQ(t, failed, 0, "all changes were made");
	CHECK(t, passes && instant_looked() && instant_was_one(), "and each had one instant");
	CHECK(t, better_calls() > 0, "the module's function was called");
	CHECK(t, !module_unload("better"), "it goes");
	CHECK(t, !static_key_enabled(&module_test_key), "the key is off");
	modules_say(true);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(replaces_and_undoes),
	KTAP_TEST(says_no),
	KTAP_TEST(every_step_fails),
	KTAP_TEST(under_all),
};
KTAP_SUITE(replace, tests);
