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
#define SAMPLES   9

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

static unsigned measure_one(void)
{
	unsigned looks;

	local_irq_disable();
	tick_line_rises();
	local_irq_enable();
	local_irq_disable();
	looks = tick_line_rises();
	local_irq_enable();
	return looks;
}

void tick_measure(void)
{
	unsigned sorted[SAMPLES] = {0};

	tick_length = 0;
	for (unsigned n = 0; n < SAMPLES; n++) {
		unsigned looks = measure_one(), at = n;

		if (!looks)
			return;
		for (; at && sorted[at - 1] > looks; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = looks;
	}
	tick_length = sorted[SAMPLES / 2];
}

bool tick_arrives(void)
{
	static bool measured;

	if (!measured && timer_present())
		tick_measure();
	measured = true;
	return tick_length != 0 && timer_ticks != 0;
}

static bool tick_within(unsigned looks)
{
	uint32_t before = timer_ticks;

	while (timer_ticks == before && looks--)
		line_is_up();
	return timer_ticks != before;
}

bool tick_on(void)
{
	return tick_within(LOOKS_MAX);
}

bool tick_off(void)
{
	return !tick_within(3 * tick_length);
}
