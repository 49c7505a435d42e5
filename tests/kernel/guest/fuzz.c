// SPDX-License-Identifier: MIT
/*
 * A guest that asks its host for anything, and executes anything. By name only: fuzz-seconds= says for how long,
 * fuzz-seed= which lot. After hypercalls by lot the guest is as it was; what instructions by lot leave of it nobody
 * knows: it may end in any way, and the host goes on.
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/cmdline.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include <stddef.h>

extern const uint8_t _text[], _etext[], _rodata[], _data[];

#define NEEDS_GUEST(t) KTAP_SKIP_UNLESS(t, guest_is(), "this is no guest")
#define BYTES          48
#define TICKS_MAX      3

static uint32_t state;

/* xorshift32, G. Marsaglia, 2003. */
static uint32_t draw(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static uint64_t begin(void)
{
	state = options.fuzz_seed * 2654435761u + 1;
	return timer_ns() + (options.fuzz_seconds ? options.fuzz_seconds : 1) * 1000000000ull;
}

/* ---- hypercalls ---- */

static uint32_t value(void)
{
	static uint8_t room[64];
	const uint32_t some[] = {0,
				 1,
				 4,
				 255,
				 256,
				 4095,
				 4096,
				 PV_GUEST_SAY,
				 0x7fffffff,
				 0x80000000,
				 0xffffffff,
				 0xffc10000,
				 (uint32_t)room,
				 (uint32_t)_text,
				 (uint32_t)_rodata,
				 (uint32_t)_data,
				 (uint32_t)&lguest_shared,
				 (uint32_t)lguest_flags,
				 (uint32_t)&state};
	const uint32_t n = sizeof(some) / sizeof(some[0]);

	switch (draw(4)) {
	case 0: return draw(0xffffffff);
	case 1: return draw(300);
	case 2: return some[draw(n)] + draw(9) - 4;
	default: return some[draw(n)];
	}
}

/* What is no text of its memory it may write to, and would. */
static bool is_own_data(uint32_t at)
{
	return at - (uint32_t)_text >= (uint32_t)(_data - _text) && at < 0x80000000u;
}

/* Not those that end a guest, or make it sleep; text is freed where none is, and control registers stay. */
static void one_call(void)
{
	uint32_t number = draw(8) ? draw(PV_NR_HYPERCALLS + 1) : value();
	const uint32_t a = value(), b = value(), c = value();

	if (number == PV_HYPERCALL_end || number == PV_HYPERCALL_sleep)
		number = 0xffffffff;
	if (number == PV_HYPERCALL_write_text && is_own_data(a))
		return;
	if (number == PV_HYPERCALL_free_text)
		pv_hypercall(number, a | 1, b, c);
	else if (number == PV_HYPERCALL_say || number == PV_HYPERCALL_tell)
		pv_hypercall(number, a, b % 4 ? b | PV_GUEST_SAY : 0, c);
	else if (number == PV_HYPERCALL_control && a < 5)
		pv_hypercall(number, a, lguest_shared.cr[a], c);
	else
		pv_hypercall(number, a, b, c);
}

static uint32_t text_sum(void)
{
	uint32_t sum = 0;

	for (const uint8_t *at = _text; at < _etext; at++)
		sum = (sum << 5 | sum >> 27) ^ *at;
	return sum;
}

static void calls(struct ktap *t)
{
	const uint64_t end = begin();
	const uint32_t text = text_sum();
	uint32_t calls = 0;

	NEEDS_GUEST(t);
	for (; timer_ns() < end; calls++) {
		unsigned long flags;

		local_irq_save(flags); /* ticks are others' meanwhile */
		one_call();
		local_irq_restore(flags);
	}
	guest_start_ticks(TIMER_HZ);
	CHECK(t, calls > 0, "calls were made");
	CHECK_EQ(t, text_sum(), text, "%u calls, and the text is what it was", calls);
	CHECK(t, timer_wait_tick(), "ticks come");
}

/* ---- instructions ---- */

static volatile uint32_t runs_since;

/* What does not come back is sent to an exception of its own. */
static void stop_it(void)
{
	struct irq_frame *frame = irq_interrupted();

	if (runs_since && frame && ++runs_since > TICKS_MAX)
		frame->eip = 0;
}

static void run(void *code)
{
	((void (*)(void))code)();
}

static void fill(uint8_t *code)
{
	static const uint8_t first[] = {0x0f, 0x0f, 0x0f, 0xfa, 0xfb, 0xf4, 0xcc, 0xcd, 0x9c,
					0x9d, 0x8e, 0x8c, 0xe4, 0xe6, 0xec, 0xee, 0x6c, 0x6e,
					0xd9, 0xea, 0x9a, 0xcb, 0xca, 0x62, 0xf0, 0x66};
	static const uint8_t second[] = {0x00, 0x01, 0x05, 0x06, 0x08, 0x09, 0x0b, 0x20,
					 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x34,
					 0x35, 0xa2, 0xaa, 0xb2, 0xb4, 0xc7};

	for (unsigned i = 0; i < BYTES; i++)
		code[i] = (uint8_t)draw(256);
	for (unsigned i = 0; i < BYTES - 8; i += 2 + draw(6)) {
		code[i] = first[draw(sizeof(first))];
		if (code[i] == 0x0f)
			code[i + 1] = second[draw(sizeof(second))];
	}
	memset(code + BYTES, 0xc3, 16);
}

static void instructions(struct ktap *t)
{
	const uint64_t end = begin();
	uint8_t *page = pages_alloc(1);
	struct regs at;
	uint32_t n = 0;

	NEEDS_GUEST(t);
	KTAP_SKIP_UNLESS(t, page && paging_set_code(page, PAGE_SIZE), "there is no memory");
	timer_tick_hook = stop_it;
	for (; timer_ns() < end; n++) {
		paging_set_data(page, PAGE_SIZE);
		fill(page);
		paging_set_code(page, PAGE_SIZE);
		runs_since = 1;
		trap_try(run, page, &at);
		runs_since = 0;
		local_irq_enable();
	}
	timer_tick_hook = NULL;
	paging_set_data(page, PAGE_SIZE);
	pages_free(page, 1);
	CHECK(t, n > 0, "it has survived %u of them", n);
}

static const struct ktap_test tests[] = {
	{.name = "calls", .run = calls, .by_name_only = true},
	{.name = "instructions", .run = instructions, .by_name_only = true},
};
KTAP_SUITE(guest_fuzz, tests);
