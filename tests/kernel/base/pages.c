// SPDX-License-Identifier: MIT
/*
 * Pages: what is given out is memory, zeroed, nobody else's, and inside what the loader's map calls
 * usable; what is given back is poisoned and joins what is free beside it.
 */
#include "arch/x86/mm/pages.h"
#include "arch/x86/trap/panic.h"
#include "kernel/base/multiboot.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"

#define NO_MEMORY "no free memory is known"
#define MANY      40

extern uint8_t _image[], _image_end[];

static bool is_filled(const uint8_t *bytes, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* A map may promise memory that is not there: then there is none. */
static bool has_pages(uint32_t n)
{
	void *pages = pages_alloc(n);

	if (pages)
		pages_free(pages, n);
	return pages;
}

static bool overlaps(const struct memory_range *range, uint32_t start, uint32_t bytes)
{
	return start < range->base + range->length && range->base < (uint64_t)start + bytes;
}

static void check_place(struct ktap *t, const void *pages, uint32_t n)
{
	uint32_t start = (uint32_t)pages;
	bool usable = false, module = false;

	for (unsigned i = 0; i < boot_info.ranges; i++) {
		const struct memory_range *range = &boot_info.memory[i];

		usable |= start >= range->base &&
			  start - range->base + n * PAGE_SIZE <= range->length;
	}
	for (unsigned i = 0; i < boot_info.modules; i++)
		module |= overlaps(&boot_info.module[i], start, n * PAGE_SIZE);
	CHECK(t, usable, "%u pages at %p are usable by the loader's map", n, pages);
	CHECK(t, !module, "%u pages at %p are no module's", n, pages);
	CHECK_EQ(t, start % PAGE_SIZE, 0, "%u pages at %p begin a page", n, pages);
	CHECK(t, start >= (uint32_t)_image_end, "%u pages at %p are above the image", n, pages);
}

static void gives_zeroed_pages(struct ktap *t)
{
	static const uint32_t sizes[] = {1, 2, 3, 8, 17};

	KTAP_SKIP_UNLESS(t, has_pages(17), NO_MEMORY);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t n = sizes[i], before = pages_available();
		uint8_t *pages = pages_alloc(n);

		if (!CHECK(t, pages, "there are %u pages", n))
			return;
		check_place(t, pages, n);
		CHECK_EQ(t, pages_available(), before - n, "and so fewer are free");
		CHECK(t, !pages_is_free(pages) && !pages_is_free(pages + (n - 1) * PAGE_SIZE),
		      "neither the first nor the last is free");
		CHECK(t, is_filled(pages, n * PAGE_SIZE, 0), "all bytes are 0");
		memset(pages, 0x11, n * PAGE_SIZE);
		pages_free(pages, n);
		CHECK(t, is_filled(pages, n * PAGE_SIZE, PAGES_POISON), "given back: poison");
		CHECK(t, pages_is_free(pages), "and free");
		CHECK_EQ(t, pages_available(), before, "all of them");
	}
}

/* Each page is written with its number: one that was given out twice has the wrong one. */
static void gives_each_once(struct ktap *t)
{
	static uint32_t *page[MANY];
	uint32_t before = pages_available(), n = 0;

	KTAP_SKIP_UNLESS(t, has_pages(MANY), NO_MEMORY);
	for (unsigned i = 0; i < MANY; i++) {
		page[i] = pages_alloc(1);
		if (CHECK(t, page[i], "page %u is there", i))
			page[i][PAGE_SIZE / 4 - 1] = page[i][0] = i + 1;
	}
	for (unsigned i = 0; i < MANY; i++)
		n += page[i] && page[i][0] == i + 1 && page[i][PAGE_SIZE / 4 - 1] == i + 1;
	CHECK_EQ(t, n, MANY, "no page was given out twice");
	for (unsigned i = 0; i < MANY; i++) /* every second one, then the rest */
		pages_free(page[(i * 2 + (i >= MANY / 2)) % MANY], 1);
	CHECK_EQ(t, pages_available(), before, "all are free again");
	page[0] = pages_alloc(MANY);
	CHECK(t, page[0], "and together again, since %u in a row were there before", MANY);
	if (page[0])
		pages_free(page[0], MANY);
}

static void refuses_too_much(struct ktap *t)
{
	uint32_t before = pages_available();

	CHECK(t, !pages_alloc(0), "no pages: none");
	CHECK(t, !pages_alloc(before + 1), "one more than there are: none");
	CHECK(t, !pages_alloc(0xffffffff), "more than fit: none");
	CHECK(t, !pages_alloc(0x00100001), "4 GiB and a page: none");
	CHECK_EQ(t, pages_available(), before, "and nothing is lost");
}

/* Nothing that a map says gives these away. */
static void image_is_never_free(struct ktap *t)
{
	uint32_t before = pages_available();

	pages_add((uint32_t)_image, (uint32_t)(_image_end - _image));
	pages_add(0, 0x100000);
	pages_add(0xfec00000, 0x01400000);
	pages_add(0x100000000ull, 0x40000000);
	pages_add(0xfffffffffffff000ull, 0x1000);
	pages_add(0xffffffffffffff01ull, 0xff);
	pages_add(0xffffffffffffff01ull, 0x50);
	pages_add(0x8000000, 0);
	CHECK_EQ(t, pages_available(), before,
		 "low memory, image, devices, above 4 GiB: not added");
	CHECK(t, !pages_is_free(NULL), "page 0 is not free");
	CHECK(t, !pages_is_free((void *)0xfee00000), "the APIC's is not");
}

static void modules_are_never_free(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, boot_info.modules, "the loader brought no modules");
	for (unsigned i = 0; i < boot_info.modules; i++) {
		const struct memory_range *module = &boot_info.module[i];
		uint32_t wrong = 0;

		for (uint64_t at = 0; at < module->length; at += PAGE_SIZE)
			wrong += pages_is_free((void *)(uint32_t)(module->base + at));
		wrong += pages_is_free((void *)(uint32_t)(module->base + module->length - 1));
		CHECK_EQ(t, wrong, 0, "no page of module %u is free", i);
	}
}

/* Memory that was given out is cut to pieces, put together and given back. */
static void reserves(struct ktap *t)
{
	uint8_t *pages = pages_alloc(8);
	uint32_t before = pages_available();

	KTAP_SKIP_UNLESS(t, pages, NO_MEMORY);
	pages_add((uint32_t)pages + 1, 8 * PAGE_SIZE - 2);
	CHECK_EQ(t, pages_available(), before + 6, "half pages at the ends do not count");
	pages_reserve((uint32_t)pages + 3 * PAGE_SIZE + 1, 1);
	CHECK_EQ(t, pages_available(), before + 5, "one byte reserves its page");
	CHECK(t,
	      !pages_is_free(pages + 3 * PAGE_SIZE) && pages_is_free(pages + 2 * PAGE_SIZE) &&
		      pages_is_free(pages + 4 * PAGE_SIZE),
	      "and no other");
	pages_reserve((uint32_t)pages - 1 + PAGE_SIZE, 2 * PAGE_SIZE);
	CHECK_EQ(t, pages_available(), before + 3, "a range takes each page that it touches");
	pages_reserve((uint32_t)pages + 4 * PAGE_SIZE, 4 * PAGE_SIZE);
	CHECK_EQ(t, pages_available(), before, "the rest");
	pages_add((uint32_t)pages, 8 * PAGE_SIZE);
	pages_reserve((uint32_t)pages, 0);
	pages_reserve(0xffffffffffffff01ull, 0xff);
	CHECK_EQ(t, pages_available(), before + 8, "nothing, and what is out of reach, takes none");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(gives_zeroed_pages),     KTAP_TEST(gives_each_once),
	KTAP_TEST(refuses_too_much),       KTAP_TEST(image_is_never_free),
	KTAP_TEST(modules_are_never_free), KTAP_TEST(reserves),
};
KTAP_SUITE(pages, tests);
