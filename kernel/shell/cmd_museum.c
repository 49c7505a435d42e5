// SPDX-License-Identifier: MIT
/*
 * The museum: one mistake at a time is made, in the image that guests are made of or in this kernel, and its self-test is
 * asked; then it is put right, and the test is asked again.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/smp.h"
#include "kernel/guest/boot.h"
#include "kernel/museum/exhibits/list.h"
#include "kernel/museum/file.h"
#include "kernel/museum/listen.h"
#include "kernel/museum/text.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/museum.h"
#include "kernel/shell/term/out.h"
#include "kernel/task/sched.h"
#include "kernel/test/ktap.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stddef.h>

#define LOOK_MS 20
#define LIMIT_S 120 /* of a guest, which has a second to do: machines are busy */
#define OPTIONS 160
#define VERBOSE "-v"

static struct plan plan; /* what is broken */
static bool is_broken;

/* ---- what there is ---- */

static bool in_guest(const struct exhibit *e)
{
	return !e->cpus;
}

bool cmd_museum(unsigned n, char **words)
{
	const struct exhibit *e;
	unsigned found = 0;

	for (unsigned i = 0; (e = museum_exhibit(i)) && !out_stopped(); i++) {
		if (n > 1 && !glob_match(words[1], e->name))
			continue;
		say("  %-20s %2u  %-7s %s%s\n", e->name, e->mistake,
		    in_guest(e)    ? "guest"
		    : e->cpus == 1 ? "kernel"
				   : "2 CPUs",
		    e->title, is_broken && plan.exhibit == e ? " <- broken" : "");
		found++;
	}
	if (!found)
		return fail("museum: no mistake has a name like %s", words[1]);
	say("  %u mistakes: break NAME makes one, in a guest or in this kernel, and repair puts it right\n",
	    found);
	return true;
}

void offer_exhibits(struct completion *c)
{
	const struct exhibit *e;

	for (unsigned i = 0; (e = museum_exhibit(i)); i++)
		completion_offer(c, e->name);
}

/* ---- the test is asked ---- */

/* It ends soon, whatever is typed meanwhile. */
static const char *stop(unsigned number, const char *why)
{
	guest_stop(number);
	while (!guest_is_over(number))
		sched_idle();
	return why;
}

/* NULL: it has ended; otherwise why nobody waits for that any more. */
static const char *wait_for_end(unsigned number)
{
	const uint64_t began = timer_ns();

	while (!guest_is_over(number)) {
		if (!shell_wait(LOOK_MS))
			return stop(number, "interrupted");
		if (timer_ns() - began > LIMIT_S * 1000000000ull)
			return stop(number, "the guest does not end");
	}
	return NULL;
}

/* NULL, or why there is no outcome. */
static const char *ask_guest(const struct exhibit *e, bool verbose, unsigned *number,
			     struct outcome *out)
{
	char options[OPTIONS], end[OUTCOME_TEXT];
	const struct guest_order order = {.module = file_module(),
					  .cmdline = options,
					  .open = !e->watched,
					  .listen = listen_line};
	const char *why;
	bool passed;

	snprintf(options, sizeof(options), "selftest=%s%s%s", e->test, e->options ? " " : "",
		 e->options ? e->options : "");
	listen_begin(e->test, verbose);
	why = guest_start_as(&order, number);
	if (why)
		return why;
	why = wait_for_end(*number);
	strlcpy(end, guest_why(*number), sizeof(end));
	passed = guest_bury(*number);
	if (!why)
		listen_outcome(out, passed, end);
	return why;
}

static const char *ask_here(const struct exhibit *e, struct outcome *out)
{
	static struct ktap t;
	const char *result;

	if (!ktap_try(e->test, &t))
		return "this kernel has no such self-test";
	result = ktap_result(&t);
	out->is = !strcmp(result, "ok")     ? OUTCOME_PASSED
		  : !strcmp(result, "skip") ? OUTCOME_SKIPPED
					    : OUTCOME_FAILED;
	if (out->is == OUTCOME_FAILED)
		snprintf(out->text, sizeof(out->text), "%s: %s", e->test, t.first);
	else
		strlcpy(out->text, t.skip ? t.skip : "", sizeof(out->text));
	return NULL;
}

/* A test that was skipped has not said anything. */
static const char *ask(bool verbose, unsigned *number, struct outcome *out)
{
	static char skipped[2 * OUTCOME_TEXT];
	const struct exhibit *e = plan.exhibit;
	const char *why;

	*number = 0;
	why = in_guest(e) ? ask_guest(e, verbose, number, out) : ask_here(e, out);
	if (why || out->is != OUTCOME_SKIPPED)
		return why;
	snprintf(skipped, sizeof(skipped), "%s was skipped: %s", e->test, out->text);
	return skipped;
}

/* ---- break ---- */

/* The host reads the file for as long as a guest that was made of it lives. */
static const char *file_in_use(void)
{
	for (unsigned number = 1; number <= GUESTS_MAX; number++)
		if (guest_name(number) && !guest_is_over(number))
			return "a guest runs: guest stop ends it";
	return NULL;
}

static const char *change(bool broken)
{
	const char *why = in_guest(plan.exhibit) ? file_in_use() : NULL;

	if (!why)
		why = in_guest(plan.exhibit) ? file_change(&plan, broken)
					     : text_change(&plan, broken);

	if (!why)
		is_broken = broken;
	return why;
}

/* False after a line: it cannot be made here. */
static bool prepare(const struct exhibit *e)
{
	const char *why;

	if (in_guest(e)) {
		why = file_find();
		if (why)
			return fail("break: %s: %s: make museum brings it", e->name, why);
	} else if (smp_online() < e->cpus) {
		return fail("break: %s: it takes %u CPUs, and %u runs: make museum has two",
			    e->name, e->cpus, smp_online());
	}
	why = plan_make(&plan, e, in_guest(e) ? file_look : text_look);
	return why ? fail("break: %s: this kernel cannot make it: %s", e->name, why) : true;
}

static void say_made(const struct exhibit *e)
{
	say("  mistake   %u: %s\n", e->mistake, e->title);
	say("  made in   %s: %s\n", in_guest(e) ? "a guest" : "this kernel", e->what);
	say("  expected  %s\n", e->expected);
	out_flush();
}

/* What was to notice it has. */
static bool say_happened(const struct exhibit *e, const struct outcome *out)
{
	const char *caught = e->panics ? "panic: " : e->test;

	if (out->is == OUTCOME_PASSED)
		return fail("  happened  NOTHING: %s passes all the same", e->test);
	say("  happened  %s\n", out->text);
	if (strncmp(out->text, caught, strlen(caught)) != 0)
		return fail("  caught by something else than %s", e->panics ? "a panic" : e->test);
	say("  caught by %s%s%s%s\n", e->panics ? "a panic in " : "the test ", e->test,
	    e->see ? "; see also: " : "", e->see ? e->see : "");
	return true;
}

/* Nobody has seen what it does, so it is no exhibit. */
static bool give_up(const char *why)
{
	const char *stays = change(false);

	if (plan.exhibit->mend)
		plan.exhibit->mend();
	if (stays)
		return fail("  happened  not known: %s; and it stays: %s", why, stays);
	return fail("  happened  not known: %s; it is put right", why);
}

bool cmd_break(unsigned n, char **words)
{
	const bool verbose = n == 3;
	const struct exhibit *e = museum_find(words[n - 1]);
	struct outcome out;
	unsigned number;
	const char *why;

	if (verbose && strcmp(words[1], VERBOSE))
		return fail("break: %s: -v or nothing stands before the name", words[1]);
	if (!e)
		return fail("break: %s is no mistake that is here: museum lists them",
			    words[n - 1]);
	if (is_broken)
		return fail("break: %s is broken: repair it first", plan.exhibit->name);
	if (!prepare(e))
		return false;
	why = change(true);
	if (why)
		return fail("break: %s: %s", e->name, why);
	say_made(e);
	why = ask(verbose, &number, &out);
	return why ? give_up(why) : say_happened(e, &out);
}

/* ---- repair ---- */

bool cmd_repair(unsigned n, char **words)
{
	const struct exhibit *e = plan.exhibit;
	struct outcome out;
	unsigned number;
	const char *why;

	if (n > 1 && strcmp(words[1], VERBOSE))
		return fail("repair: -v or nothing: it is what is broken");
	if (!is_broken)
		return fail("repair: nothing is broken");
	why = change(false);
	if (why)
		return fail("repair: %s: %s", e->name, why);
	if (e->mend)
		e->mend();
	say("  %s is put right: %u bytes\n", e->name, plan_bytes(&plan));
	why = ask(n > 1, &number, &out);
	if (why)
		return fail("  whether that helps is not known: %s", why);
	if (out.is != OUTCOME_PASSED)
		return fail("  that does not help: %s", out.text);
	if (in_guest(e))
		say("  %s passes in guest %u\n", e->test, number);
	else
		say("  %s passes in this kernel\n", e->test);
	return true;
}

void museum_leave(void)
{
	const char *why;

	if (!is_broken)
		return;
	why = change(false);
	if (why)
		pr_err("museum: %s stays broken: %s\n", plan.exhibit->name, why);
	else
		pr_info("museum: %s was broken, and is put right\n", plan.exhibit->name);
	if (!why && plan.exhibit->mend)
		plan.exhibit->mend();
}
