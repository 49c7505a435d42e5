// SPDX-License-Identifier: MIT
/*
 * CPUs, and what they do: who is online, which ops are called, and what one costs.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "kernel/live/relink.h"
#include "kernel/live/switch.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/term/out.h"
#include "kernel/test/bench.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/paravirt.h"

/* ---- CPUs ---- */

static void list_cpus(void)
{
	for (unsigned cpu = 0; cpu < machine_cpus.n; cpu++)
		say("  CPU %-2u APIC %-3u %s\n", cpu, machine_cpus.apic_id[cpu],
		    cpu_online(cpu) ? "online" : "off");
}

bool cmd_cpu(unsigned n, char **words)
{
	enum smp_result result;
	uint32_t cpu;

	if (n == 1) {
		list_cpus();
		return true;
	}
	if (n == 2 || parse_u32(words[2], &cpu) ||
	    (strcmp(words[1], "up") && strcmp(words[1], "down")))
		return fail("cpu: up NUMBER, or down NUMBER");
	if (cpu >= machine_cpus.n)
		return fail("cpu: there are CPUs 0 to %u", machine_cpus.n - 1);
	result = words[1][0] == 'u' ? cpu_up(cpu) : cpu_down(cpu);
	if (result != SMP_OK)
		return false; /* which was said */
	say("  CPU %u is %s: %u of %u run\n", cpu, cpu_online(cpu) ? "online" : "off", smp_online(),
	    machine_cpus.n);
	return true;
}

void offer_cpu(struct completion *c)
{
	completion_offer(c, "up");
	completion_offer(c, "down");
}

/* ---- top ---- */

#define TOP_SECONDS 10
#define TOP_OPS     12

static uint64_t before[PV_NR_TYPES], now[PV_NR_TYPES];

static void read_counts(uint64_t counts[PV_NR_TYPES])
{
	memset(counts, 0, sizeof(before));
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		for (unsigned op = 0; op < PV_NR_TYPES; op++)
			counts[op] += per_cpu(pv_trace_counts, cpu)[op];
}

/* The most called of those that were not told yet, and makes that it was; PV_NR_TYPES: none. */
static unsigned most_called(uint64_t calls[PV_NR_TYPES])
{
	unsigned best = PV_NR_TYPES;

	for (unsigned op = 0; op < PV_NR_TYPES; op++)
		if (calls[op] && (best == PV_NR_TYPES || calls[op] > calls[best]))
			best = op;
	return best;
}

static void say_second(unsigned second, unsigned seconds)
{
	uint64_t total = 0;
	unsigned op;

	for (op = 0; op < PV_NR_TYPES; op++) {
		now[op] -= before[op];
		total += now[op];
	}
	say("  second %u of %u: %llu calls, %u CPUs\n", second, seconds, total, smp_online());
	for (unsigned i = 0; i < TOP_OPS && (op = most_called(now)) < PV_NR_TYPES; i++) {
		say("    %-18s %9llu\n", pv_op_name(op), now[op]);
		now[op] = 0;
	}
}

static void watch(unsigned seconds)
{
	for (unsigned second = 1; second <= seconds; second++) {
		read_counts(before);
		if (!shell_wait(1000))
			return;
		read_counts(now);
		say_second(second, seconds);
	}
}

bool cmd_top(unsigned n, char **words)
{
	const char *name = pv_backend_current()->name, *why;
	uint32_t seconds = TOP_SECONDS;

	if (n > 1 && (parse_u32(words[1], &seconds) || !seconds))
		return fail("top: %s is no number of seconds", words[1]);
	out_no_pages();
	why = strcmp(name, "trace") ? switch_backend("trace") : NULL;
	if (why)
		return fail("top: the back end trace counts calls: %s", why);
	watch(seconds);
	why = strcmp(name, "trace") ? switch_backend(name) : NULL;
	return why ? fail("top: back to %s: %s", name, why) : true;
}

/* ---- bench ---- */

static bool said_why(const char *name, const char *why)
{
	return why ? fail("bench: %s: %s", name, why) : true;
}

/* Of one call, with a digit behind the point. */
static void say_cost(const char *what, uint64_t tsc, uint64_t empty, uint32_t loops)
{
	const uint64_t net = tsc > empty ? tsc - empty : 0;
	const uint32_t tenths = (uint32_t)div_u64(net * 10, loops);

	say("  %-22s %6u.%u\n", what, tenths / 10, tenths % 10);
}

/* Sites go back to what was linked, and are patched again. */
static const char *measure_linked(const char *name, uint64_t *tsc, uint32_t *loops)
{
	const char *why = sites_relink(true), *back;

	if (why)
		return why;
	why = bench_op(name, tsc, loops);
	back = sites_relink(false);
	return why ? why : back;
}

bool cmd_bench(unsigned n, char **words)
{
	uint64_t empty, patched, linked;
	uint32_t loops;

	(void)n;
	if (!said_why("the empty loop", bench_op("empty", &empty, &loops)) ||
	    !said_why(words[1], bench_op(words[1], &patched, &loops)) ||
	    !said_why(words[1], measure_linked(words[1], &linked, &loops)))
		return false;
	say("  %s, back end %s: cycles of the time stamp counter a call, of %u, less the loop's; time of %s\n",
	    words[1], pv_backend_current()->name, loops, cpu_whose_time());
	say_cost("patched", patched, empty, loops);
	say_cost("as linked, by the table", linked, empty, loops);
	say_cost("the loop alone", empty, 0, loops);
	return true;
}

static void offer_name(const char *name, void *arg)
{
	completion_offer(arg, name);
}

void offer_bench(struct completion *c)
{
	bench_each(offer_name, c);
}
