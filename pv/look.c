// SPDX-License-Identifier: MIT
/*
 * Looking at text: where instructions begin, and whether a byte is a lock prefix. Slow, some 17
 * instructions are measured for each place; a table whose facts were made is not looked at again.
 */
#include "pv/look.h"
#include "pv/host.h"
#include "pv/insn.h"

#define BEFORE 96 /* a vote begins so far before ... */
#define WAYS   16 /* ... and this is how many vote */

PV_TEXT_PART unsigned room(const uint8_t *at, const uint8_t *end)
{
	return end - at < PV_INSN_MAX ? (unsigned)(end - at) : PV_INSN_MAX;
}

PV_TEXT_PART bool is_on_way(const uint8_t *from, const uint8_t *at, const uint8_t *end)
{
	return pv_insn_walk(from, at, end) == at;
}

static PV_TEXT bool is_voted(const uint8_t *at, const uint8_t *end)
{
	uint8_t ways[BEFORE + PV_INSN_MAX];

	for (unsigned i = 0; i < sizeof(ways); i++)
		ways[i] = i < WAYS;
	for (unsigned i = 0; i < BEFORE; i++)
		if (ways[i]) {
			const uint8_t *from = at - BEFORE + i;
			ptrdiff_t next = i + (pv_insn_walk(from, from + 1, end) - from);

			ways[next] = (uint8_t)(ways[next] + ways[i]);
		}
	return ways[BEFORE] > WAYS / 2;
}

PV_TEXT bool pv_look_begins(struct pv_range text, const uint8_t *at)
{
	if (at - text.first < BEFORE)
		return is_on_way(text.first, at, text.end); /* text begins with an instruction */
	return is_on_way(at - PV_LOOK_BEFORE, at, text.end) || is_voted(at, text.end);
}

PV_TEXT_PART bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64 ... 0x67:
	case 0xf2 ... 0xf3: return true;
	default: return false;
	}
}

/* The instruction from `start` on, with its prefix at `at` as linked. */
PV_TEXT_PART bool is_lockable(const uint8_t *start, const uint8_t *at, const uint8_t *end)
{
	uint8_t bytes[PV_INSN_MAX];
	unsigned n = room(start, end);
	struct pv_insn insn;

	for (unsigned i = 0; i < n; i++)
		bytes[i] = start[i];
	bytes[at - start] = 0xf0;
	return pv_insn_decode(bytes, n, &insn) && insn.lock && !insn.segment;
}

PV_TEXT bool pv_look_lock(struct pv_range text, const uint8_t *at)
{
	const uint8_t *start = at;

	while (!pv_look_begins(text, start)) {
		if (start == text.first || at - start == PV_INSN_MAX - 1 || !is_prefix(start[-1]))
			return false;
		start--;
	}
	return is_lockable(start, at, text.end);
}
