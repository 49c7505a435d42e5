// SPDX-License-Identifier: MIT
/*
 * A task is not preempted in the middle of what may be something else when it goes on: a site, a back end's
 * function, a module, or what returns to one of these. It is stepped through such code, and at each
 * instruction something wants its turn.
 */
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "lib/string.h"
#include "pv/backend/switch.h"
#include "pv/host.h"
#include "pv/image.h"
#include "pv/outside.h"
#include "pv/paravirt.h"
#include "tests/kernel/task/in_task.h"
#include "tests/kernel/task/preempt_at.h"
#include <stddef.h>

#define MOST 3000 /* instructions */

static volatile bool over, in_called;
static uint32_t places, amid, wrong;
static bool (*must_not)(uint32_t eip);

static void judge(uint32_t eip, bool did)
{
	const bool may_not = must_not(eip);

	places += did;
	amid += may_not;
	wrong += did && may_not;
}

static void want_turns(void *unused)
{
	(void)unused;
	while (!over)
		sched_yield();
}

static void step_through(struct ktap *t, void (*fn)(void *), bool (*not_there)(uint32_t eip))
{
	struct task *other = begin_task(t, "wants turns", want_turns, NULL);

	places = amid = wrong = 0;
	must_not = not_there;
	preempt_watch(judge);
	for (uint32_t n = 1; n < MOST && preempt_at(n, fn, NULL); n++)
		;
	preempt_watch(NULL);
	over = true;
	task_join(other, NULL);
	CHECK(t, places > 5, "it was preempted, in %u places", places);
	CHECK(t, amid > 0, "and came to places where that may not be, %u times", amid);
	CHECK_EQ(t, wrong, 0, "but not there");
}

/* ---- sites and back ends ---- */

static bool is_amid(uint32_t eip)
{
	return pv_amid_site(eip) || pv_in_backend(eip);
}

static atomic_t counter;

static void meet_sites(void *unused)
{
	unsigned long flags;

	(void)unused;
	local_irq_save(flags);
	local_irq_restore(flags);
	local_irq_disable();
	local_irq_enable();
	local_save_flags(flags);
	write_cr0(read_cr0());
	atomic_inc(&counter);
	mb();
}

static void through_sites(struct ktap *t)
{
	step_through(t, meet_sites, is_amid);
}

static void sites(struct ktap *t)
{
	NEEDS_STEPS(t);
	over = false;
	in_task(t, through_sites);
}

/* ---- a module's code ---- */

/* push ebp; mov ebp, esp; call [ebp + 8]; pop ebp; ret */
static const uint8_t code[] = {0x55, 0x89, 0xe5, 0xff, 0x55, 0x08, 0x5d, 0xc3};
static uint8_t *page;

static bool is_in_module(uint32_t eip)
{
	return in_called || eip - (uint32_t)page < PAGE_SIZE;
}

/* With a frame, which a function that needs no stack has not. */
static void called(void)
{
	volatile uint32_t rounds = 2;

	in_called = true;
	while (rounds--) {
		atomic_inc(&counter);
		local_irq_disable();
		local_irq_enable();
	}
	in_called = false;
}

static void call_module(void *unused)
{
	(void)unused;
	((void (*)(void (*)(void)))(uint32_t)page)(called);
}

static void through_module(struct ktap *t)
{
	step_through(t, call_module, is_in_module);
}

static void modules(struct ktap *t)
{
	static struct pv_image image = {.name = "made up"};

	NEEDS_STEPS(t);
	over = false;
	page = pages_alloc(1);
	memcpy(page, code, sizeof(code));
	image.text = page;
	image.text_end = page + PAGE_SIZE;
	paging_set_code(page, PAGE_SIZE);
	pv_host_sync_self();
	pv_image_add(&image);
	in_task(t, through_module);
	pv_image_remove(&image);
	paging_set_data(page, PAGE_SIZE);
	pages_free(page, 1);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(sites),
	KTAP_PATCHES(modules),
};
KTAP_SUITE(amid, tests);
