// SPDX-License-Identifier: MIT
/*
 * The op stores the half with NX first, so an entry that gets it has it before the rest changes. One
 * that loses it has the rest before: two stores of all.
 */
#include "arch/x86/mm/pte.h"
#include "pv/paravirt.h"

bool pte_wide;
unsigned pte_shift;

uint64_t pte_read(const void *table, uint32_t i)
{
	const uint32_t *half = table;

	if (!pte_wide)
		return pte_val((pte_t){half[i]});
	return pte_val((pte_t){half[2 * i] | (uint64_t)half[2 * i + 1] << 32});
}

void pte_write(void *table, uint32_t i, uint64_t value)
{
	const pte_t pte = make_pte(value);
	uint32_t *half = table;

	if (!pte_wide) {
		set_pte_short(&half[i], (uint32_t)pte.pte);
		return;
	}
	if (half[2 * i + 1] & ~(uint32_t)(pte.pte >> 32))
		set_pte(&half[2 * i], (pte_t){(uint32_t)pte.pte | (uint64_t)half[2 * i + 1] << 32});
	set_pte(&half[2 * i], pte);
}
