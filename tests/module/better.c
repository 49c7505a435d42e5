// SPDX-License-Identifier: MIT
/*
 * Replaces functions of the kernel's that have sites, by ones with the same.
 */
#include "kernel/module/module.h"
#include "lib/export.h"
#include "pv/paravirt.h"
#include "tests/kernel/module/modules.h"

unsigned better_calls;
EXPORT_SYMBOL(better_calls);

static unsigned better_answer(void)
{
	unsigned long flags;
	unsigned answer;

	local_irq_save(flags);
	answer = static_branch_unlikely(&module_test_key) ? 1 : 0;
	local_irq_restore(flags);
	better_calls++;
	return answer;
}

static unsigned better_other(unsigned x)
{
	return static_call(module_test_call)(x) + 100;
}

REPLACE(module_test_answer, better_answer);
REPLACE(module_test_other, better_other);
