// SPDX-License-Identifier: MIT
/*
 * The tick as a witness. Each look at the PIC comes with a pause: an emulator whose devices are
 * looked at without end falls behind with them, and ticks get late. A tick's length is the median
 * of some, since a stutter makes one look longer or shorter.
 */
#include "tests/kernel/machine/tick.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "pv/paravirt.h"

#define LOOKS_MAX 500000 /* half a second under TCG, for what comes within a millisecond */
#define SAMPLES   5

unsigned tick_length;

static bool line_is_up(void)
{
	for (volatile unsigned pause = 0; pause < 100; pause++)
		;
	return irq_pending(0);
}

void tick_look(unsigned looks)
{
	while (looks--)
		line_is_up();
}

unsigned tick_line_rises(void)
{
	unsigned looks = 1;

	while (!line_is_up())
		if (++looks == LOOKS_MAX)
			return 0;
	return looks;
}

/* From one tick, which is served here, to the next one, which waits at the end. */
static unsigned measure_one(void)
{
	local_irq_enable();
	local_irq_disable();
	return tick_line_rises();
}

void tick_measure(void)
{
	unsigned sorted[SAMPLES] = {0}, looks;

	local_irq_disable();
	looks = tick_line_rises();
	for (unsigned n = 0; n < SAMPLES && looks; n++) {
		unsigned at = n;

		looks = measure_one();
		for (; at && sorted[at - 1] > looks; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = looks;
	}
	local_irq_enable();
	tick_length = looks ? sorted[SAMPLES / 2] : 0;
}

bool tick_arrives(void)
{
	static bool measured;

	if (!measured && timer_present())
		tick_measure();
	measured = true;
	return tick_length != 0 && timer_ticks != 0;
}

bool tick_on(void)
{
	const uint32_t before = timer_ticks;

	for (unsigned looks = LOOKS_MAX; looks && timer_ticks == before; looks--)
		line_is_up();
	return timer_ticks != before;
}

void tick_wait(void)
{
	for (unsigned looks = 3 * tick_length; looks && !line_is_up(); looks--)
		;
	tick_look(tick_length / 4);
}

bool tick_off(void)
{
	const uint32_t before = timer_ticks;

	tick_wait();
	return timer_ticks == before;
}
