// SPDX-License-Identifier: MIT
/*
 * Bad pointers, of every kind, to every call that takes one: each is -ABI_EFAULT, and nothing has happened.
 * And pointers that another task changes meanwhile, in memory that both have.
 *
 *	pointers all|races		returns how many calls did otherwise
 */
#include "tests/user/user.h"

#define KERNEL 0x00100000u /* where its image lies */
#define BASE   0xc0000000u /* of programs' addresses */
#define END    0xf0000000u
#define TURNS  300 /* of a race */

static char *mapped; /* a page, and none behind it */

/* ---- the pointers ---- */

#define ENDS  2u /* a NUL is there, and what is bad behind it */
#define READS 1u /* may be read from: bad to write to only */

static struct {
	const char *name;
	uint32_t address;
	unsigned flags;
} kinds[] = {
	{"null", 0, 0},
	{"page 0", 4, 0},
	{"the kernel's code", KERNEL, 0},
	{"the kernel's data", 0x00200000, 0},
	{"other memory", 0x01000000, 0},
	{"an APIC", 0xfee00000, 0},
	{"just below programs", BASE - 1, 0},
	{"half below programs", BASE - 2, 0},
	{"the first of programs", BASE, 0},
	{"nothing mapped", 0xd0000000, 0},
	{"half behind programs", END - 2, ENDS},
	{"just behind programs", END, 0},
	{"the last", 0xffffffff, 0},
	{"wrapping", 0xfffffffe, 0},
	{"negative", 0x80000000, 0},
	{"the gap below the calls", END - 4096 - 2, 0},
	{"the page of calls", END - 4096, READS},
	{"own code", (uint32_t)main, READS},
	{"half mapped", 0, 0},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- the calls ---- */

static int zero_file, full[2];

static int read_zero(uint32_t at)
{
	return CALL(read, zero_file, at, 8);
}

static int read_pipe(uint32_t at)
{
	return CALL(read, full[0], at, 8);
}

static int read_much(uint32_t at)
{
	return CALL(read, zero_file, at, 0x7fffffff);
}

static int write_console(uint32_t at)
{
	return CALL(write, 1, at, 8);
}

static int write_pipe(uint32_t at)
{
	return CALL(write, full[1], at, 8);
}

static int open_name(uint32_t at)
{
	return CALL(open, at, 0, 0);
}

/* It needs a child that has ended. */
static int wait_status(uint32_t at)
{
	if (!fork())
		exit(0);
	return CALL(wait, at, 0, 0);
}

static int exec_name(uint32_t at)
{
	return CALL(exec, at, (uint32_t[]){0}, 0);
}

static int exec_argv(uint32_t at)
{
	return CALL(exec, "none", at, 0);
}

static int exec_argument(uint32_t at)
{
	return CALL(exec, "none", ((uint32_t[]){(uint32_t) "fine", at ? at : KERNEL, 0}), 0);
}

static int make_pipe(uint32_t at)
{
	return CALL(pipe, at, 0, 0);
}

static int make_sockets(uint32_t at)
{
	return CALL(socketpair, at, 0, 0);
}

static int get_time(uint32_t at)
{
	return CALL(time, at, 0, 0);
}

#define FROM 1u /* it reads there */
#define TEXT 2u /* up to a NUL */

static const struct {
	const char *name;
	int (*call)(uint32_t at);
	unsigned flags;
} calls[] = {
	{"read of zero", read_zero, 0},
	{"read of a pipe", read_pipe, 0},
	{"a read of all there is", read_much, 0},
	{"write to the console", write_console, FROM},
	{"write to a pipe", write_pipe, FROM},
	{"open", open_name, FROM | TEXT},
	{"wait", wait_status, 0},
	{"exec of a name", exec_name, FROM | TEXT},
	{"exec with an argv", exec_argv, FROM},
	{"exec with an argument", exec_argument, FROM | TEXT},
	{"pipe", make_pipe, 0},
	{"socketpair", make_sockets, 0},
	{"time", get_time, 0},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static void say_number(int n)
{
	char text[12], *at = &text[11];
	unsigned rest = n < 0 ? 0u - (unsigned)n : (unsigned)n;

	*at = '\0';
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--at = '-';
	say(at);
}

static int wrong(const char *call, const char *kind, int found)
{
	say("  # not true: ");
	say(call);
	say(" with ");
	say(kind);
	say(" is refused: it returned ");
	say_number(found);
	say("\n");
	return 1;
}

/* The first number that is free: one more is one that a call has left behind. */
static int free_number(void)
{
	int file = open("null");

	close(file);
	return file;
}

static int try(unsigned c, unsigned k)
{
	const int before = free_number();
	int found;

	if ((kinds[k].flags & READS && calls[c].flags & FROM) ||
	    (kinds[k].flags & ENDS && calls[c].flags & TEXT))
		return 0;
	found = calls[c].call(kinds[k].address);
	if (found != -ABI_EFAULT)
		return wrong(calls[c].name, kinds[k].name, found);
	if (free_number() != before)
		return wrong(calls[c].name, "a file left behind", free_number());
	return 0;
}

/* Where a page ends behind which nothing is; full of text without a NUL. */
static void prepare(void)
{
	mapped = mmap(4096, ABI_WRITE);
	for (unsigned i = 0; i < 4096; i++)
		mapped[i] = 'x';
	munmap(mmap(4096, 0), 4096);
	kinds[KINDS - 1].address = (uint32_t)mapped + 4096 - 2;
	zero_file = open("zero");
	pipe(full);
	write(full[1], "12345678", 8);
}

/* Those that are no pointers, but as wrong. */
static int try_numbers(void)
{
	static const uint32_t odd[] = {ABI_FILES, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0};
	int n = 0;

	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		n += CALL(read, odd[i], mapped, 1) != -ABI_EBADF;
		n += CALL(write, odd[i], mapped, 1) != -ABI_EBADF;
		n += CALL(close, odd[i], 0, 0) != -ABI_EBADF;
		n += CALL(dup, odd[i], 0, 0) != -ABI_EBADF;
		n += CALL(dup, 0, odd[i], 0) != -ABI_EBADF;
		n += CALL(mmap, 4096, odd[i] & ~5u, 0) != -ABI_EINVAL;
		n += call5(SYS_CALLS + odd[i] / 2, 1, 2, 3, 4, 5) != -ABI_ENOSYS;
	}
	n += CALL(read, zero_file, mapped, 0x80000000) != -ABI_EINVAL;
	n += CALL(write, 1, mapped, 0xffffffff) != -ABI_EINVAL;
	n += CALL(read, 1, mapped, 1) != -ABI_EBADF;
	n += CALL(write, full[0], mapped, 1) != -ABI_EBADF;
	n += CALL(mmap, 0, ABI_WRITE, 0) != -ABI_EINVAL;
	n += CALL(mmap, 0xffffffff, ABI_WRITE, 0) != -ABI_EINVAL;
	n += CALL(mmap, 0x30000000, ABI_WRITE, 0) != -ABI_ENOMEM;
	return n;
}

static int try_munmap(void)
{
	static const struct {
		uint32_t start, n;
	} bad[] = {
		{0, 4096},          {KERNEL, 4096}, {BASE - 4096, 8192}, {END - 4096, 4096},
		{END - 8192, 8192}, {END, 4096},    {0xfffff000, 4096},  {0xfffff000, 0xd0001000},
		{BASE, 0xffffffff}, {BASE, 0},      {BASE + 1, 4096},    {BASE, END - BASE},
	};
	int n = 0;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (CALL(munmap, bad[i].start, bad[i].n, 0) != -ABI_EINVAL)
			n += wrong("munmap", "bad addresses", (int)i);
	return n;
}

/* Too much of it, or of another kind. */
static int try_exec(void)
{
	static char text[ABI_ARGS_N + 1];
	char *many[ABI_ARGS + 2], *one[2] = {text, NULL};
	int n = 0;

	for (unsigned i = 0; i < ABI_ARGS + 1; i++)
		many[i] = "x";
	many[ABI_ARGS + 1] = NULL;
	for (unsigned i = 0; i < ABI_ARGS_N; i++)
		text[i] = 'x';
	n += exec("hello", many) != -ABI_E2BIG;
	n += exec("hello", one) != -ABI_E2BIG;
	n += exec(text, one) != -ABI_ENOENT;
	n += exec("", many + ABI_ARGS + 1) != -ABI_ENOENT;
	n += exec("zero", many + ABI_ARGS + 1) != -ABI_ENOENT;
	n += open(text) != -ABI_ENOENT;
	return n;
}

static int all(void)
{
	int n = 0;

	prepare();
	for (unsigned c = 0; c < CALLS; c++)
		for (unsigned k = 0; k < KINDS; k++)
			n += try(c, k);
	n += try_numbers() + try_munmap() + try_exec();
	return n;
}

/* ---- changed meanwhile ---- */

struct shared {
	char *volatile argv[4];
	volatile char name[8];
	volatile bool over;
};
static struct shared *shared;

/* The other task: good and bad by turns, as fast as it can. */
static _Noreturn void change(void)
{
	for (unsigned i = 0; !shared->over; i++) {
		shared->argv[1] = (char *)(i & 1 ? KERNEL : (uint32_t)mapped);
		shared->argv[2] = (char *)(i & 2 ? END - 1 : 0);
		shared->argv[3] = (char *)(i & 4 ? 0xffffffff : 0);
		shared->name[4] = i & 8 ? '\0' : 'x';
		shared->name[7] = i & 16 ? '\0' : 'x';
		if (i % 64 == 0)
			yield();
	}
	exit(0);
}

/* A program may come of it, which says that it knows no such attack; or nothing. */
static int exec_meanwhile(void)
{
	int status = -1, child = fork();

	if (!child) {
		CALL(exec, "hello", shared->argv, 0);
		exit(0);
	}
	return wait(&status) != child || status < 0 || status > 4;
}

/* Each is refused for one reason or another, or is fine at that moment. */
static int race(void)
{
	int n = 0;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		int found = CALL(exec, "none", shared->argv, 0);

		if (found != -ABI_EFAULT && found != -ABI_ENOENT && found != -ABI_E2BIG)
			n += wrong("exec", "an argv that changes", found);
		found = CALL(open, shared->name, 0, 0);
		if (found >= 0)
			close(found);
		else if (found != -ABI_ENOENT)
			n += wrong("open", "a name that changes", found);
		if (turn % 32 == 0)
			n += exec_meanwhile();
	}
	return n;
}

static int races(void)
{
	int n, status, child;

	mapped = mmap(4096, ABI_WRITE | ABI_SHARED);
	shared = mmap(4096, ABI_WRITE | ABI_SHARED);
	for (unsigned i = 0; i < 4096; i++)
		mapped[i] = i % 8 == 7 ? '\0' : 'x';
	for (unsigned i = 0; i < 4; i++)
		shared->name[i] = "zero"[i];
	shared->argv[0] = mapped;
	child = fork();
	if (!child)
		change();
	n = race();
	shared->over = true;
	return n + (wait(&status) != child || status);
}

int main(int argc, char **argv)
{
	int n = argc > 1 && same(argv[1], "races") ? races() : all();

	return n < 255 ? n : 255;
}
