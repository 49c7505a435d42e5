// SPDX-License-Identifier: MIT
/*
 * Which registers a site changes: all are filled with a pattern before each kind of site (C
 * convention, callee-save with and without a result, a jump) and each kind of target (indirect,
 * template, direct call, padding), and compared after it. And the same from the compiler's side:
 * values that it keeps over a site are unhurt when the target loses all that its convention allows.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/sites/macros.h"
#include "tests/kernel/sites/sites.h"

#define EAX       1u
#define ECX       2u
#define EDX       4u
#define LOST      (EAX | ECX | EDX) /* by the C convention */
#define FLAGS     0xcd5u            /* OF DF SF ZF AF PF CF */
#define FLAGS_ODD 0x8d5u            /* all of them but DF, which C wants clear */
#define FLAGS_DF  0x400u
#define IF        0x200u

/* C functions as callee-save functions: they, and so the thunk, have to do with lost registers. */
static PV_FN __attribute__((used, noinline)) uint32_t trash_result(void)
{
	macros_trash();
	return 0xc0ffee02;
}

static PV_FN __attribute__((used, noinline)) uint32_t trash_ident(uint32_t value)
{
	macros_trash();
	return ~value;
}

static PV_FN __attribute__((used, noinline)) void trash_void(void)
{
	macros_trash();
}
PV_CALLEE_SAVE_REGS_THUNK(trash_result);
PV_CALLEE_SAVE_REGS_THUNK(trash_ident);
PV_CALLEE_SAVE_VOID_THUNK(trash_void);

#define THUNK(fn)   __raw_callee_save_##fn
#define PADDING_EAX __raw_callee_save_paravirt_ident_32
#define PADDING     __raw_callee_save_paravirt_nop
#define NOTHING     ((void (*)(void))paravirt_nop)
#define NATIVE      NULL

/* What changes besides IF: registers, and whether the arithmetic flags and DF survive. */
static const struct site_case {
	probe_fn *probe;
	unsigned type;
	enum pv_kind kind;
	void (*target)(void);
	uint32_t changed;
	bool keeps_flags;
	uint32_t calls; /* of macros_... functions */
} cases[] = {
	/* no result */
	{around_irq_disable, PV_TYPE_irq_disable, PV_KEPT, NATIVE, 0, true, 0},
	{around_irq_disable, PV_TYPE_irq_disable, PV_KEPT, THUNK(trash_void), 0, false, 1},
	{around_irq_disable, PV_TYPE_irq_disable, PV_INLINE, NATIVE, 0, true, 0},
	{around_irq_disable, PV_TYPE_irq_disable, PV_CALL, THUNK(trash_void), 0, false, 1},
	{around_irq_disable, PV_TYPE_irq_disable, PV_CALL, macros_callee, 0, false, 1},
	{around_irq_disable, PV_TYPE_irq_disable, PV_NOP, PADDING, 0, true, 0},
	{around_irq_enable, PV_TYPE_irq_enable, PV_KEPT, NATIVE, 0, true, 0},
	{around_irq_enable, PV_TYPE_irq_enable, PV_INLINE, NATIVE, 0, true, 0},
	{around_irq_enable, PV_TYPE_irq_enable, PV_CALL, THUNK(trash_void), 0, false, 1},
	{around_irq_enable, PV_TYPE_irq_enable, PV_NOP, PADDING, 0, true, 0},
	/* a result, in eax */
	{around_save_fl, PV_TYPE_save_fl, PV_KEPT, NATIVE, EAX, true, 0},
	{around_save_fl, PV_TYPE_save_fl, PV_KEPT, THUNK(trash_result), EAX, false, 1},
	{around_save_fl, PV_TYPE_save_fl, PV_INLINE, NATIVE, EAX, true, 0},
	{around_save_fl, PV_TYPE_save_fl, PV_CALL, THUNK(trash_result), EAX, false, 1},
	{around_save_fl, PV_TYPE_save_fl, PV_CALL, THUNK(trash_ident), EAX, false, 1},
	{around_save_fl, PV_TYPE_save_fl, PV_CALL, macros_callee_eax, EAX, false, 1},
	{around_save_fl, PV_TYPE_save_fl, PV_NOP, PADDING_EAX, 0, true, 0},
	/* an argument in eax, which stays */
	{around_restore_fl, PV_TYPE_restore_fl, PV_KEPT, NATIVE, 0, false, 0},
	{around_restore_fl, PV_TYPE_restore_fl, PV_KEPT, THUNK(trash_void), 0, false, 1},
	{around_restore_fl, PV_TYPE_restore_fl, PV_INLINE, NATIVE, 0, false, 0},
	{around_restore_fl, PV_TYPE_restore_fl, PV_CALL, THUNK(trash_void), 0, false, 1},
	{around_restore_fl, PV_TYPE_restore_fl, PV_NOP, PADDING, 0, true, 0},
	/* the C convention, with and without arguments on the stack */
	{around_io_delay, PV_TYPE_io_delay, PV_KEPT, NATIVE, 0, true, 0},
	{around_io_delay, PV_TYPE_io_delay, PV_KEPT, macros_trash, LOST, false, 1},
	{around_io_delay, PV_TYPE_io_delay, PV_INLINE, NATIVE, 0, true, 0},
	{around_io_delay, PV_TYPE_io_delay, PV_CALL, macros_trash, LOST, false, 1},
	{around_io_delay, PV_TYPE_io_delay, PV_CALL, macros_target, LOST, false, 1},
	{around_io_delay, PV_TYPE_io_delay, PV_NOP, NOTHING, 0, true, 0},
	{around_cpuid, PV_TYPE_cpuid, PV_KEPT, macros_target, LOST, false, 1},
	{around_cpuid, PV_TYPE_cpuid, PV_CALL, macros_target, LOST, false, 1},
	{around_cpuid, PV_TYPE_cpuid, PV_NOP, NOTHING, 0, true, 0},
	/* jumps */
	{around_iret, PV_TYPE_iret, PV_KEPT, NATIVE, 0, true, 0},
	{around_iret, PV_TYPE_iret, PV_KEPT, macros_iret, 0, true, 1},
	{around_iret, PV_TYPE_iret, PV_INLINE, NATIVE, 0, true, 0},
	{around_iret, PV_TYPE_iret, PV_JMP, macros_iret, 0, true, 1},
};

static void fill(uint32_t flags)
{
	around_before = (struct around){
		.eax = 0xa1a2a3a4,
		.ecx = 0xc1c2c3c4,
		.edx = 0xd1d2d3d4,
		.ebx = 0xb1b2b3b4,
		.ebp = 0xe1e2e3e4,
		.esi = 0x51525354,
		.edi = 0xf1f2f3f4,
		.flags = flags,
	};
	around_after = (struct around){0};
	macros_result[0] = 0x0badcafe;
	macros_result[1] = 0x1badcafe;
	macros_count = 0;
}

static void check_registers(struct ktap *t, const char *what, const char *kind, uint32_t changed)
{
	const struct around *a = &around_before, *b = &around_after;

	CHECK_EQ(t, b->eax != a->eax, changed & EAX, "%s, %s: eax %s", what, kind,
		 changed & EAX ? "is the callee's" : "survives");
	CHECK_EQ(t, (b->ecx != a->ecx) * ECX, changed & ECX, "%s, %s: ecx %s", what, kind,
		 changed & ECX ? "is the callee's" : "survives");
	CHECK_EQ(t, (b->edx != a->edx) * EDX, changed & EDX, "%s, %s: edx %s", what, kind,
		 changed & EDX ? "is the callee's" : "survives");
	CHECK_EQ(t, b->ebx, a->ebx, "%s, %s: ebx survives", what, kind);
	CHECK_EQ(t, b->ebp, a->ebp, "%s, %s: ebp survives", what, kind);
	CHECK_EQ(t, b->esi, a->esi, "%s, %s: esi survives", what, kind);
	CHECK_EQ(t, b->edi, a->edi, "%s, %s: edi survives", what, kind);
	CHECK_EQ(t, b->esp, a->esp, "%s, %s: esp is where it was", what, kind);
}

static const char *kind_name(enum pv_kind kind)
{
	static const char *const names[PV_NR_KINDS] = {"indirect", "inline",  "call",
						       "jmp",      "padding", "ud2"};

	return names[kind];
}

/* Runs with each of these flags, while the site is another one; what came of each is checked later. */
static const uint32_t flags_before[] = {FLAGS_ODD, 2, FLAGS_DF};
static struct {
	struct around before, after;
	uint32_t calls;
} runs[3];

/* The last one if they survive. */
static unsigned runs_of(const struct site_case *c)
{
	return c->keeps_flags ? 3 : 2;
}

static void run_each(void *arg)
{
	const struct site_case *c = arg;

	for (unsigned i = 0; i < runs_of(c); i++) {
		fill(flags_before[i]);
		if (c->type == PV_TYPE_restore_fl)
			around_before.eax = FLAGS_ODD ^ flags_before[i] ^ 2;
		c->probe(NULL);
		runs[i].before = around_before;
		runs[i].after = around_after;
		runs[i].calls = macros_count;
	}
}

static void check_run(struct ktap *t, const struct site_case *c, unsigned i)
{
	const char *what = pv_op_name(c->type), *kind = kind_name(c->kind);

	around_before = runs[i].before;
	around_after = runs[i].after;
	check_registers(t, what, kind, c->changed);
	CHECK_EQ(t, runs[i].calls, c->calls, "%s, %s: the function in the slot runs %u times", what,
		 kind, c->calls);
	if (c->keeps_flags)
		CHECK_EQ(t, around_after.flags & FLAGS, flags_before[i] & FLAGS,
			 "%s, %s: flags survive", what, kind);
	else
		CHECK_EQ(t, around_after.flags & FLAGS_DF, 0, "%s, %s: DF is clear", what, kind);
}

static void changes_what_it_may(struct ktap *t)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct site_case *c = &cases[i];

		memset(runs, 0, sizeof(runs));
		sites_run_by(t, c->probe, c->type, (const void *)c->target, c->kind, run_each,
			     (void *)c);
		for (unsigned run = 0; run < runs_of(c); run++)
			check_run(t, c, run);
	}
}

/* And what they are for: the flags' values themselves. */
static void means_flags(struct ktap *t)
{
	static const enum pv_kind kinds[] = {PV_KEPT, PV_INLINE};

	NEEDS_MACHINE(t);
	for (unsigned i = 0; i < 2; i++) {
		fill(FLAGS_ODD);
		sites_run(t, around_irq_enable, PV_TYPE_irq_enable, NATIVE, kinds[i], NULL);
		CHECK_EQ(t, around_after.flags & IF, IF, "irq_enable, %s, sets IF",
			 kind_name(kinds[i]));
		fill(FLAGS_ODD | IF);
		sites_run(t, around_irq_disable, PV_TYPE_irq_disable, NATIVE, kinds[i], NULL);
		CHECK_EQ(t, around_after.flags & IF, 0, "irq_disable, %s, clears IF",
			 kind_name(kinds[i]));
		fill(FLAGS_ODD | IF);
		sites_run(t, around_save_fl, PV_TYPE_save_fl, NATIVE, kinds[i], NULL);
		CHECK_EQ(t, around_after.eax & (FLAGS | IF), FLAGS_ODD | IF,
			 "save_fl, %s, returns the flags", kind_name(kinds[i]));
		fill(FLAGS_ODD);
		around_before.eax = 0x202;
		sites_run(t, around_restore_fl, PV_TYPE_restore_fl, NATIVE, kinds[i], NULL);
		CHECK_EQ(t, around_after.flags & (FLAGS | IF), IF,
			 "restore_fl, %s, sets the flags to its argument", kind_name(kinds[i]));
	}
}

/* The NOPs of the table in use, executed: they change nothing, flags included. */
static void nops_do_nothing(struct ktap *t)
{
	static uint8_t code[PAGE_SIZE] __attribute__((aligned(4096)));

	for (unsigned n = 1; n <= 3u * pv_nops->max; n++) {
		fill(n & 1 ? FLAGS_ODD : FLAGS_DF);
		pv_nops_fill(code, n);
		code[n] = 0xc3; /* ret */
		paging_set_code(code, sizeof(code));
		pv_host_sync_self();
		around_code = code;
		around_call(NULL);
		paging_set_data(code, sizeof(code));
		check_registers(t, pv_nops->name, "padding executed", 0);
		CHECK_EQ(t, around_after.flags & FLAGS, around_before.flags & FLAGS,
			 "%u bytes of %s padding leave the flags", n, pv_nops->name);
	}
}

static volatile uint32_t live[8] = {0x101, 0x202, 0x303, 0x404, 0x505, 0x606, 0x707, 0x808};

/* Eight values that the compiler has to keep over a site, in whatever register it thinks safe. */
#define LIVE(name, ...)                                                      \
	static void name(void *arg)                                          \
	{                                                                    \
		uint32_t *out = arg;                                         \
		uint32_t a = live[0], b = live[1], c = live[2], d = live[3]; \
		uint32_t e = live[4], f = live[5], g = live[6], h = live[7]; \
		__VA_ARGS__;                                                 \
		out[0] = a, out[1] = b, out[2] = c, out[3] = d;              \
		out[4] = e, out[5] = f, out[6] = g, out[7] = h;              \
	}
LIVE(live_vcall0, PVOP_VCALL0(cpu.io_delay))
LIVE(live_vcall3, PVOP_VCALL3(cpu.write_msr, a, b, c))
LIVE(live_call4, out[8] = PV_CALL4_(uint32_t, cpu.io_delay, a, b, c, d))
LIVE(live_call64, out[8] = (uint32_t)(PVOP_CALL2(uint64_t, mmu.make_pte, g, h) >> 32))
LIVE(live_callee0, out[8] = PVOP_CALLEE0(uint32_t, irq.save_fl))
LIVE(live_callee1, out[8] = PV_CALLEE1_(uint32_t, irq.save_fl, h))
LIVE(live_vcallee0, PVOP_VCALLEE0(irq.irq_disable))
LIVE(live_vcallee1, PVOP_VCALLEE1(irq.restore_fl, h))

static const struct {
	probe_fn *probe;
	unsigned type;
	void (*target)(void);
	uint32_t result;
} keepers[] = {
	{live_vcall0, PV_TYPE_io_delay, macros_trash, 0},
	{live_vcall3, PV_TYPE_write_msr, macros_trash, 0},
	{live_call4, PV_TYPE_io_delay, macros_target, 0x0badcafe},
	{live_call64, PV_TYPE_make_pte, macros_target, 0x1badcafe},
	{live_callee0, PV_TYPE_save_fl, THUNK(trash_result), 0xc0ffee02},
	{live_callee1, PV_TYPE_save_fl, THUNK(trash_ident), ~0x808u},
	{live_vcallee0, PV_TYPE_irq_disable, THUNK(trash_void), 0},
	{live_vcallee1, PV_TYPE_restore_fl, THUNK(trash_void), 0},
};

static void compiler_loses_nothing(struct ktap *t)
{
	for (unsigned i = 0; i < 2 * sizeof(keepers) / sizeof(keepers[0]); i++) {
		enum pv_kind kind = i & 1 ? PV_CALL : PV_KEPT;
		uint32_t out[9] = {0};
		uint64_t kept = 0;

		fill(0);
		sites_run(t, keepers[i / 2].probe, keepers[i / 2].type,
			  (const void *)keepers[i / 2].target, kind, out);
		for (unsigned v = 0; v < 8; v++)
			kept += out[v] == live[v];
		CHECK_EQ(t, kept, 8, "%pS, %s: all values live over the site are intact",
			 (void *)keepers[i / 2].probe, kind_name(kind));
		CHECK_EQ(t, out[8], keepers[i / 2].result, "%pS, %s: the result arrives",
			 (void *)keepers[i / 2].probe, kind_name(kind));
		CHECK_EQ(t, macros_count, 1, "%pS, %s: the target ran",
			 (void *)keepers[i / 2].probe, kind_name(kind));
	}
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(changes_what_it_may),
	KTAP_PATCHES(means_flags),
	KTAP_PATCHES(nops_do_nothing),
	KTAP_PATCHES(compiler_loses_nothing),
};
KTAP_SUITE(registers, tests);
