// SPDX-License-Identifier: MIT
/*
 * bench on the command line, beside bench.c: what a guest pays, and what is done in its place. As events:
 *
 *	bare	op, loops, tsc, entries	the op's native function, at whose instructions no site is
 *	cost	what, tsc, entries, handler	handler: of tsc, until an interrupt's handler was called
 *
 * Each is the least of some tries, since the host has interrupts of its own, without what it costs to do nothing. On
 * a machine the same events tell what a guest's have to be held against.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/run.h"
#include "lib/printk.h"
#include "pv/backend/guest.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define TRIES        8
#define BARE_LOOPS   20
#define TICK_ROUNDS  3
#define TICK_LEAST   500           /* instructions, or cycles, that no reading of the TSC lasts */
#define TICK_WAIT_NS 1000000000ull /* a clock without ticks */

struct cost {
	uint64_t tsc, handler;
	uint32_t entries;
	bool any;
};

/* arch/x86/trap/bench_guest.asm */
void bench_fault(void);
void bench_native_iret(void);

static uint64_t handler_tsc; /* when it was called; 0: it was not */
static uint8_t page[4096] __attribute__((aligned(4096)));

static void came(unsigned irq)
{
	(void)irq;
	handler_tsc = native_read_tsc();
}

/* ---- the least of some tries ---- */

static void keep_least(struct cost *least, const struct cost *one)
{
	if (!least->any || one->tsc < least->tsc)
		*least = *one;
}

/* ---- bare instructions ---- */

#if CONFIG_PARAVIRT
static uint32_t cr0, cr3, cr4;

/*
 * X(op, a call of its native function): the instructions themselves. Not here: what touches memory only, and what
 * cannot be done alone (halt). A TSC there is where this runs, so what came with it or before is there, too.
 */
#define BARE(X)                                                          \
	X(nothing, native_irq_enter())                                   \
	X(save_fl, (void)native_save_fl())                               \
	X(restore_fl, native_restore_fl(PV_GUEST_IF))                    \
	X(irq_disable, native_irq_disable())                             \
	X(irq_enable, native_irq_enable())                               \
	X(iret, bench_native_iret())                                     \
	X(cpuid, uint32_t a = 0; uint32_t b; uint32_t c = 0; uint32_t d; \
	  native_cpuid(&a, &b, &c, &d))                                  \
	X(read_tsc, (void)native_read_tsc())                             \
	X(io_delay, native_io_delay())                                   \
	X(read_cr0, (void)native_read_cr0())                             \
	X(write_cr0, native_write_cr0(cr0))                              \
	X(read_cr2, (void)native_read_cr2())                             \
	X(read_cr3, (void)native_read_cr3())                             \
	X(write_cr3, native_write_cr3(cr3))                              \
	X(read_cr4, (void)native_read_cr4())                             \
	X(write_cr4, native_write_cr4(cr4))                              \
	X(clts, native_clts())                                           \
	X(get_debugreg, (void)native_get_debugreg(0))                    \
	X(set_debugreg, native_set_debugreg(0, 0))                       \
	X(wbinvd, native_wbinvd())                                       \
	X(flush_tlb, native_flush_tlb())                                 \
	X(flush_tlb_single, native_flush_tlb_single(0x1000))

#define BARE_FUNCTION(name, ...)                                \
	static void __attribute__((noinline)) bare_##name(void) \
	{                                                       \
		for (unsigned i = 0; i < BARE_LOOPS; i++) {     \
			__VA_ARGS__;                            \
		}                                               \
	}
BARE(BARE_FUNCTION)

#define BARE_ENTRY(name, ...) {#name, bare_##name},
static const struct bare {
	const char *op;
	void (*run)(void);
} bare_ops[] = {BARE(BARE_ENTRY)};

static struct cost least_of(void (*run)(void))
{
	struct cost least = {.any = false};

	for (unsigned i = 0; i < TRIES; i++) {
		const uint32_t entries = guest_entries();
		const uint64_t start = native_read_tsc();
		struct cost one = {.any = true};

		run();
		one.tsc = native_read_tsc() - start;
		one.entries = guest_entries() - entries;
		keep_least(&least, &one);
		native_irq_enable(); /* whatever the back end takes for IF */
		local_irq_enable();
	}
	return least;
}

static void bare_events(void)
{
	const uint64_t nothing_costs = least_of(bare_ops[0].run).tsc;

	cr0 = read_cr0();
	cr3 = read_cr3();
	cr4 = read_cr4_safe();
	for (unsigned i = 1; i < sizeof(bare_ops) / sizeof(bare_ops[0]); i++) {
		const struct cost cost = least_of(bare_ops[i].run);

		event_begin("bare");
		event_text("op", bare_ops[i].op);
		event_number("loops", BARE_LOOPS);
		event_number("tsc", cost.tsc - nothing_costs);
		event_number("entries", cost.entries);
		event_end();
	}
}
#else /* the yardstick's ops are these instructions */
static void bare_events(void)
{
}
#endif

/* ---- what else there is ---- */

/* For the timer's interrupt, which is masked. False: it does not come. */
static bool wait_pending(void)
{
	const uint64_t start = timer_ns();

	if (!timer_present())
		return false;
	while (!irq_pending(0))
		if (timer_ns() - start > TICK_WAIT_NS)
			return false;
	handler_tsc = 0;
	return true;
}

static void ask_for_nothing(void)
{
	pv_hypercall(PV_HYPERCALL_say, (uint32_t)page, 0, 0);
}

static void nothing(void)
{
}

static bool is_guest(void)
{
	return guest_is();
}

/* Nothing is to be filled but that page: whatever else a host forgets with it is touched. */
static bool forget_page(void)
{
	flush_tlb_single((uint32_t)page);
	return true;
}

static void touch_page(void)
{
	(void)*(volatile uint8_t *)page;
}

/* It waits for the host's next look, which is what `run` brings about: the controller would ask for one itself. */
static bool let_wait(void)
{
#if CONFIG_PARAVIRT
	if (!guest_is())
		return false;
	irq_set_handler(0, came);
	lguest_shared.masked |= 1;
	if (!wait_pending())
		return false;
	lguest_shared.masked &= ~1u;
	return true;
#else
	return false;
#endif
}

/* It waits for IF, and the host knows. */
static bool let_wait_for_if(void)
{
	irq_set_handler(0, NULL);
	if (!wait_pending())
		return false;
	local_irq_disable();
	irq_set_handler(0, came);
	if (guest_is())
		ask_for_nothing();
	return true;
}

static void enable(void)
{
	local_irq_enable();
}

static const struct event {
	const char *what;
	bool (*prepare)(void); /* NULL: nothing is to be; false: not here, or not now */
	void (*run)(void);
	bool interrupt;
} events[] = {
	{"nothing", NULL, nothing, false},
	{"hypercall", is_guest, ask_for_nothing, false},
	{"fault_fill", forget_page, touch_page, false},
	{"fault_own", NULL, bench_fault, false},
	{"interrupt", let_wait, ask_for_nothing, true},
	{"interrupt_waits", let_wait_for_if, enable, true},
};

static struct cost try_event(const struct event *event)
{
	struct cost cost = {.any = false};
	uint32_t entries;
	uint64_t start;

	if (event->prepare && !event->prepare())
		return cost;
	entries = guest_entries();
	start = native_read_tsc();
	event->run();
	cost.tsc = native_read_tsc() - start;
	cost.entries = guest_entries() - entries;
	cost.handler = event->interrupt ? handler_tsc - start : 0;
	/* An emulator may let it wait a little longer: then that is no measure of it. */
	cost.any = !event->interrupt || (handler_tsc > start && cost.handler < cost.tsc);
	irq_set_handler(0, NULL);
	return cost;
}

static struct cost least_event(const struct event *event)
{
	struct cost least = {.any = false}, one;

	for (unsigned i = 0; i < TRIES; i++) {
		one = try_event(event);
		if (one.any)
			keep_least(&least, &one);
	}
	return least;
}

static void cost_event(const char *what, const struct cost *cost, uint64_t nothing_costs)
{
	event_begin("cost");
	event_text("what", what);
	event_number("tsc", cost->tsc - nothing_costs);
	event_number("entries", cost->entries);
	if (cost->handler)
		event_number("handler", cost->handler - nothing_costs);
	event_end();
}

/* What a guest misses while the machine's own tick is its host's: the clock jumps. */
static struct cost least_tick(void)
{
	struct cost least = {.any = false};

	for (unsigned i = 0; i < TICK_ROUNDS; i++) {
		const uint32_t entries = guest_entries();
		uint64_t last = native_read_tsc(), now = last;

		while (now - last < TICK_LEAST) {
			last = now;
			now = native_read_tsc();
		}
		keep_least(&least, &(struct cost){.tsc = now - last,
						  .entries = guest_entries() - entries,
						  .any = true});
	}
	return least;
}

static void all_events(void)
{
	const uint64_t nothing_costs = least_event(&events[0]).tsc;
	struct cost cost;

	for (unsigned i = 1; i < sizeof(events) / sizeof(events[0]); i++) {
		cost = least_event(&events[i]);
		if (cost.any)
			cost_event(events[i].what, &cost, nothing_costs);
	}
	if (guest_is() && timer_present()) {
		cost = least_tick();
		cost_event("tick", &cost, 0);
	}
}

static void bench_guest(void)
{
	irq_handler_fn *tick;

	if (!options.bench || !cpu_has(X86_FEATURE_TSC))
		return;
	tick = irq_set_handler(0, NULL);
	bare_events();
	all_events();
	irq_set_handler(0, tick);
	local_irq_enable();
}
RUN(RUN_MEASURE, "bench", bench_guest);
