// SPDX-License-Identifier: MIT
/*
 * A handful of records: looked through one by one.
 */
#include "arch/x86/trap/extable.h"
#include <stddef.h>

struct entry {
	int32_t instruction, goes_on;
};

extern const struct entry __ex_table[], __ex_table_end[];

static const struct entry *find(uint32_t eip)
{
	for (const struct entry *e = __ex_table; e < __ex_table_end; e++)
		if ((uint32_t)&e->instruction + (uint32_t)e->instruction == eip)
			return e;
	return NULL;
}

bool extable_knows(const struct regs *regs)
{
	return find(regs->eip) != NULL;
}

bool extable_fix(struct regs *regs)
{
	const struct entry *e = find(regs->eip);

	if (e)
		regs->eip = (uint32_t)&e->goes_on + (uint32_t)e->goes_on;
	return e != NULL;
}
