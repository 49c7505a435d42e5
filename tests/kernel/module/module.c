// SPDX-License-Identifier: MIT
/*
 * Modules come and go: all of their sites follow the kernel's state, keys are shared, what is refused
 * leaves nothing behind.
 */
#include "kernel/module/module.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/cmdline.h"
#include "kernel/live/switch.h"
#include "kernel/patch/patching.h"
#include "kernel/test/ktap.h"
#include "lib/export.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/patch.h"
#include "pv/relocs.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/module/modules.h"

extern const struct module_file module_files[];

DEFINE_STATIC_KEY_FALSE(module_test_key);
EXPORT_SYMBOL(module_test_key);
unsigned module_test_inits, module_test_exits;
EXPORT_SYMBOL(module_test_inits);
EXPORT_SYMBOL(module_test_exits);

unsigned module_test_old(unsigned x)
{
	return x + 10;
}

static unsigned module_test_new(unsigned x)
{
	return x + 20;
}

DEFINE_STATIC_CALL(module_test_call, module_test_old);
EXPORT_STATIC_CALL(module_test_call);

const struct module_file *module_file(const char *name)
{
	const struct module_file *file = module_files;

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	return file;
}

const char *module_load_file(const char *name)
{
	const struct module_file *file = module_file(name);

	return module_load(name, file->start, (size_t)(file->end - file->start));
}

/* What there is, so that one sees what is left behind. */
struct before {
	uint32_t free;
	struct modules_now modules;
	const struct pv_image *images;
	const struct jump_entry *entries;
};

/* What a test loads the boot loader may have brought: then it is there. */
static bool can_load(struct ktap *t)
{
	if (guest_text_is_checked())
		t->skip = "its host lets nothing run but the image";
	else if (module_symbol("sites", "sites_run"))
		t->skip = "the tests' modules are loaded";
	else if (pages_available() < MODULE_FILE_PAGES)
		t->skip = "there is no memory for modules";
	return !t->skip;
}

static struct before begin(void)
{
	modules_say(false);
	return (struct before){pages_available(), modules_now(), pv_images,
			       module_test_key.key.entries};
}

/* A page table that was needed once stays. */
static void end(struct ktap *t, const struct before *before, uint32_t tables)
{
	const struct modules_now now = modules_now();

	modules_say(true);
	CHECK(t, now.modules == before->modules.modules && now.pages == before->modules.pages,
	      "no module is left, found %u", now.modules);
	CHECK(t, before->free - pages_available() <= tables, "memory is back, but %u pages",
	      before->free - pages_available());
	CHECK(t, pv_images == before->images, "no image is left");
	CHECK(t, module_test_key.key.entries == before->entries, "the key has its own record");
}

#define TABLES 2 /* large pages that a module may be the first one to split */

static void check_seen(struct ktap *t, sites_run_fn *run, const char *when, bool keys, bool calls)
{
	struct sites_seen seen;

	run(&seen);
	CHECK(t, seen.kernel_key == keys, "%s: the kernel's key is %u", when, seen.kernel_key);
	CHECK(t, seen.kernel_call == (calls ? 21 : 11), "%s: the kernel's call is of %u", when,
	      seen.kernel_call);
	CHECK(t, seen.irqs_off && seen.irqs_on, "%s: interrupts go off and on", when);
	CHECK(t, seen.feature && seen.locked == 1, "%s: all sites are what they are", when);
}

static void comes_and_goes(struct ktap *t)
{
	struct before before;
	sites_run_fn *run;
	const char *why;
	char where[64];

	if (!can_load(t))
		return;
	before = begin();
	why = module_load_file("sites");
	run = (sites_run_fn *)module_symbol("sites", "sites_run");
	if (CHECK(t, !why && run, "it is loaded: %s", why ? why : "yes")) {
		CHECK_EQ(t, module_test_inits, module_test_exits + 1, "its init was called");
		check_seen(t, run, "as it comes", false, false);
		snprintf(where, sizeof(where), "%pS", (void *)run);
		CHECK(t, strncmp(where, "sites+0x", 8) == 0, "it is known as %s", where);
		CHECK(t, static_branch_enable(&module_test_key), "a key of the kernel's is on");
		CHECK(t, static_call_update(module_test_call, module_test_new), "a call goes on");
		check_seen(t, run, "changed", true, true);
		CHECK(t,
		      static_branch_disable(&module_test_key) &&
			      static_call_update(module_test_call, module_test_old),
		      "and back");
		check_seen(t, run, "as before", false, false);
		why = module_unload("sites");
		CHECK(t, !why, "it is unloaded: %s", why ? why : "yes");
		CHECK_EQ(t, module_test_inits, module_test_exits, "its exit was called");
	}
	end(t, &before, TABLES);
}

/* What the kernel's state is when it comes, and not what it was linked for. */
static void comes_late(struct ktap *t)
{
	struct before before;
	sites_run_fn *run;

	if (!can_load(t))
		return;
	before = begin();
	CHECK(t,
	      static_branch_enable(&module_test_key) &&
		      static_call_update(module_test_call, module_test_new),
	      "a key is on, a call goes elsewhere");
	CHECK(t, !module_load_file("sites"), "then it comes");
	run = (sites_run_fn *)module_symbol("sites", "sites_run");
	if (run)
		check_seen(t, run, "as it comes", true, true);
	CHECK(t, !module_unload("sites"), "and goes");
	CHECK(t,
	      static_branch_disable(&module_test_key) &&
		      static_call_update(module_test_call, module_test_old),
	      "both are back");
	end(t, &before, TABLES);
}

static void share_keys(struct ktap *t)
{
	static const char *const names[] = {"sites", "second", "third"};
	struct before before;
	unsigned (*keys[2])(void);
	bool (*flip)(bool);

	if (!can_load(t))
		return;
	before = begin();
	for (unsigned i = 0; i < 3; i++)
		CHECK(t, !module_load_file(names[i]), "%s is loaded", names[i]);
	keys[0] = (unsigned (*)(void))module_symbol("second", "second_keys");
	keys[1] = (unsigned (*)(void))module_symbol("third", "third_keys");
	flip = (bool (*)(bool))module_symbol("sites", "sites_flip");
	if (CHECK(t, keys[0] && keys[1] && flip, "they export what they do")) {
		CHECK(t, keys[0]() == 1 && keys[1]() == 1, "one module's key is on in all");
		CHECK(t, flip(false) && keys[0]() == 0 && keys[1]() == 0, "and off in all");
		CHECK(t, flip(true) && static_branch_enable(&module_test_key), "two keys are on");
		CHECK(t, keys[0]() == 3 && keys[1]() == 3, "in all of them");
		CHECK(t, static_branch_disable(&module_test_key), "and one is off again");
	}
	CHECK(t, module_unload("sites") != NULL, "one that others use stays");
	CHECK(t, !module_unload("second") && !module_unload("third") && !module_unload("sites"),
	      "the users go, then it goes");
	end(t, &before, TABLES);
}

/* Each step once, then none: so many steps there are. */
static void every_step_fails(struct ktap *t)
{
	struct before before;
	unsigned steps = 0;
	const char *why;

	if (!can_load(t))
		return;
	before = begin();
	do {
		module_fail(++steps);
		why = module_load_file("sites");
		CHECK(t, !why || modules_now().modules == before.modules.modules,
		      "step %u: nothing is left", steps);
	} while (why && steps < 20);
	module_fail(0);
	CHECK_EQ(t, steps, 6, "five steps can fail, and then it is loaded");
	CHECK(t, !module_unload("sites"), "it is unloaded");
	CHECK_EQ(t, module_test_inits, module_test_exits, "each init had its exit");
	end(t, &before, TABLES);
}

static bool tells(const char *why, const char *what)
{
	const size_t n = strlen(what);

	for (; why && *why; why++)
		if (strncmp(why, what, n) == 0)
			return true;
	return false;
}

static void says_no(struct ktap *t)
{
	struct before before;
	const struct module_file *file = module_file("sites");
	const char *why;

	if (!can_load(t))
		return;
	before = begin();
	why = module_load_file("lacks");
	CHECK(t, tells(why, "nobody_has_this"), "a symbol is missing: %s", why ? why : "no");
	why = module_load_file("twice");
	CHECK(t, tells(why, "module_test_inits, which is there already"),
	      "it exports what the kernel has: %s", why ? why : "no");
	why = module_load_file("fails");
	CHECK(t, tells(why, "-5"), "its init fails: %s", why ? why : "no");
	CHECK(t, module_load("cut", file->start, 100) != NULL, "a file that ends early");
	CHECK(t, module_load("", file->start, (size_t)(file->end - file->start)) != NULL,
	      "one without a name");
	CHECK(t, module_unload("sites") != NULL, "what is not there does not go");
	CHECK(t, !module_load_file("sites") && module_load_file("sites") != NULL,
	      "twice the same name");
	CHECK(t, !module_unload("sites"), "it goes");
	end(t, &before, TABLES);
}

static unsigned (*in_module)(unsigned);

/* A call of the kernel's goes into it: its text is needed. */
static void is_held_by_a_call(struct ktap *t)
{
	struct before before;

	if (!can_load(t))
		return;
	before = begin();
	CHECK(t, !module_load_file("sites") && !module_load_file("second"), "it is loaded");
	in_module = (unsigned (*)(unsigned))module_symbol("second", "second_keys");
	CHECK(t, static_call_update(module_test_call, in_module),
	      "a call of the kernel's goes into it");
	CHECK_EQ(t, static_call(module_test_call)(1), 1, "to its function");
	CHECK(t, module_unload("second") != NULL, "so it stays");
	CHECK(t, static_call_update(module_test_call, module_test_old), "the call goes back");
	CHECK(t, !module_unload("second") && !module_unload("sites"), "and it goes");
	end(t, &before, TABLES);
}

static void write_to(void *at)
{
	*(volatile uint8_t *)at = 0xcc;
}

static void is_protected(struct ktap *t)
{
	struct before before;
	struct regs regs;
	const void *code, *data;

	if (!can_load(t))
		return;
	before = begin();
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	CHECK(t, !module_load_file("sites"), "it is loaded");
	code = module_symbol("sites", "sites_run");
	data = module_symbol("sites", "sites_key");
	CHECK_EQ(t, trap_try(write_to, (void *)code, &regs), TRAP_PF, "its code is not written to");
	if (paging_has_nx())
		CHECK_EQ(t, trap_try((void (*)(void *))data, NULL, &regs), TRAP_PF,
			 "its data are not executed");
	CHECK(t, !module_unload("sites"), "it goes");
	CHECK_EQ(t, *(const uint8_t *)code, PAGES_POISON, "and its memory is poisoned");
	end(t, &before, TABLES);
}

/* All ops' sites, also of those that come under another back end. */
/* ---- ops that are called by their names ---- */

#define CALLED_BYTES 256 /* of its functions, which are all of its text */

struct called {
	unsigned sites, linked, jumps;
};

static struct called look_at_called(void)
{
	const uint8_t *run = module_symbol("called", "called_run");
	const uint8_t *on = module_symbol("called", "called_on"), *at = on < run ? on : run;
	struct called called = {0, 0, 0};
	struct pv_place place;

	for (unsigned i = 0; i < CALLED_BYTES; i++) {
		if (!pv_find(at + i, &place) || place.at != at + i ||
		    place.table->family != &pv_relocs_family)
			continue;
		called.sites++;
		called.linked += pv_plain_type((uint32_t)(at + i + PV_RELOC_LEN) +
					       *(const uint32_t *)(const void *)(at + i + 1)) !=
				 PV_RELOC_JMP;
		called.jumps += at[i] != 0xe8 &&
				(at[i + 1] == 0xc3 || (at[i] == 0x3e && at[i + 4] == 0xc3) ||
				 at[i] == 0xe9);
	}
	return called;
}

static void check_called(struct ktap *t, const char *when)
{
	sites_run_fn *run = (sites_run_fn *)(uint32_t)module_symbol("called", "called_run");
	const struct called called = look_at_called();
	struct sites_seen seen = {0};

	CHECK_EQ(t, called.sites, 7, "%s: all calls are known, but for the one by an address",
		 when);
	CHECK_EQ(t, called.linked, paravirt_state() == paravirt_linked() ? called.sites : 0,
		 "%s: none goes through the table", when);
	run(&seen);
	CHECK(t, seen.irqs_off && seen.irqs_on, "%s: they do what they are", when);
}

static void calls_ops_by_name(struct ktap *t)
{
	const char *first = pv_backend_current()->name;
	const char *other = backend_other_than(first);
	struct before before;

	if (!can_load(t))
		return;
	KTAP_SKIP_UNLESS(t, patching_whole(), "sites of this image were refused");
	before = begin();
	switch_quietly(true);
	CHECK(t, !module_load_file("called"), "it comes");
	check_called(t, first);
	CHECK(t, paravirt_state() == paravirt_linked() || look_at_called().jumps == 1,
	      "one is a jump, and returns or goes on");
	CHECK(t, !switch_backend(other), "the kernel switches to %s", other);
	check_called(t, other);
	CHECK(t, !switch_backend(first), "and back");
	check_called(t, first);
	CHECK(t, !module_unload("called"), "it goes");
	switch_quietly(false);
	end(t, &before, TABLES);
}

static void switch_with_the_kernel(struct ktap *t)
{
	const char *first = pv_backend_current()->name;
	const char *other = backend_other_than(first);
	struct before before;
	sites_run_fn *run;

	if (!can_load(t))
		return;
	KTAP_SKIP_UNLESS(t, !options.noreplace_paravirt, "sites stay as linked");
	before = begin();
	switch_quietly(true);
	CHECK(t, !module_load_file("sites"), "it comes under %s", first);
	run = (sites_run_fn *)module_symbol("sites", "sites_run");
	if (CHECK(t, run && !switch_backend(other), "the kernel goes to %s", other)) {
		check_seen(t, run, "under another back end", false, false);
		CHECK(t, !module_unload("sites") && !module_load_file("sites"),
		      "it goes, and comes again");
		run = (sites_run_fn *)module_symbol("sites", "sites_run");
		check_seen(t, run, "come under it", false, false);
		CHECK(t, !switch_backend(first), "and back to %s", first);
		check_seen(t, run, "under the first one", false, false);
	}
	CHECK(t, !module_unload("sites"), "it goes");
	switch_quietly(false);
	end(t, &before, TABLES);
}

/* ---- with other CPUs ---- */

#define PLACE 3 /* pages of a module's, and its text is the first of them */

/* Others count at the same time. */
static atomic_t seen_by_others, faults_there;
static volatile uint32_t over;

static void touch_there(void *page)
{
	for (unsigned i = 0; i < PLACE; i++)
		*((volatile uint8_t *)page + i * PAGE_SIZE) = 1;
}

static void write_there(void *code)
{
	struct regs regs;

	if (trap_try(write_to, code, &regs) == TRAP_PF)
		atomic_inc(&faults_there);
}

static void run_there(void *run)
{
	struct sites_seen seen;

	((sites_run_fn *)run)(&seen);
	if (seen.locked == 1)
		atomic_inc(&seen_by_others);
}

/*
 * What they know of its pages, as data, is forgotten when these are code, and the other way round. It
 * comes to where it was, and then its pages are nobody's.
 */
static void others_run_it(struct ktap *t)
{
	struct before before;
	void *place, *run;

	KTAP_SKIP_UNLESS(t, smp_online() > 1 && paging_enabled(),
			 "no other CPU is online, or paging is off");
	if (!can_load(t))
		return;
	before = begin();
	CHECK(t, !module_load_file("sites"), "it comes");
	run = (void *)module_symbol("sites", "sites_run");
	place = (void *)((uint32_t)run & ~(PAGE_SIZE - 1));
	CHECK(t, !module_unload("sites") && pages_is_free(place), "it goes");
	smp_call_others(touch_there, place);
	CHECK(t, !module_load_file("sites"), "it comes again");
	if (CHECK(t, module_symbol("sites", "sites_run") == run, "where others have written")) {
		atomic_set(&seen_by_others, 0);
		atomic_set(&faults_there, 0);
		smp_call_others(write_there, run);
		CHECK_EQ(t, atomic_read(&faults_there), smp_online() - 1,
			 "they cannot write to it any more");
		smp_call_others(run_there, run);
		CHECK_EQ(t, atomic_read(&seen_by_others), smp_online() - 1, "they run it");
	}
	CHECK(t, !module_unload("sites"), "it goes");
	smp_call_others(touch_there, place);
	end(t, &before, TABLES);
}

static void stay_there(void *stay)
{
	((void (*)(volatile uint32_t *))stay)(&over);
}

/* One that is in it for ever keeps it; then it goes. */
static void another_is_inside(struct ktap *t)
{
	struct before before;
	const char *why;

	KTAP_SKIP_UNLESS(t, smp_online() > 1 && cpu_online(1), "no other CPU is online");
	if (!can_load(t))
		return;
	before = begin();
	over = 0;
	CHECK(t, !module_load_file("stays"), "it comes");
	CHECK_EQ(t, smp_work(1, stay_there, (void *)module_symbol("stays", "stays_until")), SMP_OK,
		 "another CPU goes into it");
	while (!(over & 1))
		cpu_relax();
	why = module_unload("stays");
	CHECK(t, tells(why, "CPU 1"), "so it stays: %s", why ? why : "it went");
	over = 2;
	CHECK(t, smp_work_wait(1, 1000), "the other one comes out");
	CHECK(t, !module_unload("stays"), "and it goes");
	end(t, &before, TABLES);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(comes_and_goes),
	KTAP_TEST(comes_late),
	KTAP_TEST(share_keys),
	KTAP_TEST(every_step_fails),
	KTAP_TEST(says_no),
	KTAP_TEST(is_held_by_a_call),
	KTAP_TEST(is_protected),
	KTAP_TEST(switch_with_the_kernel),
	KTAP_TEST(calls_ops_by_name),
	KTAP_TEST(others_run_it),
	{.name = "another_is_inside",
	 .run = another_is_inside,
	 .by_name_only = true}, /* two seconds of patience */
};
KTAP_SUITE(module, tests);
