// SPDX-License-Identifier: MIT
/*
 * SMP locks.
 */
#include "arch/x86/smp/smp.h"
#include "kernel/museum/exhibit.h"
#include "pv/look.h"
#include "pv/smp_locks.h"
#include "pv/sweep.h"
#include <stddef.h>

#define NOP 0x90

static enum pv_why nop_for_lock(const void *record, const void *state, struct pv_site *out)
{
	const enum pv_why why = RIGHT(smp_locks_family.bytes)(record, state, out);

	if (state == &smp_locks_up)
		out->bytes[0] = NOP;
	return why;
}

/* Asked for what was and then for what is to be: whatever is there is what was. */
static enum pv_why whatever_was(const void *record, const void *state, struct pv_site *out)
{
	static const void *asked;
	const enum pv_why why = RIGHT(smp_locks_family.bytes)(record, state, out);

	if (!state)
		return why;
	if (asked == record) {
		asked = NULL;
		return why;
	}
	asked = record;
	out->bytes[0] = *out->at;
	return why;
}

static bool any_f0(struct pv_range text, const uint8_t *at)
{
	(void)text;
	(void)at;
	return true;
}

static unsigned place_in_gone_text(struct pv_sweep *s, uint32_t at, unsigned len)
{
	const unsigned why = RIGHT(pv_sweep_place)(s, at, len);

	return why == PV_SITE_GONE ? PV_OK : why;
}

static enum smp_result locks_when_it_runs(unsigned cpu)
{
	void (*const locks_back)(void) = smp_before_first;
	const bool first = smp_online() == 1;
	enum smp_result result;

	smp_before_first = NULL;
	result = RIGHT(cpu_up)(cpu);
	smp_before_first = locks_back;
	if (first && !result && locks_back)
		locks_back();
	return result;
}

const struct exhibit museum_locks[] = {
	{
		.name = "lock-nop",
		.mistake = 29,
		.title = "the lock prefix becomes a NOP, not another prefix",
		.what = "for one CPU smp_locks_family.bytes says 90, where it said 3e",
		.expected =
			"a prefix that does nothing: the instruction stays one, so nobody stands between the two",
		.test = "smp_locks.both_states",
		.see = "make break M=126",
		.changes = {MUSEUM_SLOT_RIGHT(smp_locks_family.bytes, nop_for_lock)},
	},
	{
		.name = "lock-replaced",
		.mistake = 30,
		.title = "the byte at the site is neither, and is overwritten all the same",
		.what = "smp_locks_family.bytes says that what is there is what was there",
		.expected = "a byte that is neither f0 nor 3e is left alone, and counted",
		.test = "smp_locks.neither",
		.see = "make break M=127",
		.changes = {MUSEUM_SLOT_RIGHT(smp_locks_family.bytes, whatever_was)},
	},
	{
		.name = "lock-by-chance",
		.mistake = 30,
		.title = "a byte f0 that is no lock prefix is taken for one",
		.what = "smp_locks_family.look is content with any byte",
		.expected = "f0 within an operand, or before what cannot be locked, is refused",
		.test = "smp_locks.by_chance",
		.see = "make break M=402",
		.changes = {MUSEUM_SLOT(smp_locks_family.look, any_f0)},
	},
	{
		.name = "locks-late",
		.mistake = 31,
		.title = "the second CPU runs before the locks are back",
		.what = "cpu_up() puts lock prefixes back when the CPU is there",
		.expected = "f0 at all sites before the second CPU executes anything",
		.test = "hotplug.last_and_first",
		.see = "make break M=169",
		.cpus = 2,
		.changes = {MUSEUM_JUMP_RIGHT(cpu_up, locks_when_it_runs)},
	},
	{
		.name = "text-that-is-gone",
		.mistake = 32,
		.title =
			"records that point into init text are followed when its memory is others'",
		.what = "pv_sweep_place() finds nothing wrong with text that was given up",
		.expected = "such a site is counted as gone, and not touched",
		.test = "smp_locks.given_up",
		.see = "make break M=128",
		.changes = {MUSEUM_JUMP_RIGHT(pv_sweep_place, place_in_gone_text)},
	},
	{.name = NULL},
};
