// SPDX-License-Identifier: MIT
/*
 * Programs begin, say something, and end; and what they count on, each by tests/user/checks.c. What a
 * damaged file may not do.
 */
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/program.h"
#include "lib/elf.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/task/in_task.h"

#define NEEDS_PROGRAMS(t)                                               \
	do {                                                            \
		KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off"); \
		NEEDS_MEMORY(t);                                        \
	} while (0)

/* checks NAME, or a failed check and NULL. */
static struct task *begin_check(struct ktap *t, const char *name)
{
	struct arguments arguments = {0};
	struct task *task;
	const char *why;

	arguments_add(&arguments, "checks");
	arguments_add(&arguments, name);
	why = program_run("checks", &arguments, &task);
	CHECK(t, !why, "%s runs: %s", name, why ? why : "");
	return why ? NULL : task;
}

static void run_check(struct ktap *t, const char *name)
{
	struct task *task = begin_check(t, name);

	if (task)
		CHECK_EQ(t, task_join(task, NULL), 0, "%s ends well", name);
}

/*
 * Programs that end by a fault cost a line each: those that do so on purpose are quiet, unless one is wrong.
 */
static void run_quietly(struct ktap *t, const char *name)
{
	const enum printk_level level = printk_set_level(PRINTK_WARN);
	struct task *task = begin_check(t, name);
	int status = task ? task_join(task, NULL) : -1;

	printk_set_level(level);
	if (!CHECK_EQ(t, status, 0, "%s ends well", name))
		run_check(t, name);
}

#define CHECKS(X)                                      \
	X(forks, "fork", run_check)                    \
	X(statuses, "statuses", run_check)             \
	X(copy_on_write, "copy-on-write", run_check)   \
	X(kernel_writes, "kernel-writes", run_check)   \
	X(generations, "generations", run_check)       \
	X(execs, "exec", run_check)                    \
	X(pipes, "pipes", run_check)                   \
	X(pipe_ends, "pipe-ends", run_check)           \
	X(waits_for_room, "waits-for-room", run_check) \
	X(sockets, "sockets", run_check)               \
	X(dups, "dup", run_check)                      \
	X(too_many_files, "too-many-files", run_check) \
	X(devices, "devices", run_check)               \
	X(mapped, "mapped", run_quietly)               \
	X(read_only, "read-only", run_quietly)         \
	X(kernels, "kernels", run_quietly)             \
	X(shared, "shared", run_check)                 \
	X(faults, "faults", run_quietly)               \
	X(times, "times", run_check)                   \
	X(registers, "registers", run_check)           \
	X(preempted, "preempted", run_check)           \
	X(crowd, "crowd", run_check)

#define PROGRAM_CHECK(function, name, how)   \
	static void function(struct ktap *t) \
	{                                    \
		NEEDS_PROGRAMS(t);           \
		how(t, name);                \
	}
CHECKS(PROGRAM_CHECK)

#define RUN_CHECK(function, name, how) how(t, name);
static void run_all(struct ktap *t)
{
	CHECKS(RUN_CHECK)
}

/* All of them, and whatever they leave behind as they end. */
static void give_back(struct ktap *t)
{
	NEEDS_PROGRAMS(t);
	gives_back(t, run_all);
}

static void traced(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	NEEDS_PROGRAMS(t);
	run_quietly(t, "traced");
}

static void executable(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, paging_has_nx(), "the CPU has no NX");
	NEEDS_PROGRAMS(t);
	run_quietly(t, "executable");
}

static void say_hello(struct ktap *t)
{
	struct arguments arguments = {0};
	struct task *task;
	const char *why;

	arguments_add(&arguments, "hello");
	arguments_add(&arguments, "world");
	why = program_run("hello", &arguments, &task);
	CHECK(t, !why, "it runs: %s", why ? why : "");
	if (!why)
		CHECK_EQ(t, task_join(task, NULL), 2, "its status is what main() returned");
}

static void hello(struct ktap *t)
{
	NEEDS_PROGRAMS(t);
	say_hello(t);
}

/* It loops, with calls or without. */
static void kill_looping(struct ktap *t)
{
	struct task *task = begin_check(t, "never");

	if (!task)
		return;
	sched_sleep(1000000);
	task_kill(task);
	CHECK_EQ(t, task_join(task, NULL), ABI_KILLED, "a program that loops is killed");
}

static void kills(struct ktap *t)
{
	NEEDS_PROGRAMS(t);
	in_task(t, kill_looping);
}

static void no_program(struct ktap *t)
{
	struct arguments arguments = {0};
	const char *why;
	struct task *task;

	why = program_run("nobody", &arguments, &task);
	CHECK(t, why && !strcmp(why, "there is no such program"), "one that is not there: %s",
	      why ? why : "it runs");
}

/* ---- damaged files ---- */

#define HEAD (sizeof(struct elf_header) + 4 * sizeof(struct elf_segment))

static const struct elf_segment *segment(const struct elf_header *elf, unsigned i)
{
	return (const struct elf_segment *)((const uint8_t *)elf + elf->phoff) + i;
}

/* In 64 bits, where no sum wraps: does it map nothing but programs' addresses, from within the file? */
static bool maps_its_own(const struct elf_header *elf, size_t size)
{
	if ((uint64_t)elf->phoff + (uint64_t)elf->phnum * sizeof(struct elf_segment) > size)
		return false;
	for (unsigned i = 0; i < elf->phnum; i++) {
		const struct elf_segment *s = segment(elf, i);

		if (s->type == PT_LOAD &&
		    (s->vaddr < USER_BASE || (uint64_t)s->vaddr + s->memsz > USER_PAGE ||
		     (uint64_t)s->offset + s->filesz > size || s->filesz > s->memsz))
			return false;
	}
	return true;
}

/* Is it refused, or harmless? Counts what is refused. */
static bool is_safe(const uint8_t *file, size_t size, unsigned *refused)
{
	if (program_check(file, size)) {
		++*refused;
		return true;
	}
	return maps_its_own((const struct elf_header *)file, size);
}

/* Each bit of the headers, and each word with the worst values. */
static void damaged_headers(struct ktap *t)
{
	static const uint32_t worst[] = {0,          1,          0xfff,      0x7fffffff,
					 0x80000000, 0xbfffffff, 0xeffff000, 0xf0000000,
					 0xfffff000, 0xffffffff};
	const struct program *program = program_find("hello");
	const size_t size = (size_t)((const uint8_t *)program->file_end -
				     (const uint8_t *)program->file);
	static uint8_t file[HEAD];
	unsigned refused = 0, unsafe = 0, cut = 0;

	memcpy(file, program->file, HEAD);
	CHECK(t, !program_check(file, size), "a whole one is accepted");
	for (unsigned bit = 0; bit < 8 * HEAD; bit++) {
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		unsafe += !is_safe(file, size, &refused);
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(t, refused > 200, "many bits make it none, %u", refused);
	for (unsigned at = 0; at < HEAD; at += 2)
		for (unsigned i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
			memcpy(file + at, &worst[i], HEAD - at < 4 ? HEAD - at : 4);
			unsafe += !is_safe(file, size, &refused);
			memcpy(file + at, (const uint8_t *)program->file + at,
			       HEAD - at < 4 ? HEAD - at : 4);
		}
	CHECK_EQ(t, unsafe, 0, "none that is accepted maps anything but programs' addresses");
	for (size_t n = 0; n < size; n++)
		cut += program_check(program->file, n) == NULL;
	CHECK(t, !program_check(program->file, size), "the file itself is one still");
	CHECK(t,
	      cut <= size - segment(program->file, 1)->offset - segment(program->file, 1)->filesz,
	      "what is cut off within a segment is none, and %u were", cut);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(hello),
	KTAP_TEST(forks),
	{.name = "statuses", .run = statuses, .by_name_only = true},
	KTAP_TEST(copy_on_write),
	KTAP_TEST(kernel_writes),
	{.name = "generations", .run = generations, .by_name_only = true},
	KTAP_TEST(execs),
	{.name = "pipes", .run = pipes, .by_name_only = true},
	KTAP_TEST(pipe_ends),
	{.name = "waits_for_room", .run = waits_for_room, .by_name_only = true},
	{.name = "sockets", .run = sockets, .by_name_only = true},
	KTAP_TEST(dups),
	{.name = "too_many_files", .run = too_many_files, .by_name_only = true},
	KTAP_TEST(devices),
	{.name = "mapped", .run = mapped, .by_name_only = true},
	{.name = "read_only", .run = read_only, .by_name_only = true},
	KTAP_TEST(traced),
	KTAP_TEST(executable),
	{.name = "kernels", .run = kernels, .by_name_only = true},
	{.name = "shared", .run = shared, .by_name_only = true},
	KTAP_TEST(faults),
	{.name = "times", .run = times, .by_name_only = true},
	KTAP_TEST(registers),
	{.name = "preempted", .run = preempted, .by_name_only = true},
	{.name = "crowd", .run = crowd, .by_name_only = true},
	{.name = "give_back", .run = give_back, .by_name_only = true},
	KTAP_TEST(kills),
	KTAP_TEST(no_program),
	KTAP_TEST(damaged_headers),
};
KTAP_SUITE(programs, tests);
