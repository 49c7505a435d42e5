/* SPDX-License-Identifier: MIT */
/*
 * The host of live changes, and the other CPUs, which meet breakpoints: between any two walks text is
 * compared with what the model says, and the handler is asked for each place that a record names,
 * and for those beside it.
 *
 * Included once, after tests/host/keyed_model.h.
 */
#ifndef TESTS_HOST_KEYED_HOST_H
#define TESTS_HOST_KEYED_HOST_H

#include "tests/host/keyed_model.h"

static bool interrupts_off;
static bool exactly; /* it is foretold which sites change */

/* ---- who meets a breakpoint ---- */

static uint32_t *stack; /* the frame, one word below it, and two of who was interrupted */

/* Where a jump or a call leads. */
static uint32_t target_of(const struct pv_site *site)
{
	uint32_t distance;

	if (site->kind == PV_INLINE)
		return (uint32_t)pv_return_0_called;
	if (site->len == 2)
		return (uint32_t)site->at + 2 + (uint32_t)(int8_t)site->bytes[1];
	memcpy(&distance, site->bytes + 1, sizeof(distance));
	return (uint32_t)site->at + LONG + distance;
}

/* Is this what comes of the frame when the record's site is executed? */
static bool is_as(const uint32_t *now, const void *record)
{
	const uint32_t at = to(record), *frame = stack + 1;
	struct pv_site site;

	if (says(record, state_of(sites_of(record), pv_present), &site))
		return false;
	if (site.kind == PV_NOP)
		return now == frame && now[0] == at + site.len;
	if (now[0] != target_of(&site))
		return false;
	return site.kind == PV_JMP ? now == frame : now == frame - 1 && now[3] == at + LONG;
}

static bool is_as_any(const uint32_t *now, uint32_t at)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; sites[t].added && i < sites[t].n; i++) {
			const int32_t *record = &sites[t].records[i * sites[t].words];

			if (to(record) == at && is_as(now, record))
				return true;
		}
	return false;
}

static void ask(uint32_t at)
{
	const void *record = exactly && in_turn ? stopping((const uint8_t *)at) : NULL;
	const uint32_t before[] = {0x11, at + 1, 0x22, 0x33, 0x44, 0x55};
	const uint32_t *now;

	memcpy(stack, before, sizeof(before));
	now = pv_breakpoint(stack + 1);
	if (!now) {
		must(!record, "what the breakpoint at %x stands for", at);
		must(!memcmp(stack, before, sizeof(before)), "a frame as it was");
		return;
	}
	must(now == stack + 1 || now == stack, "a frame for IRET");
	must(record ? is_as(now, record) : is_as_any(now, at), "the instruction at %x", at);
	must(now[1] == 0x22 && now[2] == 0x33 && stack[4] == 0x44 && stack[5] == 0x55,
	     "CS, EFLAGS and a stack as they were");
}

static void ask_all(void)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; i < sites[t].n; i++)
			for (uint32_t k = 0, at = to(&sites[t].records[i * sites[t].words]); k < 3;
			     k++)
				ask(at - 1 + k);
}

/* ---- the host ---- */

static unsigned synchronized; /* in this turn */
static uint32_t present;      /* before it */

const char *pv_host_live_begin(void)
{
	must(phase == IDLE && !in_turn, "one turn at a time");
	if (interrupts_off)
		return "interrupts are off";
	in_turn = true;
	synchronized = 0;
	present = pv_present;
	return NULL;
}

void pv_host_live_end(void)
{
	must(phase == IDLE && in_turn, "a turn to give on");
	in_turn = false;
}

/* Between two walks: other CPUs meet what stands there. */
uint64_t pv_host_sync_others(void)
{
	static const enum stage stages[PV_ROUNDS] = {STOPPED_OLD, STOPPED_OLD, STOPPED_NEW, NEW};

	must(phase == IDLE && in_turn, "CPUs that are synchronized in a turn");
	must(synchronized < PV_ROUNDS, "no more than %u rounds", PV_ROUNDS);
	must(pv_present == (synchronized < 2 ? present : !present), "the instant behind 2 rounds");
	if (exactly) {
		expected_after(stages[synchronized]);
		expect(expected);
	}
	ask_all();
	return ++synchronized;
}

#endif
