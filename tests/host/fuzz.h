/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzing targets share: the input, memory of the exact size (so that ASan sees each byte
 * beside it that is touched), images of text, and a host that holds the engine to the order of
 * pv/host.h:
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

#include <sanitizer/asan_interface.h>

/* Of the 64-bit program around (tests/host/fuzz_entry.c), whose headers x32 code does not have. */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
_Noreturn __attribute__((format(printf, 1, 2))) void fuzz_fail(const char *format, ...);

/* What a target is: an input's program is run. */
void fuzz_one(const uint8_t *data, size_t size);

#define IMAGES   2
#define TEXT_MAX 256 /* bytes of text in one */

struct input {
	const uint8_t *at, *end;
};

/* Behind its end the input is zeros. */
static uint8_t take8(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint32_t take32(struct input *in)
{
	uint32_t value = take8(in);

	for (unsigned i = 1; i < 4; i++)
		value |= (uint32_t)take8(in) << (8 * i);
	return value;
}

/* The next n bytes, as an input of their own: what is in it leaves the rest where it is. */
static __attribute__((unused)) struct input take_part(struct input *in, size_t n)
{
	size_t left = (size_t)(in->end - in->at);
	struct input part = {in->at, in->at + (n < left ? n : left)};

	in->at = part.end;
	return part;
}

#define must(condition, ...) ((condition) ? (void)0 : fuzz_fail(__VA_ARGS__))

/*
 * Memory of one input, never used and free again at the input's end, all of it. One of two halves,
 * by the input's length: who keeps an address too long most often meets what nobody has now, and
 * still each input finds the same addresses whenever it is run. Between two blocks is a gap.
 */
#define MEMORY_HALF 32768
#define MEMORY_GAP  16
static uint8_t memory[2][MEMORY_HALF] __attribute__((aligned(16)));
static uint8_t *memory_free, *memory_end;

static struct input input_begin(const uint8_t *data, size_t size)
{
	must(__asan_address_is_poisoned(&memory[2]), "a guard behind each global");
	if (!memory_free)
		ASAN_POISON_MEMORY_REGION(memory, sizeof(memory));
	else
		ASAN_POISON_MEMORY_REGION(memory_end - MEMORY_HALF,
					  (size_t)(memory_free - (memory_end - MEMORY_HALF)));
	memory_free = memory[size & 1] + MEMORY_GAP;
	memory_end = memory[size & 1] + MEMORY_HALF;
	return (struct input){data, data + size};
}

static void *exact(size_t size)
{
	uint8_t *p = memory_free;

	must(size + 2 * MEMORY_GAP < (size_t)(memory_end - p), "%u bytes of memory",
	     (unsigned)size);
	memory_free += (size + MEMORY_GAP + 7) & ~7u;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	memset(p, 0, size);
	return p;
}

/* Nobody has it any more. */
static void spent(void *p, size_t size)
{
	ASAN_POISON_MEMORY_REGION(p, size);
}

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
