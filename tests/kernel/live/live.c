// SPDX-License-Identifier: MIT
/*
 * Live changes: every kind of site in both forms, what cannot be done now or with this site, and
 * what all other CPUs see while the boot CPU changes sites under them: no torn instruction, and one
 * instant for all sites and all CPUs.
 */
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/live/instant.h"
#include "tests/kernel/live/live_family.h"
#include "tests/kernel/live/stepped.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/machine/smp_all.h"

#define CHANGES      60  /* with two CPUs */
#define CHANGES_MANY 12  /* with more, which share the host's few */
#define CHANGES_LONG 400 /* for what an emulator does wrong in few of them */

static unsigned sites_as(bool form)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LIVE_SITES; i++)
		n += live_function[i]() == form;
	return n;
}

static void forms(struct ktap *t)
{
	live_begin(t);
	CHECK_EQ(t, sites_as(false), LIVE_SITES, "all are in their first form");
	for (unsigned round = 0; round < 2; round++) {
		const char *why = live_set(0, true);

		CHECK(t, !why, "key 0 is set: %s", why ? why : "done");
		CHECK_EQ(t, live_stats.total.sites, LIVE_FIRST, "its sites are counted");
		for (unsigned i = 0; i < LIVE_SITES; i++)
			CHECK_EQ(t, live_function[i](), i < LIVE_FIRST, "%s", live_name[i]);
		CHECK(t, !live_set_both(true) && sites_as(true) == LIVE_SITES, "both keys are");
		CHECK(t, !live_set_both(false) && sites_as(false) == LIVE_SITES, "and are not");
	}
	live_end(t);
}

/* What stands at a site when its breakpoint is met: late, or for whoever set none. */
static void breakpoint_means_present(struct ktap *t)
{
	static const uint8_t breakpoint = PV_BREAKPOINT;

	live_begin(t);
	for (unsigned form = 0; form < 2; form++) {
		CHECK(t, !live_set_both(form), "both keys are %u", form);
		for (unsigned i = 0; i < LIVE_SITES; i++) {
			uint8_t first = *live_site(i);
			unsigned long flags;
			unsigned found;

			local_irq_save(flags);
			pv_host_text_write(live_site(i), &breakpoint, 1);
			pv_host_sync_self();
			found = live_function[i]();
			pv_host_text_write(live_site(i), &first, 1);
			pv_host_sync_self();
			local_irq_restore(flags);
			CHECK_EQ(t, found, form, "a breakpoint at %s", live_name[i]);
		}
	}
	live_end(t);
}

static void refusals(struct ktap *t)
{
	uint8_t first, wrong = 0x91;
	unsigned long flags;
	const char *why;

	live_begin(t);
	local_irq_save(flags);
	why = live_set(0, true);
	local_irq_restore(flags);
	CHECK(t, why && !strcmp(why, "interrupts are off"), "with interrupts off: %s",
	      why ? why : "done");
	CHECK_EQ(t, sites_as(false), LIVE_SITES, "and nothing has changed");

	CHECK_EQ(t, live_try(5, PV_CALL), PV_OK, "a call that fills its site");
	CHECK_EQ(t, live_try(6, PV_CALL), PV_WHY_LIVE, "one that returns to inside of it");
	CHECK_EQ(t, live_try(9, PV_JMP), PV_WHY_LIVE, "a jump in place of two NOPs");

	first = *live_site(2);
	pv_host_text_write(live_site(2), &wrong, 1);
	why = live_set(0, true);
	CHECK(t, !why && live_stats.total.refused == 1 && *live_site(2) == wrong,
	      "a site that holds something else is refused alone");
	CHECK(t,
	      live_stats.refusal[0].why == PV_WHY_BYTES && live_stats.refusal[0].at == live_site(2),
	      "and says why");
	CHECK(t, !live_set(0, false), "and back");
	pv_host_text_write(live_site(2), &first, 1);
	CHECK_EQ(t, sites_as(false), LIVE_SITES, "all others went there and back");
	live_end(t);
}

/* A debugger's, for example. The handler takes it for ours, and that is as good. */
static void others_breakpoints(struct ktap *t)
{
	static const uint8_t breakpoint = PV_BREAKPOINT;

	live_begin(t);
	for (unsigned i = 0; i < LIVE_SITES; i++) {
		uint8_t first = *live_site(i);
		const char *why;

		pv_host_text_write(live_site(i), &breakpoint, 1);
		why = live_set(i >= LIVE_FIRST, true);
		if (!CHECK(t, why && live_stats.total.refused == 1, "a breakpoint at %s: %s",
			   live_name[i], why ? why : "done"))
			break;
		CHECK(t, live_stats.refusal[0].at == live_site(i), "which is named");
		CHECK_EQ(t, *live_site(i), PV_BREAKPOINT, "and stays");
		CHECK_EQ(t, sites_as(false), LIVE_SITES, "and nothing has changed");
		pv_host_text_write(live_site(i), &first, 1);
		CHECK(t, !live_set(i >= LIVE_FIRST, true), "without it the key is set");
		CHECK(t, !live_set(i >= LIVE_FIRST, false), "and back");
	}
	live_end(t);
}

/* ---- between any two instructions ---- */

static struct {
	uint32_t steps, looks, mixed, instants, breakpoints, stands;
	unsigned apart, form;
} stepped;

typedef uint32_t __attribute__((may_alias, aligned(1))) word;

/* What decides which form a site is: other bytes there, or another version, make another sum. */
static uint32_t what_stands(void)
{
	uint32_t sum = pv_present;

	for (unsigned i = 0; i < LIVE_FIRST; i++) {
		const uint8_t *site = live_site(i);

		sum = sum * 31 + *(const word *)site;
		sum = sum * 31 + site[4];
	}
	return sum;
}

/*
 * An NMI could come here, and run all sites. No PV_TEXT: text is whole at any time. By default it comes
 * whenever what stands there has just changed, and beside that at each 13th step: three breakpoints
 * at each take most of the time.
 */
static void on_step(struct regs *regs)
{
	const uint32_t stands = what_stands();
	unsigned n = 0;

	(void)regs;
	if (stepped.steps++ % stepped.apart && stands == stepped.stands)
		return;
	stepped.stands = stands;
	stepped.looks++;
	for (unsigned i = 0; i < LIVE_FIRST; i++) {
		stepped.breakpoints += *live_site(i) == PV_BREAKPOINT;
		n += live_function[i]();
	}
	stepped.mixed += n && n != LIVE_FIRST;
	stepped.instants += (n != 0) != stepped.form;
	stepped.form = n != 0;
}

static void step_through(struct ktap *t, unsigned apart)
{
	live_begin(t);
	memset(&stepped, 0, sizeof(stepped));
	stepped.apart = apart;
	stepped_begin(on_step);
	live_set(0, true);
	stepped_end();
	CHECK(t, stepped.looks > 1000 && stepped.breakpoints > 1000,
	      "it was stepped: %u times, and looked at %u", stepped.steps, stepped.looks);
	CHECK_EQ(t, stepped.mixed, 0, "at each moment all sites are in the same form");
	CHECK_EQ(t, stepped.instants, 1, "which changes once");
	live_end(t);
}

static void at_every_instruction(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	step_through(t, 13);
}

static void at_every_instruction_long(struct ktap *t)
{
	step_through(t, 1);
}

/* ---- under the other CPUs ---- */

static volatile uint32_t over, passes;

static void run_through(void *unused)
{
	(void)unused;
	while (!over) {
		for (unsigned i = 0; i < LIVE_SITES; i++)
			instant_look(live_function[i]);
		passes = 1;
	}
}

static void change_under_all(struct ktap *t, unsigned changes)
{
	unsigned refused = 0, failed = 0;

	NEEDS_CPUS(t);
	live_begin(t);
	over = passes = 0;
	instant_reset();
	smp_others_begin(t, run_through, NULL);
	for (uint32_t n = 1; n <= changes; n++) {
		instant_begin(n);
		failed += live_set_both(n & 1) != NULL;
		refused += live_stats.total.refused;
		instant_end(n);
	}
	over = 1;
	smp_others_end(t);
	CHECK(t, !failed && !refused, "%u changes: %u could not be made, %u sites were refused",
	      changes, failed, refused);
	CHECK(t, passes && instant_looked(), "the others ran through all sites meanwhile");
	CHECK(t, instant_was_one(), "and nobody saw old behind new");
	live_end(t);
}

static void under_all(struct ktap *t)
{
	change_under_all(t, smp_online() > 2 ? CHANGES_MANY : CHANGES);
}

static void under_all_long(struct ktap *t)
{
	change_under_all(t, CHANGES_LONG);
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(forms),
	KTAP_PATCHES(breakpoint_means_present),
	KTAP_PATCHES(refusals),
	KTAP_PATCHES(others_breakpoints),
	KTAP_PATCHES(at_every_instruction),
	KTAP_PATCHES(under_all),
	{.name = "at_every_instruction_long",
	 .run = at_every_instruction_long,
	 .by_name_only = true},
	{.name = "under_all_long", .run = under_all_long, .by_name_only = true},
};
KTAP_SUITE(live, tests);
