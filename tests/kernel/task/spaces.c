// SPDX-License-Identifier: MIT
/*
 * Address spaces from the kernel's side. What a program sees of them is in tests/user/checks.c. The boot CPU
 * is in one for the length of a check, and nobody waits meanwhile.
 */
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/program.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/task/in_task.h"

#define AT     0xc0400000u
#define AREAS  64 /* of a space, that of the page of calls included */
#define BLOCKS 64
#define LARGE  2048 /* pages: whatever large pages are, some lie within */
#define TABLES 4
#define KERNEL 0x100000u

#define NEEDS_SPACES(t)                                                 \
	do {                                                            \
		KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off"); \
		NEEDS_MEMORY(t);                                        \
	} while (0)

static uint32_t page_at(unsigned i)
{
	return AT + i * PAGE_SIZE;
}

static struct space *new_space(struct ktap *t)
{
	struct space *space = space_create();

	CHECK(t, space, "there is a space");
	return space;
}

/* As a program in that space would: a word. */
static bool put(struct space *space, uint32_t at, uint32_t value)
{
	bool done;

	space_enter(space);
	done = copy_to_user(at, &value, sizeof(value));
	space_enter(NULL);
	return done;
}

/* 0xbad: it cannot be read. */
static uint32_t get(struct space *space, uint32_t at)
{
	uint32_t value = 0;
	bool done;

	space_enter(space);
	done = copy_from_user(&value, at, sizeof(value));
	space_enter(NULL);
	return done ? value : 0xbad;
}

/* ---- areas ---- */

static void refusals(struct ktap *t, struct space *space)
{
	CHECK_EQ(t, space_map(space, AT, page_at(4), SPACE_WRITE), SPACE_OK, "four pages");
	CHECK_EQ(t, space_map(space, page_at(3), page_at(5), 0), SPACE_BAD, "over their end");
	CHECK_EQ(t, space_map(space, page_at(1), page_at(2), 0), SPACE_BAD, "within");
	CHECK_EQ(t, space_map(space, AT - PAGE_SIZE, page_at(9), 0), SPACE_BAD, "around");
	CHECK_EQ(t, space_map(space, AT - PAGE_SIZE, page_at(1), 0), SPACE_BAD, "their start");
	CHECK_EQ(t, space_map(space, page_at(9), page_at(9), 0), SPACE_BAD, "nothing");
	CHECK_EQ(t, space_map(space, page_at(9), page_at(8), 0), SPACE_BAD, "backwards");
	CHECK_EQ(t, space_map(space, page_at(9) + 1, page_at(10), 0), SPACE_BAD, "a part");
	CHECK_EQ(t, space_map(space, page_at(9), page_at(10) - 1, 0), SPACE_BAD, "of a page");
	CHECK_EQ(t, space_map(space, USER_BASE - PAGE_SIZE, USER_BASE + PAGE_SIZE, 0), SPACE_BAD,
		 "the kernel's addresses below");
	CHECK_EQ(t, space_map(space, USER_PAGE - PAGE_SIZE, USER_END, 0), SPACE_BAD,
		 "the page of calls");
	CHECK_EQ(t, space_map(space, USER_END, USER_END + PAGE_SIZE, 0), SPACE_BAD, "and above");
	CHECK_EQ(t, space_map(space, USER_END - PAGE_SIZE, 0, 0), SPACE_BAD, "up to a wrap");
	CHECK_EQ(t, space_unmap(space, USER_PAGE, USER_END), SPACE_BAD, "it stays there");
	CHECK_EQ(t, space_unmap(space, KERNEL, KERNEL + PAGE_SIZE), SPACE_BAD, "the kernel, too");
	CHECK_EQ(t, space_unmap(space, AT, 0x1000), SPACE_BAD, "no wrap is unmapped");
	CHECK_EQ(t, space_map(space, page_at(4), page_at(5), 0), SPACE_OK, "right behind is free");
	CHECK_EQ(t, space_map(space, AT - PAGE_SIZE, AT, 0), SPACE_OK, "and right before");
}

static void finds(struct ktap *t, struct space *space)
{
	const uint32_t top = page_at(100);

	CHECK_EQ(t, space_find(space, top, PAGE_SIZE), top - PAGE_SIZE, "the highest one is free");
	space_map(space, page_at(98), top, 0);
	CHECK_EQ(t, space_find(space, top, PAGE_SIZE), page_at(97), "then what is below");
	space_map(space, page_at(94), page_at(96), 0);
	CHECK_EQ(t, space_find(space, top, 2 * PAGE_SIZE), page_at(96), "a gap that fits");
	CHECK_EQ(t, space_find(space, top, 3 * PAGE_SIZE), page_at(91), "one that does not");
	CHECK_EQ(t, space_find(space, top, 0), 0, "nothing is nowhere");
	CHECK_EQ(t, space_find(space, top, top - USER_BASE), 0, "all is not there any more");
	CHECK_EQ(t, space_find(space, top, 0xfffff000), 0, "and more is not at all");
	CHECK_EQ(t, space_find(space, page_at(94), page_at(94) - USER_BASE), USER_BASE,
		 "what is left, is");
}

static void fills(struct ktap *t, struct space *space)
{
	unsigned n = 1;

	while (n < AREAS && !space_map(space, page_at(4 * n), page_at(4 * n + 3), SPACE_WRITE))
		n++;
	CHECK_EQ(t, n, AREAS, "so many areas are there");
	CHECK_EQ(t, space_map(space, page_at(4 * n), page_at(4 * n + 3), 0), SPACE_NO_ROOM,
		 "and no more");
	CHECK(t, put(space, page_at(5), 5), "they can be written to");
	CHECK_EQ(t, space_unmap(space, page_at(5), page_at(6)), SPACE_NO_ROOM, "none is split");
	CHECK_EQ(t, get(space, page_at(5)), 5, "and nothing of it is gone");
	CHECK_EQ(t, space_unmap(space, page_at(4), page_at(5)), SPACE_OK, "its start may go");
	CHECK_EQ(t, space_unmap(space, page_at(6), page_at(7)), SPACE_OK, "and its end");
	CHECK_EQ(t, get(space, page_at(5)), 5, "the rest stays");
	CHECK_EQ(t, get(space, page_at(4)), 0xbad, "what has gone is not there");
}

static void areas(struct ktap *t)
{
	void (*const each[])(struct ktap *, struct space *) = {refusals, finds, fills};

	NEEDS_SPACES(t);
	for (unsigned i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		struct space *space = new_space(t);

		each[i](t, space);
		space_destroy(space);
	}
}

static void unmap(struct ktap *t)
{
	struct space *space;
	uint32_t used;

	NEEDS_SPACES(t);
	space = new_space(t);
	space_map(space, AT, page_at(10), SPACE_WRITE);
	space_map(space, page_at(10), page_at(12), SPACE_WRITE);
	for (unsigned i = 0; i < 12; i++)
		put(space, page_at(i), i + 1);
	used = frames_used();
	CHECK_EQ(t, space_unmap(space, page_at(3), page_at(5)), SPACE_OK, "two in the middle go");
	CHECK_EQ(t, frames_used(), used - 2, "and their memory is free");
	CHECK_EQ(t, space_unmap(space, page_at(4), page_at(11)), SPACE_OK, "parts of two areas");
	CHECK_EQ(t, frames_used(), used - 8, "what was there of it, is free");
	for (unsigned i = 0; i < 12; i++)
		CHECK_EQ(t, get(space, page_at(i)), i < 3 || i == 11 ? i + 1 : 0xbad, "page %u", i);
	CHECK_EQ(t, space_unmap(space, page_at(3), page_at(11)), SPACE_OK, "nothing is no mistake");
	CHECK_EQ(t, space_map(space, page_at(3), page_at(5), 0), SPACE_OK,
		 "it can be mapped again");
	CHECK_EQ(t, get(space, page_at(3)), 0, "and has nothing of before");
	space_destroy(space);
}

/* This CPU knows the page, and has to forget it. */
static void unmap_at_once(struct ktap *t)
{
	struct space *space;
	uint32_t value = 7;

	NEEDS_SPACES(t);
	space = new_space(t);
	space_map(space, AT, page_at(2), SPACE_WRITE);
	space_enter(space);
	CHECK(t, copy_to_user(AT, &value, 4) && copy_from_user(&value, AT, 4), "it is there");
	space_unmap(space, AT, page_at(1));
	CHECK(t, !copy_from_user(&value, AT, 4), "it is not, in the space that is in use");
	space_enter(NULL);
	space_destroy(space);
}

/* ---- clones ---- */

static void clone_copies(struct ktap *t)
{
	struct space *first, *second, *third;
	uint32_t used, value;

	NEEDS_SPACES(t);
	first = new_space(t);
	space_map(first, AT, page_at(4), SPACE_WRITE);
	for (unsigned i = 0; i < 3; i++)
		put(first, page_at(i), 10 + i);
	second = space_clone(first);
	third = space_clone(second);
	CHECK(t, second && third, "there are clones");
	used = frames_used();
	CHECK_EQ(t, get(third, page_at(1)), 11, "a clone's clone has what was there");
	CHECK_EQ(t, frames_used(), used, "and reading costs no memory");
	CHECK(t,
	      put(first, page_at(0), 1) && put(second, page_at(1), 2) && put(third, page_at(2), 3),
	      "each writes");
	CHECK_EQ(t, frames_used(), used + 3, "and has a copy of its own");
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(t, get(first, page_at(i)), i == 0 ? 1 : 10 + i, "the first's %u", i);
		CHECK_EQ(t, get(second, page_at(i)), i == 1 ? 2 : 10 + i, "the second's %u", i);
		CHECK_EQ(t, get(third, page_at(i)), i == 2 ? 3 : 10 + i, "the third's %u", i);
	}
	CHECK(t, put(first, page_at(3), 4), "a page that nobody had");
	CHECK_EQ(t, get(second, page_at(3)), 0, "is its own in each");
	space_destroy(first);
	space_destroy(third);
	used = frames_used();
	value = get(second, page_at(0));
	CHECK(t, value == 10 && put(second, page_at(0), 5), "what is left has its own");
	CHECK_EQ(t, frames_used(), used, "and needs no copy to write to it");
	space_destroy(second);
}

/* The one that is cloned goes on in its space, where its pages are read-only from then on. */
static void clone_in_use(struct ktap *t)
{
	struct space *space, *clone;
	uint32_t value = 1;

	NEEDS_SPACES(t);
	space = new_space(t);
	space_map(space, AT, page_at(1), SPACE_WRITE);
	space_enter(space);
	copy_to_user(AT, &value, 4);
	clone = space_clone(space);
	value = 2;
	CHECK(t, clone && copy_to_user(AT, &value, 4), "it is written to behind the clone");
	space_enter(NULL);
	CHECK_EQ(t, get(clone, AT), 1, "which does not see it");
	CHECK_EQ(t, get(space, AT), 2, "and the writer does");
	space_destroy(space);
	space_destroy(clone);
}

static void clone_shares(struct ktap *t)
{
	struct space *first, *second, *third;
	uint32_t used;

	NEEDS_SPACES(t);
	first = new_space(t);
	space_map(first, AT, page_at(2), SPACE_WRITE | SPACE_SHARED);
	space_map(first, page_at(4), page_at(5), SPACE_SHARED);
	put(first, AT, 1);
	second = space_clone(first);
	used = frames_used();
	CHECK(t, put(second, AT, 2) && put(second, page_at(1), 3), "a clone writes");
	CHECK_EQ(t, get(first, AT), 2, "to what both have");
	CHECK_EQ(t, get(first, page_at(1)), 3, "also where nobody had been before");
	CHECK_EQ(t, frames_used(), used, "and to no copy");
	third = space_clone(first);
	CHECK(t, put(first, AT, 4), "the first writes");
	CHECK_EQ(t, get(third, AT), 4, "to what its second clone has, too");
	CHECK(t, space_write(first, page_at(4), &used, 4), "where programs only read");
	CHECK_EQ(t, get(first, page_at(4)), used, "the kernel writes to one's own");
	space_destroy(first);
	CHECK_EQ(t, get(second, AT), 4, "what it leaves is the others'");
	space_destroy(second);
	space_destroy(third);
}

/* A page that all may only read stays one page, however many clones there are. */
static void clones_of_read_only(struct ktap *t)
{
	struct space *space, *clones[3];
	uint32_t used[3];

	NEEDS_SPACES(t);
	space = new_space(t);
	space_map(space, AT, page_at(1), SPACE_SHARED);
	for (unsigned i = 0; i < 3; i++) {
		clones[i] = space_clone(space);
		used[i] = frames_used();
	}
	CHECK_EQ(t, used[2] - used[1], used[1] - used[0], "each clone costs the same");
	space_destroy(clones[2]);
	CHECK_EQ(t, frames_used(), used[1], "and gives it back");
	space_destroy(clones[1]);
	CHECK_EQ(t, frames_used(), used[0], "all of it");
	space_destroy(clones[0]);
	space_destroy(space);
}

static void rights(struct ktap *t)
{
	struct space *space;
	uint32_t word = 0x11223344;

	NEEDS_SPACES(t);
	space = new_space(t);
	space_map(space, AT, page_at(2), 0);
	CHECK(t, !put(space, AT, 1), "what is read-only is not written to");
	CHECK_EQ(t, get(space, AT), 0, "and is there");
	CHECK(t, !put(space, AT, 1), "nor then");
	CHECK(t, space_write(space, AT + PAGE_SIZE - 2, &word, 4),
	      "the kernel writes over a border");
	CHECK_EQ(t, get(space, AT + PAGE_SIZE - 2), word, "all of it");
	CHECK(t, !put(space, AT, 1) && !put(space, page_at(1), 1), "it is read-only still");
	CHECK(t, !space_write(space, page_at(2) - 2, &word, 4), "not where nothing is mapped");
	CHECK(t, !put(space, USER_PAGE, 1) && get(space, USER_PAGE) != 0xbad,
	      "the page of calls is read only");
	space_destroy(space);
}

/* ---- the kernel's part ---- */

static void touch(void *address)
{
	(void)*(volatile uint8_t *)address;
}

/* A large page is split after the space was made, and a page in it taken away. */
static void kernel_changes(struct ktap *t)
{
	struct space *space;
	struct regs at;
	uint8_t *pages, *page;
	uint32_t before, during;

	NEEDS_SPACES(t);
	KTAP_SKIP_UNLESS(t, pages_available() > 2 * LARGE, "there is no memory");
	space = new_space(t);
	pages = pages_alloc(LARGE);
	page = pages + LARGE / 2 * PAGE_SIZE;
	space_enter(space);
	before = trap_try(touch, page, &at);
	CHECK(t, paging_guard(page), "a page is taken out");
	during = trap_try(touch, page, &at);
	paging_unguard(page);
	CHECK_EQ(t, trap_try(touch, page, &at), TRAP_NONE, "and put back");
	space_enter(NULL);
	CHECK_EQ(t, before, TRAP_NONE, "a space has the kernel's memory");
	CHECK_EQ(t, during, TRAP_PF, "and what the kernel changes in it later");
	pages_free(pages, LARGE);
	space_destroy(space);
}

/* ---- without memory ---- */

static struct block {
	void *pages;
	uint32_t n;
} blocks[BLOCKS];
static unsigned nr_blocks;

static void take_all_memory(void)
{
	for (uint32_t n = 1u << 20; n; n /= 2)
		while (nr_blocks < BLOCKS && (blocks[nr_blocks].pages = pages_alloc(n)))
			blocks[nr_blocks++].n = n;
}

/* One page of what was taken. */
static void *one_page(void)
{
	struct block *last;

	while (!blocks[nr_blocks - 1].n)
		nr_blocks--;
	last = &blocks[nr_blocks - 1];
	return (uint8_t *)last->pages + --last->n * PAGE_SIZE;
}

static void give_all_back(void)
{
	while (nr_blocks--)
		if (blocks[nr_blocks].n)
			pages_free(blocks[nr_blocks].pages, blocks[nr_blocks].n);
	nr_blocks = 0;
}

static bool make_and_clone(void)
{
	static uint8_t bytes[5 * PAGE_SIZE];
	struct space *space = space_create(), *clone = NULL;
	bool done = space && !space_map(space, AT, page_at(8), SPACE_WRITE) &&
		    !space_map(space, 0xd0000000, 0xd0002000, SPACE_WRITE | SPACE_SHARED) &&
		    space_write(space, page_at(1), bytes, sizeof(bytes));

	if (done)
		clone = space_clone(space);
	done = clone && put(clone, page_at(2), 1) && put(space, page_at(7), 1);
	if (clone)
		space_destroy(clone);
	if (space)
		space_destroy(space);
	return done;
}

static bool run_program(void)
{
	struct arguments arguments = {0};
	struct task *task;

	arguments_add(&arguments, "checks");
	arguments_add(&arguments, "crowd");
	if (program_run("checks", &arguments, &task))
		return false;
	return task_join(task, NULL) == 0;
}

/*
 * With no page, one, two, ... until it can be done: each time nothing stays behind, but the page table of a
 * large page that the first stack in it has split.
 */
static void with_few_pages(struct ktap *t, bool (*fn)(void), uint32_t most, uint32_t step)
{
	uint32_t given = 0, used, tables = 0, tasks = tasks_count();
	bool done = false;

	fn();
	tasks_trim();
	used = frames_used();
	take_all_memory();
	CHECK(t, nr_blocks < BLOCKS && !pages_available(), "there is no memory any more");
	while (!done && given < most && !t->failures) {
		done = fn();
		while (tasks_count() > tasks)
			sched_sleep(100000);
		tasks_trim();
		CHECK_EQ(t, frames_used(), used, "with %u pages all are given back", given);
		tables += given - pages_available();
		CHECK(t, tables <= TABLES, "with %u pages, found %u", given, pages_available());
		given = pages_available();
		for (uint32_t i = 0; i < step && !done; i++, given++)
			pages_free(one_page(), 1);
	}
	CHECK(t, done && given > 5, "with %u pages it can be done", given);
	give_all_back();
}

static void no_memory(struct ktap *t)
{
	NEEDS_SPACES(t);
	with_few_pages(t, make_and_clone, 200, 1);
}

/* Tasks end for want of memory, in the middle of whatever they do. */
static void no_memory_for_programs(struct ktap *t)
{
	enum printk_level level;

	NEEDS_SPACES(t);
	KTAP_SKIP_UNLESS(t, pages_available() > 4096, "there is no memory");
	level = printk_set_level(PRINTK_ERR);
	with_few_pages(t, run_program, 3000, 41);
	printk_set_level(level);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(areas),
	KTAP_TEST(unmap),
	KTAP_TEST(unmap_at_once),
	KTAP_TEST(clone_copies),
	KTAP_TEST(clone_in_use),
	KTAP_TEST(clone_shares),
	KTAP_TEST(clones_of_read_only),
	KTAP_TEST(rights),
	{.name = "kernel_changes", .run = kernel_changes, .by_name_only = true},
	{.name = "no_memory", .run = no_memory, .by_name_only = true},
	{.name = "no_memory_for_programs", .run = no_memory_for_programs, .by_name_only = true},
};
KTAP_SUITE(spaces, tests);
