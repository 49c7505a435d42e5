// SPDX-License-Identifier: MIT
/*
 * The n-th change makes the jump when n is odd and the NOP when it is even. Each has three epochs,
 * which one word tells the others; plain stores, since those of one CPU are seen in their order:
 *
 *	settling	nothing is changed; the site is written once more, and all synchronize, so
 *			that what the change before has left in a CPU is not counted for this one
 *	changing	from before its first store
 *	ended		to behind its last one; nobody synchronizes for it
 *
 * A pass reads the epoch first. The changer waits in the first and the last one until each runner
 * has made PASSES that began in it.
 */
#include "kernel/litmus/run.h"
#include <stddef.h>

#define PASSES      4u
#define PATIENCE_MS 60000u /* an emulated CPU may have to wait for its host */

enum phase { SETTLING, CHANGING, ENDED, PHASES = 4 };

static volatile uint32_t epoch;  /* change * PHASES + phase */
static volatile uint32_t newest; /* the last change that somebody has seen new */
static volatile uint32_t over;

/* The row that runs. */
static const struct litmus_change *change;
static struct litmus_memory site;

static struct runner {
	struct litmus_seen seen;
	uint32_t began, knew;      /* of the pass that goes on: epoch and newest before it */
	volatile uint32_t in, did; /* passes that began in this epoch, and ended */
	volatile uint32_t wrong;
} __attribute__((aligned(128))) runners[LITMUS_CPUS_MAX];

/* ---- the other CPUs ---- */

static void ended(struct runner *r)
{
	if (r->in == r->began) {
		r->did++;
		return;
	}
	r->did = 1; /* before `in`: whoever reads that one counts no passes of another epoch */
	r->in = r->began;
}

static void ran(struct runner *r, uint32_t text)
{
	uint32_t n = r->began / PHASES, phase = r->began % PHASES;

	if (text > LITMUS_JMP) {
		r->seen.torn++;
		r->wrong++;
	} else if (phase == SETTLING) {
		;
	} else if (text == (n & 1)) {
		r->seen.as_new++;
		if (newest != n)
			newest = n;
	} else if (phase == ENDED) {
		r->seen.stale++;
		r->wrong++;
	} else if (r->knew == n) {
		r->seen.back++;
		r->wrong++;
	} else {
		r->seen.as_old++;
	}
	ended(r);
}

static void trapped(struct runner *r, uint32_t vector, uintptr_t at)
{
	if (change->breakpoints && vector == LITMUS_BREAKPOINT && at == (uintptr_t)site.code + 1) {
		ran(r, litmus_meaning);
		return;
	}
	r->seen.trapped++;
	r->wrong++;
	ended(r);
}

static void passes(void *arg)
{
	struct runner *r = arg;
	litmus_code *code = (litmus_code *)(uintptr_t)site.code;

	while (!over) {
		r->began = epoch;
		r->knew = newest;
		ran(r, code());
	}
}

static void run(unsigned i)
{
	struct runner *r = &runners[i];

	while (!over) {
		uintptr_t at;
		uint32_t vector = litmus_try(passes, r, &at);

		if (vector != LITMUS_RETURNED)
			trapped(r, vector, at);
	}
}

/* ---- the CPU that changes ---- */

static void wait_for_passes(void)
{
	uint32_t start = litmus_ms(), now = epoch;

	for (unsigned i = 0; i < litmus_runners(); i++)
		while (runners[i].in != now || runners[i].did < PASSES) {
			litmus_relax();
			if (litmus_ms() - start > PATIENCE_MS)
				litmus_die("a CPU makes no passes any more", i);
		}
}

/* Asked when all passes that began before the next change are over: was the last one wrong? */
static void count_wrong(struct litmus_row *row)
{
	static uint32_t before;
	uint32_t now = 0;

	for (unsigned i = 0; i < litmus_runners(); i++)
		now += runners[i].wrong;
	if (row->changes && now != before)
		row->wrong++;
	before = now;
}

/* So that a change does not always begin at the same point of the others' loop. */
static void dawdle(void)
{
	static uint32_t random = 1;

	random = random * 1103515245 + 12345;
	for (uint32_t i = random >> 24; i > 0; i--)
		asm volatile("");
}

/* What holds needs no help between two changes. */
static void settle(uint32_t n, enum litmus_text text)
{
	epoch = n * PHASES + SETTLING;
	if (!change->whole) {
		litmus_write(site.data, text);
		litmus_synchronize();
	}
	wait_for_passes();
	dawdle();
}

static void change_once(struct litmus_row *row)
{
	const uint32_t n = row->changes + 1;

	settle(n, !(n & 1));
	count_wrong(row);
	epoch = n * PHASES + CHANGING;
	row->why = change->make(&site, n & 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	epoch = n * PHASES + ENDED;
	wait_for_passes();
	row->changes += !row->why;
}

static void begin(const struct litmus_row *row, const struct litmus_memory *memory)
{
	const uint32_t offset = litmus_offset(row->place);

	change = row->change;
	site = (struct litmus_memory){memory->code + offset, memory->data + offset};
	for (unsigned i = 0; i < LITMUS_CPUS_MAX; i++)
		runners[i] = (struct runner){.wrong = 0};
	over = newest = 0;
	epoch = PHASES + SETTLING;
	litmus_meaning = LITMUS_NOP;
	if (change->whole)
		litmus_commit_begin(site.code);
}

/* Nobody runs through the site any more, which gets its NOP back. */
static void end(struct litmus_row *row)
{
	if (row->changes & 1)
		change->make(&site, LITMUS_NOP);
	if (change->whole)
		litmus_commit_end();
	for (unsigned i = 0; i < litmus_runners(); i++) {
		const struct litmus_seen *seen = &runners[i].seen;

		row->seen.as_old += seen->as_old;
		row->seen.as_new += seen->as_new;
		row->seen.torn += seen->torn;
		row->seen.trapped += seen->trapped;
		row->seen.stale += seen->stale;
		row->seen.back += seen->back;
	}
}

void litmus_run_row(struct litmus_row *row, const struct litmus_memory *memory,
		    const struct litmus_change *how, enum litmus_place place, uint32_t n)
{
	*row = (struct litmus_row){.change = how, .place = place};
	begin(row, memory);
	litmus_start(run);
	while (row->changes < n && !row->why)
		change_once(row);
	over = 1;
	litmus_join();
	count_wrong(row);
	end(row);
}

/* ---- the instrument ---- */

static void run_once(void *arg)
{
	*(uint32_t *)arg = ((litmus_code *)(uintptr_t)site.code)();
}

static enum litmus_does does(unsigned mask)
{
	uint32_t ran = 0;
	uintptr_t at;

	for (unsigned i = 0; i < LITMUS_BYTES; i++)
		((volatile uint8_t *)site.data)[i] = litmus_bytes[mask >> i & 1][i];
	litmus_synchronize();
	if (litmus_try(run_once, &ran, &at) != LITMUS_RETURNED)
		return LITMUS_FAULTS;
	return ran == LITMUS_NOP ? LITMUS_AS_NOP : ran == LITMUS_JMP ? LITMUS_AS_JMP : LITMUS_TORN;
}

const char *litmus_run_mixtures(const struct litmus_memory *memory)
{
	bool right = true;

	for (unsigned place = 0; place < LITMUS_PLACES; place++) {
		const uint32_t offset = litmus_offset(place);

		site = (struct litmus_memory){memory->code + offset, memory->data + offset};
		for (unsigned mask = 0; mask < 1 << LITMUS_BYTES; mask++)
			right &= does(mask) == litmus_mixture(mask);
		right &= does(0) == LITMUS_AS_NOP;
	}
	return right ? NULL : "a mixture of old and new bytes does not do what it should";
}
