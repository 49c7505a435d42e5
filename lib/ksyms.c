// SPDX-License-Identifier: MIT
/*
 * Looking up the kernel's function names in the table that tools/ksyms.awk made.
 */
#include "lib/ksyms.h"

#include "lib/string.h"

#include <stddef.h>

ksym_others_fn *ksym_others;

/* A symbol of a block, as a walk over it comes along. */
struct walk {
	const struct ksym_block *block;
	const uint8_t *record;
	uint32_t addr;
};

static uint32_t ksyms_count(void)
{
	return (uint32_t)((uintptr_t)ksyms_end - (uintptr_t)ksyms_start) /
	       sizeof(struct ksym_block);
}

static struct walk walk_begin(const struct ksym_block *block)
{
	return (struct walk){block, ksyms_names + block->at, block->addr};
}

static const uint8_t *next_record(const struct walk *w)
{
	return w->record + 3 + strlen((const char *)w->record + 2);
}

static uint32_t walk_size(const struct walk *w)
{
	if (next_record(w) == ksyms_names + w->block[1].at)
		return w->block[1].addr - w->addr;
	return w->record[0] | (uint32_t)w->record[1] << 8;
}

/* False behind the block's last. */
static bool walk_on(struct walk *w)
{
	w->addr += walk_size(w);
	w->record = next_record(w);
	return w->record < ksyms_names + w->block[1].at;
}

static size_t add(char name[KSYM_NAME], size_t used, const char *text)
{
	const size_t length = used + strlcpy(name + used, text, KSYM_NAME - used);

	return length < KSYM_NAME ? length : KSYM_NAME - 1;
}

static void unpack(char name[KSYM_NAME], const uint8_t *packed)
{
	size_t used = 0;

	name[0] = '\0';
	for (; *packed; packed++) {
		const char one[2] = {(char)*packed, '\0'};
		const char *word = *packed < 0x80 ? one
						  : (const char *)ksyms_words +
							    ksyms_words[*packed - 0x80];

		used = add(name, used, word);
	}
}

/* The last block that does not begin behind addr; NULL before the first and from the end on. */
static const struct ksym_block *find_block(uint32_t addr)
{
	uint32_t low = 0, high = ksyms_count();

	/* Blocks below low start at or below addr, blocks from high on start above it. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ksyms_start[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && low < ksyms_count() ? &ksyms_start[low - 1] : NULL;
}

bool ksym_lookup(uint32_t addr, char name[KSYM_NAME], uint32_t *offset, uint32_t *size)
{
	const struct ksym_block *block = find_block(addr);
	struct walk w;

	if (!block)
		return ksym_others && ksym_others(addr, name, offset, size);
	w = walk_begin(block);
	while (addr - w.addr >= walk_size(&w))
		walk_on(&w);
	if (name)
		unpack(name, w.record + 2);
	if (offset)
		*offset = addr - w.addr;
	if (size)
		*size = walk_size(&w);
	return true;
}

uint32_t ksym_address(const char *name)
{
	const uint32_t count = ksyms_count();
	char found[KSYM_NAME];

	for (uint32_t i = 0; i + 1 < count; i++) {
		struct walk w = walk_begin(&ksyms_start[i]);

		do {
			unpack(found, w.record + 2);
			if (!strcmp(found, name))
				return w.addr;
		} while (walk_on(&w));
	}
	return 0;
}
