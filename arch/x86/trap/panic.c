// SPDX-License-Identifier: MIT
/*
 * Panic, registers, backtrace, and ending a run. Nothing here trusts the stack that it walks: a
 * frame must lie above the last one and inside a stack of ours.
 */
#include "arch/x86/trap/panic.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/emulator.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/trap/regs.h"
#include "lib/format.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stdbool.h>

#define MAX_FRAMES 24

/* uart.c's first port, for one line: its line status, and two bits of that. */
#define BARE_PORT   0x3f8
#define BARE_STATUS 5
#define BARE_READY  0x20
#define BARE_SENT   0x40
#define BARE_POLLS  500000

unsigned (*panic_stop_others)(void);
void (*machine_flush)(void);
void (*machine_off)(enum machine_status status);
void (*panic_last_words)(const char *reason);
const char *(*panic_find_op)(uint32_t eip);

static char reason[256];
static volatile bool said;
static unsigned cpus = 1;           /* that ran */
static volatile uint32_t panicking; /* the first one: CPU + 1 */
DEFINE_PER_CPU(uint32_t, panic_runs);

const char *panic_missing_op(uint32_t eip)
{
	return panic_find_op ? panic_find_op(eip) : NULL;
}

static PV_TEXT _Noreturn void stay(void)
{
	native_irq_disable();
	for (;;)
		native_halt();
}

_Noreturn void machine_end(enum machine_status status)
{
	if (machine_flush)
		machine_flush();
	if (machine_off)
		machine_off(status);
	emulator_end((uint8_t)status);
	if (status == MACHINE_PANIC)
		stay(); /* the reason may be that sites are half written */
	native_irq_disable();
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
	char name[KSYM_NAME];

	if (ksym_lookup(address - 1, name, &offset, &size))
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
	if (ksym_lookup(regs->eip, NULL, &offset, NULL) &&
	    *(uint8_t *)(regs->eip - offset) != 0x55 &&
	    ksym_lookup(*(uint32_t *)top - 1, NULL, NULL, NULL))
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

/* The first serial port by nothing but port reads and writes; one that is stuck costs 0.5 s once.
 */
static PV_TEXT void bare_wait(uint8_t bit, uint32_t *polls)
{
	while (*polls && !(inb(BARE_PORT + BARE_STATUS) & bit))
		--*polls;
}

static PV_TEXT void bare_text(const char *text, uint32_t *polls)
{
	for (; *text; text++) {
		bare_wait(BARE_READY, polls);
		outb(BARE_PORT, (uint8_t)*text);
	}
}

_Noreturn PV_TEXT void panic_again(void)
{
	uint32_t polls = BARE_POLLS;

	bare_text("\r\npanic: ", &polls);
	if (!said)
		bare_text(reason, &polls);
	bare_text(said ? "another one while that was printed\r\n"
		       : ": and another one before that could be printed\r\n",
		  &polls);
	bare_wait(BARE_SENT, &polls);
	emulator_end(MACHINE_PANIC);
	stay();
}

PV_TEXT void panic_stop_here(void)
{
	uint32_t self = smp_processor_id();

	if (!panicking || panicking == self + 1)
		return;
	native_irq_disable();
	cpu_move(self, CPU_STOP);
	stay();
}

/*
 * Of several the first CPU goes on and stops the others. One that the boot CPU had given up may be
 * sent INIT any time: it is quiet (state.h).
 */
static PV_TEXT void panic_begin(void)
{
	uint32_t self = smp_processor_id();

	native_irq_disable();
	if (this_cpu_read(panic_runs))
		panic_again();
	if (!cpu_move(self, CPU_PANIC))
		stay();
	this_cpu_write(panic_runs, 1);
	cmpxchg_always(&panicking, 0, self + 1);
	panic_stop_here();
}

static _Noreturn void panic_end(const struct regs *regs, uint32_t frame)
{
	if (panic_stop_others)
		cpus = panic_stop_others();
	spin_locks_open();
	pr_err("\npanic: %s\n", reason);
	said = true;
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
