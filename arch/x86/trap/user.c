// SPDX-License-Identifier: MIT
/*
 * Who has registered, and page faults at programs' addresses.
 */
#include "arch/x86/trap/user.h"
#include "pv/paravirt.h"

void (*user_syscall)(struct user_regs *regs);
void (*user_fault)(struct user_regs *regs, uint32_t cr2);
void (*user_leave)(struct user_regs *regs);
bool (*user_page_fault)(const struct regs *regs, uint32_t address);

DEFINE_PER_CPU(volatile uint32_t, trap_attention);

bool user_page_comes(const struct regs *regs, uint32_t address)
{
	if (!user_page_fault || !user_owns(address))
		return false;
	if (regs->eflags & X86_EFLAGS_IF)
		local_irq_enable();
	return user_page_fault(regs, address);
}
