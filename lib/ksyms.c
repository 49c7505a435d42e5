/* SPDX-License-Identifier: MIT */
/*
 * Looking up the kernel's function names in the table that tools/ksyms.awk made.
 */
#include "lib/ksyms.h"

#include "lib/string.h"

#include <stddef.h>

ksym_others_fn *ksym_others;

static uint32_t ksyms_count(void)
{
	return (uint32_t)((uintptr_t)ksyms_end - (uintptr_t)ksyms_start) / sizeof(struct ksym);
}

const char *ksym_lookup(uint32_t addr, uint32_t *offset, uint32_t *size)
{
	uint32_t low = 0, high = ksyms_count();

	/* Entries below low start at or below addr, entries from high on start above it. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ksyms_start[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low ||
	    low == ksyms_count()) /* before the first function, or at or behind the end marker */
		return ksym_others ? ksym_others(addr, offset, size) : NULL;

	const struct ksym *sym = &ksyms_start[low - 1];

	if (offset)
		*offset = addr - sym->addr;
	if (size)
		*size = sym[1].addr - sym->addr;
	return ksyms_names + sym->name;
}

uint32_t ksym_address(const char *name)
{
	uint32_t count = ksyms_count();

	for (uint32_t i = 0; i + 1 < count; i++) {
		if (!strcmp(ksyms_names + ksyms_start[i].name, name))
			return ksyms_start[i].addr;
	}
	return 0;
}
