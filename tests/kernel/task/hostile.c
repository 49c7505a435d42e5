// SPDX-License-Identifier: MIT
/*
 * Programs that mean no good (tests/user/): each is ended as it should be, or says that it was refused, and
 * behind each all tasks and all memory are back. A few run at each boot, all by their names: one line of the
 * kernel's for each that is ended is too much for every boot.
 */
#include "tests/user/hostile.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/pte.h"
#include "kernel/task/program.h"
#include "kernel/test/ktap.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "tests/kernel/task/in_task.h"

#define ENOUGH 1024 /* pages */
#define ALSO   8    /* pages that stay: files, and a longer array of free spans */
#define MS     1000000ull

/* It returns `status`; or one of these exceptions ends it; or it is killed after so many milliseconds. */
struct attack {
	const char *program, *name;
	int status;
	uint32_t faults;
	unsigned kill_ms;
};

#define NEEDS_PROGRAMS(t)                                           \
	KTAP_SKIP_UNLESS(t, timer_present(), "there are no ticks"); \
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");     \
	KTAP_SKIP_UNLESS(t, pages_available() > ENOUGH, "there is no memory")

/* ---- one attack ---- */

struct amounts {
	unsigned tasks;
	uint32_t frames, pages;
};

static struct amounts amounts_now(void)
{
	tasks_trim();
	return (struct amounts){tasks_count(), frames_used(), pages_available()};
}

/* Those that nobody waits for need a moment: ten seconds, and then they are too many. */
static void wait_for_orphans(unsigned tasks)
{
	const uint64_t until = timer_ns() + 10000 * MS;

	while (tasks_count() > tasks && timer_ns() < until)
		sched_sleep(MS);
}

static bool is_expected(const struct attack *attack, int status)
{
	if (attack->faults && status >= ABI_FAULT && status < ABI_FAULT + 32)
		return attack->faults >> (status - ABI_FAULT) & 1;
	return status == attack->status;
}

/*
 * QEMU 10 has programs execute INVD and WBINVD, where a CPU refuses: no kernel could. Were it ours, all
 * that is only the kernel's would be let pass.
 */
static bool machine_lets(const struct attack *attack, int status)
{
	return status == HOSTILE_SURVIVED &&
	       (!strcmp(attack->name, "invd") || !strcmp(attack->name, "wbinvd"));
}

static int run(const struct attack *attack, const char *number)
{
	struct arguments arguments = {0};
	struct task *task;

	arguments_add(&arguments, attack->program);
	arguments_add(&arguments, attack->name);
	if (number)
		arguments_add(&arguments, number);
	if (program_run(attack->program, &arguments, &task))
		return -1;
	if (attack->kill_ms) {
		sched_sleep(attack->kill_ms * MS);
		tasks_kill_below(task_current());
	}
	return task_join(task, NULL);
}

/* Memory is all back, but for tables of pages, which stay where there were stacks of tasks: one for each large
 * page of memory is the most there can be, over all attacks. */
static bool all_is_back(uint32_t before, uint32_t after)
{
	static int tables = -1;

	if (tables < 0)
		tables = (int)(pages_end() >> pte_shift) + ALSO;
	tables -= (int)(before - after);
	return tables >= 0;
}

static void try(struct ktap *t, const struct attack *attack, const char *number)
{
	struct amounts before = amounts_now(), after;
	int status = run(attack, number);
	const bool let = machine_lets(attack, status);

	wait_for_orphans(before.tasks);
	after = amounts_now();
	CHECK(t, is_expected(attack, status) || let, "%s %s %s: expected %d or of %x, found %d",
	      attack->program, attack->name, number ? number : "", attack->status, attack->faults,
	      status);
	if (let)
		t->skip = "the machine lets programs write back and forget its caches";
	CHECK_EQ(t, after.tasks, before.tasks, "%s: no task is left", attack->name);
	CHECK_EQ(t, after.frames, before.frames, "%s: all its pages are back", attack->name);
	CHECK(t, all_is_back(before.pages, after.pages),
	      "%s: all memory is back: of %u pages %u are", attack->name, before.pages,
	      after.pages);
}

/* ---- several ---- */

/* What is made once and kept is there behind the first one. */
static void try_all(struct ktap *t, const struct attack *attacks, unsigned n)
{
	static const struct attack first = {"hostile", "nothing", 0, 0, 0};

	run(&first, NULL);
	for (unsigned i = 0; i < n; i++)
		try(t, &attacks[i], NULL);
}

#define TEST(test)                       \
	static void test(struct ktap *t) \
	{                                \
		NEEDS_PROGRAMS(t);       \
		in_task(t, test##_task); \
		tasks_trim();            \
	}

/* ---- instructions ---- */

#define ATTACK(name, vectors, text) {"hostile", #name, -1, vectors, 0},
static const struct attack instruction_list[] = {HOSTILE_INSTRUCTIONS(ATTACK)};

static void instructions_task(struct ktap *t)
{
	try_all(t, instruction_list, sizeof(instruction_list) / sizeof(instruction_list[0]));
}

TEST(instructions)

static const struct attack tables_list[] = {
	{"hostile", "all_interrupts", 0, 0, 0},
	{"hostile", "all_selectors", 0, 0, 0},
};

/* Their children end in a thousand lines, of which each says the same. */
static void tables_task(struct ktap *t)
{
	int level = printk_set_level(PRINTK_WARN);

	try_all(t, tables_list, sizeof(tables_list) / sizeof(tables_list[0]));
	printk_set_level(level);
}

TEST(tables)

static const struct attack states_list[] = {
	{"hostile", "int_flags", 0, 0, 0}, {"hostile", "misaligned", 0, AC, 0},
	{"hostile", "any_stack", 0, 0, 0}, {"hostile", "overflow", -1, PF, 0},
	{"hostile", "gs_kept", 0, 0, 0},
};

static void run_data(struct ktap *t, const char *name)
{
	const struct attack attack = {"hostile", name, pte_wide ? -1 : 0, pte_wide ? PF : 0, 0};

	try(t, &attack, NULL);
}

static void states_task(struct ktap *t)
{
	const bool sysenter = cpu_has(X86_FEATURE_SEP);
	const struct attack flags = {"hostile", "sysenter_flags", sysenter ? 0 : -1,
				     sysenter ? 0 : UD | GP, 0};
	const struct attack stack = {"hostile", "any_stack", 0, 0, 0};

	try_all(t, states_list, sizeof(states_list) / sizeof(states_list[0]));
	try(t, &flags, NULL);
	try(t, &stack, "20000000");
	run_data(t, "run_stack");
	run_data(t, "run_data");
	run_data(t, "run_mapped");
}

TEST(states)

/* ---- addresses of the kernel's ---- */

static void try_at(struct ktap *t, const char *name, uint32_t faults, uint32_t address)
{
	const struct attack attack = {"hostile", name, -1, faults, 0};
	char number[12];

	snprintf(number, sizeof(number), "%u", address);
	try(t, &attack, number);
}

static void try_everything_at(struct ktap *t, uint32_t address)
{
	try_at(t, "jump", PF, address);
	try_at(t, "jump_stepped", DB | PF, address);
	try_at(t, "read_there", PF, address);
	try_at(t, "write_there", PF, address);
}

static void addresses_task(struct ktap *t)
{
	extern uint8_t _text[], _image_end[], sysenter_entry[], sysenter_traced[];
	const uint32_t step = ((uint32_t)_image_end - (uint32_t)_text) / 16;

	try_all(t, NULL, 0);
	try_everything_at(t, 0x01000000); /* in a large page of free memory */
	try_everything_at(t, (uint32_t)sysenter_entry);
	try_everything_at(t, (uint32_t)sysenter_traced);
	try_everything_at(t, (uint32_t)&pages_available);
	try_everything_at(t, (uint32_t)__builtin_frame_address(0));
	for (uint32_t at = (uint32_t)_text; at < (uint32_t)_image_end; at += step)
		try_everything_at(t, at);
}

TEST(addresses)

/* ---- pointers ---- */

static const struct attack pointer_list[] = {
	{"pointers", "all", 0, 0, 0},
	{"pointers", "races", 0, 0, 0},
};

static void pointers_task(struct ktap *t)
{
	try_all(t, pointer_list, sizeof(pointer_list) / sizeof(pointer_list[0]));
}

TEST(pointers)

/* ---- all there is ---- */

static const struct attack greed_list[] = {
	{"greedy", "eat_files", 0, 0, 0},
	{"greedy", "ends_gone", 0, 0, 0},
	{"greedy", "ends_go", 0, 0, 0},
	{"greedy", "eat_areas", 0, 0, 0},
	{"greedy", "unmap_code", -1, PF, 0},
	{"greedy", "unmap_stack", -1, PF, 0},
	{"greedy", "unmap_all", -1, PF, 0},
	{"greedy", "zombies", 0, 0, 0},
	{"greedy", "orphans", 0, 0, 0},
	{"greedy", "sleep_long", ABI_KILLED, 0, 3},
	{"greedy", "read_nothing", ABI_KILLED, 0, 3},
	{"greedy", "write_full", ABI_KILLED, 0, 3},
	{"greedy", "wait_long", ABI_KILLED, 0, 3},
	{"greedy", "spin", ABI_KILLED, 0, 3},
	{"greedy", "call_on_and_on", ABI_KILLED, 0, 3},
};

static void greed_task(struct ktap *t)
{
	try_all(t, greed_list, sizeof(greed_list) / sizeof(greed_list[0]));
}

TEST(greed)

/* Where memory is at its end, a page that a program touches may be the one that is missing. */
static const struct attack exhaustion_list[] = {
	{"greedy", "eat", -1, PF, 0},
	{"greedy", "eat_by_kernel", 0, PF, 0},
	{"greedy", "eat_shared", 0, PF, 0},
	{"greedy", "eat_copies", 0, PF, 0},
	{"greedy", "chain", 0, PF, 0},
	{"greedy", "bomb", 0, PF, 0},
	{"greedy", "endless", ABI_KILLED, PF, 300},
	{"greedy", "endless_orphans", ABI_KILLED, PF, 300},
};

static void exhaustion_task(struct ktap *t)
{
	int level = printk_set_level(PRINTK_WARN);

	try_all(t, exhaustion_list, sizeof(exhaustion_list) / sizeof(exhaustion_list[0]));
	printk_set_level(level);
}

TEST(exhaustion)

static void all_task(struct ktap *t)
{
	int level = printk_set_level(PRINTK_WARN);

	instructions_task(t);
	t->skip = NULL; /* not for two of them: the test of that name says it */
	tables_task(t);
	states_task(t);
	addresses_task(t);
	pointers_task(t);
	greed_task(t);
	printk_set_level(level);
}

TEST(all)

/* ---- at each boot ---- */

static const struct attack some_list[] = {
	{"hostile", "hlt", -1, GP, 0},         {"hostile", "sysenter_step", -1, DB | UD | GP, 0},
	{"hostile", "write_calls", -1, PF, 0}, {"hostile", "read_kernel", -1, PF, 0},
	{"hostile", "int_flags", 0, 0, 0},     {"pointers", "all", 0, 0, 0},
	{"greedy", "ends_gone", 0, 0, 0},      {"greedy", "sleep_long", ABI_KILLED, 0, 1},
};

static void some_task(struct ktap *t)
{
	try_all(t, some_list, sizeof(some_list) / sizeof(some_list[0]));
}

TEST(some)

#define BY_NAME(test)                                            \
	{                                                        \
		.name = #test, .run = test, .by_name_only = true \
	}

static const struct ktap_test tests[] = {
	KTAP_TEST(some), BY_NAME(instructions), BY_NAME(tables),
	BY_NAME(states), BY_NAME(addresses),    BY_NAME(pointers),
	BY_NAME(greed),  BY_NAME(exhaustion),   BY_NAME(all),
};
KTAP_SUITE(hostile, tests);
