/* SPDX-License-Identifier: MIT */
/*
 * Searches the whole file and not its first 8 KiB: a header behind them is the mistake that check
 * wants to name. Source: Multiboot Specification 0.6.96, 3.1.
 */
#include "read/multiboot.h"
#include "read/bytes.h"

uint32_t multiboot_len(uint32_t flags)
{
	return flags & 4 ? 48 : flags & 0x10000 ? 32 : 12;
}

bool multiboot_is_whole(const uint8_t *p)
{
	return bytes_get32(p) + bytes_get32(p + 4) + bytes_get32(p + 8) == 0;
}

size_t multiboot_find(const struct image *image)
{
	size_t whole = SIZE_MAX, damaged = SIZE_MAX;

	for (size_t at = 0; at + 12 <= image->file_size; at++) {
		const uint8_t *p = image->file + at;

		if (bytes_get32(p) != MULTIBOOT_MAGIC)
			continue;
		if (multiboot_is_whole(p) && at % 4 == 0)
			return at;
		if (multiboot_is_whole(p) && whole == SIZE_MAX)
			whole = at;
		else if (damaged == SIZE_MAX)
			damaged = at;
	}
	return whole != SIZE_MAX ? whole : damaged;
}

bool multiboot_place(const struct image *image, size_t at, uint32_t *addr, uint32_t *len)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (!s->alloc || !s->bytes || at < s->offset || at - s->offset >= s->size)
			continue;
		*addr = s->addr + (uint32_t)(at - s->offset);
		*len = multiboot_len(bytes_get32(image->file + at + 4));
		return true;
	}
	return false;
}
