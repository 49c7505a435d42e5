// SPDX-License-Identifier: MIT
#include "tests/kernel/live/instant.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/barrier.h"

/* Changes begun and ended, the last one that anybody has seen; all count from 1. */
static volatile uint32_t begun, ended, seen;
static volatile uint32_t wrong, looked;

void instant_reset(void)
{
	begun = ended = seen = wrong = looked = 0;
}

void instant_begin(uint32_t n)
{
	begun = n;
	smp_mb();
}

void instant_end(uint32_t n)
{
	smp_mb();
	ended = n;
}

static void see(uint32_t change)
{
	uint32_t now;

	do {
		now = seen;
		if ((int32_t)(now - change) >= 0)
			return;
	} while (cmpxchg(&seen, now, change) != now);
}

/* With one change at most meanwhile, each site is old or new. */
void instant_look(unsigned (*site)(void))
{
	uint32_t before = ended, known, form;

	smp_rmb();
	known = seen;
	form = site();
	smp_rmb();
	if (form > 1)
		wrong = 1;
	if (begun - before > 1 || (int32_t)(known - before) > 1)
		return;
	looked = 1;
	if (form == (before & 1)) {
		if (known == before + 1)
			wrong = 1; /* somebody has seen it new, and this is old */
	} else {
		see(before + 1);
	}
}

bool instant_looked(void)
{
	return looked;
}

bool instant_was_one(void)
{
	return !wrong;
}
