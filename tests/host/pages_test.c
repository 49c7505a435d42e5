/* SPDX-License-Identifier: MIT */
/*
 * Free pages (arch/x86/mm/pages.c) against a list of all that there are, by a fixed series of random ranges: odd
 * ones, beyond 4 GiB and around its end, more pieces than the array has room for. What is given out is memory here.
 *
 *	gcc -m32 -std=gnu11 -g -fsanitize=address,undefined -I. -o pages_test tests/host/pages_test.c
 *
 * Output is TAP, the plan last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The lock of a machine, of which there is none here. */
#define ARCH_X86_CPU_SPINLOCK_H
#define ARCH_X86_TRAP_PANIC_H

typedef int spinlock_t;
#define SPINLOCK_IRQS_OFF(guards)           0
#define spin_lock_irqsave(lock, flags)      ((flags) = (unsigned long)++*(lock))
#define spin_unlock_irqrestore(lock, flags) (--*(lock), (void)(flags))

static jmp_buf panicked;
static unsigned warned, warned_pages;

static _Noreturn void panic(const char *format, ...)
{
	(void)format;
	longjmp(panicked, 1);
}

#include "arch/x86/mm/pages.c"
#include "tests/host/tap.h"

#define ARENA  0x10000000u
#define N      1500u /* pages of it */
#define FIRST  (ARENA / PAGE_SIZE)
#define BYTES  (N * PAGE_SIZE)
#define IMAGE  20u /* the first of them are the image */
#define ROW    16u /* pages in a row, for longer arrays */
#define POISON 0xccccccccu

__asm__(".globl _image_end\n_image_end = 0x10013801"); /* in page 19 of the arena */

void printk(enum printk_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warned += level == PRINTK_WARN && va_arg(args, unsigned) == spans_max;
	warned_pages += va_arg(args, unsigned);
	va_end(args);
}

void fill_words(void *to, uint32_t word, size_t n)
{
	for (size_t i = 0; i < n / 4; i++)
		((uint32_t *)to)[i] = word;
}

static bool is_there[N]; /* free, by the list */
static uint8_t taken[N]; /* so many pages were given out from here on */

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static bool as_listed(void)
{
	uint32_t n = 0, end = 0;

	for (uint32_t i = 0; i < N; i++) {
		n += is_there[i];
		end = is_there[i] ? FIRST + i + 1 : end;
		if (pages_is_free((void *)(ARENA + i * PAGE_SIZE)) != is_there[i] ||
		    pages_is_free((void *)(ARENA + i * PAGE_SIZE + PAGE_SIZE - 1)) != is_there[i])
			return false;
	}
	for (uint32_t i = 0; i < nr_spans; i++)
		if (spans[i].first >= spans[i].end ||
		    (i && spans[i].first <= spans[i - 1].end)) /* two that touch are one */
			return false;
	return pages_available() == n && pages_end() == end * PAGE_SIZE && !lock;
}

/* Bytes [from, to) of the arena; all pages that are in there whole, or that have one of them. */
static void list(uint64_t from, uint64_t to, bool whole, bool value)
{
	for (uint32_t i = 0; i < N; i++) {
		const uint64_t start = ARENA + i * PAGE_SIZE, end = start + PAGE_SIZE;

		if (whole ? from <= start && end <= to && i >= IMAGE : from < end && start < to)
			is_there[i] = value;
	}
}

static bool is_free_in(uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < N; i++)
		if (is_there[i] && ARENA + i * PAGE_SIZE < to && from < ARENA + (i + 1) * PAGE_SIZE)
			return true;
	return false;
}

static bool is_taken_in(uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < N; i++)
		if (taken[i] && ARENA + i * PAGE_SIZE < to &&
		    from < ARENA + (i + taken[i]) * PAGE_SIZE)
			return true;
	return false;
}

static void random_range(uint64_t *from, uint64_t *to)
{
	*from = ARENA + below(N) * PAGE_SIZE + (below(2) ? 0 : below(3) - 1);
	*to = *from + below(12) * PAGE_SIZE + (below(2) ? 0 : below(3));
	*to = *to > ARENA + BYTES ? ARENA + BYTES : *to;
}

/* Where pages have to come from: the end of the highest span that has enough. */
static uint32_t highest(uint32_t n)
{
	uint32_t row = 0;

	for (uint32_t i = N; i-- > 0;) {
		row = is_there[i] ? row + 1 : 0;
		if (row == n)
			return i;
	}
	return N;
}

static bool take_some(void)
{
	const uint32_t n = below(9), at = n ? highest(n) : N;
	uint32_t *pages = pages_alloc(n);

	if (at == N || !pages)
		return at == N && !pages;
	for (uint32_t i = 0; i < n * PAGE_SIZE / 4; i++)
		if (pages[i])
			return false;
	list(ARENA + at * PAGE_SIZE, ARENA + (at + n) * PAGE_SIZE, true, false);
	taken[at] = (uint8_t)n;
	return (uint32_t)pages == ARENA + at * PAGE_SIZE;
}

static bool give_some(void)
{
	const uint32_t *words;
	uint32_t at = below(N), n;

	while (at < N && !taken[at])
		at++;
	if (at == N)
		return true;
	n = taken[at];
	words = (const uint32_t *)(ARENA + at * PAGE_SIZE);
	pages_free((void *)words, n);
	taken[at] = 0;
	list(ARENA + at * PAGE_SIZE, ARENA + (at + n) * PAGE_SIZE, true, true);
	return words[0] == POISON && words[n * PAGE_SIZE / 4 - 1] == POISON;
}

static bool add_or_reserve(void)
{
	uint64_t from, to;

	random_range(&from, &to);
	if (to < from || is_taken_in(from, to))
		return true;
	if (below(3)) {
		pages_reserve(from, to - from);
		if (to > from)
			list(from, to, false, false);
	} else if (!is_free_in(from, to)) {
		pages_add(from, to - from);
		list(from, to, true, true);
	}
	return true;
}

static void by_lot(void)
{
	unsigned wrong = 0, most = 0;

	srand(11);
	pages_add(ARENA, BYTES);
	list(ARENA, ARENA + BYTES, true, true);
	for (unsigned i = 0; i < 3000 && !wrong; i++) {
		const uint32_t what = below(9);

		wrong += !(what == 0 ? add_or_reserve() : what < 5 ? give_some() : take_some());
		wrong += !as_listed();
		most = nr_spans > most ? nr_spans : most;
	}
	ok(!wrong, "3000 steps by lot are as listed, with %u pieces at most", most);
}

static void odd_ranges(void)
{
	static const uint64_t none[][2] = {
		{0, 0x100000},
		{0xc0000000, 0x1000},
		{0xbffff001, 0x1fff},
		{0x100000000, 0x100000000},
		{0xfffffffffffff000, 0x1000},
		{0xffffffffffffffff, 0xffffffffffffffff},
		{0x20000000, 0},
		{0x20000001, 0x1ffe},
	};
	uint32_t before;

	pages_reserve(0, ~0ull);
	ok(!pages_available() && !pages_end(), "all of 64 bits can be reserved");
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		pages_add(none[i][0], none[i][1]);
		ok(!pages_available(), "no page is in %llx, %llx", (unsigned long long)none[i][0],
		   (unsigned long long)none[i][1]);
	}
	pages_add(0, ~0ull);
	ok(pages_available() == 0xc0000 - FIRST - IMAGE && pages_end() == 0xc0000000,
	   "what is above the image, and below programs, can be added");
	before = pages_available();
	pages_reserve(0xc0000000, ~0ull);
	pages_reserve(0xffffffff00000000, ~0ull);
	pages_reserve(ARENA + BYTES, 0);
	ok(pages_available() == before, "and is not reserved by what is above, or by nothing");
	pages_reserve(0xbfffffff, 1);
	ok(pages_available() == before - 1 && pages_end() == 0xbffff000, "but for its last byte");
	pages_reserve(0, ~0ull);
}

/* More pieces than there is room for: while memory is added they are lost, and said; otherwise there is more room. */
static void pieces(void)
{
	unsigned wrong = 0;

	warned = warned_pages = 0;
	for (uint32_t i = 0; i < spans_max; i++)
		pages_add(ARENA + (IMAGE + 4 * i) * PAGE_SIZE, PAGE_SIZE);
	ok(!warned && pages_available() == SPANS_FIRST, "there is room for %u", SPANS_FIRST);
	pages_add(ARENA + (IMAGE + 2) * PAGE_SIZE, PAGE_SIZE);
	ok(warned == 1 && warned_pages == 1 && pages_available() == SPANS_FIRST,
	   "one more is lost, and said");
	pages_add(ARENA + (IMAGE + 1) * PAGE_SIZE, PAGE_SIZE);
	ok(warned == 1 && pages_available() == SPANS_FIRST + 1, "one that joins another is not");
	pages_reserve(0, ~0ull);

	pages_add(ARENA, BYTES);
	for (uint32_t i = 0; i < N; i++)
		taken[i] = 0;
	while (pages_alloc(1))
		;
	pages_free((void *)(ARENA + IMAGE * PAGE_SIZE), ROW);
	for (uint32_t i = IMAGE + ROW; i < N; i += 2)
		pages_free((void *)(ARENA + (i + 1) * PAGE_SIZE), 1);
	for (uint32_t i = IMAGE + ROW; i < N; i += 2)
		wrong += pages_is_free((void *)(ARENA + i * PAGE_SIZE));
	ok(!wrong && warned == 1 && spans_max == 4 * SPANS_FIRST,
	   "what is given back in pieces finds room for them: for %u", spans_max);
	for (uint32_t i = 1; i < nr_spans; i++)
		wrong += spans[i].first <= spans[i - 1].end;
	ok(!wrong && pages_available() == ROW + (N - IMAGE - ROW) / 2 - 2,
	   "in order, and but for two of the room itself all of them are free: %u",
	   pages_available());
}

static bool panics(uint32_t address, uint32_t n)
{
	if (setjmp(panicked)) {
		lock = 0;
		return true;
	}
	pages_free((void *)address, n);
	return false;
}

static void refuses(void)
{
	const uint32_t at = ARENA + (N - 4) * PAGE_SIZE;

	pages_reserve(0, ~0ull);
	pages_add(at, PAGE_SIZE);
	ok(panics(0, 1) && panics(at + 1, 1) && panics(at + 0xfff, 1) && panics(at, 0),
	   "what is no page cannot be given back");
	ok(panics(at, 1) && panics(at - PAGE_SIZE, 2), "nor what is free");
	ok(panics(at, 0xc0000 - at / PAGE_SIZE + 1), "nor what goes beyond the end");
	ok(!panics(at - PAGE_SIZE, 1) && !panics(at + PAGE_SIZE, 1), "but what is beside it can");
	ok(pages_available() == 3 && nr_spans == 1, "and is one piece with it");
}

static void memory(void)
{
	uint8_t *page = (uint8_t *)ARENA + (N - 10) * PAGE_SIZE;

	for (unsigned i = 0; i < 2 * PAGE_SIZE; i++)
		page[i] = (uint8_t)(i * 7);
	ok(pages_are_memory(page, page + 2 * PAGE_SIZE), "memory is memory");
	ok(pages_are_memory(page + 5, page + 6), "and a part of it");
	for (unsigned i = 0; i < 2 * PAGE_SIZE; i++)
		if (page[i] != (uint8_t)(i * 7))
			page = NULL;
	ok(page != NULL, "and holds what it held");
}

int main(void)
{
	if (mmap((void *)ARENA, BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)ARENA)
		return 1;
	by_lot();
	odd_ranges();
	pieces();
	refuses();
	memory();
	return tests_end();
}
