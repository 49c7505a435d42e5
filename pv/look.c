// SPDX-License-Identifier: MIT
/*
 * Looking at text: where instructions begin, and whether a byte is a lock prefix. Slow, some 50
 * instructions are decoded for each place; a table whose facts were made is not looked at again.
 */
#include "pv/look.h"
#include "pv/host.h"
#include "pv/insn.h"

#define BEFORE 96 /* so far before begins ... */
#define WAYS   16 /* ... the first of so many ways */

PV_TEXT_PART unsigned room(const uint8_t *at, const uint8_t *end)
{
	return end - at < PV_INSN_MAX ? (unsigned)(end - at) : PV_INSN_MAX;
}

PV_TEXT bool pv_look_begins(struct pv_range text, const uint8_t *at)
{
	uint8_t ways[BEFORE + PV_INSN_MAX];
	unsigned before = at - text.first < BEFORE ? (unsigned)(at - text.first) : BEFORE;
	struct pv_insn insn;

	for (unsigned i = 0; i < sizeof(ways); i++)
		ways[i] = before == BEFORE && i < WAYS;
	if (before < BEFORE)
		ways[0] = WAYS; /* text begins there, and so does an instruction */
	for (unsigned i = 0; i < before; i++) {
		if (!ways[i])
			continue;
		if (!pv_insn_decode(at - before + i, room(at - before + i, text.end), &insn))
			insn.len = 1;
		ways[i + insn.len] = (uint8_t)(ways[i + insn.len] + ways[i]);
	}
	return ways[before] > WAYS / 2;
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
