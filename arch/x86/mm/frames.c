// SPDX-License-Identifier: MIT
/*
 * A count for each page that there is, and a list through the free ones' first words. The counts are
 * changed under the lock, so that of two who give the same page back one is the last.
 */
#include "arch/x86/mm/frames.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/trap/panic.h"
#include <stddef.h>

#define BATCH     16u /* pages that are taken at a time */
#define COUNT_MAX UINT16_MAX

static spinlock_t lock = SPINLOCK_IRQS_OFF("programs' pages");
static uint16_t *counts; /* by page number */
static uint32_t nr_counts;
static void *free_list;
static uint32_t nr_used;

bool frames_init(void)
{
	uint32_t n = pages_end() / PAGE_SIZE;

	if (!counts) {
		counts = pages_alloc((n * sizeof(*counts) + PAGE_SIZE - 1) / PAGE_SIZE);
		nr_counts = n;
	}
	return counts != NULL;
}

static uint16_t *count_of(const void *page)
{
	uint32_t number = (uint32_t)page / PAGE_SIZE;

	if (number >= nr_counts || (uint32_t)page % PAGE_SIZE)
		panic("frames: %p is no program's page", page);
	return &counts[number];
}

static void push(void *page)
{
	*(void **)page = free_list;
	free_list = page;
}

/* Also where a whole batch is not to be had in a row. */
static bool refill(void)
{
	unsigned long flags;
	uint32_t n = BATCH;
	uint8_t *pages = pages_alloc(n);

	if (!pages)
		pages = pages_alloc(n = 1);
	if (!pages || (uint32_t)pages / PAGE_SIZE + n > nr_counts)
		return false;
	spin_lock_irqsave(&lock, flags);
	while (n--)
		push(pages + n * PAGE_SIZE);
	spin_unlock_irqrestore(&lock, flags);
	return true;
}

static void *pop(void)
{
	unsigned long flags;
	void *page;

	spin_lock_irqsave(&lock, flags);
	page = free_list;
	if (page) {
		free_list = *(void **)page;
		*count_of(page) = 1;
		nr_used++;
	}
	spin_unlock_irqrestore(&lock, flags);
	return page;
}

/* Others may be faster at what was just fetched. */
void *frame_get_dirty(void)
{
	void *page = pop();

	while (!page && refill())
		page = pop();
	return page;
}

void *frame_get(void)
{
	void *page = frame_get_dirty();

	if (page)
		fill_words(page, 0, PAGE_SIZE);
	return page;
}

bool frame_share(void *page)
{
	uint16_t *count = count_of(page);
	unsigned long flags;
	bool can;

	spin_lock_irqsave(&lock, flags);
	can = *count < COUNT_MAX;
	*count += can;
	spin_unlock_irqrestore(&lock, flags);
	return can;
}

void frame_put(void *page)
{
	uint16_t *count = count_of(page);
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	if (!*count)
		panic("frames: %p is given back twice", page);
	if (!--*count) {
		push(page);
		nr_used--;
	}
	spin_unlock_irqrestore(&lock, flags);
}

bool frame_is_shared(const void *page)
{
	return *(volatile uint16_t *)count_of(page) > 1;
}

/* As many of them as lie beside each other, which come in rows. The rest of the list. */
static void *free_row(uint8_t *first)
{
	uint8_t *next = *(void **)first;
	uint32_t n = 1;

	while (next && (next == first + n * PAGE_SIZE || next == first - PAGE_SIZE)) {
		if (next < first)
			first = next;
		n++;
		next = *(void **)next;
	}
	pages_free(first, n);
	return next;
}

void frames_trim(void)
{
	unsigned long flags;
	void *list;

	spin_lock_irqsave(&lock, flags);
	list = free_list;
	free_list = NULL;
	spin_unlock_irqrestore(&lock, flags);
	while (list)
		list = free_row(list);
}

uint32_t frames_used(void)
{
	return *(volatile uint32_t *)&nr_used;
}
