// SPDX-License-Identifier: MIT
/*
 * What the litmus tests ask, for the kernel. Their sites are no kernel text: they lie in pages of
 * their own above the image, which are executable and read-only as all code is, and are written
 * through other pages that show the same memory. What once was code here stays it: the memory is
 * not given back.
 */
#include "kernel/litmus/machine.h"
#include "arch/x86/cpu/atomic64.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "pv/host.h"
#include "pv/paravirt.h"

#define CR0_EM 0x4u /* what makes x87 instructions fault */
#define CR0_TS 0x8u

_Static_assert(LITMUS_RETURNED == TRAP_NONE && LITMUS_BREAKPOINT == TRAP_BP, "trap_try()'s words");
_Static_assert(LITMUS_CPUS_MAX >= CPUS_MAX - 1, "one runner each");

static const char *lacking(void)
{
	if (smp_online() < 2)
		return "this takes two CPUs, and one is online";
	if (boot_cpu.family < 6 || !cpu_has(X86_FEATURE_CX8) || !boot_cpu.has_fpu)
		return "this takes long NOPs, cmpxchg8b and an FPU, as from family 6 on";
	return paging_enabled() ? NULL : "this takes paging";
}

static bool map(uint8_t *code, uint8_t *data)
{
	bool done = paging_set_code(code, LITMUS_NEAR) &&
		    paging_set_code(code + LITMUS_FAR, LITMUS_NEAR);

	for (uint32_t at = 0; done && at < LITMUS_SITES; at += PAGE_SIZE)
		done = paging_set_alias(data + at, code + at);
	return done;
}

const char *litmus_begin(struct litmus_memory *out)
{
	const char *why = lacking();

	if (why)
		return why;
	out->code = pages_alloc(LITMUS_SIZE / PAGE_SIZE);
	out->data = pages_alloc(LITMUS_SITES / PAGE_SIZE);
	if (!out->code || !out->data)
		return "this takes 17 MiB of memory";
	litmus_build(out->code);
	if (!map(out->code, out->data))
		return "there is no memory for page tables";
	write_cr0(read_cr0() & ~(CR0_EM | CR0_TS));
	return NULL;
}

/* As CPUID has it, some with blanks in front. */
const char *litmus_cpu(void)
{
	const char *name = boot_cpu.model_name;

	while (*name == ' ')
		name++;
	return *name ? name : boot_cpu.vendor;
}

/* ---- the others ---- */

static void (*runner)(unsigned i);

unsigned litmus_runners(void)
{
	return smp_online() - 1;
}

/* A translation from before paging_set_code() would make code no-execute. */
static void on_cpu(void *i)
{
	flush_tlb();
	runner((unsigned)(uintptr_t)i);
}

void litmus_start(void (*fn)(unsigned i))
{
	unsigned i = 0;

	runner = fn;
	for_each_other(cpu) if (smp_work(cpu, on_cpu, (void *)(uintptr_t)i++) != SMP_OK)
		panic("litmus: CPU %u takes no work", cpu);
}

void litmus_join(void)
{
	for_each_other(cpu) if (!smp_work_wait(cpu, 60000))
		panic("litmus: CPU %u does not come back", cpu);
}

uint32_t litmus_try(void (*fn)(void *), void *arg, uintptr_t *at)
{
	struct regs regs;
	uint32_t vector = trap_try(fn, arg, &regs);

	*at = vector == TRAP_NONE ? 0 : regs.eip;
	return vector;
}

void litmus_synchronize(void)
{
	pv_host_sync_others();
	pv_host_sync_self();
}

void litmus_cmpxchg8b(volatile void *p, uint64_t from, uint64_t to)
{
	cmpxchg64(p, from, to);
}

uint32_t litmus_ms(void)
{
	return timer_ticks; /* TIMER_HZ is 1000 */
}

void litmus_relax(void)
{
	cpu_relax();
}

_Noreturn void litmus_die(const char *what, unsigned i)
{
	panic("litmus: %s: runner %u", what, i);
}
