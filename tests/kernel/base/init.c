// SPDX-License-Identifier: MIT
/*
 * What was only for the boot is gone: poisoned, no code any more, free; and who calls it anyway
 * traps at once.
 */
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/ksyms.h"
#include "pv/paravirt.h"

extern uint8_t _init_text[], _init_text_end[], _init_data[], _init_data_end[];

/* Pages that are in use again are their owner's. */
static void check_poison(struct ktap *t, const uint8_t *start, const uint8_t *end, const char *what)
{
	uint32_t wrong = 0, looked = 0;

	CHECK(t, start < end, "there is %s", what);
	CHECK_EQ(t, ((uint32_t)start | (uint32_t)end) % PAGE_SIZE, 0, "%s is whole pages", what);
	for (const uint8_t *at = start; at < end; at++) {
		if (!pages_is_free(at))
			continue;
		looked++;
		wrong += *at != PAGES_POISON;
	}
	CHECK(t, looked, "some of %s is free", what);
	CHECK_EQ(t, wrong, 0, "each free byte of %s is poison", what);
}

static void is_poisoned(struct ktap *t)
{
	check_poison(t, _init_text, _init_text_end, "init text");
	check_poison(t, _init_data, _init_data_end, "init data");
}

static void holds_what_it_should(struct ktap *t)
{
	uint32_t start = (uint32_t)_init_text, end = (uint32_t)_init_text_end;
	static const char *const gone[] = {"kernel_main", "machine_report", "timer_init",
					   "paging_init"};
	static const char *const kept[] = {"init_free", "cmdline_parse", "panic", "paging_guard"};

	for (unsigned i = 0; i < 4; i++) {
		uint32_t at = ksym_address(gone[i]);

		CHECK(t, at >= start && at < end, "%s was init text", gone[i]);
		at = ksym_address(kept[i]);
		CHECK(t, at && (at < start || at >= end), "%s was not", kept[i]);
	}
}

/* The address is looked up: the linker allows nobody here to hold it. */
static void calls_trap(struct ktap *t)
{
	uint32_t at = ksym_address("kernel_main");
	struct regs regs = {0};
	uint32_t vector;

	KTAP_SKIP_UNLESS(t, pages_is_free((void *)at), "that memory is in use again");
	vector = trap_try((void (*)(void *))at, NULL, &regs);
	if (paging_has_nx()) {
		CHECK_EQ(t, vector, TRAP_PF, "a call into init text is a page fault");
		CHECK_EQ(t, regs.eip, at, "at the address that was called");
	} else {
		CHECK_EQ(t, vector, TRAP_BP, "a call into init text is a breakpoint");
		CHECK_EQ(t, regs.eip, at + 1, "at the address that was called");
	}
}

static const struct ktap_test tests[] = {
	KTAP_TEST(is_poisoned),
	KTAP_TEST(holds_what_it_should),
	KTAP_TEST(calls_trap),
};
KTAP_SUITE(init, tests);
