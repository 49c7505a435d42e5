// SPDX-License-Identifier: MIT
/*
 * A single step is a debug exception: its hook counts, and at the last one stops that and sends the
 * interrupt, which comes when the exception is left.
 */
#include "tests/kernel/task/preempt_at.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/sched.h"
#include <stddef.h>

#define EFLAGS_TF 0x100u

volatile bool preempt_is_there;

static struct {
	struct task *task;
	uint32_t left;
	volatile bool done;
} step;

static void (*watcher)(uint32_t eip, bool did);
static void (*real)(struct regs *regs);

/* Somebody else ran if the task's turn began again. */
static void watch(struct regs *regs)
{
	const uint32_t eip = regs->eip;

	preempt_is_there = task_current() == step.task && step.done;
	this_cpu_write(trap_attention, 1);
	real(regs);
	preempt_is_there = false;
	if (watcher)
		watcher(eip, !this_cpu_read(trap_attention));
	this_cpu_write(trap_attention, 0);
}

void preempt_watch(void (*fn)(uint32_t eip, bool did))
{
	watcher = fn;
	if (!real)
		real = irq_preempt;
	irq_preempt = fn ? watch : real;
}

bool preempt_reached(void)
{
	return step.done;
}

static void on_step(struct regs *regs)
{
	if (task_current() == step.task && --step.left)
		return;
	regs->eflags &= ~EFLAGS_TF;
	if (task_current() != step.task)
		return; /* it waits */
	step.done = true;
	this_cpu_write(trap_attention, 1);
	apic_send(machine_cpus.apic_id[0], IRQ_CALL);
}

bool preempt_at(uint32_t n, void (*fn)(void *), void *arg)
{
	step.task = task_current();
	step.left = n;
	step.done = false;
	trap_debug_hook = on_step;
	trap_single_step(1);
	fn(arg);
	trap_single_step(0);
	trap_debug_hook = NULL;
	return step.done;
}
