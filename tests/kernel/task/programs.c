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

/* ---- what may be, and what just may not */

#define SIZE 0x3000u /* of the file, of which no more than these are read: */
#define TOP \
	(USER_PAGE - PAGE_SIZE - 0x100000) /* programs' addresses end where the stack may begin */

static struct {
	struct elf_header elf;
	struct elf_segment segment[17];
} ELF_PACKED made;

static void make(void)
{
	memset(&made, 0, sizeof(made));
	memcpy(made.elf.ident, ELF_MAGIC, ELF_MAGIC_N);
	made.elf.type = ET_EXEC;
	made.elf.machine = EM_386;
	made.elf.entry = USER_BASE;
	made.elf.phoff = sizeof(made.elf);
	made.elf.phentsize = sizeof(struct elf_segment);
	made.elf.phnum = 2;
	made.segment[0] = (struct elf_segment){.type = PT_LOAD,
					       .vaddr = USER_BASE,
					       .filesz = 0x800,
					       .memsz = 0x1000,
					       .flags = PF_X};
	made.segment[1] = (struct elf_segment){.type = PT_LOAD,
					       .offset = 0x1000,
					       .vaddr = USER_BASE + 0x1000,
					       .filesz = 0x1000,
					       .memsz = 0x1800,
					       .flags = PF_W};
}

enum says { FINE, NO_ELF, NO_I386, NO_TABLE, NO_SEGMENT, NO_ORDER, NO_ENTRY };

static void says(struct ktap *t, const char *what, enum says wanted, size_t size)
{
	static const char *const words[] = {
		[NO_ELF] = "it is no ELF file of 32 bits",
		[NO_I386] = "it is no program for i386",
		[NO_TABLE] = "its table of segments is not in the file, or too long",
		[NO_SEGMENT] =
			"a segment lies outside of the file, of programs' addresses, or begins in a page",
		[NO_ORDER] = "segments have a page in common, or are not in ascending order",
		[NO_ENTRY] = "its entry is in no segment of code",
	};
	const char *why = program_check(&made, size);

	CHECK(t, wanted == FINE ? !why : why && !strcmp(why, words[wanted]), "%s: %s", what,
	      why ? why : "it is one");
	make();
}

#define SAYS(what, wanted, ...)              \
	do {                                 \
		__VA_ARGS__;                 \
		says(t, what, wanted, SIZE); \
	} while (0)

static void headers(struct ktap *t)
{
	make();
	SAYS("a good one", FINE, );
	says(t, "half a header", NO_ELF, sizeof(struct elf_header) - 1);
	SAYS("64 bits", NO_ELF, made.elf.ident[4] = 2);
	SAYS("an object", NO_I386, made.elf.type = ET_REL);
	SAYS("for another machine", NO_I386, made.elf.machine = 62);
	SAYS("other segments", NO_TABLE, made.elf.phentsize++);
	SAYS("none", NO_TABLE, made.elf.phnum = 0);
	SAYS("sixteen", FINE, made.elf.phnum = 16);
	SAYS("seventeen", NO_TABLE, made.elf.phnum = 17);
	says(t, "a table that ends with the file", NO_SEGMENT,
	     sizeof(made.elf) + 2 * sizeof(struct elf_segment));
	says(t, "and a byte behind it", NO_TABLE,
	     sizeof(made.elf) + 2 * sizeof(struct elf_segment) - 1);
	SAYS("a table beyond it", NO_TABLE, made.elf.phoff = SIZE + 1);
	SAYS("a table that wraps", NO_TABLE, made.elf.phoff = 0xfffffff0);
	SAYS("an entry at a segment's last byte", FINE, made.elf.entry += 0x7ff);
	SAYS("behind it", NO_ENTRY, made.elf.entry += 0x800);
	SAYS("before it", NO_ENTRY, made.elf.entry--);
	SAYS("in data", NO_ENTRY, made.elf.entry += 0x1000);
}

static void segments(struct ktap *t)
{
	struct elf_segment *first = &made.segment[0], *last = &made.segment[1];

	make();
	SAYS("what is none", FINE, made.elf.phnum = 3; made.segment[2] = *last;
	     made.segment[2].type = 6);
	SAYS("one up to the file's end", FINE, last->offset = SIZE - last->filesz);
	SAYS("a byte behind it", NO_SEGMENT, last->offset = SIZE - last->filesz + 1);
	SAYS("none of the file, at its end", FINE, last->offset = SIZE; last->filesz = 0);
	SAYS("behind it", NO_SEGMENT, last->offset = SIZE + 1; last->filesz = 0);
	SAYS("as much of the file as of memory", FINE, last->memsz = last->filesz);
	SAYS("more", NO_SEGMENT, last->memsz = last->filesz - 1);
	SAYS("nothing", NO_SEGMENT, last->memsz = last->filesz = 0);
	SAYS("below programs' addresses", NO_SEGMENT, first->vaddr -= PAGE_SIZE);
	SAYS("up to where the stack may begin", FINE, last->vaddr = TOP - 0x2000;
	     last->memsz = 0x2000);
	SAYS("a byte into it", NO_SEGMENT, last->vaddr = TOP - 0x2000; last->memsz = 0x2001);
	SAYS("at its begin", NO_SEGMENT, last->vaddr = TOP);
	SAYS("memory that wraps", NO_SEGMENT, last->memsz = 0xfffff000);
	SAYS("as much as there are addresses", NO_SEGMENT, last->memsz = TOP - USER_BASE);
	SAYS("within a page", NO_SEGMENT, last->vaddr += 0x800);
	SAYS("a page in common", NO_ORDER, first->memsz++);
	SAYS("the other way round", NO_ORDER, first->vaddr += 0x3000);
	SAYS("the same one twice", NO_ORDER, *last = *first);
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
	headers(t);
	segments(t);
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
