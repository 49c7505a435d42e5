// SPDX-License-Identifier: MIT
/*
 * Guests of this same image that test their interrupts (windows.c), under a machine that interrupts them where they say
 * so: with patched sites, with linked ones, and with a back end that counts. By an image that the boot loader handed over.
 */
#include "arch/x86/trap/panic.h"
#include "host/run.h"
#include "kernel/test/ktap.h"
#include "tests/kernel/guest/made.h"
#include "tests/kernel/guest/steps.h"
#include "tests/kernel/machine/lacks.h"

static void under(struct ktap *t, const char *cmdline, uint32_t least)
{
	struct guest *guest = made_guest(t, MADE_FIRST, cmdline);

	if (!guest)
		return;
	if (CHECK(t, steps_begin(machine_lacks(TRAP_DB)),
		  "the call that leads into a guest changes")) {
		made_live(guest);
		steps_end();
		CHECK_EQ(t, guest->status, MACHINE_PASSED, "%s: the guest passes: %s", cmdline,
			 guest->why);
		CHECK(t, steps_plan(guest)->brought >= least, "%s: %u interrupts were raised",
		      cmdline, steps_plan(guest)->brought);
		CHECK(t, guest->counts.injected >= steps_plan(guest)->brought,
		      "%s: and %u brought, its ticks among them", cmdline,
		      (unsigned)guest->counts.injected);
	}
	guest_destroy(guest);
}

static void patched(struct ktap *t)
{
	NEEDS_IMAGE(t);
	under(t, "selftest=window*", 500);
}

static void linked(struct ktap *t)
{
	NEEDS_IMAGE(t);
	under(t, "selftest=window* noreplace-paravirt", 500);
}

static void traced(struct ktap *t)
{
	NEEDS_IMAGE(t);
	under(t, "selftest=window* pv=trace", 500);
}

static void often(struct ktap *t)
{
	NEEDS_IMAGE(t);
	under(t, "selftest=ticks", 100000);
}

static const struct ktap_test tests[] = {KTAP_TEST(patched), KTAP_TEST(linked), KTAP_TEST(traced),
					 KTAP_TEST(often)};
KTAP_SUITE(guest_interrupts, tests);
