/* SPDX-License-Identifier: MIT */
/*
 * A fuzzing target's input, and memory of the exact size, so that ASan sees each byte beside it that
 * is touched:
 *
 *	struct input in = input_begin(data, size);
 *	uint8_t *file = exact(1u + take8(&in));
 *	must(n < 3, "two at most, not %u", n);
 *
 * Included once.
 */
#ifndef TESTS_HOST_FUZZ_INPUT_H
#define TESTS_HOST_FUZZ_INPUT_H

#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the 64-bit program around (tests/host/fuzz_entry.c), whose headers x32 code does not have. */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
_Noreturn __attribute__((format(printf, 1, 2))) void fuzz_fail(const char *format, ...);

/* What a target is: an input's program is run. */
void fuzz_one(const uint8_t *data, size_t size);

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
static __attribute__((unused)) void spent(void *p, size_t size)
{
	ASAN_POISON_MEMORY_REGION(p, size);
}

#endif
