// SPDX-License-Identifier: MIT
/*
 * Panic, registers, backtrace, and ending a run. Nothing here trusts the stack that it walks: a
 * frame must lie above the last one and inside a stack of ours.
 */
#include "arch/x86/trap/panic.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/emulator.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/trap/regs.h"
#include "lib/format.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define MAX_FRAMES 24

unsigned (*panic_stop_others)(void);
void (*machine_flush)(void);
void (*panic_last_words)(const char *reason);
const char *(*panic_find_op)(uint32_t eip);

static char reason[256];
static unsigned cpus = 1; /* that were online */

const char *panic_missing_op(uint32_t eip)
{
	return panic_find_op ? panic_find_op(eip) : NULL;
}

_Noreturn void machine_end(enum machine_status status)
{
	if (machine_flush)
		machine_flush();
	emulator_end((uint8_t)status);
	native_irq_disable();
	while (status == MACHINE_PANIC) /* the reason may be that sites are half written */
		native_halt();
	for (;;)
		halt();
}

static void print_regs(const struct regs *r)
{
	pr_err("  eip %08x %pS\n", r->eip, (void *)r->eip);
	pr_err("  eax %08x  ebx %08x  ecx %08x  edx %08x\n", r->eax, r->ebx, r->ecx, r->edx);
	pr_err("  esi %08x  edi %08x  ebp %08x  efl %08x\n", r->esi, r->edi, r->ebp, r->eflags);
}

static void print_control(void)
{
	pr_err("  cr0 %08x  cr2 %08x  cr3 %08x  cr4 %08x  dr6 %08x\n", native_read_cr0(),
	       native_read_cr2(), native_read_cr3(), pv_cpu_has_cr4() ? native_read_cr4() : 0,
	       native_get_debugreg(6));
}

static int on_stack(uint32_t frame)
{
	return stack_room_above(frame) >= 8 && !(frame & 3);
}

/* The call before the return address may be its function's last instruction: look that up. */
static void print_caller(uint32_t address)
{
	uint32_t offset, size;
	const char *name = ksym_lookup(address - 1, &offset, &size);

	if (name)
		pr_err("    %08x %s+0x%x/0x%x\n", address, name, offset + 1, size);
	else
		pr_err("    %08x\n", address);
}

/*
 * A compiler makes no frame in a function that uses no stack. When the trapped one did not begin
 * with push %ebp, what it returns to is still on top of its stack.
 */
static void print_frameless_caller(const struct regs *regs)
{
	uint32_t offset, top = (uint32_t)(regs + 1);

	if (regs->vector >= NR_TRAPS || regs->vector == TRAP_DF || !on_stack(top))
		return;
	if (ksym_lookup(regs->eip, &offset, NULL) && *(uint8_t *)(regs->eip - offset) != 0x55 &&
	    ksym_lookup(*(uint32_t *)top - 1, NULL, NULL))
		print_caller(*(uint32_t *)top);
}

static void print_backtrace(const struct regs *regs, uint32_t frame)
{
	pr_err("  called from\n");
	print_frameless_caller(regs);
	for (unsigned i = 0; i < MAX_FRAMES && on_stack(frame); i++) {
		const uint32_t *words = (const uint32_t *)frame;

		if (!words[1])
			return;
		print_caller(words[1]);
		if (words[0] <= frame)
			return;
		frame = words[0];
	}
	if (on_stack(frame))
		pr_err("    ... and more than %u others\n", MAX_FRAMES);
}

/*
 * The first CPU that panics stops the others; one that panics at the same time waits for that. A
 * fault while a panic is printed: say so with the least that can go wrong.
 */
static void panic_begin(void)
{
	static volatile uint32_t panicking; /* CPU + 1 */
	static bool again;
	uint32_t self = smp_processor_id() + 1, first;

	native_irq_disable();
	first = cmpxchg(&panicking, 0, self);
	while (first && first != self)
		native_halt();
	if (!first) {
		if (panic_stop_others)
			cpus = panic_stop_others();
		return;
	}
	if (!again) {
		again = true;
		pr_err("panic: and another one while that was printed\n");
	}
	machine_end(MACHINE_PANIC);
}

static _Noreturn void panic_end(const struct regs *regs, uint32_t frame)
{
	pr_err("\npanic: %s\n", reason);
	if (cpus > 1)
		pr_err("  on CPU %u of %u\n", smp_processor_id(), cpus);
	print_regs(regs);
	print_control();
	print_backtrace(regs, frame);
	if (panic_last_words)
		panic_last_words(reason);
	machine_end(MACHINE_PANIC);
}

/* The registers of who called panic(), as far as panic() has not used them yet. */
#define REGS_HERE(regs)                                                                        \
	asm volatile("movl %%eax, %0; movl %%ebx, %1; movl %%ecx, %2; movl %%edx, %3; "        \
		     "movl %%esi, %4; movl %%edi, %5; movl %%ebp, %6"                          \
		     : "=m"((regs).eax), "=m"((regs).ebx), "=m"((regs).ecx), "=m"((regs).edx), \
		       "=m"((regs).esi), "=m"((regs).edi), "=m"((regs).ebp))

_Noreturn void panic(const char *format, ...)
{
	struct regs regs;
	va_list args;

	REGS_HERE(regs);
	regs.vector = TRAP_NONE;
	regs.ebp = *(uint32_t *)__builtin_frame_address(0);
	regs.eip = (uint32_t)__builtin_return_address(0);
	regs.eflags = native_save_fl();
	panic_begin();
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	panic_end(&regs, *(uint32_t *)__builtin_frame_address(0));
}

_Noreturn void panic_regs(const struct regs *regs, const char *format, ...)
{
	va_list args;

	panic_begin();
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	panic_end(regs, regs->ebp);
}
