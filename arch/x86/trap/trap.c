// SPDX-License-Identifier: MIT
/*
 * What happens after entry.asm: an exception is the end, with everything that helps to understand
 * it, unless somebody said trap_try(). One in a paravirt site that is ud2 names the op that is
 * missing.
 */
#include "arch/x86/trap/trap.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/trap/extable.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/user.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "pv/poke.h"
#include <stdbool.h>
#include <stddef.h>

#define EFLAGS_TF 0x100u
#define EFLAGS_DF 0x400u
#define DR6_BS    0x4000u /* a single step: SDM volume 3, 17.2.3 */

uint32_t trap_try_call(void (*fn)(void *), void *arg, uint32_t *esp);
void trap_landing(void);
void trap_handle(struct regs *regs);
void trap_syscall(struct regs *regs);
void trap_leave(struct regs *regs);
uint32_t trap_exempt(struct regs *regs);
uint32_t *trap_breakpoint(struct regs *regs);

/* A CPU's innermost trap_try(): where to land, and where the registers go. */
struct attempt {
	uint32_t esp;
	struct regs *at;
};
static DEFINE_PER_CPU(struct attempt *, trying);

DEFINE_PER_CPU(volatile uint32_t, trap_nmis);
DEFINE_PER_CPU(volatile uint32_t, trap_nmis_unexpected);
DEFINE_PER_CPU(trap_hook_fn *volatile, trap_nmi_hook);
DEFINE_PER_CPU(trap_hook_fn *volatile, trap_debug_hook);
DEFINE_PER_CPU(trap_hook_fn *volatile, trap_step_hook);

static const char *const names[NR_TRAPS] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid opcode",
	[7] = "no math coprocessor",
	[8] = "double fault",
	[9] = "coprocessor segment overrun",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack-segment fault",
	[13] = "general protection",
	[14] = "page fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating-point exception",
	[20] = "virtualization exception",
	[21] = "control protection exception",
};

const char *trap_name(unsigned vector)
{
	if (vector >= NR_TRAPS && vector < NR_VECTORS)
		return "interrupt that nobody sent";
	return vector < NR_TRAPS && names[vector] ? names[vector] : "reserved exception";
}

/*
 * Send the interrupted code to trap_landing instead, without single-stepping (a debug exception
 * after its first instruction would land there again, for ever) and with C's direction flag. Here
 * and not in a library: it runs in PV_TEXT.
 */
static PV_TEXT int try_land(struct regs *regs)
{
	struct attempt *attempt = this_cpu_read(trying);
	uint32_t *from = (uint32_t *)regs, *to;

	if (!attempt)
		return 0;
	to = (uint32_t *)attempt->at;
	for (unsigned i = 0; i < sizeof(*regs) / 4; i++)
		to[i] = from[i];
	regs->eax = regs->vector;
	regs->edx = attempt->esp;
	regs->eip = (uint32_t)trap_landing;
	regs->eflags &= ~(EFLAGS_TF | EFLAGS_DF);
	return 1;
}

uint32_t trap_try(void (*fn)(void *), void *arg, struct regs *at)
{
	struct attempt attempt = {.at = at}, *outer = this_cpu_read(trying);
	unsigned long flags;
	uint32_t vector;

	local_save_flags(flags);
	this_cpu_write(trying, &attempt);
	vector = trap_try_call(fn, arg, &attempt.esp);
	this_cpu_write(trying, outer);
	local_irq_restore(flags);
	return vector;
}

PV_TEXT struct attempt *trap_try_suspend(void)
{
	struct attempt *outer = this_cpu_read(trying);

	this_cpu_write(trying, NULL);
	return outer;
}

PV_TEXT void trap_try_resume(struct attempt *outer)
{
	this_cpu_write(trying, outer);
}

/* The error code of a page fault: SDM volume 3, 4.7. Fetches are told only where there is NX. */
#define PF_PRESENT 0x01
#define PF_WRITE   0x02
#define PF_FETCH   0x10

static const char *page_access(uint32_t error)
{
	if (error & PF_FETCH)
		return "execution of";
	return error & PF_WRITE ? "write to" : "read from";
}

static const char *page_reason(uint32_t error, uint32_t address)
{
	extern uint8_t _init_text[], _init_text_end[];

	if (address < 4096)
		return " (page 0: a null pointer)";
	if (address >= (uint32_t)_init_text && address < (uint32_t)_init_text_end)
		return " (init text, given up after boot)";
	if (!(error & PF_PRESENT))
		return " (not mapped)";
	return error & PF_FETCH ? " (no code)" : " (read-only)";
}

static _Noreturn void trap_report(struct regs *regs, uint32_t cr2)
{
	const char *op = regs->vector == TRAP_UD ? panic_missing_op(regs->eip) : NULL;

	if (op)
		panic_regs(regs, "the back end has no function for pv_ops.%s", op);
	if (regs->vector == TRAP_PF)
		panic_regs(regs, "page fault: %s address %p%s", page_access(regs->error),
			   (void *)cr2, page_reason(regs->error, cr2));
	panic_regs(regs, "%s (vector %u, error %x)", trap_name(regs->vector), regs->vector,
		   regs->error);
}

/* Interrupts stay off for a page fault until CR2 is read; other traps come with IF as it was. */
void trap_handle(struct regs *regs)
{
	uint32_t cr2 = regs->vector == TRAP_PF ? read_cr2() : 0;

	if (regs->vector == TRAP_PF && user_page_comes(regs, cr2))
		return;
	if (regs->vector == TRAP_DB)
		native_set_debugreg(6, 0);
	if (regs_of_user(regs) && user_fault)
		user_fault((struct user_regs *)regs, cr2);
	else if (!extable_fix(regs) && !try_land(regs))
		trap_report(regs, cr2);
}

/* A program's, with interrupts on. */
void trap_syscall(struct regs *regs)
{
	if (user_syscall)
		user_syscall((struct user_regs *)regs);
	else
		trap_handle(regs);
}

void trap_leave(struct regs *regs)
{
	if (user_leave)
		user_leave((struct user_regs *)regs);
	else
		this_cpu_write(trap_attention, 0);
}

static _Noreturn __attribute__((noinline)) void exempt_fatal(struct regs *regs)
{
	panic_regs(regs, "%s (vector %u)", trap_name(regs->vector), regs->vector);
}

static PV_TEXT trap_hook_fn *nmi_hook(void)
{
	trap_hook_fn *hook = this_cpu_read(trap_nmi_hook);

	panic_stop_here();
	this_cpu_inc(trap_nmis);
	if (!hook)
		this_cpu_inc(trap_nmis_unexpected);
	return hook;
}

static PV_TEXT trap_hook_fn *debug_hook(void)
{
	trap_hook_fn *step = this_cpu_read(trap_step_hook);
	bool stepped = native_get_debugreg(6) & DR6_BS;

	native_set_debugreg(6, 0);
	return stepped && step ? step : this_cpu_read(trap_debug_hook);
}

static PV_TEXT void call_hook(trap_hook_fn *hook, struct regs *regs)
{
	struct attempt *outer = trap_try_suspend();

	hook(regs);
	trap_try_resume(outer);
}

/* May interrupt a pass: see the header. Not 0: a program's own, which code with sites handles. */
PV_TEXT uint32_t trap_exempt(struct regs *regs)
{
	trap_hook_fn *hook = NULL;

	if (regs->vector == TRAP_NMI)
		hook = nmi_hook();
	else if (this_cpu_read(panic_runs))
		panic_again();
	else if (regs->vector == TRAP_DB)
		hook = debug_hook();
	if (hook)
		call_hook(hook, regs);
	else if (regs->vector == TRAP_NMI)
		return 0; /* counted; printing is not possible here */
	else if (regs->vector == TRAP_DB && regs_of_user(regs))
		return 1;
	else if (regs->vector == TRAP_MC || !try_land(regs))
		exempt_fatal(regs);
	return 0;
}

/* A live site's, or anybody's. Returns where the frame is then. */
PV_TEXT uint32_t *trap_breakpoint(struct regs *regs)
{
	uint32_t *frame = this_cpu_read(panic_runs) ? NULL : pv_breakpoint(&regs->eip);

	if (frame)
		return frame;
	trap_exempt(regs);
	return &regs->eip;
}

/* The CPU saved the registers of what failed in the task that it left. */
_Noreturn void double_fault_fatal(void);
_Noreturn void double_fault_fatal(void)
{
	const struct tss *t = &per_cpu(kernel_tss, smp_processor_id());
	const struct cpu_stacks *own = &cpu_stacks[smp_processor_id()];
	struct regs regs = {
		.edi = t->edi,
		.esi = t->esi,
		.ebp = t->ebp,
		.esp = t->esp,
		.ebx = t->ebx,
		.edx = t->edx,
		.ecx = t->ecx,
		.eax = t->eax,
		.vector = TRAP_DF,
		.eip = t->eip,
		.cs = t->cs,
		.eflags = t->eflags,
	};
	const char *why = "";

	if (this_cpu_read(panic_runs))
		panic_again();
	/* The faulting push wrote below esp, which did not change. */
	if ((t->esp >= (uint32_t)own->guard && t->esp <= (uint32_t)own->stack + 64) ||
	    stack_of_task_ends(t->esp))
		why = ": stack overflow";
	panic_regs(&regs, "double fault%s (esp %08x)", why, t->esp);
}
