// SPDX-License-Identifier: MIT
/*
 * See the header. The functions are not inlined, so that backtraces show them.
 */
#include "kernel/test/crash_cpus.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/event.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define CRASH static __attribute__((noinline)) void

static void start_work(unsigned cpu, void (*fn)(void))
{
	enum smp_result result = smp_work(cpu, (void (*)(void *))(uint32_t)fn, NULL);

	if (result)
		pr_warn("crash: CPU %u: %s\n", cpu, smp_result_text(result));
}

void crash_on_cpu1(void (*fn)(void))
{
	start_work(1, fn);
	smp_work_wait(1, 5000);
	pr_warn("crash: CPU 1 is %s\n", cpu_online(1) ? "still there" : "off");
}

CRASH panic_here(void)
{
	panic("crash=panic on the command line");
}

/* Longer than cpu_up() waits for the CPU. */
static void (*words_were)(const char *reason);

static void words_late(const char *reason)
{
	timer_delay_us(3000000);
	words_were(reason);
}

void crash_panic_starts(void)
{
	words_were = panic_last_words;
	panic_last_words = words_late;
	cpu_down(1);
	smp_on_start = panic_here;
	cpu_up(1);
}

/* No other NMI comes in one. CPU 1 has the lock of printk(), and keeps it. */
static volatile uint32_t deaf;

static void hear_nothing(struct regs *regs)
{
	unsigned long flags;

	(void)regs;
	if (smp_processor_id() == 1)
		printk_lock(&flags);
	deaf = smp_processor_id();
	for (;;)
		cpu_relax();
}

void crash_panic_deaf(void)
{
	for (unsigned cpu = 1; cpu <= 2; cpu++) {
		per_cpu(trap_nmi_hook, cpu) = hear_nothing;
		apic_send_nmi(machine_cpus.apic_id[cpu]);
		timer_wait_for(&deaf, cpu, 1000);
	}
	panic_here();
}

/*
 * Both without end, and so often that whoever stops them finds them at it. Counted are those that are whole.
 */
static volatile uint32_t lines, events;

static void write_lines(void)
{
	for (uint32_t line = 1;; line++) {
		pr_info("crash: line %u ends here\n", line);
		lines = line;
	}
}

CRASH panic_meanwhile(void)
{
	while (lines < 50 || events < 50)
		cpu_relax();
	panic_here();
}

void crash_panic_lines(void)
{
	start_work(2, write_lines);
	start_work(1, panic_meanwhile);
	for (uint32_t event = 0;; events = ++event) {
		event_begin("crash");
		event_number("number", event);
		event_text("text", "of some length, so that most of the time is needed for it");
		event_end();
	}
}

static spinlock_t lock = SPINLOCK_IRQS_OFF("crash=");
static spinlock_t other = SPINLOCK_IRQS_OFF("crash=, the other one");

void crash_lock_irqs(void)
{
	spin_lock(&lock);
}

void crash_lock_on(void)
{
	local_irq_disable();
	spin_lock_irq(&lock);
	spin_unlock_irq(&lock);
}

void crash_lock_nested(void)
{
	unsigned long flags, inner;

	spin_lock_irqsave(&lock, flags);
	spin_lock_irqsave(&other, inner);
	spin_unlock_irqrestore(&other, inner);
	spin_unlock_irqrestore(&lock, flags);
}

void crash_lock_gather(void)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
#if CONFIG_PARAVIRT
	pv_host_gather();
	pv_host_release();
#endif
	spin_unlock_irqrestore(&lock, flags);
}

static void lock_and_unlock(void)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
}

void crash_lock_starts(void)
{
	cpu_down(1);
	smp_on_start = lock_and_unlock;
	cpu_up(1);
}

static void hold(void)
{
	spin_trylock(&lock);
}

void crash_lock_held(void)
{
	crash_on_cpu1(hold);
	lock_and_unlock();
}
