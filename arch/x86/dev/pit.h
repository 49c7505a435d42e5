/* SPDX-License-Identifier: MIT */
/*
 * The 8254 (Intel 8254 data sheet): channel 0 raises the line of interrupt 0, channel 2 is the
 * time.
 *
 *	if (pit_start_ticks(1000))
 *		khz = pit_measure_khz(read_some_counter);
 *	if (pit_start_clock())
 *		ns = pit_clock_ns();
 *
 * A machine may lack the chip: everything here ends without it.
 */
#ifndef ARCH_X86_DEV_PIT_H
#define ARCH_X86_DEV_PIT_H

#include <stdbool.h>
#include <stdint.h>

/* Interrupt 0 hz times a second, hz being at least 19. False: the channel does not count. */
bool pit_start_ticks(unsigned hz);

/*
 * How fast a counter runs that read() reads, in counts a millisecond; of CPUs slower than their
 * clock, as emulators' are, too. 0: channel 2 never gets there. Before pit_start_clock(), with
 * interrupts off.
 */
uint32_t pit_measure_khz(uint64_t (*read)(void));

/* Channel 2 counts for good from here on. False: it does not. */
bool pit_start_clock(void);

/*
 * Nanoseconds since then. Never goes back, and is never ahead; behind by what passed between two
 * readings that were more than 55 ms apart. From any CPU, with interrupts on or off; nobody waits
 * for another CPU here.
 */
uint64_t pit_clock_ns(void);

#endif
