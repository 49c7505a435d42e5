// SPDX-License-Identifier: MIT
/*
 * Back ends change while all CPUs run: there and back to the byte, wherever a CPU is then, whatever
 * it believes of IF, and no interrupt is lost; and where that cannot be, nothing changes.
 */
#include "kernel/live/switch.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/trap.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/backend/soft.h"
#include "pv/backend/switch.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/live/own_irq.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/sites/sites.h"
#include <stddef.h>

#define EFLAGS_TF 0x100u
#define EFLAGS_RF 0x10000u    /* the instruction at the breakpoint runs */
#define POISON    0x80000000u /* has no IF */
#define MANY      3           /* times */
#define TRIES     8           /* arch/x86/gather.c */

static const char *first; /* what the kernel runs under */

/* What trace counts meanwhile is not the kernel's. */
static void keep_counts(bool restore)
{
	static uint64_t kept[CPUS_MAX][PV_NR_TYPES];

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		uint64_t *counts = per_cpu(pv_trace_counts, cpu);

		memcpy(restore ? counts : kept[cpu], restore ? kept[cpu] : counts,
		       sizeof(kept[cpu]));
	}
}

/* Each step looks for the sites that it may be in: without an index, in all records. */
static bool indexed(void)
{
	for (const struct pv_table *table = kernel_image.tables; table; table = table->next)
		if (!table->index)
			return false;
	return true;
}

static bool begin(struct ktap *t)
{
	if (!patching_whole())
		t->skip = "sites of this image were refused";
	else if (!indexed())
		t->skip = "there is no index: steps are too slow";
	if (t->skip)
		return false;
	first = pv_backend_current()->name;
	keep_counts(false);
	switch_quietly(true);
	return true;
}

static void switch_to(struct ktap *t, const char *name)
{
	const char *before = pv_backend_current()->name, *why = switch_backend(name);

	CHECK(t, !why, "%s to %s: %s", before, name, why ? why : "");
	CHECK(t, why || !strcmp(pv_backend_current()->name, name), "%s is installed", name);
}

static void end(struct ktap *t)
{
	if (strcmp(pv_backend_current()->name, first))
		switch_to(t, first);
	keep_counts(true);
	switch_quietly(false);
}

static uint32_t text_sum(void)
{
	uint32_t sum = 0;

	for (const uint8_t *at = kernel_image.text; at < kernel_image.text_end; at++)
		sum = (sum << 5 | sum >> 27) ^ *at;
	return sum;
}

/* How many sites are not what the state in use says. */
static uint32_t sites_astray(void)
{
	static struct pv_stats stats;

	sites_apply_all(paravirt_state(), paravirt_state(), PV_DRY, &stats);
	return stats.total.refused;
}

static bool table_is(const struct pv_ops *ops)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		if (pv_slot(ops, type) && pv_slot(&pv_ops, type) != pv_slot(ops, type))
			return false;
	return true;
}

static void there_and_back(struct ktap *t)
{
	uint32_t before = text_sum();

	if (!begin(t))
		return;
	for (unsigned i = 0; i < BACKEND_NAMES; i++) {
		const char *name = backend_name(i);

		switch_to(t, name);
		CHECK(t, table_is(pv_backend_current()->ops), "%s: its table", name);
		CHECK_EQ(t, sites_astray(), 0, "%s: all sites are as it wants", name);
		CHECK(t, !irqs_disabled(), "%s: interrupts are on", name);
		if (paravirt_state() != paravirt_linked() && strcmp(name, first))
			CHECK(t, text_sum() != before, "%s: the text is another", name);
		switch_to(t, first);
		CHECK_EQ(t, text_sum(), before, "%s, and back: to the byte", name);
	}
	end(t);
}

/* What the others do meanwhile. */
static volatile uint32_t stop, came;
static DEFINE_PER_CPU(volatile uint32_t, rounds);
static DEFINE_PER_CPU(volatile uint32_t, wrong);

static void send_itself(void)
{
	if (!own_irq())
		this_cpu_inc(wrong);
}

static void save_and_restore(void)
{
	unsigned long flags, inner;

	local_irq_save(flags);
	if (!irqs_disabled())
		this_cpu_inc(wrong);
	local_irq_save(inner);
	local_irq_restore(inner);
	if (!irqs_disabled())
		this_cpu_inc(wrong);
	local_irq_restore(flags);
	if (irqs_disabled())
		this_cpu_inc(wrong);
}

/* In the middle of a site, or of a function, whenever it can be called at all. */
static void sleep(void)
{
	local_irq_disable();
	own_irq_send();
	safe_halt();
}

static void on_in_between(void)
{
	local_irq_disable();
	arch_local_irq_restore(X86_EFLAGS_IF);
	local_irq_disable();
	if (!irqs_disabled())
		this_cpu_inc(wrong);
	local_irq_enable();
}

static void flags_alone(void)
{
	unsigned long flags = arch_local_save_flags();

	if (!(flags & X86_EFLAGS_IF) || flags & EFLAGS_TF)
		this_cpu_inc(wrong);
}

/* CPU 1 works, and each other one interrupts it, as soon as it has served the one before. */
static void interrupt_the_first(void)
{
	if (smp_processor_id() == 1)
		save_and_restore();
	else if (!own_irq_of(1))
		this_cpu_inc(wrong);
}

static void go_round(void *arg)
{
	void (*const *fn)(void) = arg;

	while (!stop) {
		(*fn)();
		this_cpu_inc(rounds);
	}
}

/* Have all others gone on since they stood at before[]? Within a while. */
static bool go_on(uint32_t *before)
{
	bool all = false;

	for (unsigned ms = 0; ms < 2000 && !all; ms++) {
		timer_delay_us(1000);
		all = true;
		for_each_other(cpu) all &= per_cpu(rounds, cpu) != before[cpu];
	}
	for_each_other(cpu) before[cpu] = per_cpu(rounds, cpu);
	return all;
}

/* What soft has of its last time says nothing: as it never is when it runs. */
static void poison_soft(void)
{
	if (!strcmp(pv_backend_current()->name, "soft"))
		return;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		per_cpu(soft_if, cpu) = POISON;
		per_cpu(soft_frame, cpu) = NULL;
	}
}

/* Each back end to each other one, while the others do that. */
static void switches_under(struct ktap *t, void (*fn)(void), unsigned times)
{
	static const uint8_t path[] = {0, 1, 2, 1, 0, 2, 0, 2};
	/* Many share the host's few: each back end once then. */
	const unsigned n = smp_online() > 4 ? BACKEND_NAMES : times * (unsigned)sizeof(path);
	uint32_t before[CPUS_MAX] = {0};

	NEEDS_CPUS(t);
	if (!begin(t))
		return;
	own_irq_begin();
	stop = 0;
	for_each_other(cpu) per_cpu(rounds, cpu) = per_cpu(wrong, cpu) = 0;
	smp_others_begin(t, go_round, &fn);
	for (unsigned i = 0; i < n && !t->failures; i++) {
		const char *name = backend_name(path[i % sizeof(path)]);

		poison_soft();
		switch_to(t, name);
		CHECK(t, go_on(before), "the others go on under %s", name);
	}
	end(t);
	stop = 1;
	smp_others_end(t);
	own_irq_end();
	for_each_other(cpu) CHECK_EQ(t, per_cpu(wrong, cpu), 0, "CPU %u got what it expected", cpu);
}

static void flags_are_carried(struct ktap *t)
{
	switches_under(t, save_and_restore, 1);
}

static void no_interrupt_is_lost(struct ktap *t)
{
	switches_under(t, send_itself, 1);
}

static void sleepers_come_out(struct ktap *t)
{
	switches_under(t, sleep, 1);
}

static void on_only_inside(struct ktap *t)
{
	switches_under(t, on_in_between, 1);
}

static void kept_ones_are_delivered(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() > 2, "fewer than three CPUs are online");
	switches_under(t, interrupt_the_first, MANY);
}

static void steps_leave_no_trace(struct ktap *t)
{
	switches_under(t, flags_alone, 1);
}

/*
 * One that comes in the one moment in which the gathered CPU keeps it and is not inside of anything:
 * between its handler's entry and its last look, which begins with pv_host_irq_save().
 */
static volatile uint32_t armed;

static void send_once(struct regs *regs)
{
	regs->eflags |= EFLAGS_RF;
	if (!armed)
		return;
	armed = 0;
	own_irq_send();
}

static void break_on_save(void *on)
{
	this_cpu_write(trap_debug_hook, on ? send_once : NULL);
	set_debugreg(0, on ? (uint32_t)pv_host_irq_save : 0);
	set_debugreg(7, on ? 1 : 0);
}

static void kept_at_the_last_moment(struct ktap *t)
{
	NEEDS_CPUS(t);
	if (!begin(t))
		return;
	switch_to(t, "soft");
	stop = armed = 0;
	own_irq_begin();
	smp_others_begin(t, go_round, &(void (*)(void)){flags_alone});
	smp_call(1, break_on_save, t);
	armed = 1;
	switch_to(t, "native");
	CHECK_EQ(t, armed, 0, "it was sent");
	CHECK(t, own_irq_comes(1), "and comes under the new back end, or came under the old one");
	smp_call(1, break_on_save, NULL);
	stop = 1;
	smp_others_end(t);
	own_irq_end();
	end(t);
}

/* One whose interrupts are off all the time: it is tried again and again, and given up. */
static void off_until_told(void *arg)
{
	unsigned long flags;

	(void)arg;
	local_irq_save(flags);
	came = 1;
	while (!stop)
		cpu_relax();
	if (!irqs_disabled())
		this_cpu_inc(wrong);
	local_irq_restore(flags);
}

static void off_begin(struct ktap *t)
{
	stop = came = 0;
	per_cpu(wrong, 1) = 0;
	CHECK_EQ(t, smp_work(1, off_until_told, NULL), SMP_OK, "CPU 1 has work");
	CHECK(t, timer_wait_for(&came, 1, 5000), "CPU 1 has interrupts off");
}

static void is_given_up(struct ktap *t)
{
	struct pv_switched did;
	const struct paravirt_state *state = paravirt_state();
	uint32_t before = text_sum();
	uint32_t poisoned;
	const char *why;

	NEEDS_CPUS(t);
	if (!begin(t))
		return;
	off_begin(t);
	poison_soft();
	poisoned = per_cpu(soft_if, 2);
	why = pv_switch(backend_other_than(first), &did);
	CHECK(t, why != NULL, "it is given up");
	CHECK_EQ(t, did.tries, TRIES, "after so many tries");
	CHECK(t, pv_backend_current()->name == first && table_is(pv_backend_current()->ops),
	      "the back end is what it was");
	CHECK(t, paravirt_state() == state, "and so is the state");
	CHECK_EQ(t, text_sum(), before, "and the text");
	CHECK(t, poisoned != POISON || per_cpu(soft_if, 2) == POISON,
	      "nor did soft start anywhere");
	stop = 1;
	CHECK(t, smp_work_wait(1, 5000), "CPU 1 goes on");
	CHECK_EQ(t, per_cpu(wrong, 1), 0, "with interrupts as they were");
	switch_to(t, backend_other_than(first));
	end(t);
}

static void refused(struct ktap *t, const char *name, const char *expected)
{
	struct pv_switched did;
	const char *why = pv_switch(name, &did);

	CHECK(t, why && !strcmp(why, expected), "%s: '%s'", name, why ? why : "done");
}

static PV_BACKEND_TEXT void refused_inside(struct ktap *t)
{
	refused(t, "native", "this CPU is in the middle of something that changes");
}

static void from_another_cpu(void *t)
{
	refused(t, "native", "only the boot CPU may gather the others");
}

static void says_why_not(struct ktap *t)
{
	unsigned long flags;

	if (!begin(t))
		return;
	refused(t, "nothing", "there is no such back end");
	local_irq_save(flags);
	refused(t, "native", "interrupts are off");
	local_irq_restore(flags);
	refused_inside(t);
	if (smp_online() > 1) {
		smp_work(1, from_another_cpu, t);
		CHECK(t, smp_work_wait(1, 5000), "CPU 1 has asked");
	}
	CHECK(t, !strcmp(pv_backend_current()->name, first), "nothing has changed");
	end(t);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(there_and_back),
	KTAP_TEST(flags_are_carried),
	KTAP_TEST(no_interrupt_is_lost),
	KTAP_TEST(sleepers_come_out),
	KTAP_TEST(on_only_inside),
	KTAP_TEST(kept_ones_are_delivered),
	KTAP_TEST(kept_at_the_last_moment),
	KTAP_TEST(steps_leave_no_trace),
	KTAP_TEST(says_why_not),
	{.name = "is_given_up", .run = is_given_up, .by_name_only = true}, /* two seconds */
};
KTAP_SUITE(switches, tests);
