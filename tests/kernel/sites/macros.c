// SPDX-License-Identifier: MIT
/*
 * The PVOP macros: every argument arrives in its place, every width of result comes back right, the
 * stack is where it was, and what the compiler keeps over a site is still there. Each through the
 * indirect call as linked, the direct call, and padding where the function does nothing. Slots are
 * real ones with functions of macros.asm in them.
 */
#include "tests/kernel/sites/macros.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/sites/sites.h"

/*
 * A call is held against its op's type, so that each form has an op of its shape; the two forms
 * that no op has go below the check.
 */
#define OP0   cpu.read_cr2
#define OP1   cpu.get_debugreg
#define OP2   mmu.make_pte
#define OP3   cpu.read_msr
#define VOID0 cpu.wbinvd
#define VOID1 mmu.flush_tlb_single
#define VOID2 cpu.set_debugreg
#define VOID3 cpu.write_msr
#define VOID4 cpu.write_gdt_entry
#define NO_OP cpu.io_delay
#define A1    in[0]
#define A2    in[1]
#define A3    in[2]
#define A4    in[3]

static const uint32_t arguments[4] = {0x11111111, 0x22222222, 0x33333333, 0x44444444};
static volatile uint32_t in[4] = {0x11111111, 0x22222222, 0x33333333, 0x44444444};

/* Two that come to the same code are two all the same: each has sites of its own. */
#ifdef __clang__
#define OWN_CODE
#else
#define OWN_CODE __attribute__((noipa))
#endif
#define PROBE(name, ...)                        \
	static OWN_CODE void name(void *result) \
	{                                       \
		(void)result;                   \
		__VA_ARGS__;                    \
	}
#define RESULT(expression) (*(uint64_t *)result = (uint64_t)(expression))

PROBE(call0, RESULT(PVOP_CALL0(uint32_t, OP0)))
PROBE(call1, RESULT(PVOP_CALL1(uint32_t, OP1, A1)))
PROBE(call2, RESULT(PVOP_CALL2(uint32_t, OP2, A1, A2)))
PROBE(call3, RESULT(PVOP_CALL3(uint32_t, OP3, A1, A2, A3)))
PROBE(call4, RESULT(PV_CALL4_(uint32_t, NO_OP, A1, A2, A3, A4)))
PROBE(vcall0, PVOP_VCALL0(VOID0))
PROBE(vcall1, PVOP_VCALL1(VOID1, A1))
PROBE(vcall2, PVOP_VCALL2(VOID2, A1, A2))
PROBE(vcall3, PVOP_VCALL3(VOID3, A1, A2, A3))
PROBE(vcall4, PVOP_VCALL4(VOID4, (void *)A1, A2, A3, A4))
PROBE(vcall4_constant, PVOP_VCALL4(VOID4, (void *)0x11111111, 0x22222222, 0x33333333, 0x44444444))
PROBE(callee0, RESULT(PVOP_CALLEE0(uint32_t, irq.save_fl)))
PROBE(callee1, RESULT(PV_CALLEE1_(uint32_t, irq.save_fl, A1)))
PROBE(vcallee0, PVOP_VCALLEE0(irq.irq_disable))
PROBE(vcallee1, PVOP_VCALLEE1(irq.restore_fl, A1))

static const struct call {
	const char *what;
	probe_fn *probe;
	unsigned type, arguments;
	void (*target)(void);
	bool result;
} calls[] = {
	{"PVOP_CALL0", call0, PV_TYPE(OP0), 0, macros_target, true},
	{"PVOP_CALL1", call1, PV_TYPE(OP1), 1, macros_target, true},
	{"PVOP_CALL2", call2, PV_TYPE(OP2), 2, macros_target, true},
	{"PVOP_CALL3", call3, PV_TYPE(OP3), 3, macros_target, true},
	{"PV_CALL4_", call4, PV_TYPE(NO_OP), 4, macros_target, true},
	{"PVOP_VCALL0", vcall0, PV_TYPE(VOID0), 0, macros_target, false},
	{"PVOP_VCALL1", vcall1, PV_TYPE(VOID1), 1, macros_target, false},
	{"PVOP_VCALL2", vcall2, PV_TYPE(VOID2), 2, macros_target, false},
	{"PVOP_VCALL3", vcall3, PV_TYPE(VOID3), 3, macros_target, false},
	{"PVOP_VCALL4", vcall4, PV_TYPE(VOID4), 4, macros_target, false},
	{"PVOP_VCALL4 of constants", vcall4_constant, PV_TYPE(VOID4), 4, macros_target, false},
	{"PVOP_CALLEE0", callee0, PV_TYPE_save_fl, 0, macros_callee_eax, true},
	{"PV_CALLEE1_", callee1, PV_TYPE_save_fl, 1, macros_callee_eax, true},
	{"PVOP_VCALLEE0", vcallee0, PV_TYPE_irq_disable, 0, macros_callee, false},
	{"PVOP_VCALLEE1", vcallee1, PV_TYPE_restore_fl, 1, macros_callee, false},
};

static const enum pv_kind kinds[] = {PV_KEPT, PV_CALL};
static const char *const kind_names[] = {[PV_KEPT] = "as linked", [PV_CALL] = "called directly"};

static uint64_t run(struct ktap *t, probe_fn *probe, unsigned type, void (*target)(void),
		    enum pv_kind kind)
{
	uint64_t result = 0;

	memset(macros_seen, 0xa5, sizeof(macros_seen));
	macros_count = 0;
	sites_run(t, probe, type, (const void *)target, kind, &result);
	return result;
}

static void check_call(struct ktap *t, const struct call *call, enum pv_kind kind)
{
	uint64_t result = run(t, call->probe, call->type, call->target, kind);

	CHECK_EQ(t, macros_count, 1, "%s, %s, calls once", call->what, kind_names[kind]);
	for (unsigned i = 0; i < call->arguments; i++)
		CHECK_EQ(t, macros_seen[i], arguments[i], "%s, %s, passes argument %u", call->what,
			 kind_names[kind], i + 1);
	if (call->result)
		CHECK_EQ(t, result, macros_result[0], "%s, %s, returns eax", call->what,
			 kind_names[kind]);
}

static void passes_arguments(struct ktap *t)
{
	macros_result[0] = 0x8badf00d;
	macros_result[1] = 0xffffffff;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (unsigned k = 0; k < 2; k++)
			check_call(t, &calls[i], kinds[k]);
}

PROBE(width_bool, RESULT(PVOP_CALL0(bool, OP0)))
PROBE(width_u8, RESULT(PVOP_CALL0(uint8_t, OP0)))
PROBE(width_u16, RESULT(PVOP_CALL1(uint16_t, OP1, A1)))
PROBE(width_u32, RESULT(PVOP_CALL2(uint32_t, OP2, A1, A2)))
PROBE(width_u64, RESULT(PVOP_CALL3(uint64_t, OP3, A1, A2, A3)))
PROBE(width_pointer, RESULT((uint32_t)PVOP_CALL0(void *, OP0)))
PROBE(width_callee_bool, RESULT(PVOP_CALLEE0(bool, irq.save_fl)))
PROBE(width_callee_u8, RESULT(PV_CALLEE1_(uint8_t, irq.save_fl, A1)))

static void check_width(struct ktap *t, probe_fn *probe, unsigned type, uint64_t expected)
{
	void (*target)(void) = type == PV_TYPE_save_fl ? macros_callee_eax : macros_target;

	for (unsigned k = 0; k < 2; k++)
		CHECK_EQ(t, run(t, probe, type, target, kinds[k]), expected,
			 "%pS, %s, returns what a callee of that width meant", (void *)probe,
			 kind_names[kinds[k]]);
}

/* A callee sets as much of edx:eax as its type has, and leaves garbage above it. */
static void returns_widths(struct ktap *t)
{
	macros_result[0] = 0x5a5a5a00;
	macros_result[1] = 0x96969696;
	check_width(t, width_bool, PV_TYPE(OP0), false);
	check_width(t, width_callee_bool, PV_TYPE_save_fl, false);
	macros_result[0] = 0x5a5a5a01;
	check_width(t, width_bool, PV_TYPE(OP0), true);
	check_width(t, width_callee_bool, PV_TYPE_save_fl, true);
	macros_result[0] = 0x87654381;
	check_width(t, width_u8, PV_TYPE(OP0), 0x81);
	check_width(t, width_callee_u8, PV_TYPE_save_fl, 0x81);
	check_width(t, width_u16, PV_TYPE(OP1), 0x4381);
	check_width(t, width_u32, PV_TYPE(OP2), 0x87654381);
	check_width(t, width_u64, PV_TYPE(OP3), 0x9696969687654381);
	check_width(t, width_pointer, PV_TYPE(OP0), 0x87654381);
}

PROBE(wrap_make_pte, RESULT(make_pte((uint64_t)A2 << 32 | A1).pte))
PROBE(wrap_pte_val, RESULT(pte_val((pte_t){(uint64_t)A2 << 32 | A1})))
PROBE(wrap_read_msr, RESULT(read_msr(A3)))
PROBE(wrap_write_msr, write_msr(A3, (uint64_t)A2 << 32 | A1))

/* 64 bits are two arguments, low and high, and a small structure is its value. */
static void passes_pairs(struct ktap *t)
{
	static const struct {
		probe_fn *probe;
		unsigned type, first, last;
		bool result;
	} wrappers[] = {{wrap_make_pte, PV_TYPE_make_pte, 0, 1, true},
			{wrap_pte_val, PV_TYPE_pte_val, 0, 1, true},
			{wrap_read_msr, PV_TYPE_read_msr, 2, 2, true},
			{wrap_write_msr, PV_TYPE_write_msr, 0, 2, false}};

	macros_result[0] = 0x01234567;
	macros_result[1] = 0x89abcdef;
	for (unsigned i = 0; i < 2 * sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		probe_fn *probe = wrappers[i / 2].probe;
		uint64_t result = run(t, probe, wrappers[i / 2].type, macros_target, kinds[i & 1]);

		for (unsigned a = wrappers[i / 2].first; a <= wrappers[i / 2].last; a++)
			CHECK_EQ(t, macros_seen[a], arguments[a], "%pS, %s, passes register %u",
				 (void *)probe, kind_names[kinds[i & 1]], a);
		if (wrappers[i / 2].result)
			CHECK_EQ(t, result, 0x89abcdef01234567, "%pS, %s, returns edx:eax",
				 (void *)probe, kind_names[kinds[i & 1]]);
	}
}

PROBE(ident32, RESULT(PVOP_CALL1(uint32_t, OP1, A1)))
PROBE(ident64, RESULT(PVOP_CALL2(uint64_t, OP2, A1, A2)))
PROBE(ident_callee, RESULT(PV_CALLEE1_(uint32_t, irq.save_fl, A1)))

static void check_padding(struct ktap *t, probe_fn *probe, unsigned type, const void *target,
			  uint64_t expected)
{
	static const enum pv_kind forms[] = {PV_KEPT, PV_NOP};

	for (unsigned k = 0; k < 2; k++) {
		uint64_t result = 0;

		macros_count = 0;
		sites_run(t, probe, type, target, forms[k], &result);
		CHECK_EQ(t, result, expected, "%pS returns its argument%s", (void *)probe,
			 k ? " through padding" : "");
		CHECK_EQ(t, macros_count, 0, "%pS calls nothing else", (void *)probe);
	}
}

/* Argument and result share eax, or edx:eax, so nothing at all is the identity. */
static void pads(struct ktap *t)
{
	check_padding(t, ident32, PV_TYPE(OP1), (const void *)paravirt_ident_32, 0x11111111);
	check_padding(t, ident64, PV_TYPE(OP2), (const void *)paravirt_ident_64,
		      0x2222222211111111);
	check_padding(t, ident_callee, PV_TYPE_save_fl,
		      (const void *)__raw_callee_save_paravirt_ident_32, 0x11111111);
	check_padding(t, vcall0, PV_TYPE(VOID0), (const void *)paravirt_nop, 0);
	check_padding(t, vcall4, PV_TYPE(VOID4), (const void *)paravirt_nop, 0);
	check_padding(t, vcallee0, PV_TYPE_irq_disable,
		      (const void *)__raw_callee_save_paravirt_nop, 0);
	check_padding(t, vcallee1, PV_TYPE_restore_fl, (const void *)__raw_callee_save_paravirt_nop,
		      0);
}

static void call4_twice(void *result)
{
	(void)result;
	PVOP_VCALL4(VOID4, (void *)A1, A2, A3, A4);
	PVOP_VCALL4(VOID4, (void *)A1, A2, A3, A4);
}

/* A function with a frame pointer hides a lost stack slot at its end; two calls in it do not. */
static void keeps_the_stack(struct ktap *t)
{
	for (unsigned k = 0; k < 2; k++) {
		run(t, call4_twice, PV_TYPE(VOID4), macros_target, kinds[k]);
		CHECK_EQ(t, macros_count, 2, "both calls are made");
		CHECK_EQ(t, macros_seen[4], macros_seen[5],
			 "a call with a stack argument, %s, leaves esp where it was",
			 kind_names[kinds[k]]);
	}
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(passes_arguments), KTAP_PATCHES(returns_widths),
	KTAP_PATCHES(passes_pairs),     KTAP_PATCHES(pads),
	KTAP_PATCHES(keeps_the_stack),
};
KTAP_SUITE(macros, tests);
