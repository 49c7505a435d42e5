// SPDX-License-Identifier: MIT
/*
 * Each of these ends in a panic with its reason, or the report is broken. The functions are not
 * inlined, so that the backtrace shows them.
 */
#include "kernel/test/crash.h"
#include "arch/x86/cpu/fault.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/trap/panic.h"
#include "kernel/patch/patching.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stddef.h>

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

CRASH crash_ud(void)
{
	fault_ud();
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

static void on_cpu_1(void (*crash)(void))
{
	if (smp_work(1, (void (*)(void *))(uint32_t)crash, NULL) == SMP_OK)
		smp_work_wait(1, 5000);
	pr_warn("crash: CPU 1 is %s\n", cpu_online(1) ? "still there" : "off");
}

CRASH crash_panic_cpu1(void)
{
	on_cpu_1(crash_panic);
}

CRASH crash_stack_cpu1(void)
{
	on_cpu_1(crash_stack);
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
	{"panic-cpu1", crash_panic_cpu1},
	{"stack-cpu1", crash_stack_cpu1},
	{"missing-op", patching_break},
};
#define NR_CRASHES (sizeof(crashes) / sizeof(crashes[0]))

void crash_provoke(const char *name)
{
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
