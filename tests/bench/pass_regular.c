// SPDX-License-Identifier: MIT
/*
 * A list as long as one wants: sites of the families in turn, 100 to 400 bytes apart, from a
 * million records on 64 bytes. The features are those of the real list.
 */
#include "tests/bench/pass_field.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define DENSE         1000000u
#define LINE          64u

static struct spec *list;
static uint32_t list_size;

static uint32_t random_next(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* The two records of a group, or one (len 0). Features: 26, 27, 117 are there; 124, 235 are not. */
static const struct spec alternatives[][2] = {
	{{0, 26, FAMILY_ALTERNATIVES, 6, 3, 0, REPL_OTHER}},
	{{0, 26, FAMILY_ALTERNATIVES, 5, 3, 0, REPL_OTHER},
	 {0, 27, FAMILY_ALTERNATIVES, 5, 5, 0, REPL_OTHER}},
	{{0, 117, FAMILY_ALTERNATIVES, 5, 5, 0, REPL_CALL}},
	{{0, 117, FAMILY_ALTERNATIVES, 5, 5, 0, REPL_JMP},
	 {0, 235, FAMILY_ALTERNATIVES, 5, 0, 0, REPL_EMPTY}},
	{{0, 117, FAMILY_ALTERNATIVES, 5, 0, 0, REPL_EMPTY}},
	{{0, 26, FAMILY_ALTERNATIVES, 14, 2, 0, REPL_OTHER}},
	{{0, 124, FAMILY_ALTERNATIVES, 5, 5, 3, REPL_OTHER}},
};

static uint32_t add_alternative(struct spec *to, uint32_t at, uint32_t room)
{
	const struct spec *a = alternatives[random_next() % LENGTH(alternatives)];

	to[0] = a[0];
	to[0].at = at;
	if (!a[1].len || room < 2)
		return 1;
	to[1] = a[1];
	to[1].at = at;
	return 2;
}

/* One record or two of any of the families. */
static uint32_t add(struct spec *to, uint32_t at, uint32_t families, uint32_t room)
{
	static const uint8_t ops[] = {0, 0, 0, 0, 0, 9, 9, 8, 8, 1, 3, 4, 5, 10, 11, 12};
	unsigned family;

	do
		family = random_next() % FAMILIES;
	while (!(families & 1u << family));
	if (family == FAMILY_ALTERNATIVES)
		return add_alternative(to, at, room);
	*to = (struct spec){.at = at, .family = (uint8_t)family, .len = 1};
	if (family == FAMILY_PARAVIRT) {
		to->len = 6;
		to->what = ops[random_next() % LENGTH(ops)];
	}
	return 1;
}

const struct spec *regular_list(uint32_t records, uint32_t families, uint32_t *text_bytes)
{
	uint32_t at = LINE;

	list_size = records * sizeof(*list);
	list = (struct spec *)bench_pages(list_size);
	for (uint32_t n = 0; n < records;) {
		n += add(list + n, at, families, records - n);
		at += records < DENSE ? 100 + random_next() % 301 : LINE;
	}
	*text_bytes = at + LINE;
	return list;
}

void regular_free(void)
{
	bench_pages_free((uint32_t)list, list_size);
}
