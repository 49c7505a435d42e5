// SPDX-License-Identifier: MIT
/*
 * Live changes by the thousand (stress=N of them), under everything that can happen meanwhile: all
 * other CPUs run through branches of keys, and calls, that change together, and count; NMIs come to
 * them, whose hook runs through the same; ticks come; each sends itself interrupts; back ends change;
 * a module with such branches comes and goes under those that are in it; and between rounds the last CPU goes and comes again. By name only: selftest=stress.all.
 */
#include "tests/kernel/live/stress.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/cmdline.h"
#include "kernel/live/change.h"
#include "kernel/live/switch.h"
#include "kernel/module/module.h"
#include "lib/div64.h"
#include "lib/export.h"
#include "lib/printk.h"
#include "pv/backend/backend.h"
#include "pv/jump_label.h"
#include "pv/keyed.h"
#include "pv/static_call.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/live/branch.h"
#include "tests/kernel/live/instant.h"
#include "tests/kernel/live/own_irq.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/module/modules.h"

#define ROUND     1000 /* changes until a CPU goes and comes */
#define NMI_EVERY 16
#define TOGETHER  8
#define SWITCH    32  /* a switch of the back end after so many */
#define OWN_IRQ   64  /* rounds of a CPU */
#define MODULE    125 /* a module comes, or goes, after so many */

DEFINE_STATIC_KEY_ARRAY_FALSE(stress_keys, STRESS_KEYS);
EXPORT_SYMBOL(stress_keys);
static DEFINE_STATIC_KEY_FALSE(alone);

BRANCH(unlikely_0, static_branch_unlikely(&stress_keys[0]))
BRANCH(likely_0, static_branch_likely(&stress_keys[0]))
BRANCH(unlikely_1, static_branch_unlikely(&stress_keys[1]))
BRANCH(likely_1, static_branch_likely(&stress_keys[1]))
BRANCH(unlikely_2, static_branch_unlikely(&stress_keys[2]))
BRANCH(likely_2, static_branch_likely(&stress_keys[2]))
BRANCH(unlikely_3, static_branch_unlikely(&stress_keys[3]))
BRANCH(likely_3, static_branch_likely(&stress_keys[3]))
BRANCH(by_itself, static_branch_unlikely(&alone))

static __attribute__((noinline)) unsigned zero(void)
{
	return 0;
}
static __attribute__((noinline)) unsigned one(void)
{
	return 1;
}
DEFINE_STATIC_CALL(stress_of_two, zero);
DEFINE_STATIC_CALL_NULL(stress_or_nothing, one);

/* Of a module's, while that is there. */
DEFINE_STATIC_CALL(stress_branch, unlikely_0);

static unsigned by_call(void)
{
	return static_call(stress_branch)();
}

static unsigned of_two(void)
{
	return static_call(stress_of_two)();
}
static unsigned or_nothing(void)
{
	return static_call_cond(stress_or_nothing)();
}

static unsigned (*const sites[])(void) = {unlikely_0, likely_0,   unlikely_1, likely_1,
					  unlikely_2, likely_2,   unlikely_3, likely_3,
					  of_two,     or_nothing, by_call};
#define SITES (sizeof(sites) / sizeof(sites[0]))

static const char *first_backend;

static volatile uint32_t over, torn, nmis, lost;
static atomic_t counted;
static unsigned loads;

static void count(atomic_t *n)
{
	atomic_inc(n);
}

DEFINE_STATIC_CALL(stress_count, count);
static DEFINE_PER_CPU(uint32_t, counts);

static void look_at_all(void)
{
	for (unsigned i = 0; i < SITES; i++)
		instant_look(sites[i]);
	torn |= by_itself() > 1;
}

static void on_nmi(struct regs *regs)
{
	(void)regs;
	nmis = 1;
	look_at_all();
}

static void run_through(void *unused)
{
	(void)unused;
	while (!over) {
		look_at_all();
		static_call(stress_count)(&counted);
		this_cpu_inc(counts);
		if (this_cpu_read(counts) % OWN_IRQ == 0 && !own_irq())
			lost = 1;
	}
}

/* All keys and calls at one instant; n counts from 1. */
static bool change_together(uint32_t n)
{
	const bool on = n & 1;
	struct static_key_change keys[STRESS_KEYS];
	const struct static_call_change calls[] = {
		{&__SCK__stress_of_two, on ? one : zero},
		{&__SCK__stress_or_nothing, on ? one : NULL},
	};
	const struct pv_keyed_part parts[] = {{&pv_static_keys, keys, STRESS_KEYS},
					      {&pv_static_calls, calls, 2}};
	bool good;

	for (unsigned i = 0; i < STRESS_KEYS; i++)
		keys[i] = (struct static_key_change){&stress_keys[i].key, on};
	instant_begin(n);
	good = pv_keyed_commit(parts, 2);
	instant_end(n);
	return good;
}

/* From one to the next; n counts the changes. */
static bool switch_back_end(uint32_t n)
{
	return !switch_backend(backend_name(n / SWITCH));
}

/*
 * It comes, and the others call it; or the calls are the kernel's again, and it goes: whoever is in
 * it has to come out.
 */
static bool module_comes_or_goes(void)
{
	if (!module_symbol("stress", "stress_in_module")) {
		loads++;
		return !module_load_file("stress") &&
		       pv_static_call_set(&__SCK__stress_branch,
					  (void *)module_symbol("stress", "stress_in_module")) &&
		       pv_static_call_set(&__SCK__stress_count,
					  (void *)module_symbol("stress", "stress_count_there"));
	}
	return static_call_update(stress_branch, unlikely_0) &&
	       static_call_update(stress_count, count) && !module_unload("stress");
}

/* One change of TOGETHER is all keys' and calls', and the others are one key's, there and back. */
static bool change(uint32_t n)
{
	if (n % NMI_EVERY == 0)
		for_each_other(cpu) apic_send_nmi(machine_cpus.apic_id[cpu]);
	if (n % SWITCH == 0 && !switch_back_end(n))
		return false;
	if (n % MODULE == 0 && !module_comes_or_goes())
		return false;
	if (n % TOGETHER == 0)
		return change_together(n / TOGETHER);
	return static_key_enabled(&alone) ? static_branch_dec(&alone) : static_branch_inc(&alone);
}

static void nmi_hooks(trap_hook_fn *hook)
{
	for_each_other(cpu) per_cpu(trap_nmi_hook, cpu) = hook;
}

/* Changes first to last under all others. */
static void round_of(struct ktap *t, uint32_t first, uint32_t last)
{
	uint32_t failed = 0;

	over = 0;
	nmi_hooks(on_nmi);
	smp_others_begin(t, run_through, NULL);
	for (uint32_t n = first; n <= last; n++)
		failed += !change(n);
	over = 1;
	smp_others_end(t);
	nmi_hooks(NULL);
	CHECK_EQ(t, failed, 0, "changes %u to %u were made", first, last);
}

/* The last one of them. */
static void one_goes_and_comes(struct ktap *t)
{
	unsigned last = 0;

	for_each_other(cpu) last = cpu;
	CHECK_EQ(t, cpu_down(last), SMP_OK, "CPU %u goes", last);
	CHECK_EQ(t, cpu_up(last), SMP_OK, "CPU %u comes", last);
}

static void say_progress(uint32_t done, uint32_t of, uint64_t start)
{
	uint32_t ms = (uint32_t)div_u64(timer_ns() - start, 1000000);

	pr_info("stress: %u of %u changes, %u ms each thousand\n", done, of,
		(uint32_t)div_u64(1000ull * ms, done));
}

static uint32_t sum_of_counts(void)
{
	uint32_t sum = 0;

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		sum += per_cpu(counts, cpu);
	return sum;
}

static void all(struct ktap *t)
{
	const uint32_t changes = options.stress / (2 * TOGETHER) * (2 * TOGETHER);
	const uint64_t start = timer_ns();

	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, changes, "stress=N says how many changes");
	change_events(false);
	switch_quietly(true);
	modules_say(false);
	loads = 0;
	own_irq_begin();
	first_backend = pv_backend_current()->name;
	instant_reset();
	torn = nmis = lost = 0;
	for (uint32_t n = 1; n <= changes && !t->failures; n += ROUND) {
		uint32_t last = changes - n < ROUND ? changes : n + ROUND - 1;

		round_of(t, n, last);
		one_goes_and_comes(t);
		say_progress(last, changes, start);
	}
	CHECK(t, !switch_backend(first_backend), "back to %s", first_backend);
	if (module_symbol("stress", "stress_in_module"))
		CHECK(t, module_comes_or_goes(), "the module goes");
	own_irq_end();
	modules_say(true);
	switch_quietly(false);
	change_events(true);
	CHECK(t, loads >= changes / (2 * MODULE), "a module came, %u times", loads);
	CHECK(t, instant_looked() && nmis, "others looked, NMIs came");
	CHECK(t, instant_was_one() && !torn, "each change had one instant, and no branch was torn");
	CHECK(t, !lost, "no CPU lost an interrupt of its own");
	CHECK_EQ(t, atomic_read(&counted), sum_of_counts(), "no count was lost");
	CHECK(t, !static_key_enabled(&alone) && !static_key_enabled(&stress_keys[0]),
	      "all keys are as at first");
}

static const struct ktap_test tests[] = {{.name = "all", .run = all, .by_name_only = true}};
KTAP_SUITE(stress, tests);
