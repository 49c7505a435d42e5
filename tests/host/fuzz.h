/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzing targets share: the input, memory of the exact size (so that ASan sees each byte
 * beside it that is touched), images of text, and a host that holds the engine to the order of
 * pv/host.h:
 *
 *	struct input in = {data, data + size};
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

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

__attribute__((format(printf, 2, 3))) static void must(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return;
	va_start(args, format);
	fprintf(stderr, "fuzz: must be: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

static void *exact(size_t size)
{
	void *p = calloc(1, size);

	must(p, "%u bytes of memory", (unsigned)size);
	return p;
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
	a->image.own = elsewhere;
	a->image.own_end = elsewhere + 16;
	if (start + n < a->size) {
		a->image.own = a->image.text + start;
		a->image.own_end = a->image.own + n;
	}
}

static void area_free(struct area *a)
{
	free(a->image.text);
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

/* The host: what is being done, as in pv/host.h. */
static enum phase { IDLE, GATHERED, HALTED, SYNCED, RUNNING } phase;
static unsigned rounds, writes; /* since remember() */

static void remember(void)
{
	rounds = writes = 0;
	for (unsigned i = 0; i < IMAGES; i++) {
		memcpy(areas[i].before, areas[i].image.text, areas[i].size);
		memset(areas[i].written, 0, sizeof(areas[i].written));
	}
}

static void nothing_changed(const char *when)
{
	for (unsigned i = 0; i < IMAGES; i++)
		must(!memcmp(areas[i].before, areas[i].image.text, areas[i].size),
		     "the same text of image %u after %s", i, when);
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
	phase_change(GATHERED, HALTED);
	return 1;
}

void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	struct area *a = area_of(at, n);

	must(phase == HALTED, "writes before the serialization, in phase %u", phase);
	must(a && n, "a write within text, not %u bytes at %p", (unsigned)n, (void *)at);
	for (size_t i = (size_t)(at - a->image.text), end = i + n; i < end; i++) {
		must(!a->written[i], "byte %u of text written once", (unsigned)i);
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
	phase_change(HALTED, SYNCED);
}

void pv_host_irq_restore(uint32_t flags)
{
	must(flags == 1, "the flags that were saved, not %u", flags);
	phase_change(SYNCED, RUNNING);
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
	must(false, "no panic: %s", format);
	abort();
}

/* Where a refused record counts beside the total: in the row that it names, if it can be meant. */
static void refusal_counts(const struct pv_family *family, const void *record, const void *at,
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
