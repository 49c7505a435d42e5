// SPDX-License-Identifier: MIT
/*
 * The op stores the half with NX first, so an entry that gets it has it before the rest changes. One
 * that loses it has the rest before: two stores of all.
 */
#include "arch/x86/mm/pte.h"
#include "pv/paravirt.h"

bool pte_wide;
unsigned pte_shift;

uint64_t pte_get(const void *entry)
{
	const uint32_t *half = entry;

	if (!pte_wide)
		return pte_val((pte_t){half[0]});
	return pte_val((pte_t){half[0] | (uint64_t)half[1] << 32});
}

/* Apart: an entry of 4 bytes is one store, which has no use for the registers that this one wants. */
static __attribute__((noinline)) void set_wide(void *entry, pte_t pte)
{
	const uint32_t *half = entry;

	if (half[1] & ~(uint32_t)(pte.pte >> 32))
		set_pte(entry, (pte_t){(uint32_t)pte.pte | (uint64_t)half[1] << 32});
	set_pte(entry, pte);
}

void pte_set(void *entry, uint64_t value)
{
	if (pte_wide)
		set_wide(entry, make_pte(value));
	else
		set_pte_short(entry, (uint32_t)make_pte(value).pte);
}

void pte_clear(void *entry)
{
	if (pte_wide)
		set_wide(entry, (pte_t){0});
	else
		set_pte_short(entry, 0);
}
