// SPDX-License-Identifier: MIT
/*
 * The moment of patching.
 */
#include "kernel/museum/exhibit.h"
#include "pv/poke.h"
#include "pv/sweep.h"
#include <stddef.h>

#define EFLAGS_IF 0x200u
#define PAGE      4096u

static unsigned place_in_engine(struct pv_sweep *s, uint32_t at, unsigned len)
{
	const unsigned why = RIGHT(pv_sweep_place)(s, at, len);

	return why == PV_WHY_OWN ? PV_OK : why;
}

static void sync_too_late(void)
{
	pv_host_irq_restore(EFLAGS_IF);
	pv_host_irq_save();
	RIGHT(pv_host_sync_self)();
}

static void write_by_bytes(uint8_t *at, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		RIGHT(pv_host_text_write)(at + i, bytes + i, 1);
		if (i + 1 < n) {
			pv_host_irq_restore(EFLAGS_IF);
			pv_host_irq_save();
		}
	}
}

static void gather_nobody(void)
{
}

static bool walk_after_the_instant(const struct pv_change *c, enum pv_step step, pv_can_fn *can,
				   struct pv_stats *stats)
{
	if (step == PV_BREAKPOINTS && c->from == c->family->version[pv_present])
		pv_present = !pv_present;
	return RIGHT(pv_walk)(c, step, can, stats);
}

static void write_to_page_end(uint8_t *at, const uint8_t *bytes, size_t n)
{
	const size_t room = PAGE - (uint32_t)at % PAGE;

	RIGHT(pv_host_text_write)(at, bytes, n < room ? n : room);
}

static uint32_t *no_breakpoint(uint32_t *frame)
{
	(void)frame;
	return NULL;
}

/* A call needs a word more than there was, for its return address. */
static uint32_t *no_room_for_a_call(uint32_t *frame)
{
	uint32_t *moved = RIGHT(pv_breakpoint)(frame);

	if (!moved || moved >= frame)
		return moved;
	frame[2] = moved[2];
	frame[1] = moved[1];
	frame[0] = moved[0];
	return frame;
}

const struct exhibit museum_moment[] = {
	{
		.name = "patches-itself",
		.mistake = 1,
		.title = "the patcher patches code that it is running",
		.what = "pv_sweep_place() finds nothing wrong with a site in .pv.text",
		.expected =
			"a site in the engine's own section is refused, in a boot as in the build",
		.test = "engine_refusals.refuses_bad_records",
		.see = "make break M=015",
		.changes = {MUSEUM_JUMP_RIGHT(pv_sweep_place, place_in_engine)},
	},
	{
		.name = "sync-too-late",
		.mistake = 2,
		.title = "the CPU is serialized when interrupts are on again",
		.what = "pv_host_sync_self() lets interrupts come before it serializes",
		.expected =
			"an interrupt that waits comes when the CPU has forgotten what it had read",
		.test = "nmi.handler_sees_new_bytes",
		.see = "make break M=003",
		.changes = {MUSEUM_JUMP_RIGHT(pv_host_sync_self, sync_too_late)},
	},
	{
		.name = "byte-by-byte",
		.mistake = 3,
		.title = "NOPs are improved in place, byte by byte, with interrupts on",
		.what = "pv_host_text_write() lets interrupts come between two bytes",
		.expected = "a site is written in one copy, and no handler meets the half of it",
		.test = "nmi.handler_runs_new_padding",
		.panics = true,
		.see = "make break M=006",
		.changes = {MUSEUM_JUMP_RIGHT(pv_host_text_write, write_by_bytes)},
	},
	{
		.name = "others-run-on",
		.mistake = 4,
		.title = "text changes while the other CPUs run through it",
		.what = "pv_host_gather() comes back at once",
		.expected =
			"all others stand still from the first byte to the last, and serialize before they go on",
		.test = "gather.others_stand_still",
		.see = "make break M=164",
		.cpus = 2,
		.changes = {MUSEUM_JUMP(pv_host_gather, gather_nobody)},
	},
	{
		.name = "instant-early",
		.mistake = 5,
		.title = "sites of a live change are new at different times",
		.what = "pv_walk() makes breakpoints stand for new before it sets them",
		.expected =
			"breakpoints everywhere, a round of all CPUs, and only then one store that makes them new",
		.test = "live.at_every_instruction",
		.see = "make break M=493",
		.changes = {MUSEUM_JUMP_RIGHT(pv_walk, walk_after_the_instant)},
	},
	{
		.name = "page-end",
		.mistake = 7,
		.title = "the second page of a site across two pages is not written",
		.what = "pv_host_text_write() stops at the end of the page",
		.expected = "a site that lies in two read-only pages is written in both",
		.test = "engine_text.patches_at_page_ends",
		.see = "make break M=056",
		.changes = {MUSEUM_JUMP_RIGHT(pv_host_text_write, write_to_page_end)},
	},
	{
		.name = "no-handler",
		.mistake = 10,
		.title = "a breakpoint is met before its handler is installed",
		.what = "pv_breakpoint() knows of none",
		.expected =
			"who meets a breakpoint at a site goes on as if the site had been executed",
		.test = "live.breakpoint_means_present",
		.panics = true,
		.changes = {MUSEUM_JUMP(pv_breakpoint, no_breakpoint)},
	},
	{
		.name = "no-room-for-a-call",
		.mistake = 11,
		.title = "no room on the stack for a call that a breakpoint stands for",
		.what = "pv_breakpoint() leaves the frame where it is",
		.expected = "the frame moves down a word, and the function returns behind the site",
		.test = "calls.breakpoints",
		.panics = true,
		.changes = {MUSEUM_JUMP_RIGHT(pv_breakpoint, no_room_for_a_call)},
	},
	{.name = NULL},
};
