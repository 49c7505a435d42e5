// SPDX-License-Identifier: MIT
/*
 * Static calls: all counts and widths of arguments and results, every way to call one in C and in
 * assembly, nothing to call, what cannot be done; between any two instructions of a change, and
 * under all other CPUs.
 */
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/jump_label.h"
#include "pv/keyed.h"
#include "pv/paravirt.h"
#include "pv/static_call.h"
#include "tests/kernel/live/call_forms.h"
#include "tests/kernel/live/stepped.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

#define NOINLINE static __attribute__((noinline))

/* ---- arguments and results ---- */

struct eight {
	uint32_t a, b;
};
struct large {
	uint32_t word[5];
};

/* Two functions, which add 1 and 2 to what they are given; and who calls them. */
#define PAIR(name, type, params, expr, args)           \
	NOINLINE type name##_1 params                  \
	{                                              \
		return (type)(expr) + 1;               \
	}                                              \
	NOINLINE type name##_2 params                  \
	{                                              \
		return (type)(expr) + 2;               \
	}                                              \
	DEFINE_STATIC_CALL(calls_##name, name##_1);    \
	NOINLINE uint64_t by_##name(void)              \
	{                                              \
		return static_call(calls_##name) args; \
	}
#define U uint32_t
#define W uint64_t
PAIR(args0, U, (void), 70, ())
PAIR(args1, U, (U a), a * 3, (5))
PAIR(args2, U, (U a, U b), a * 3 + b * 5, (5, 6))
PAIR(args3, U, (U a, U b, U c), a * 3 + b * 5 + c * 7, (5, 6, 7))
PAIR(args4, U, (U a, U b, U c, U d), a * 3 + b * 5 + c * 7 + d * 11, (5, 6, 7, 8))
PAIR(args5, U, (U a, U b, U c, U d, U e), a * 3 + b * 5 + c * 7 + d * 11 + e * 13, (5, 6, 7, 8, 9))
PAIR(args6, U, (U a, U b, U c, U d, U e, U f), a * 3 + b * 5 + c * 7 + d * 11 + e * 13 + f * 17,
     (5, 6, 7, 8, 9, 10))
PAIR(wide, W, (W a, U b, W c), a + b + c, (0x100000000, 5, 0x20000000fffffffe))
PAIR(byte, uint8_t, (uint8_t a, bool b), a + b, (40, true))

PV_FN __attribute__((noinline)) static U fast_1(U a, U b, U c)
{
	return a * 3 + b * 5 + c * 7 + 1;
}
PV_FN __attribute__((noinline)) static U fast_2(U a, U b, U c)
{
	return a * 3 + b * 5 + c * 7 + 2;
}
DEFINE_STATIC_CALL(calls_fast, fast_1);
NOINLINE uint64_t by_fast(void)
{
	return static_call(calls_fast)(5, 6, 7);
}

#define STRUCTS(n)                                                                       \
	NOINLINE struct eight eight_##n(U a, U b)                                        \
	{                                                                                \
		return (struct eight){a + (n), b};                                       \
	}                                                                                \
	NOINLINE struct large large_##n(struct large in)                                 \
	{                                                                                \
		return (struct large){{in.word[4], 0, 0, in.word[1], in.word[0] + (n)}}; \
	}
STRUCTS(1)
STRUCTS(2)
DEFINE_STATIC_CALL(calls_eight, eight_1);
DEFINE_STATIC_CALL(calls_large, large_1);
NOINLINE uint64_t by_eight(void)
{
	struct eight found = static_call(calls_eight)(3, 4);

	return found.a + (uint64_t)found.b * 10;
}
NOINLINE uint64_t by_large(void)
{
	struct large found = static_call(calls_large)((struct large){{1, 20, 3, 4, 100}});

	return found.word[0] + found.word[3] + found.word[4];
}

static int variadic_1(const char *format, ...)
{
	return (int)strlen(format) + 1;
}
static int variadic_2(const char *format, ...)
{
	return (int)strlen(format) + 2;
}
DEFINE_STATIC_CALL(calls_variadic, variadic_1);
NOINLINE uint64_t by_variadic(void)
{
	return (uint64_t)static_call(calls_variadic)("%u%u", 1, 2);
}

#define FORM(name)                                 \
	by_##name, &__SCK__calls_##name,           \
	{                                          \
		(void *)name##_1, (void *)name##_2 \
	}
static const struct {
	const char *name;
	uint64_t sum;
	uint64_t (*function)(void);
	struct static_call_key *key;
	void *to[2];
} forms[] = {
	{"no argument", 70, FORM(args0)},
	{"1 argument", 15, FORM(args1)},
	{"2 arguments", 45, FORM(args2)},
	{"3 arguments", 94, FORM(args3)},
	{"4 arguments", 182, FORM(args4)},
	{"5 arguments", 299, FORM(args5)},
	{"6 arguments", 469, FORM(args6)},
	{"64-bit arguments and result", 0x2000000200000003, FORM(wide)},
	{"a byte, and a bool", 41, FORM(byte)},
	{"arguments in registers", 94, FORM(fast)},
	{"a structure of 8 bytes", 43, FORM(eight)},
	{"a structure, in and out", 121, FORM(large)},
	{"any number of arguments", 4, FORM(variadic)},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void check_forms(struct ktap *t, unsigned changed, unsigned which)
{
	for (unsigned i = 0; i < FORMS; i++)
		CHECK(t, forms[i].function() == forms[i].sum + 1 + (i < changed ? which : !which),
		      "%s, with %u changed", forms[i].name, changed);
}

static void arguments(struct ktap *t)
{
	for (unsigned which = 1; which < 3; which++) {
		check_forms(t, 0, which & 1);
		for (unsigned i = 0; i < FORMS; i++) {
			CHECK(t, pv_static_call_set(forms[i].key, forms[i].to[which & 1]),
			      "%s: it changes", forms[i].name);
			check_forms(t, i + 1, which & 1);
		}
	}
	check_forms(t, 0, 1);
}

/* ---- ways to call ---- */

static DEFINE_STATIC_KEY_FALSE(beside);

/* Each returns what the static call does, or NOT_WHOLE when that comes back with another stack. */
#define NOT_WHOLE 0x57ac0u
uint32_t call_checked(void), call_tail(void), call_tail_if(void), call_by_address(void),
	call_line(void), call_page(void);
uint64_t call_wide_checked(void);

/* Where the jump of call_tail() is. */
extern uint8_t call_tail_site[];

NOINLINE U call_in_c(void)
{
	return static_call(call_form)();
}

static const struct {
	const char *name;
	U (*function)(void);
} ways[] = {
	{"a call in C", call_in_c},
	{"a call in assembly", call_checked},
	{"a tail call", call_tail},
	{"a conditional tail call", call_tail_if},
	{"a call by the trampoline's address", call_by_address},
	{"across a line of the cache", call_line},
	{"across a page", call_page},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static uint32_t (*const targets[])(void) = {NULL, call_form_1, call_form_2};

static void check_ways(struct ktap *t, U which, const char *when)
{
	for (unsigned i = 0; i < WAYS; i++) {
		const uint32_t before = calls_made;

		CHECK_EQ(t, ways[i].function(), which, "%s: %s", ways[i].name, when);
		CHECK_EQ(t, calls_made - before, which != 0, "and so often it is called");
	}
}

static void all_ways(struct ktap *t)
{
	static const U order[] = {2, 0, 1, 0, 2, 1};

	check_ways(t, 1, "at first");
	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		CHECK(t, static_call_update(call_form, targets[order[i]]), "it changes");
		CHECK(t, static_call_query(call_form) == targets[order[i]], "it says so");
		check_ways(t, order[i], "after a change");
	}
}

/* What is at the site itself; its displacement is from behind it. */
static U goes_to(const void *site)
{
	const uint8_t *at = site;
	U distance;

	memcpy(&distance, at + 1, sizeof(distance));
	return (U)at + 5 + distance;
}

static void at_the_site(struct ktap *t)
{
	static const uint8_t nothing[] = {0x2e, 0x2e, 0x2e, 0x31, 0xc0};

	CHECK(t, *(uint8_t *)call_line == 0xe8 && goes_to(call_line) == (U)call_form_1,
	      "a call is a direct call of the function");
	CHECK(t, *call_tail_site == 0xe9 && goes_to(call_tail_site) == (U)call_form_1,
	      "a tail call is a direct jump to it");
	CHECK(t, goes_to(__SCT__call_form) == (U)call_form_1, "and so is the trampoline");
	static_call_update(call_form, NULL);
	CHECK(t, !memcmp((void *)call_line, nothing, sizeof(nothing)),
	      "a call of nothing is one instruction");
	CHECK(t, goes_to(__SCT__call_form) == (U)__static_call_return0,
	      "the trampoline goes to what returns 0");
	static_call_update(call_form, call_form_1);
}

/* ---- nothing to call ---- */

NOINLINE void count_by(U n)
{
	calls_made += n;
}
NOINLINE bool yes(void)
{
	return true;
}
DEFINE_STATIC_CALL_NULL(calls_void, count_by);
DEFINE_STATIC_CALL_NULL(calls_bool, yes);
DEFINE_STATIC_CALL_RET0(calls_ret0, fast_1);
DEFINE_STATIC_CALL_RET0(calls_ret0_narrow, call_form_1);

static void nothing(struct ktap *t)
{
	const uint32_t before = calls_made;

	static_call_cond(calls_void)(7);
	CHECK_EQ(t, calls_made, before, "a conditional call of nothing does nothing");
	CHECK(t, !static_call_query(calls_void), "and that is known");
	CHECK(t, static_call_update(calls_void, count_by), "it gets a function");
	static_call_cond(calls_void)(7);
	CHECK_EQ(t, calls_made, before + 7, "which is called");
	CHECK(t, static_call_update(calls_void, NULL), "and loses it");

	CHECK(t, !static_call(calls_bool)(), "false");
	CHECK(t, static_call_update(calls_bool, yes) && static_call(calls_bool)(), "true");
	CHECK(t, static_call_update(calls_bool, NULL) && !static_call(calls_bool)(), "false again");
	CHECK(t, !call_wide_checked(), "0 with 64 bits");
	CHECK(t, static_call_update(call_wide, call_wide_1) && call_wide_checked() == CALL_WIDE,
	      "64 bits of a function");
	CHECK(t, static_call_update(call_wide, NULL) && !call_wide_checked(), "and 0 again");
	CHECK(t, !static_call(calls_ret0)(1, 2, 3) && !static_call(calls_ret0_narrow)(),
	      "the function that returns 0");
	CHECK(t,
	      static_call_update(calls_ret0_narrow, call_form_1) &&
		      static_call(calls_ret0_narrow)() == 1,
	      "another one");
	CHECK(t,
	      static_call_update(calls_ret0_narrow, (void *)&__static_call_return0) &&
		      !static_call(calls_ret0_narrow)(),
	      "and back");
}

/* ---- what cannot be ---- */

extern uint8_t _init_text[];

static void refusals(struct ktap *t)
{
	uint8_t *site = (uint8_t *)call_line, was, wrong = 0x91;
	enum printk_level level = printk_set_level(PRINTK_ERR);
	unsigned long flags;
	bool changed;

	local_irq_save(flags);
	changed = static_call_update(call_form, call_form_2);
	local_irq_restore(flags);
	CHECK(t, !changed && static_call_query(call_form) == call_form_1,
	      "not with interrupts off");

	was = *site;
	pv_host_text_write(site, &wrong, 1);
	changed = static_call_update(call_form, call_form_2);
	CHECK(t, !changed && *site == wrong, "a site that holds something else is refused");
	CHECK(t, call_page() == 2 && call_tail() == 2, "alone");
	static_call_update(call_form, call_form_1);
	pv_host_text_write(site, &was, 1);

	CHECK(t, !static_call_update(call_form, (void *)&calls_made), "data are no function");
	CHECK(t, static_call_query(call_form) == call_form_1 && call_line() == 1,
	      "and nothing changes");
	changed = static_call_update(call_form, (void *)_init_text);
	static_call_update(call_form, call_form_1);
	CHECK(t, !changed, "nor is what lay in text that was given up");
	printk_set_level(level);
	check_ways(t, 1, "at the end");
}

/* ---- breakpoints ---- */

/* Where text is not patched a breakpoint stands for nothing. */
static bool is_patched(uint8_t *const *sites, unsigned n)
{
	unsigned good = 0;

	static_call_update(call_form, call_form_2);
	for (unsigned i = 0; i < n; i++)
		good += goes_to(sites[i]) == (U)call_form_2;
	return good == n;
}

/* The first call in a function: what comes back there has more to do than to return. */
static uint8_t *site_in(const void *function)
{
	uint8_t *at = (uint8_t *)(uint32_t)function;
	struct pv_place place;

	for (unsigned i = 0; i < 32; i++)
		if (pv_find(at + i, &place) && place.table->family == &static_call_family)
			return at + i;
	return NULL;
}

static void breakpoints(struct ktap *t)
{
	uint8_t *const sites[] = {(uint8_t *)call_line, (uint8_t *)call_page,
				  (uint8_t *)__SCT__call_form, call_tail_site,
				  site_in((const void *)call_checked)};
	static const uint8_t breakpoint = PV_BREAKPOINT;
	unsigned n = sizeof(sites) / sizeof(sites[0]);

	n -= !sites[n - 1]; /* a damaged image has no index to find it by */
	if (!CHECK(t, is_patched(sites, n), "all sites go to the function"))
		return;
	for (unsigned which = 0; which < 3; which++) {
		CHECK(t, static_call_update(call_form, targets[which]), "it changes");
		for (unsigned i = 0; i < n; i++) {
			uint8_t first = *sites[i];
			unsigned bad = 0;

			pv_host_text_write(sites[i], &breakpoint, 1);
			pv_host_sync_self();
			for (unsigned w = 0; w < WAYS; w++)
				bad += ways[w].function() != which;
			pv_host_text_write(sites[i], &first, 1);
			pv_host_sync_self();
			CHECK_EQ(t, bad, 0, "a breakpoint at site %u with function %u", i, which);
		}
	}
	static_call_update(call_form, call_form_1);
}

/* ---- between any two instructions ---- */

static struct {
	uint32_t steps, present, mixed, instants, not_whole, breakpoints;
	unsigned apart;
	U form, to;
} stepped;

NOINLINE bool is_beside(void)
{
	return static_branch_unlikely(&beside);
}

/*
 * All steps take seconds, so by default it is each 61st, and the one behind the instant. Of a damaged
 * image it always is: each change walks all records, and so does each breakpoint.
 */
static unsigned steps_apart(bool all)
{
	struct pv_place place;

	if (pv_find((uint8_t *)call_line, &place) && place.table->index && place.table->in_order)
		return all ? 1 : 61;
	return 61;
}

/* The key is on when the function is the one that is changed to. */
static void on_step(struct regs *regs)
{
	unsigned n = 0;
	U form;

	(void)regs;
	if (stepped.steps++ % stepped.apart && stepped.present == pv_present)
		return;
	stepped.present = pv_present;
	stepped.breakpoints += *(uint8_t *)call_line == PV_BREAKPOINT;
	form = call_line();
	for (unsigned i = 0; i < WAYS; i++) {
		const U found = ways[i].function();

		stepped.not_whole += found == NOT_WHOLE;
		n += found == form;
	}
	stepped.mixed += n != WAYS || is_beside() != (form == stepped.to);
	stepped.instants += form != stepped.form;
	stepped.form = form;
}

static bool change_both(U to, bool on)
{
	const struct static_call_change call = {&__SCK__call_form, (void *)targets[to]};
	const struct static_key_change key = {&beside.key, on};
	const struct pv_keyed_part parts[] = {{&pv_static_keys, &key, 1},
					      {&pv_static_calls, &call, 1}};

	return pv_keyed_commit(parts, 2);
}

static void step_through(struct ktap *t, U from, U to, bool all)
{
	bool changed;

	CHECK(t, change_both(from, false), "a key and a call are changed at once");
	memset(&stepped, 0, sizeof(stepped));
	stepped.form = from;
	stepped.to = to;
	stepped.apart = steps_apart(all);
	stepped_begin(on_step);
	changed = change_both(to, true);
	stepped_end();
	CHECK(t, changed && is_beside() && static_key_enabled(&beside), "both have changed");
	CHECK(t, stepped.steps > 1000 && stepped.breakpoints > 100 / stepped.apart,
	      "it was stepped: %u times", stepped.steps);
	CHECK_EQ(t, stepped.mixed, 0, "%u to %u: at each moment all calls, and the key, agree",
		 from, to);
	CHECK_EQ(t, stepped.not_whole, 0, "and come back with their stack");
	CHECK_EQ(t, stepped.instants, 1, "which changes once");
}

static void step_through_all(struct ktap *t, bool all)
{
	step_through(t, 1, 2, all);
	if (all) {
		step_through(t, 2, 0, true);
		step_through(t, 0, 1, true);
	}
	CHECK(t, change_both(1, false), "and back");
	check_ways(t, 1, "at the end");
}

static void one_instant(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	step_through_all(t, false);
}

static void one_instant_long(struct ktap *t)
{
	step_through_all(t, true);
}

/* ---- under the other CPUs ---- */

static volatile uint32_t over, ran, torn;

static void run_through(void *unused)
{
	(void)unused;
	while (!over) {
		for (unsigned i = 0; i < WAYS; i++)
			if (ways[i].function() > 2)
				torn = 1;
		if (call_wide_checked() & ~(uint64_t)CALL_WIDE)
			torn = 1;
		ran = 1;
	}
}

static void under_all(struct ktap *t)
{
	const unsigned changes = smp_online() > 4 ? 3 : smp_online() > 2 ? 9 : 42;
	unsigned failed = 0;

	NEEDS_CPUS(t);
	over = ran = torn = 0;
	smp_others_begin(t, run_through, NULL);
	for (unsigned n = 1; n <= changes; n++) {
		failed += !static_call_update(call_form, targets[n % 3]);
		failed += !static_call_update(call_wide, n & 1 ? call_wide_1 : NULL);
		smp_mb();
	}
	over = 1;
	smp_others_end(t);
	CHECK_EQ(t, failed, 0, "changes that could not be made");
	CHECK(t, ran && !torn, "the others ran through all calls meanwhile");
	CHECK(t, static_call_update(call_form, call_form_1) && static_call_update(call_wide, NULL),
	      "and back");
	check_ways(t, 1, "at the end");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(arguments),
	KTAP_TEST(all_ways),
	KTAP_TEST(at_the_site),
	KTAP_TEST(nothing),
	KTAP_PATCHES(refusals),
	KTAP_TEST(breakpoints),
	KTAP_TEST(one_instant),
	KTAP_TEST(under_all),
	{.name = "one_instant_long", .run = one_instant_long, .by_name_only = true},
};
KTAP_SUITE(calls, tests);
