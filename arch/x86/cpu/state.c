// SPDX-License-Identifier: MIT
/*
 * The table of moves is the picture in the header. Pure: no hardware, so that a program on the
 * build machine can try all orders.
 */
#include "arch/x86/cpu/state.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/percpu.h"
#include "pv/host.h"

static volatile uint32_t states[CPUS_MAX] = {CPU_ONLINE};

#define IN(state) (1u << CPU_##state)
#define IN_KERNEL (IN(STARTS) | IN(ONLINE) | IN(LEAVES) | IN(PANICS))

static const struct {
	uint8_t from, to;
} moves[NR_CPU_MOVES] = {
	[CPU_WAKE] = {IN(OFF), CPU_WOKEN},
	[CPU_DROP] = {IN(WOKEN) | IN(STARTS), CPU_OFF},
	[CPU_ENTER] = {IN(WOKEN), CPU_STARTS},
	[CPU_RUN] = {IN(STARTS), CPU_ONLINE},
	[CPU_ASK] = {IN(ONLINE), CPU_LEAVES},
	[CPU_TAKE_BACK] = {IN(LEAVES), CPU_ONLINE},
	[CPU_REST] = {IN(LEAVES), CPU_OFF},
	[CPU_PANIC] = {IN(STARTS) | IN(ONLINE) | IN(LEAVES), CPU_PANICS},
	[CPU_STOP] = {IN_KERNEL, CPU_STOPPED},
};

PV_TEXT bool cpu_move(unsigned cpu, enum cpu_move move)
{
	uint32_t from;

	do {
		from = states[cpu];
		if (!(moves[move].from >> from & 1))
			return false;
	} while (cmpxchg_always(&states[cpu], from, moves[move].to) != from);
	return true;
}

PV_TEXT enum cpu_state cpu_state(unsigned cpu)
{
	return states[cpu];
}

const volatile uint32_t *cpu_state_word(unsigned cpu)
{
	return &states[cpu];
}

PV_TEXT bool cpu_online(unsigned cpu)
{
	return cpu < CPUS_MAX && states[cpu] == CPU_ONLINE;
}

PV_TEXT unsigned smp_online(void)
{
	unsigned n = 0;

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		n += states[cpu] == CPU_ONLINE;
	return n;
}

PV_TEXT bool cpu_in_kernel(unsigned cpu)
{
	return cpu < CPUS_MAX && IN_KERNEL >> states[cpu] & 1;
}
