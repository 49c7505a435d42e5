// SPDX-License-Identifier: MIT
/*
 * Every CPU runs on what is its own, and what they share loses nothing.
 */
#include "arch/x86/smp/smp.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/context.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/fault.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

void test_read_gdt(struct desc_ptr *ptr);
uint32_t test_read_tr(void), test_read_fs(void), test_read_esp(void), test_read_ldt(void);
uint32_t test_read_ss(void), test_read_ds(void), test_read_es(void);

extern uint32_t ap_features[PV_FEATURE_WORDS]; /* trampoline.asm */

static DEFINE_PER_CPU(uint32_t, own);

/* What a CPU finds when it looks at itself. */
struct self {
	uint32_t cpu, apic, tr, fs, ss, ds, es, gs, ldt, esp, cr0, cr3, cr4, off, returns_to;
	struct desc_ptr gdt;
};

/* Where a CPU began: what its first function would return to. */
static uint32_t first_return(uint32_t frame)
{
	const uint32_t *words = (const uint32_t *)frame;

	while (words[0] > (uint32_t)words && stack_room_above(words[0]) >= 8)
		words = (const uint32_t *)words[0];
	return words[0] | words[1];
}

static void look(void *arg)
{
	struct self *self = arg;

	self->cpu = smp_processor_id();
	self->apic = apic_present() ? apic_id() : machine_cpus.apic_id[0];
	self->tr = test_read_tr();
	self->fs = test_read_fs();
	self->ss = test_read_ss();
	self->ds = test_read_ds();
	self->es = test_read_es();
	self->gs = context_gs();
	self->ldt = test_read_ldt();
	self->esp = test_read_esp();
	self->cr0 = read_cr0();
	self->cr3 = read_cr3();
	self->cr4 = read_cr4_safe();
	self->off = irqs_disabled();
	self->returns_to = first_return((uint32_t)__builtin_frame_address(0));
	test_read_gdt(&self->gdt);
	this_cpu_write(own, 1000 + self->cpu);
	this_cpu_inc(own);
}

static uint32_t base_of(const struct self *self, unsigned selector)
{
	const uint32_t *entry = (const uint32_t *)(self->gdt.base + selector);

	return entry[0] >> 16 | (entry[1] & 0xff) << 16 | (entry[1] & 0xff000000);
}

static void check_self(struct ktap *t, unsigned cpu, const struct self *self)
{
	const struct cpu_stacks *stacks = &cpu_stacks[cpu];

	CHECK_EQ(t, self->cpu, cpu, "CPU %u knows its number", cpu);
	CHECK_EQ(t, self->apic, machine_cpus.apic_id[cpu], "CPU %u has the id listed", cpu);
	CHECK_EQ(t, self->tr, TSS_SELECTOR, "CPU %u: its task", cpu);
	CHECK_EQ(t, self->fs, PERCPU_FS, "CPU %u: its %%fs", cpu);
	CHECK_EQ(t, self->ss, KERNEL_DS | get_kernel_rpl(), "CPU %u: its stack's segment", cpu);
	CHECK(t, self->ds == USER_DS && self->es == USER_DS && self->gs == USER_DS,
	      "CPU %u: ds %x, es %x, gs %x are flat and a program's", cpu, self->ds, self->es,
	      self->gs);
	CHECK_EQ(t, self->ldt, 0, "CPU %u: nothing is in its LDT", cpu);
	CHECK_EQ(t, base_of(self, self->tr), (uint32_t)&per_cpu(kernel_tss, cpu),
		 "CPU %u: the task is its own", cpu);
	CHECK_EQ(t, base_of(self, DF_TSS_SELECTOR), (uint32_t)&per_cpu(double_fault_tss, cpu),
		 "CPU %u: so is the double fault's", cpu);
	CHECK_EQ(t, base_of(self, self->fs), per_cpu_offset(cpu), "CPU %u: so is %%fs", cpu);
	CHECK(t, self->esp - (uint32_t)stacks->stack < sizeof(stacks->stack),
	      "CPU %u runs on its stack, esp is %08x", cpu, self->esp);
	CHECK_EQ(t, per_cpu(double_fault_tss, cpu).esp, (uint32_t)stacks + sizeof(*stacks),
		 "CPU %u: the double fault's stack", cpu);
	CHECK_EQ(t, per_cpu(own, cpu), 1001 + cpu, "CPU %u: its variable is its own", cpu);
	CHECK_EQ(t, self->returns_to, 0, "CPU %u: its first frame is that, and returns to nowhere",
		 cpu);
	CHECK_EQ(t, self->off, 1, "CPU %u: a call comes with interrupts off", cpu);
}

static void own_things(struct ktap *t)
{
	struct self self[CPUS_MAX] = {0};

	NEEDS_CPUS(t);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			smp_call(cpu, look, &self[cpu]);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!cpu_online(cpu))
			continue;
		check_self(t, cpu, &self[cpu]);
		CHECK_EQ(t, self[cpu].cr0, self[0].cr0, "CPU %u: cr0 as the boot CPU's", cpu);
		CHECK_EQ(t, self[cpu].cr3, self[0].cr3, "CPU %u: cr3", cpu);
		CHECK_EQ(t, self[cpu].cr4, self[0].cr4, "CPU %u: cr4", cpu);
		for (unsigned other = 0; other < cpu; other++)
			CHECK(t, self[cpu].gdt.base != self[other].gdt.base,
			      "CPU %u and %u have each its GDT", cpu, other);
	}
}

static void ticks_come(struct ktap *t)
{
	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, timer_measured(), "no clock to measure the APIC's timer by");
	for_each_other(cpu) CHECK(t, smp_ticks_come(cpu), "CPU %u gets ticks", cpu);
}

/* The boot CPU's own APIC timer, which is not used otherwise. */
static volatile uint32_t shots;

static void on_shot(unsigned irq)
{
	(void)irq;
	shots += smp_processor_id() == 0;
}

/*
 * Stopped before it was over: on a busy host it may take a while to get to the next line, and then a
 * longer one is tried. Returns its length.
 */
static uint32_t stop_in_time(void)
{
	uint32_t us = 500;
	uint64_t start;

	do {
		us *= 2;
		shots = 0;
		start = timer_ns();
		apic_timer_once(us);
		apic_timer_stop();
	} while (timer_ns() - start > us * 500ull && us < 100000);
	return us;
}

static void one_shot(struct ktap *t)
{
	uint32_t us;
	irq_handler_fn *before;
	uint64_t start;

	KTAP_SKIP_UNLESS(t, apic_present() && apic_timer_calibrate(), "no APIC timer to measure");
	before = irq_set_handler(IRQ_APIC_TIMER, on_shot);
	shots = 0;
	start = timer_ns();
	apic_timer_once(500);
	CHECK(t, timer_wait_for(&shots, 1, 1000), "one shot arrives");
	start = timer_ns() - start;
	CHECK(t, start >= 450000, "not before its 500 us: after %u", (unsigned)start / 1000);
	timer_delay_us(1250);
	CHECK_EQ(t, shots, 1, "and no second one");
	us = stop_in_time();
	timer_delay_us(us + us / 4);
	CHECK_EQ(t, shots, 0, "and none when one of %u us was stopped", us);
	irq_set_handler(IRQ_APIC_TIMER, before);
}

/*
 * All CPUs do this at once, for so long that they meet although their host may have fewer, and
 * other things to do: what one loses, the sum lacks.
 */
#define LOCKED    100000
#define LOCKED_NS 50000000
#define BATCHES   1000 /* should there be no clock */

static volatile uint32_t locked_sum;
static atomic_t locked_batches;

static void count_locked(void *arg)
{
	unsigned batches = BATCHES;
	uint64_t start = timer_ns();

	(void)arg;
	do {
		for (unsigned i = 0; i < LOCKED; i++)
			asm volatile(LOCK_PREFIX "incl %0" : "+m"(locked_sum) : : "memory", "cc");
		atomic_inc(&locked_batches);
	} while (--batches && timer_ns() - start < LOCKED_NS);
}

static void locked_count(struct ktap *t)
{
	NEEDS_CPUS(t);
	locked_sum = 0;
	atomic_set(&locked_batches, 0);
	smp_all(t, count_locked, NULL);
	CHECK_EQ(t, locked_sum, LOCKED * atomic_read(&locked_batches),
		 "%u CPUs lose no count, in %u times %u", smp_online(),
		 atomic_read(&locked_batches), LOCKED);
}

#define TURNS 2000 /* behind a spinlock, where a host with few CPUs makes one wait for long */

static spinlock_t guard = SPINLOCK_IRQS_OFF("the counts below");
static volatile uint32_t guarded, inside, crowded;

static void count_guarded(void *arg)
{
	unsigned long flags;

	(void)arg;
	for (unsigned i = 0; i < TURNS; i++) {
		spin_lock_irqsave(&guard, flags);
		crowded += inside++;
		guarded++;
		inside--;
		spin_unlock_irqrestore(&guard, flags);
	}
}

static void spinlocks(struct ktap *t)
{
	unsigned long flags;

	CHECK(t, spin_trylock(&guard) && spin_is_mine(&guard), "a free lock can be taken");
	CHECK(t, !spin_trylock(&guard), "and not twice");
	spin_unlock(&guard);
	spin_lock_irqsave(&guard, flags);
	CHECK(t, irqs_disabled(), "interrupts can go off with it");
	spin_unlock_irqrestore(&guard, flags);
	CHECK(t, !irqs_disabled() && !guard.owner, "and on again");
	NEEDS_CPUS(t);
	guarded = crowded = 0;
	smp_all(t, count_guarded, NULL);
	CHECK_EQ(t, guarded, TURNS * smp_online(), "no count is lost behind a lock");
	CHECK_EQ(t, crowded, 0, "and nobody met another there");
}

/* Each CPU lands where its own trap_try() was. */
static atomic_t landed;

static void fault(void *arg)
{
	if (*(volatile uint32_t *)arg)
		fault_ud();
	else
		fault_div();
}

static void fault_often(void *arg)
{
	struct regs at;

	(void)arg;
	for (unsigned i = 0; i < 200; i++) {
		uint32_t ud = i & 1, vector = trap_try(fault, &ud, &at);

		if (vector == (ud ? TRAP_UD : 0) && at.vector == vector && !irqs_disabled())
			atomic_inc(&landed);
	}
}

static void traps(struct ktap *t)
{
	NEEDS_CPUS(t);
	atomic_set(&landed, 0);
	smp_all(t, fault_often, NULL);
	CHECK_EQ(t, atomic_read(&landed), 200 * smp_online(),
		 "each exception on each CPU came back to where it was tried");
}

/* With interrupts on and off: an NMI does not care. */
static DEFINE_PER_CPU(volatile uint32_t, nmis);

static PV_TEXT void on_nmi(struct regs *regs)
{
	(void)regs;
	this_cpu_inc(nmis);
}

static void until_released_off(void *arg)
{
	local_irq_disable();
	smp_until_released(arg);
	local_irq_enable();
}

static void check_nmis(struct ktap *t, unsigned cpu, const char *how)
{
	for (uint32_t i = 1; i <= 10; i++) {
		apic_send_nmi(machine_cpus.apic_id[cpu]);
		CHECK(t, timer_wait_for(&per_cpu(nmis, cpu), i, 1000), "%s: NMI %u comes to CPU %u",
		      how, i, cpu);
	}
	per_cpu(nmis, cpu) = 0;
}

static void nmis_come(struct ktap *t)
{
	uint32_t on;

	NEEDS_CPUS(t);
	for_each_other(cpu)
	{
		per_cpu(nmis, cpu) = 0;
		per_cpu(trap_nmi_hook, cpu) = on_nmi;
		check_nmis(t, cpu, "asleep");
		smp_released = 0;
		smp_work(cpu, until_released_off, &on);
		check_nmis(t, cpu, "interrupts off");
		smp_released = 1;
		CHECK(t, smp_work_wait(cpu, 1000), "CPU %u goes on afterwards", cpu);
		per_cpu(trap_nmi_hook, cpu) = NULL;
	}
	CHECK_EQ(t, per_cpu(nmis, 0), 0, "none of them came to the boot CPU");
}

/* For a look at the log from outside: each line whole, and each there. By name only: it is noise.
 */
#define LINES 50

static void print_lines(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < LINES; i++)
		pr_info("# CPU %u prints line %u of %u\n", smp_processor_id(), i, LINES);
}

static void prints(struct ktap *t)
{
	uint32_t unlogged = printk_get_stats().unlogged;

	smp_all(t, print_lines, NULL);
	CHECK_EQ(t, printk_get_stats().unlogged, unlogged, "every line is in the log");
}

static void features(struct ktap *t)
{
	uint32_t words[PV_FEATURE_WORDS];
	int missing;

	for (unsigned i = 0; i < PV_FEATURE_WORDS; i++)
		words[i] = boot_cpu.features[i];
	CHECK_EQ(t, cpu_missing(words), -1, "a CPU like this one lacks nothing");
	words[3] = 0;
	CHECK_EQ(t, cpu_missing(words), -1, "word 3 is not CPUID's and is not missed");
	if (smp_online() > 1)
		for (unsigned i = 0; i < PV_FEATURE_WORDS; i++)
			CHECK_EQ(t, ap_features[i],
				 i == 3 ? 0 : boot_cpu.features[i] | boot_cpu.forgotten[i],
				 "word %u of who came last is as here", i);
	KTAP_SKIP_UNLESS(t, cpu_use(X86_FEATURE_PSE), "no feature to miss");
	CHECK(t, cpu_uses(X86_FEATURE_PSE), "a feature that was asked for is in use");
	words[0] &= ~(1u << X86_FEATURE_PSE);
	missing = cpu_missing(words);
	CHECK_EQ(t, missing, X86_FEATURE_PSE, "it is missed when it is not there");
	CHECK(t, !strcmp(pv_feature_name((unsigned)missing), "pse"), "by its name");
	CHECK(t, !pv_feature_name(2 * 32 + 5), "another one has none");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(own_things),
	KTAP_TEST(ticks_come),
	KTAP_TEST(one_shot),
	KTAP_TEST(locked_count),
	KTAP_TEST(spinlocks),
	KTAP_TEST(traps),
	KTAP_TEST(nmis_come),
	KTAP_TEST(features),
	{.name = "prints", .run = prints, .by_name_only = true},
};
KTAP_SUITE(smp, tests);
