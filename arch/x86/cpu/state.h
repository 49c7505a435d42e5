/* SPDX-License-Identifier: MIT */
/*
 * What each CPU does: one word a CPU, the moves from one to the next, and who makes them. Nobody
 * writes these words but cpu_move(), with one locked instruction, so of two that want to move a CPU
 * at once one finds that it came too late. The whole table is in state.c; tests/host/state_test.c
 * takes it through all orders.
 *
 *	        WAKE         ENTER          RUN           ASK          REST
 *	 OFF ---------> WOKEN -----> STARTS -----> ONLINE -----> LEAVES -----> OFF
 *	        boot      |   itself   |   itself    ^    boot     |   itself
 *	 OFF <------------+------------+             +-------------+
 *	        DROP, boot                              TAKE_BACK, boot
 *
 *	 STARTS, ONLINE, LEAVES ------> PANICS			PANIC, itself
 *	 STARTS, ONLINE, LEAVES, PANICS -> STOPPED		STOP, itself: another one panics
 *
 *	OFF	reset, or it halts in code without sites: only INIT ends that
 *	WOKEN	INIT and start-up were sent. It may run the trampoline: no NMI may come to it
 *	STARTS	it has tables of its own: NMIs may come. Interrupts are off, it takes no lock and
 *		prints nothing, so that INIT (after DROP) leaves nothing behind
 *	ONLINE	it can be called and gathered, and given work
 *	LEAVES	asked to rest; no calls come any more. The boot CPU may still take it back
 *	PANICS	it has something to report, and is not sent INIT any more
 *	STOPPED	for good
 *
 * The boot CPU is ONLINE from the start. Text and lock prefixes change only while no CPU is WOKEN,
 * STARTS or LEAVES, since those are states inside of cpu_up() and cpu_down(): smp/turn.h.
 */
#ifndef ARCH_X86_CPU_STATE_H
#define ARCH_X86_CPU_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum cpu_state {
	CPU_OFF,
	CPU_WOKEN,
	CPU_STARTS,
	CPU_ONLINE,
	CPU_LEAVES,
	CPU_PANICS,
	CPU_STOPPED,
	NR_CPU_STATES
};

enum cpu_move {
	CPU_WAKE,
	CPU_DROP,
	CPU_ENTER,
	CPU_RUN,
	CPU_ASK,
	CPU_TAKE_BACK,
	CPU_REST,
	CPU_PANIC,
	CPU_STOP,
	NR_CPU_MOVES
};

/*
 * False: the CPU is in no state that this move begins in, and stays what it is. cpu: below
 * CPUS_MAX. No site, as all of these functions: text may be half written.
 */
bool cpu_move(unsigned cpu, enum cpu_move move);

enum cpu_state cpu_state(unsigned cpu);

/* The word itself, for who waits for another state. */
const volatile uint32_t *cpu_state_word(unsigned cpu);

/* False too for a number that no CPU has. */
bool cpu_online(unsigned cpu);
unsigned smp_online(void); /* how many */

/* Does it run code of the kernel, with tables of its own? Then a panic has to stop it, by NMI. */
bool cpu_in_kernel(unsigned cpu);

#endif
