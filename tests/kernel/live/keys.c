// SPDX-License-Identifier: MIT
/*
 * Static keys: every kind of branch of both kinds of key, in C and in NASM, before and after every
 * change; counts; several keys at one instant; what is damaged; other CPUs that run through.
 */
#include "arch/x86/cpu/barrier.h"
#include "kernel/test/ktap.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/jump_label.h"
#include "pv/paravirt.h"
#include "tests/kernel/live/branch.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

static DEFINE_STATIC_KEY_FALSE(off);
static DEFINE_STATIC_KEY_TRUE(on);
static DEFINE_STATIC_KEY_ARRAY_FALSE(several, 3);
static struct static_key plain, plain_on = STATIC_KEY_INIT_TRUE;
extern struct static_key_false key_asm_off;
extern struct static_key_true key_asm_on;

BRANCH(unlikely_off, static_branch_unlikely(&off))
BRANCH(likely_off, static_branch_likely(&off))
BRANCH(unlikely_on, static_branch_unlikely(&on))
BRANCH(likely_on, static_branch_likely(&on))
BRANCH(array_0, static_branch_unlikely(&several[0]))
BRANCH(array_2, static_branch_unlikely(&several[2]))
BRANCH(old_false, static_key_false(&plain))
BRANCH(old_true, static_key_true(&plain))
BRANCH(old_false_on, static_key_false(&plain_on))
BRANCH(old_true_on, static_key_true(&plain_on))
unsigned key_unlikely_off(void), key_likely_off(void), key_unlikely_on(void), key_likely_on(void),
	key_short_off(void), key_short_on(void), key_line(void), key_page(void);

#define KEY(k) (struct static_key *)&(k)
static const struct {
	const char *name;
	unsigned (*function)(void);
	struct static_key *key;
} branches[] = {
	{"unlikely, off", unlikely_off, KEY(off)},
	{"likely, off", likely_off, KEY(off)},
	{"unlikely, on", unlikely_on, KEY(on)},
	{"likely, on", likely_on, KEY(on)},
	{"the first of an array", array_0, KEY(several[0])},
	{"the last of an array", array_2, KEY(several[2])},
	{"static_key_false()", old_false, &plain},
	{"static_key_true()", old_true, &plain},
	{"static_key_false(), on", old_false_on, &plain_on},
	{"static_key_true(), on", old_true_on, &plain_on},
	{"NASM, unlikely, off", key_unlikely_off, KEY(key_asm_off)},
	{"NASM, likely, off", key_likely_off, KEY(key_asm_off)},
	{"NASM, unlikely, on", key_unlikely_on, KEY(key_asm_on)},
	{"NASM, likely, on", key_likely_on, KEY(key_asm_on)},
	{"NASM, short, off", key_short_off, KEY(key_asm_off)},
	{"NASM, short, on", key_short_on, KEY(key_asm_on)},
	{"NASM, across a line", key_line, KEY(key_asm_off)},
	{"NASM, across a page", key_page, KEY(key_asm_off)},
};
#define BRANCHES (sizeof(branches) / sizeof(branches[0]))

static struct static_key *const keys[] = {KEY(off),        KEY(on),          KEY(several[0]),
					  KEY(several[1]), KEY(several[2]),  &plain,
					  &plain_on,       KEY(key_asm_off), KEY(key_asm_on)};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* Does each branch say what its key does? */
static void check_all(struct ktap *t, const char *when)
{
	for (unsigned i = 0; i < BRANCHES; i++)
		CHECK_EQ(t, branches[i].function(), static_key_enabled(branches[i].key), "%s: %s",
			 branches[i].name, when);
}

static void forms(struct ktap *t)
{
	check_all(t, "at first");
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < KEYS; i++) {
			bool was = static_key_enabled(keys[i]);

			CHECK(t, was ? static_key_disable(keys[i]) : static_key_enable(keys[i]),
			      "key %u changes", i);
			CHECK_EQ(t, static_key_enabled(keys[i]), !was, "key %u has changed", i);
			check_all(t, "after a change");
		}
	CHECK(t, static_key_enabled(&on) && !static_key_enabled(&off), "all are as at first");
}

/* The records of a key, by its own first one. */
static unsigned sites_of(const struct static_key *key)
{
	const struct jump_entry *e = (const void *)((uintptr_t)key->entries & ~(uintptr_t)3);
	unsigned n = 0;

	while (e && (((uint32_t)&e[n].key + (uint32_t)e[n].key) & ~15u) == (uint32_t)key)
		n++;
	return n;
}

static void entries(struct ktap *t)
{
	CHECK_EQ(t, sites_of(KEY(key_asm_off)), 5, "a key knows its branches");
	CHECK_EQ(t, sites_of(KEY(key_asm_on)), 3, "each has its own");
	CHECK_EQ(t, key_asm_off.key.type & 3, 0, "the low bits say what it was at first: off");
	CHECK_EQ(t, key_asm_on.key.type & 3, 1, "or on");
	CHECK(t, !several[1].key.entries, "and one without a branch has none");
}

/* What a compiler of old made of a branch within arguments: it lost what it had pushed (gcc 46226). */
static __attribute__((noinline)) uint32_t sum(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return a + 2 * b + 3 * c + 4 * d;
}

static uint32_t esp_now(void)
{
	uint32_t esp;

	asm volatile("mov %%esp, %0" : "=r"(esp));
	return esp;
}

static void in_arguments(struct ktap *t)
{
	for (unsigned round = 0; round < 2; round++) {
		uint32_t before = 0, found = 0;

		for (unsigned i = 0; i < 1000; i++) {
			found = sum(static_branch_unlikely(&off) ? 10 : 1, 100,
				    static_branch_likely(&off) ? 20 : 2, 1000);
			before = i ? before : esp_now();
		}
		CHECK_EQ(t, found, round ? 4270 : 4207, "branches among arguments, key %u", round);
		CHECK(t, before - esp_now() + 256 < 512, "and a thousand of them leave the stack");
		CHECK(t, round ? static_branch_disable(&off) : static_branch_enable(&off),
		      "the key changes");
	}
}

static void counts(struct ktap *t)
{
	enum printk_level level;

	CHECK(t, static_branch_inc(&off) && static_branch_inc(&off), "two want it");
	CHECK_EQ(t, static_key_count(&off), 2, "it counts them");
	CHECK(t, static_branch_dec(&off) && unlikely_off(), "with one left it is on");
	CHECK(t, static_branch_dec(&off) && !unlikely_off(), "and with none off");
	CHECK(t, static_branch_inc(&off) && static_branch_enable(&off), "to enable is no count");
	CHECK_EQ(t, static_key_count(&off), 1, "it is 1 then");
	CHECK(t, static_branch_disable(&off), "or 0");

	level = printk_set_level(PRINTK_ERR); /* it is warned of */
	CHECK(t, static_branch_dec(&on) && !likely_on(), "one less");
	CHECK(t, static_branch_dec(&on) && !likely_on(), "and less than none");
	CHECK_EQ(t, (uint32_t)static_key_count(&on), (uint32_t)-1, "the count has a sign");
	CHECK(t, static_branch_inc(&on) && !likely_on(), "and one more is still off");
	CHECK(t, static_branch_inc(&on) && likely_on(), "as before");

	off.key.enabled = INT32_MAX;
	CHECK(t, !static_branch_inc(&off), "a count at its end stays");
	off.key.enabled = 0;
	printk_set_level(level);
	check_all(t, "at the end");
}

static void one_instant(struct ktap *t)
{
	struct static_key_change changes[] = {{KEY(off), true},
					      {KEY(on), false},
					      {KEY(key_asm_off), true},
					      {KEY(several[2]), true}};
	const unsigned n = sizeof(changes) / sizeof(changes[0]);

	CHECK(t, static_key_commit(changes, n), "four keys in one change");
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(t, static_key_enabled(changes[i].key), changes[i].on, "key %u", i);
	check_all(t, "after it");
	for (unsigned i = 0; i < n; i++)
		changes[i].on = !changes[i].on;
	CHECK(t, static_key_commit(changes, n), "and back");
	check_all(t, "and back");
}

static void refusals(struct ktap *t)
{
	uint8_t *site = (uint8_t *)key_line, was[5], wrong = 0x91;
	enum printk_level level = printk_set_level(PRINTK_ERR);
	unsigned long flags;
	bool changed;

	local_irq_save(flags);
	changed = static_branch_enable(&off);
	local_irq_restore(flags);
	CHECK(t, !changed && !static_key_enabled(&off), "not with interrupts off");

	for (unsigned i = 0; i < sizeof(was); i++)
		was[i] = site[i];
	pv_host_text_write(site, &wrong, 1);
	changed = static_branch_enable(&key_asm_off);
	CHECK(t, !changed, "a site that holds something else: the key says so");
	CHECK(t, *site == wrong && key_unlikely_off() && key_page(), "and all others are on");
	static_branch_disable(&key_asm_off);
	pv_host_text_write(site, was, sizeof(was));
	printk_set_level(level);
	check_all(t, "with its bytes back");
}

static volatile uint32_t over, ran, torn;

static void run_through(void *unused)
{
	(void)unused;
	while (!over) {
		for (unsigned i = 0; i < BRANCHES; i++)
			if (branches[i].function() > 1)
				torn = 1;
		ran = 1;
	}
}

static void under_all(struct ktap *t)
{
	const unsigned changes = smp_online() > 2 ? 8 : 40;
	unsigned failed = 0;

	NEEDS_CPUS(t);
	over = ran = torn = 0;
	smp_others_begin(t, run_through, NULL);
	for (unsigned n = 0; n < changes; n++) {
		failed += !(n & 1 ? static_branch_disable(&off) : static_branch_enable(&off));
		failed += !(n & 1 ? static_branch_enable(&on) : static_branch_disable(&on));
		failed += !(n & 1 ? static_branch_disable(&key_asm_off)
				  : static_branch_enable(&key_asm_off));
		smp_mb();
	}
	over = 1;
	smp_others_end(t);
	CHECK_EQ(t, failed, 0, "changes that could not be made");
	CHECK(t, ran && !torn, "the others ran through all branches meanwhile");
	check_all(t, "at the end");
}

#define TURNS 12

static volatile uint32_t refused;

/* One more and one less: with others doing the same, each may be what steps over 0. */
static void step_over_zero(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < TURNS; i++)
		if (!static_branch_inc(&off) || !static_branch_dec(&off))
			refused = 1;
}

static void counted_by_all(struct ktap *t)
{
	NEEDS_CPUS(t);
	refused = 0;
	smp_others_begin(t, step_over_zero, NULL);
	step_over_zero(NULL);
	smp_others_end(t);
	CHECK(t, !refused, "all changes were made");
	CHECK_EQ(t, static_key_count(&off), 0, "none is lost");
	check_all(t, "at the end");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(forms),     KTAP_TEST(entries),        KTAP_TEST(in_arguments),
	KTAP_TEST(counts),    KTAP_TEST(one_instant),    KTAP_PATCHES(refusals),
	KTAP_TEST(under_all), KTAP_TEST(counted_by_all),
};
KTAP_SUITE(keys, tests);
