// SPDX-License-Identifier: MIT
/*
 * crash=NAME on the command line: go wrong on purpose, to see how that is reported.
 *
 * Each of these ends in a panic with its reason, or the report is broken. The functions are not
 * inlined, so that the backtrace shows them.
 */
#include "arch/x86/cpu/fault.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/run.h"
#include "kernel/patch/patching.h"
#include "kernel/test/crash_cpus.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stddef.h>

/* Does not return when it knows the name; otherwise lists the names. */
static void crash_provoke(void);

#define CRASH static __attribute__((noinline)) void

CRASH crash_panic(void)
{
	panic("crash=panic on the command line");
}

/* A variable, so that no compiler sees what it points at. */
static volatile uint32_t *volatile null_plus_4 = (uint32_t *)4;

CRASH crash_null(void)
{
	*null_plus_4 = 1;
}

/* With registers that one knows again. */
CRASH crash_ud(void)
{
	asm volatile("ud2"
		     :
		     : "a"(0xa0a0a0a0), "b"(0xb0b0b0b0), "c"(0xc0c0c0c0), "d"(0xd0d0d0d0),
		       "S"(0x51515151), "D"(0xd1d1d1d1));
}

CRASH crash_div(void)
{
	fault_div();
}

CRASH crash_text(void)
{
	*(volatile uint8_t *)(uint32_t)crash_provoke = 0xc3;
}

static volatile unsigned depth;

CRASH crash_stack(void)
{
	volatile uint8_t room[256];

	room[0] = (uint8_t)depth++;
	if (depth)
		crash_stack();
	room[1] = room[0];
}

CRASH crash_panic_cpu1(void)
{
	crash_on_cpu1(crash_panic);
}

CRASH crash_stack_cpu1(void)
{
	crash_on_cpu1(crash_stack);
}

/* A fault inside of a panic: near its end, and before its reason is printed. */
static void words_fault(const char *reason)
{
	(void)reason;
	fault_ud();
}

CRASH crash_panic_again(void)
{
	panic_last_words = words_fault;
	crash_panic();
}

static unsigned stop_faults(void)
{
	fault_ud();
	return 1;
}

CRASH crash_panic_mute(void)
{
	panic_stop_others = stop_faults;
	crash_panic();
}

/* No site can run: the whole report has to do without. */
CRASH crash_panic_damaged(void)
{
	patching_damage();
	crash_panic();
}

/* The handler's fault is not one of whoever was interrupted and had said trap_try(). */
#define IRQ 9 /* nobody's on this machine, vector 41 */

static void handler_fault(unsigned irq)
{
	(void)irq;
	fault_ud();
}

static void interrupt(void *arg)
{
	(void)arg;
	asm volatile("int $41");
}

CRASH crash_irq_fault(void)
{
	struct regs at;

	irq_set_handler(IRQ, handler_fault);
	pr_warn("crash: vector %u was caught\n", trap_try(interrupt, NULL, &at));
}

/* By its name, since the linker allows nobody here to hold its address. */
CRASH crash_init(void)
{
	((void (*)(void))ksym_address("kernel_main"))();
}

static const struct {
	const char *name;
	void (*run)(void);
} crashes[] = {
	{"panic", crash_panic},
	{"null", crash_null},
	{"ud", crash_ud},
	{"div", crash_div},
	{"text", crash_text},
	{"stack", crash_stack},
	{"init", crash_init},
	{"panic-again", crash_panic_again},
	{"panic-mute", crash_panic_mute},
	{"panic-damaged", crash_panic_damaged},
	{"irq-fault", crash_irq_fault},
	{"missing-op", patching_break},
	{"panic-cpu1", crash_panic_cpu1},
	{"stack-cpu1", crash_stack_cpu1},
	{"panic-starts", crash_panic_starts},
	{"panic-deaf", crash_panic_deaf},
	{"panic-lines", crash_panic_lines},
	{"lock-irqs", crash_lock_irqs},
	{"lock-on", crash_lock_on},
	{"lock-nested", crash_lock_nested},
	{"lock-gather", crash_lock_gather},
	{"lock-starts", crash_lock_starts},
	{"lock-held", crash_lock_held},
};
#define NR_CRASHES (sizeof(crashes) / sizeof(crashes[0]))

static void crash_provoke(void)
{
	const char *name = options.crash;

	if (!name[0])
		return;
	if (!strcmp(name, "lost-locks")) {
		pr_info("crash=%s: lock prefixes stay off, on purpose\n", name);
		return;
	}
	for (unsigned i = 0; i < NR_CRASHES; i++)
		if (!strcmp(crashes[i].name, name)) {
			pr_info("crash=%s: on purpose\n", name);
			crashes[i].run();
			panic("crash=%s did not", name);
		}
	pr_warn("crash=%s: not one of", name);
	for (unsigned i = 0; i < NR_CRASHES; i++)
		pr_warn(" %s", crashes[i].name);
	pr_warn(" lost-locks\n");
}
RUN(RUN_CRASH, "crash", crash_provoke);
