// SPDX-License-Identifier: MIT
/*
 * A module with sites of all families, in the forms that the compiler makes of them.
 */
#include "kernel/module/module.h"
#include "lib/export.h"
#include "pv/alternative.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"
#include "tests/kernel/module/modules.h"

DEFINE_STATIC_KEY_TRUE(sites_key);
EXPORT_SYMBOL(sites_key);

static unsigned plus_one(unsigned x)
{
	return x + 1;
}

static unsigned plus_two(unsigned x)
{
	return x + 2;
}

DEFINE_STATIC_CALL(sites_call, plus_one);

void sites_run(struct sites_seen *seen);
EXPORT_SYMBOL(sites_run);
void sites_run(struct sites_seen *seen)
{
	unsigned long flags;
	unsigned count = 0, feature;

	seen->kernel_key = static_branch_unlikely(&module_test_key);
	seen->own_key = static_branch_likely(&sites_key);
	seen->kernel_call = static_call(module_test_call)(1);
	seen->own_call = static_call(sites_call)(1);
	local_irq_save(flags);
	seen->irqs_off = irqs_disabled();
	local_irq_enable();
	seen->irqs_on = !irqs_disabled();
	local_irq_restore(flags);
	alternative_io("movl $0, %[to]", "movl $1, %[to]", X86_FEATURE_ALWAYS, [to] "=r"(feature));
	seen->feature = feature;
	asm volatile(LOCK_PREFIX "incl %0" : "+m"(count));
	seen->locked = count;
}

bool sites_flip(bool on);
EXPORT_SYMBOL(sites_flip);
bool sites_flip(bool on)
{
	return (on ? static_branch_enable(&sites_key) : static_branch_disable(&sites_key)) &&
	       static_call_update(sites_call, on ? plus_one : plus_two);
}

static int start(void)
{
	struct sites_seen seen;

	module_test_inits++;
	sites_run(&seen);
	return seen.feature && seen.locked == 1 ? 0 : -1;
}

static void stop(void)
{
	module_test_exits++;
}

module_init(start);
module_exit(stop);
