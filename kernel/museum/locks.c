// SPDX-License-Identifier: MIT
/*
 * SMP locks.
 */
#include "kernel/museum/exhibit.h"
#include "pv/smp_locks.h"
#include <stddef.h>

#define NOP 0x90

static enum pv_why nop_for_lock(const void *record, const void *state, struct pv_site *out)
{
	const enum pv_why why = RIGHT(smp_locks_family.bytes)(record, state, out);

	if (state == &smp_locks_up)
		out->bytes[0] = NOP;
	return why;
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
	{NULL},
};
