// SPDX-License-Identifier: MIT
/*
 * Which clock there is. Each goes on with every reading, so that who waits by it comes to an end,
 * and none runs fast, so that nobody waits too short:
 *
 *	the TSC, where the 8254 told its rate
 *	the 8254, on a CPU without a TSC
 *	a TSC of unknown rate, taken for faster than any is
 *	readings, each of which writes to a port: no shorter than PORT_NS
 *
 * Each CPU goes by its own TSC and by nothing else: one that is ahead must not stop the others.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/tsc.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/pit.h"
#include "arch/x86/trap/irq.h"
#include "lib/div64.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define FASTEST_KHZ 10000000 /* no TSC runs at 10 GHz */
#define PORT_NS     100      /* a microsecond on ISA; emulators are faster, but not ten times */
#define POLLS       500000   /* of the tick's line: a busy emulator can be late by many ticks */
#define STANDS      10000000 /* looks at a clock that stands still: a second, where it is the 8254 */

volatile uint32_t timer_ticks;
void (*volatile timer_tick_hook)(void);
void (*timer_slice)(uint32_t ms);

uint64_t boot_tsc; /* boot.asm sets it among its first instructions; 0 without a TSC */

DEFINE_PER_CPU(uint64_t, timer_tsc_start);

static enum { BY_READINGS, BY_PIT, BY_TSC } source;
DEFINE_STATIC_CALL(timer_clock, timer_ns_by_source);
static uint32_t tsc_khz; /* what it is taken for */
static bool present, measured;

static void tick(unsigned irq)
{
	void (*hook)(void) = timer_tick_hook; /* once: it may go meanwhile */

	(void)irq;
	timer_ticks++;
	if (source == BY_PIT)
		pit_clock_ns(); /* it has to be read in each of its rounds */
	if (hook)
		hook();
	if (timer_slice)
		timer_slice(1000 / TIMER_HZ);
}

static void __init ticks_init(void)
{
	present = guest_is() ? guest_start_ticks(TIMER_HZ) : pit_start_ticks(TIMER_HZ);
	if (present)
		irq_set_handler(0, tick);
	else
		pr_warn("timer: the 8254 does not count: no ticks\n");
}

/* Each CPU counts its own. */
static uint64_t readings_ns(void)
{
	static DEFINE_PER_CPU(uint64_t, readings);
	unsigned long flags;
	uint64_t n;

	io_delay();
	local_irq_save(flags);
	n = ++per_cpu(readings, smp_processor_id());
	local_irq_restore(flags);
	return n * PORT_NS;
}

static uint64_t tsc_ns(void)
{
	const uint64_t start = per_cpu(timer_tsc_start, smp_processor_id());

	return mul_div_u64(rdtsc_ordered() - start, 1000000, tsc_khz);
}

static uint32_t __init measure_khz(void)
{
	if (guest_is())
		return guest_tsc_khz();
	return present ? pit_measure_khz(rdtsc_ordered) : 0;
}

static void __init tsc_init(void)
{
	timer_tsc_start = boot_tsc;
	tsc_khz = measure_khz();
	measured = tsc_khz != 0;
	if (!measured) {
		pr_warn("timer: nothing tells the TSC's rate: time passes too slowly\n");
		tsc_khz = FASTEST_KHZ;
	}
	source = BY_TSC;
}

static void __init source_init(void)
{
	if (cpu_use(X86_FEATURE_TSC))
		tsc_init();
	else if (present && !guest_is() && pit_start_clock())
		source = BY_PIT;
	else
		pr_warn("timer: there is no clock: readings are counted\n");
}

void __init timer_init(void)
{
	ticks_init();
	source_init();
	static_call_update(timer_clock, source == BY_TSC   ? tsc_ns
					: source == BY_PIT ? pit_clock_ns
							   : readings_ns);
}

/* One whose TSC is behind the boot CPU's begins at 0. */
void timer_init_cpu(void)
{
	uint64_t *start = &per_cpu(timer_tsc_start, smp_processor_id()), now;

	if (source != BY_TSC)
		return;
	now = rdtsc_ordered();
	*start = now < timer_tsc_start ? now : timer_tsc_start;
}

bool timer_present(void)
{
	return present;
}

bool timer_measured(void)
{
	return measured || source == BY_PIT;
}

uint32_t timer_tsc_khz(void)
{
	return measured ? tsc_khz : 0;
}

/* What timer_clock is linked to: right at any time, and with text that is not patched. */
uint64_t timer_ns_by_source(void)
{
	if (source == BY_PIT)
		return pit_clock_ns();
	return source == BY_TSC ? tsc_ns() : readings_ns();
}

uint64_t timer_ns_bare(void)
{
	if (source == BY_PIT || source == BY_READINGS)
		return (uint64_t)timer_ticks * (1000000000u / TIMER_HZ);
	return mul_div_u64(native_read_tsc() - per_cpu(timer_tsc_start, smp_processor_id()),
			   1000000, tsc_khz);
}

/* A wait, and how often the clock was looked at without having moved. */
struct wait {
	uint64_t start, ns, last;
	uint32_t stands;
};

static struct wait wait_begin(uint64_t ns)
{
	uint64_t now = timer_ns();

	return (struct wait){.start = now, .ns = ns, .last = now};
}

/* Each look says `pause`, which an emulator that runs CPUs in turns needs. */
static bool wait_over(struct wait *wait)
{
	uint64_t now;

	cpu_relax();
	now = timer_ns();
	wait->stands = now == wait->last ? wait->stands + 1 : 0;
	wait->last = now;
	return now - wait->start >= wait->ns || wait->stands == STANDS;
}

void timer_delay_us(uint32_t us)
{
	struct wait wait = wait_begin((uint64_t)us * 1000);

	while (!wait_over(&wait))
		;
}

bool timer_wait_for(const volatile uint32_t *what, uint32_t value, uint32_t ms)
{
	struct wait wait = wait_begin((uint64_t)ms * 1000000);

	while (*what != value)
		if (wait_over(&wait))
			return *what == value;
	return true;
}

/* Before any tick came it is not known whether the line leads to the CPU: do not sleep for it. */
static unsigned first_tick(unsigned polls)
{
	local_irq_enable();
	while (!timer_ticks && --polls)
		irq_pending(0);
	local_irq_disable();
	return polls;
}

bool timer_wait_tick(void)
{
	unsigned polls = POLLS;
	unsigned long flags;

	local_irq_save(flags);
	while (present && !irq_pending(0) && --polls)
		;
	if (present && polls && timer_ticks)
		safe_halt();
	else if (present && polls)
		polls = first_tick(polls);
	local_irq_restore(flags);
	return present && polls;
}
