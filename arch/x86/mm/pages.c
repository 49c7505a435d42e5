// SPDX-License-Identifier: MIT
/*
 * Free pages are spans in an array, and not a list in the pages themselves: what is free stays
 * poisoned, and a map that is wrong about memory costs nothing until somebody wants it. Pages are
 * taken from the end of the highest span that has enough, so that taking makes no new spans.
 */
#include "arch/x86/mm/pages.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/user.h"
#include "lib/printk.h"
#include "lib/string.h"

#define SPANS_FIRST 256
#define SPANS_SPARE 32        /* so many may be added meanwhile, by all CPUs */
#define PAGES_LIMIT USER_BASE /* above are the addresses of programs, and then devices */

/* [first, end), in pages; in ascending order, and there is a gap between each two. */
static struct span {
	uint32_t first, end;
} first_spans[SPANS_FIRST], *spans = first_spans;
static unsigned nr_spans, spans_max = SPANS_FIRST;
static spinlock_t lock = SPINLOCK_IRQS_OFF("the spans of free pages");

/* What could not be said while the lock was held; first = end: nothing. */
static struct span lost;

extern uint8_t _image_end[];

static void insert_span(unsigned at, struct span span)
{
	if (nr_spans == spans_max) {
		lost = span;
		return;
	}
	memmove(&spans[at + 1], &spans[at], (nr_spans - at) * sizeof(spans[0]));
	spans[at] = span;
	nr_spans++;
}

static void remove_span(unsigned at)
{
	nr_spans--;
	memmove(&spans[at], &spans[at + 1], (nr_spans - at) * sizeof(spans[0]));
}

/* The first span that ends behind this page. */
static unsigned find_span(uint32_t page)
{
	unsigned at = 0;

	while (at < nr_spans && spans[at].end <= page)
		at++;
	return at;
}

static void add_span(struct span span)
{
	unsigned at = find_span(span.first);
	bool joins_below, joins_above;

	if (at < nr_spans && spans[at].first < span.end)
		panic("pages %08x to %08x: free already, from %08x to %08x", span.first * PAGE_SIZE,
		      span.end * PAGE_SIZE, spans[at].first * PAGE_SIZE, spans[at].end * PAGE_SIZE);
	joins_below = at > 0 && spans[at - 1].end == span.first;
	joins_above = at < nr_spans && spans[at].first == span.end;
	if (joins_below && joins_above) {
		spans[at - 1].end = spans[at].end;
		remove_span(at);
	} else if (joins_below)
		spans[at - 1].end = span.end;
	else if (joins_above)
		spans[at].first = span.first;
	else
		insert_span(at, span);
}

static void take_span(struct span span)
{
	for (unsigned at = find_span(span.first); at < nr_spans && spans[at].first < span.end;) {
		struct span old = spans[at], above = {span.end, old.end};

		if (old.first < span.first && span.end < old.end) {
			spans[at].end = span.first;
			insert_span(at + 1, above);
			return;
		}
		if (old.first < span.first)
			spans[at++].end = span.first;
		else if (span.end < old.end)
			spans[at++].first = span.end;
		else
			remove_span(at);
	}
}

/* Change the spans, alone. */
static void change(void (*how)(struct span), struct span span)
{
	struct span gone;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	how(span);
	gone = lost;
	lost = (struct span){0, 0};
	spin_unlock_irqrestore(&lock, flags);
	if (gone.first < gone.end)
		pr_warn("memory: more than %u free spans: %u pages at %08x are lost\n", spans_max,
			gone.end - gone.first, gone.first * PAGE_SIZE);
}

/* The address itself, or where pages end: from here on 32 bits are enough. */
static uint32_t within_limit(uint64_t address)
{
	return address < PAGES_LIMIT ? (uint32_t)address : PAGES_LIMIT;
}

/* base + length may be more than 64 bits hold. */
static uint32_t end_within_limit(uint64_t base, uint64_t length)
{
	return length < PAGES_LIMIT ? within_limit(within_limit(base) + length) : PAGES_LIMIT;
}

static uint32_t page_behind(uint32_t address)
{
	return (address + PAGE_SIZE - 1) / PAGE_SIZE;
}

void pages_add(uint64_t base, uint64_t length)
{
	uint32_t lowest = page_behind((uint32_t)_image_end);
	struct span span = {page_behind(within_limit(base)),
			    end_within_limit(base, length) / PAGE_SIZE};

	if (span.first < lowest)
		span.first = lowest;
	if (span.first < span.end)
		change(add_span, span);
}

void pages_reserve(uint64_t base, uint64_t length)
{
	struct span span = {within_limit(base) / PAGE_SIZE,
			    page_behind(end_within_limit(base, length))};

	if (length)
		change(take_span, span);
}

/* Two words at once: an empty bus may still carry the last value that was written to it. */
static bool holds(volatile uint32_t *word, uint32_t first, uint32_t second)
{
	word[0] = first;
	word[1] = second;
	return word[0] == first && word[1] == second;
}

bool pages_are_memory(const void *start, const void *end)
{
	uint32_t page = (uint32_t)start & ~(PAGE_SIZE - 1);

	for (; page < (uint32_t)end; page += PAGE_SIZE) {
		volatile uint32_t *word = (volatile uint32_t *)page;
		uint32_t was[2] = {word[0], word[1]};
		bool is = holds(word, 0x5aa5c33c, ~0x5aa5c33cu) && holds(word, ~0x5aa5c33cu, 0);

		word[0] = was[0];
		word[1] = was[1];
		if (!is)
			return false;
	}
	return true;
}

/*
 * The first of n pages, 0: there are none. A span that is no memory is taken out and is what comes back
 * in *wrong.
 */
static uint32_t take(uint32_t n, struct span *wrong)
{
	for (unsigned at = nr_spans; n && at--;) {
		struct span *span = &spans[at];
		uint32_t first = span->end - n;

		if (span->end - span->first < n)
			continue;
		if (!pages_are_memory((void *)(first * PAGE_SIZE),
				      (void *)(span->end * PAGE_SIZE))) {
			*wrong = *span;
			remove_span(at);
			return 0;
		}
		span->end = first;
		if (span->first == first)
			remove_span(at);
		return first;
	}
	return 0;
}

void *pages_alloc(uint32_t n)
{
	struct span wrong;
	unsigned long flags;
	uint32_t first;

	do {
		wrong = (struct span){0, 0};
		spin_lock_irqsave(&lock, flags);
		first = take(n, &wrong);
		spin_unlock_irqrestore(&lock, flags);
		if (wrong.end)
			pr_warn("memory: the loader's map is wrong, %08x to %08x is not all there: "
				"unused\n",
				wrong.first * PAGE_SIZE, wrong.end * PAGE_SIZE);
	} while (wrong.end);
	if (!first)
		return NULL;
	fill_words((void *)(first * PAGE_SIZE), 0, n * PAGE_SIZE);
	return (void *)(first * PAGE_SIZE);
}

/*
 * What was taken in order comes back in any: there may be as many spans as every other page. Their array
 * becomes twice as long, before that is too late; taking its pages adds no span. Not while memory is added,
 * of which some is somebody's still.
 */
static void spans_make_room(void)
{
	uint32_t n = spans_max * sizeof(*spans) / PAGE_SIZE;
	struct span *longer, *old = NULL;
	unsigned long flags;

	if (nr_spans + SPANS_SPARE < spans_max)
		return;
	longer = pages_alloc(n ? 2 * n : 1);
	spin_lock_irqsave(&lock, flags);
	if (longer && nr_spans + SPANS_SPARE >= spans_max) {
		memcpy(longer, spans, nr_spans * sizeof(*spans));
		old = spans;
		spans = longer;
		spans_max *= 2;
		longer = NULL;
	}
	spin_unlock_irqrestore(&lock, flags);
	if (longer)
		pages_free(longer, n ? 2 * n : 1); /* another CPU was faster */
	if (old && old != first_spans)
		pages_free(old, n);
}

/* Poisoned first: from then on they may be somebody's. */
void pages_free(void *pages, uint32_t n)
{
	uint32_t address = (uint32_t)pages, first = address / PAGE_SIZE;

	if (!address || address % PAGE_SIZE || !n || n > PAGES_LIMIT / PAGE_SIZE - first)
		panic("pages_free: %u pages at %p cannot be", n, pages);
	fill_words(pages, PAGES_POISON * 0x01010101u, n * PAGE_SIZE);
	spans_make_room();
	change(add_span, (struct span){first, first + n});
}

uint32_t pages_end(void)
{
	return nr_spans ? spans[nr_spans - 1].end * PAGE_SIZE : 0;
}

uint32_t pages_available(void)
{
	uint32_t n = 0;

	for (unsigned at = 0; at < nr_spans; at++)
		n += spans[at].end - spans[at].first;
	return n;
}

bool pages_is_free(const void *page)
{
	uint32_t number = (uint32_t)page / PAGE_SIZE;
	unsigned at = find_span(number);

	return at < nr_spans && spans[at].first <= number;
}
