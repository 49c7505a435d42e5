/* SPDX-License-Identifier: MIT */
/*
 * What the engine's fuzzing targets share: images of text in memory of the exact size, and a host that
 * holds the engine to the order of pv/host.h:
 *
 *	struct input in = input_begin(data, size);
 *	area_make(&areas[0], 1u + take8(&in));
 *	pv_image_add(&areas[0].image);
 *	remember();
 *	pv_apply(...);			each byte of text is written once at most
 *	must(rounds == 1, "one round, not %u", rounds);
 *
 * `writable` is what the host says of text: a short loop's stores are not seen here.
 *
 * Included once, before all else of pv/.
 *
 *	-DPEDANT_BREAK_WRITE: a write loses its last byte; the fuzzer must notice.
 */
#ifndef TESTS_HOST_FUZZ_H
#define TESTS_HOST_FUZZ_H

#include "pv/engine.h"
#include "pv/feature.h"
#include "pv/host.h"

#include "tests/host/fuzz_input.h"

#define IMAGES   2
#define TEXT_MAX 256 /* bytes of text in one */

/* The images, with what their text was before the pass and what the pass has written. */
static struct area {
	struct pv_image image;
	size_t size;
	uint8_t before[TEXT_MAX];
	bool written[TEXT_MAX];
} areas[IMAGES];

static void area_make(struct area *a, size_t size)
{
	memset(a, 0, sizeof(*a));
	a->size = size;
	a->image.text = exact(size);
	a->image.text_end = a->image.text + size;
}

/* The engine's own section: usually elsewhere, but nothing says that it may not lie in the text. */
static void area_own(struct area *a, uint8_t *elsewhere, size_t start, size_t n)
{
	a->image.engine = elsewhere;
	a->image.engine_end = elsewhere + 16;
	if (start + n < a->size) {
		a->image.engine = a->image.text + start;
		a->image.engine_end = a->image.engine + n;
	}
}

/* Numbers and no pointers: hostile ones wrap around. */
static struct area *area_of(const uint8_t *at, size_t len)
{
	for (unsigned i = 0; i < IMAGES; i++) {
		uintptr_t offset = (uintptr_t)at - (uintptr_t)areas[i].image.text;

		if (offset <= areas[i].size && len <= areas[i].size - offset)
			return &areas[i];
	}
	return NULL;
}

/*
 * The host: what is being done, as in pv/host.h. In somebody's turn of live changes nobody waits:
 * interrupts are off for each write, and a byte is written more than once.
 */
static enum phase { IDLE, GATHERED, HALTED, SYNCED, RUNNING } phase;
static bool in_turn;
static unsigned rounds, writes; /* since remember() */

static void remember(void)
{
	rounds = writes = 0;
	for (unsigned i = 0; i < IMAGES; i++) {
		memcpy(areas[i].before, areas[i].image.text, areas[i].size);
		memset(areas[i].written, 0, areas[i].size);
	}
}

static void nothing_changed(const char *when)
{
	for (unsigned i = 0; i < IMAGES; i++)
		must(!memcmp(areas[i].before, areas[i].image.text, areas[i].size),
		     "the same text of image %u after %s", i, when);
}

/* Is text what it should be? */
static void expect(uint8_t expected[IMAGES][TEXT_MAX])
{
	for (unsigned i = 0; i < IMAGES; i++) {
		const uint8_t *text = areas[i].image.text;

		for (size_t k = 0; memcmp(text, expected[i], areas[i].size); k++)
			must(text[k] == expected[i][k], "byte %u of image %u: %02x, not %02x",
			     (unsigned)k, i, expected[i][k], text[k]);
	}
}

static void phase_change(enum phase from, enum phase to)
{
	must(phase == from, "phase %u before phase %u, not %u", from, to, phase);
	phase = to;
}

void pv_host_gather(void)
{
	phase_change(IDLE, GATHERED);
}

uint32_t pv_host_irq_save(void)
{
	phase_change(in_turn ? IDLE : GATHERED, HALTED);
	return 1;
}

void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	struct area *a = area_of(at, n);

	must(phase == HALTED, "writes before the serialization, in phase %u", phase);
	must(a && n, "a write within text, not %u bytes at %p", (unsigned)n, (void *)at);
	for (size_t i = (size_t)(at - a->image.text), end = i + n; i < end; i++) {
		must(in_turn || !a->written[i], "byte %u of text written once", (unsigned)i);
		a->written[i] = true;
	}
	writes++;
#ifdef PEDANT_BREAK_WRITE
	n--;
#endif
	memcpy(at, bytes, n);
}

static bool writable;

bool pv_host_text_writable(void)
{
	must(phase == GATHERED, "the host asked before the pass, not in phase %u", phase);
	return writable;
}

void pv_host_sync_self(void)
{
	phase_change(in_turn ? IDLE : HALTED, in_turn ? IDLE : SYNCED);
}

void pv_host_irq_restore(uint32_t flags)
{
	must(flags == 1, "the flags that were saved, not %u", flags);
	phase_change(in_turn ? HALTED : SYNCED, in_turn ? IDLE : RUNNING);
}

void pv_host_release(void)
{
	phase_change(RUNNING, IDLE);
	rounds++;
}

uint64_t pv_host_time(void)
{
	must(phase == IDLE, "the clock is not read during a pass: phase %u", phase);
	return 0;
}

static uint32_t host_features[PV_FEATURE_WORDS]; /* none, unless a target says so */

bool pv_host_has(unsigned feature)
{
	return feature / 32 < PV_FEATURE_WORDS && host_features[feature / 32] >> feature % 32 & 1;
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	fuzz_fail("no panic: %s", format);
}

/* Zeros, but for the refusals, of which `listed` says how many are there: there is much room. */
static struct pv_stats *stats_begin(struct pv_count *rows, unsigned n)
{
	static struct pv_stats stats;

	memset(&stats, 0, offsetof(struct pv_stats, refusal));
	memset(rows, 0, n * sizeof(*rows));
	stats.row = n ? rows : NULL;
	return &stats;
}

/* Where a refused record counts beside the total: in the row that it names, if it can be meant. */
static __attribute__((unused)) void refusal_counts(const struct pv_family *family,
						   const void *record, const void *at,
						   enum pv_why why, struct pv_count *rows)
{
	struct pv_site site;

	if (!record || why == PV_WHY_TYPE || why == PV_WHY_FEATURE)
		return;
	family->bytes(record, NULL, &site);
	if (site.at != at || site.row >= family->rows)
		return;
	rows[site.row].sites++;
	rows[site.row].refused++;
}

#endif
