// SPDX-License-Identifier: MIT
/*
 * Programs that take all there is: tasks, memory, files, time. By name; those that come to an end return 0 if
 * the kernel told them so.
 */
#include "tests/user/user.h"

#define PAGE       4096u
#define CHUNK      0x800000u
#define SURELY     0x18000000u /* bytes: more than tests' machines have */
#define PAGE_FAULT 14

static void reap(void)
{
	int status;

	while (wait(&status) > 0)
		;
}

/* ---- tasks ---- */

static bool is_refusal(int error)
{
	return error == -ABI_EAGAIN || error == -ABI_ENOMEM;
}

/* All of them fork, until one cannot. */
static int bomb(void)
{
	volatile bool *over = mmap(PAGE, ABI_WRITE | ABI_SHARED);
	int child = 0;

	while (!*over) {
		child = fork();
		if (child < 0)
			*over = true;
	}
	reap();
	return child < 0 && !is_refusal(child);
}

/* Where memory is at its end, the page that a child writes to first may be the one that is missing: that ends it. */
static bool ends(int status)
{
	return !status || status == ABI_FAULT + PAGE_FAULT;
}

/* Each waits for the next one. */
static int chain(void)
{
	int child = fork(), status;

	while (!child)
		child = fork();
	if (child < 0)
		return !is_refusal(child);
	return wait(&status) != child || !ends(status);
}

/* None waits for anybody, and each goes on for a moment. */
static int orphans(void)
{
	for (unsigned i = 0; i < 200; i++)
		if (!fork()) {
			if (fork())
				exit(0);
			sleep_us(2000);
			exit(0);
		}
	return 0;
}

/* Tasks that wait to be joined by one who does not. */
static int zombies(void)
{
	for (unsigned i = 0; i < 200; i++)
		if (!fork())
			exit(0);
	return 0;
}

/* It has to be ended from outside, and all that it made. */
static _Noreturn int endless(void)
{
	for (;;)
		if (fork() == -ABI_EAGAIN)
			yield();
}

static _Noreturn int endless_orphans(void)
{
	const int first = getpid();

	for (;;)
		if (fork() > 0 && getpid() != first)
			exit(0);
}

/* ---- memory ---- */

static void touch(volatile char *from, size_t n)
{
	for (size_t at = 0; at < n; at += PAGE)
		from[at] = 1;
}

/* There is no page for it at some time, and that is its end. */
static int eat(void)
{
	char *chunk;

	while ((chunk = mmap(CHUNK, ABI_WRITE)))
		touch(chunk, CHUNK);
	return munmap(chunk, CHUNK) != -ABI_EINVAL;
}

static int eat_by_kernel(void)
{
	int zero = open("zero"), n = 0;
	char *all = mmap(SURELY, ABI_WRITE);

	if (!all)
		return 1;
	n = read(zero, all, SURELY);
	return n == (int)SURELY || (n < 0 && n != -ABI_EFAULT);
}

/* What is shared has to be there in both. */
static int eat_shared(void)
{
	if (!mmap(SURELY, ABI_WRITE | ABI_SHARED))
		return 1;
	return fork() != -ABI_ENOMEM;
}

/* Each takes its own copy of what its parent has. */
static int eat_copies(void)
{
	char *chunk = mmap(CHUNK / 2, ABI_WRITE);
	unsigned made = 0;

	touch(chunk, CHUNK / 2);
	for (int child; made < 100; made++) {
		child = fork();
		if (child < 0)
			break;
		if (child)
			continue;
		touch(chunk, CHUNK / 2);
		sleep_us(20000);
		exit(0);
	}
	reap();
	return made == 0;
}

/* Areas with holes between them: there is a last one, and none can be cut then. */
static int eat_areas(void)
{
	char *area = NULL, *at;
	unsigned n = 0;

	while ((at = mmap(4 * PAGE, n & 1 ? 0 : ABI_WRITE)) && n++ < 1000) {
		area = at;
		if (munmap(at + 3 * PAGE, PAGE))
			return 2;
	}
	if (n < 10 || n > 100)
		return 3;
	return munmap(area + PAGE, PAGE) != -ABI_ENOMEM || munmap(area, 3 * PAGE);
}

static int unmap_code(void)
{
	munmap((void *)((uint32_t)main & ~(PAGE - 1)), PAGE);
	return 1;
}

static int unmap_stack(void)
{
	char here;

	munmap((void *)((uint32_t)&here & ~(PAGE - 1)), PAGE);
	return 1;
}

static int unmap_all(void)
{
	munmap((void *)0xc0000000u, 0x2ffff000u);
	return 1;
}

/* ---- files ---- */

static int eat_files(void)
{
	int ends[2] = {-1, -1}, file, n = 0;

	while ((file = open("zero")) >= 0 && n < 100)
		n++;
	if (file != -ABI_EMFILE || n != ABI_FILES - 3)
		return 1;
	if (pipe(ends) != -ABI_EMFILE || socketpair(ends) != -ABI_EMFILE)
		return 2;
	close(5);
	if (pipe(ends) != -ABI_EMFILE || ends[0] != -1)
		return 3;
	return open("null") != 5;
}

/* The others have gone. */
static int ends_gone(void)
{
	char byte;
	int ends[2];

	pipe(ends);
	close(ends[0]);
	if (write(ends[1], "x", 1) != -ABI_EPIPE)
		return 1;
	pipe(ends);
	close(ends[1]);
	if (read(ends[0], &byte, 1))
		return 2;
	socketpair(ends);
	write(ends[1], "x", 1);
	close(ends[1]);
	if (write(ends[0], "x", 1) != -ABI_EPIPE)
		return 3;
	return read(ends[0], &byte, 1) != 1 || read(ends[0], &byte, 1) != 0;
}

/* A reader that goes while somebody waits for room, and a writer while somebody waits for bytes. */
static int ends_go(void)
{
	static char bytes[PAGE];
	int ends[2], status, wrong = 0;

	pipe(ends);
	if (!fork()) {
		close(ends[1]);
		sleep_us(2000);
		exit(0);
	}
	close(ends[0]);
	while ((status = write(ends[1], bytes, PAGE)) > 0)
		;
	wrong += status != -ABI_EPIPE;
	reap();
	pipe(ends);
	if (!fork()) {
		sleep_us(2000);
		exit(0);
	}
	close(ends[1]);
	wrong += read(ends[0], bytes, PAGE) != 0;
	reap();
	return wrong;
}

/* ---- time: they are ended from outside ---- */

static _Noreturn int sleep_long(void)
{
	for (;;)
		sleep_us(0xffffffff);
}

static _Noreturn int read_nothing(void)
{
	char byte;
	int ends[2];

	pipe(ends);
	for (;;)
		read(ends[0], &byte, 1);
}

static _Noreturn int write_full(void)
{
	static char bytes[PAGE];
	int ends[2];

	pipe(ends);
	for (;;)
		write(ends[1], bytes, sizeof(bytes));
}

static _Noreturn int wait_long(void)
{
	if (!fork())
		sleep_long();
	for (;;)
		reap();
}

static _Noreturn int spin(void)
{
	for (;;)
		asm volatile("");
}

static _Noreturn int call_on_and_on(void)
{
	for (;;)
		null_call();
}

static const struct {
	const char *name;
	int (*fn)(void);
} functions[] = {
	{"bomb", bomb},
	{"chain", chain},
	{"orphans", orphans},
	{"zombies", zombies},
	{"endless", endless},
	{"endless_orphans", endless_orphans},
	{"eat", eat},
	{"eat_by_kernel", eat_by_kernel},
	{"eat_shared", eat_shared},
	{"eat_copies", eat_copies},
	{"eat_areas", eat_areas},
	{"unmap_code", unmap_code},
	{"unmap_stack", unmap_stack},
	{"unmap_all", unmap_all},
	{"eat_files", eat_files},
	{"ends_gone", ends_gone},
	{"ends_go", ends_go},
	{"sleep_long", sleep_long},
	{"read_nothing", read_nothing},
	{"write_full", write_full},
	{"wait_long", wait_long},
	{"spin", spin},
	{"call_on_and_on", call_on_and_on},
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc > 1 && i < sizeof(functions) / sizeof(functions[0]); i++)
		if (same(functions[i].name, argv[1]))
			return functions[i].fn();
	say("greedy: no such attack\n");
	return 99;
}
