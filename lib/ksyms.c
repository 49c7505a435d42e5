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

static const uint8_t *record_name(const uint8_t *record)
{
	return record + (record[0] == 0xff ? 3 : 1);
}

static const uint8_t *pair(uint8_t byte)
{
	return ksyms_pairs[(uint8_t)(byte - 0x80)];
}

static bool is_end(uint8_t byte)
{
	return !byte || (pair(0)[0] && byte >= pair(0)[0]);
}

static const uint8_t *next_record(const struct walk *w)
{
	const uint8_t *name = record_name(w->record);

	while (!is_end(*name++))
		;
	return name;
}

static uint32_t walk_size(const struct walk *w)
{
	const uint8_t *record = w->record;

	if (next_record(w) == ksyms_names + w->block[1].at)
		return w->block[1].addr - w->addr;
	return record[0] == 0xff ? record[1] | (uint32_t)record[2] << 8 : record[0];
}

/* False behind the block's last. */
static bool walk_on(struct walk *w)
{
	w->addr += walk_size(w);
	w->record = next_record(w);
	return w->record < ksyms_names + w->block[1].at;
}

/* What is still to be unpacked of a byte is never longer than a name, or it is cut as that would be. */
static size_t unpack_byte(char name[KSYM_NAME], size_t used, uint8_t packed)
{
	uint8_t rest[KSYM_NAME];
	size_t n = 0;

	for (rest[n++] = packed; n && n < KSYM_NAME && used < KSYM_NAME - 1;) {
		const uint8_t byte = rest[--n];

		if (!byte)
			break;
		if (byte >= '.' && byte < 0x80) {
			name[used++] = (char)byte;
			continue;
		}
		rest[n++] = pair(byte)[1];
		rest[n++] = pair(byte)[0];
	}
	return used;
}

static void unpack(char name[KSYM_NAME], const uint8_t *packed)
{
	size_t used = 0;

	do
		used = unpack_byte(name, used, *packed);
	while (!is_end(*packed++));
	name[used] = '\0';
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
		unpack(name, record_name(w.record));
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
			unpack(found, record_name(w.record));
			if (!strcmp(found, name))
				return w.addr;
		} while (walk_on(&w));
	}
	return 0;
}
