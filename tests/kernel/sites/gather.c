// SPDX-License-Identifier: MIT
/*
 * While text changes, the other CPUs stand still, wherever they were, and afterwards they go on
 * with what is there then.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/trap.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/sites/sites.h"
#include <stddef.h>

/*
 * Changes there and back again, so that it ends where it began. Fewer when many run, since a host
 * with few CPUs needs some ms for each.
 */
#define ROUND_TRIPS (1 + 40 / smp_online())

static volatile uint32_t stop;
static DEFINE_PER_CPU(volatile uint32_t, rounds);
static DEFINE_PER_CPU(volatile uint32_t, wrong);

static void go_round(void *arg)
{
	(void)arg;
	while (!stop)
		this_cpu_inc(rounds);
}

static void others_begin(struct ktap *t, void (*fn)(void *))
{
	stop = 0;
	for_each_other(cpu) per_cpu(rounds, cpu) = per_cpu(wrong, cpu) = 0;
	smp_others_begin(t, fn, NULL);
}

static void others_end(struct ktap *t)
{
	stop = 1;
	smp_others_end(t);
}

/* Have all others gone on since they stood at before[]? Within a second. */
static bool go_on(const uint32_t *before)
{
	bool all = false;

	for (unsigned ms = 0; ms < 1000 && !all; ms++) {
		timer_delay_us(1000);
		all = true;
		for_each_other(cpu) all &= per_cpu(rounds, cpu) != before[cpu];
	}
	return all;
}

static void others_stand_still(struct ktap *t)
{
	uint32_t before[CPUS_MAX] = {0};

	NEEDS_CPUS(t);
	others_begin(t, go_round);
	CHECK(t, go_on(before), "the others run");
	for (unsigned i = 0; i < 5; i++) {
		pv_host_gather();
		for_each_other(cpu) before[cpu] = per_cpu(rounds, cpu);
		timer_delay_us(3000);
		for_each_other(cpu)
			CHECK_EQ(t, per_cpu(rounds, cpu), before[cpu], "CPU %u stands still", cpu);
		pv_host_release();
		CHECK(t, go_on(before), "and all of them go on");
	}
	others_end(t);
}

/* An NMI while it waits: it is served there, and the CPU waits on. */
static volatile uint32_t served;

static PV_TEXT void on_nmi(struct regs *regs)
{
	(void)regs;
	served++;
}

static void nmis_come_meanwhile(struct ktap *t)
{
	uint32_t before;

	NEEDS_CPUS(t);
	others_begin(t, go_round);
	per_cpu(trap_nmi_hook, 1) = on_nmi;
	served = 0;
	pv_host_gather();
	before = per_cpu(rounds, 1);
	for (uint32_t i = 1; i <= 5; i++) {
		apic_send_nmi(machine_cpus.apic_id[1]);
		CHECK(t, timer_wait_for(&served, i, 1000), "NMI %u comes while CPU 1 waits", i);
	}
	timer_delay_us(1000);
	CHECK_EQ(t, per_cpu(rounds, 1), before, "it waits on afterwards");
	pv_host_release();
	per_cpu(trap_nmi_hook, 1) = NULL;
	others_end(t);
}

/* One that has interrupts off cannot be called yet: the boot CPU waits for it. */
static volatile uint32_t is_off, on_at_last;

static void off_for_a_while(void *arg)
{
	(void)arg;
	local_irq_disable();
	is_off = 1;
	timer_delay_us(5000);
	on_at_last = 1;
	local_irq_enable();
}

static void waits_for_interrupts_on(struct ktap *t)
{
	NEEDS_CPUS(t);
	is_off = on_at_last = 0;
	smp_work(1, off_for_a_while, NULL);
	CHECK(t, timer_wait_for(&is_off, 1, 1000), "CPU 1 has interrupts off");
	pv_host_gather();
	CHECK_EQ(t, on_at_last, 1, "all wait when it has them on again, not before");
	pv_host_release();
	CHECK(t, smp_work_wait(1, 1000), "and it goes on");
}

/*
 * The others run a site without end, and this CPU takes it from one state to the other: between
 * pushf; pop %eax; 4-byte NOP and a call. Whoever is interrupted behind the pushf must have got
 * to the pop before the text changes.
 */
static void run_site(void *arg)
{
	(void)arg;
	while (!stop) {
		unsigned long flags = arch_local_save_flags();

		if (!(flags & X86_EFLAGS_IF) || flags >> 22)
			this_cpu_inc(wrong);
		this_cpu_inc(rounds);
	}
}

static void flip(struct ktap *t, struct sites *sites, const struct paravirt_state *native)
{
	uint32_t before[CPUS_MAX] = {0};

	for (unsigned i = 0; i < 2 * ROUND_TRIPS && !t->failures; i++) {
		sites_patch(t, sites, i % 2 ? native : paravirt_linked());
		if (i % 8 == 0)
			CHECK(t, go_on(before), "the others go on after change %u", i);
		for_each_other(cpu) before[cpu] = per_cpu(rounds, cpu);
	}
}

/* A function's sites, and their native state; NULL: there are none, or another back end runs. */
static const struct paravirt_state *native_sites(struct ktap *t, struct sites *sites,
						 void (*fn)(void *))
{
	static struct paravirt_state native;

	if (pv_backend_current()->ops != &pv_native_ops) {
		t->skip = "the back end is not native";
		return NULL;
	}
	paravirt_state_make(&native, &pv_native_ops);
	return sites_find(t, sites, (const void *)fn) ? &native : NULL;
}

static void sites_change_under_way(struct ktap *t)
{
	const struct paravirt_state *native;
	struct sites sites;

	NEEDS_CPUS(t);
	native = native_sites(t, &sites, run_site);
	if (!native)
		return;
	others_begin(t, run_site);
	flip(t, &sites, native);
	others_end(t);
	for_each_other(cpu)
		CHECK_EQ(t, per_cpu(wrong, cpu), 0, "CPU %u always read its flags", cpu);
	sites_restore(t, &sites);
}

/*
 * Interrupts are on nowhere but in the middle of a site, between the instruction that turned them
 * on and the NOP behind it: whoever is called is found there, each time, and has to be taken out of
 * it.
 */
static void sleep_in_a_site(void *arg)
{
	(void)arg;
	while (!stop) {
		safe_halt();
		local_irq_disable();
		this_cpu_inc(rounds);
	}
	local_irq_enable();
}

static void restore_between_sites(void *arg)
{
	(void)arg;
	local_irq_disable();
	while (!stop) {
		arch_local_irq_restore(X86_EFLAGS_IF);
		local_irq_disable();
		this_cpu_inc(rounds);
	}
	local_irq_enable();
}

static void changes_under(struct ktap *t, void (*fn)(void *))
{
	const struct paravirt_state *native;
	struct sites sites;

	NEEDS_CPUS(t);
	native = native_sites(t, &sites, fn);
	if (!native)
		return;
	sites_patch(t, &sites, native);
	others_begin(t, fn);
	for (unsigned i = 0; i < 4 && !t->failures; i++) {
		uint32_t before[CPUS_MAX];

		timer_delay_us(1000);
		for_each_other(cpu) before[cpu] = per_cpu(rounds, cpu);
		sites_patch(t, &sites, i % 2 ? native : paravirt_linked());
		CHECK(t, go_on(before), "the others go on after change %u", i);
	}
	others_end(t);
	sites_restore(t, &sites);
}

static void sleepers_leave_their_site(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, timer_measured(), "no ticks end a sleep");
	changes_under(t, sleep_in_a_site);
}

static void on_only_in_a_site(struct ktap *t)
{
	changes_under(t, restore_between_sites);
}

/* A breakpoint register on the serialization: nothing else of it can be seen in an emulator. */
#define EFLAGS_RF 0x10000u /* the instruction at the breakpoint runs */

static DEFINE_PER_CPU(volatile uint32_t, synced);

static PV_TEXT void on_breakpoint(struct regs *regs)
{
	this_cpu_inc(synced);
	regs->eflags |= EFLAGS_RF;
}

static void break_on_sync(void *arg)
{
	this_cpu_write(synced, 0);
	this_cpu_write(trap_debug_hook, arg ? on_breakpoint : NULL);
	set_debugreg(0, arg ? (uint32_t)pv_host_sync_self : 0);
	set_debugreg(7, arg ? 1 : 0);
}

static void others_serialize(struct ktap *t)
{
	uint32_t seen[CPUS_MAX] = {0};

	NEEDS_CPUS(t);
	smp_call_others(break_on_sync, &seen);
	for (unsigned i = 0; i < 3; i++) {
		pv_host_gather();
		for_each_other(cpu) seen[cpu] = per_cpu(synced, cpu);
		pv_host_release();
		for_each_other(cpu) CHECK_EQ(t, per_cpu(synced, cpu), seen[cpu] + 1,
					     "CPU %u serializes before it goes on", cpu);
	}
	smp_call_others(break_on_sync, NULL);
}

/* All of the kernel's sites, while the others run some, take ticks and calls. */
static void run_many(void *arg)
{
	uint64_t last = 0, now;
	unsigned long flags;

	(void)arg;
	while (!stop) {
		local_irq_save(flags);
		if (read_cr0() != read_cr0() || !irqs_disabled())
			this_cpu_inc(wrong);
		local_irq_restore(flags);
		now = timer_ns();
		if (irqs_disabled() || now < last)
			this_cpu_inc(wrong);
		last = now;
		this_cpu_inc(rounds);
	}
}

static void change_all(struct ktap *t, const struct paravirt_state *from,
		       const struct paravirt_state *to)
{
	static struct pv_stats stats;
	uint32_t value = 0;

	sites_apply_all(from, to, PV_STOPPED, &stats);
	CHECK_EQ(t, stats.total.refused, 0, "no site is refused");
	for_each_other(cpu)
	{
		smp_call(cpu, smp_note_cpu, &value);
		CHECK_EQ(t, value, cpu, "CPU %u answers after a change", cpu);
	}
}

static void all_sites_change(struct ktap *t)
{
	static struct paravirt_state patched;
	const struct paravirt_state *now = paravirt_state(), *other = paravirt_linked();

	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	paravirt_state_make(&patched, &pv_ops); /* another back end's IF is elsewhere */
	if (now == other)
		other = &patched;
	others_begin(t, run_many);
	for (unsigned i = 0; i < ROUND_TRIPS; i++) {
		change_all(t, now, other);
		change_all(t, other, now);
	}
	others_end(t);
	for_each_other(cpu)
		CHECK_EQ(t, per_cpu(wrong, cpu), 0, "CPU %u always got what a site gives", cpu);
}

/* With one CPU there is nobody to wait for, and so no end of it either. */
static void alone(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() == 1, "others are online");
	for (unsigned i = 0; i < 2; i++)
		pv_host_gather();
	pv_host_release();
	CHECK_EQ(t, smp_online(), 1, "nobody is asked to wait, nor to go on");
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(others_stand_still),
	KTAP_PATCHES(nmis_come_meanwhile),
	KTAP_PATCHES(waits_for_interrupts_on),
	KTAP_PATCHES(sites_change_under_way),
	KTAP_PATCHES(sleepers_leave_their_site),
	KTAP_PATCHES(on_only_in_a_site),
	KTAP_PATCHES(others_serialize),
	KTAP_PATCHES(all_sites_change),
	KTAP_PATCHES(alone),
};
KTAP_SUITE(gather, tests);
