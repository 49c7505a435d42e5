// SPDX-License-Identifier: MIT
/*
 * What programs count on, as one sees it: checks NAME runs one of those at the end, and ends with 0 if all was
 * as it should be. What was not is said.
 */
#include "tests/user/user.h"

#define PIPE_MORE 20000 /* bytes: more than a pipe holds, several times */
#define PAGE      4096u
#define PF        (ABI_FAULT + 14)
#define GP        (ABI_FAULT + 13)

void *memset(void *to, int byte, size_t n); /* in start.asm */

static void *volatile nowhere = (void *)8;
static const char *now; /* the check that runs */

static void say_number(uint32_t n)
{
	char text[12], *at = text + sizeof(text);

	*--at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	say(at);
}

static int fail(int line, const char *what)
{
	say("checks ");
	say(now);
	say(": line ");
	say_number((uint32_t)line);
	say(": not true: ");
	say(what);
	say("\n");
	return 1;
}

#define WANT(condition)                                    \
	do {                                               \
		if (!(condition))                          \
			return fail(__LINE__, #condition); \
	} while (0)

/* A child that does this, and its status. */
static int status_of(int (*fn)(void))
{
	int status = -1, child = fork();

	if (!child)
		exit(fn());
	return child > 0 && wait(&status) == child ? status : -1;
}

static int never(void)
{
	say("checks: for ever\n");
	while (!yield())
		;
	return 0;
}

/* ---- tasks ---- */

static int fork_and_wait(void)
{
	int children[3], status = 0, seen = 0, own = getpid();

	WANT(wait(&status) == -ABI_ECHILD);
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		if (!children[i]) {
			WANT(getpid() != own);
			exit(10 + i);
		}
		WANT(children[i] > 0 && children[i] != own);
	}
	for (int i = 0; i < 3; i++) {
		int child = wait(&status);

		for (int j = 0; j < 3; j++)
			if (child == children[j]) {
				WANT(status == 10 + j);
				seen |= 1 << j;
			}
	}
	WANT(seen == 7);
	WANT(wait(&status) == -ABI_ECHILD && getpid() == own);
	return 0;
}

static int exits_with_more(void)
{
	exit(0x12345);
}

/* A child of its own that never ends is not waited for: it goes on, and so does this. */
static int has_grandchild(void)
{
	if (!fork())
		exit(sleep_us(3000));
	return 5;
}

static int statuses(void)
{
	int status = 0;

	WANT(status_of(exits_with_more) == 0x45);
	WANT(status_of(has_grandchild) == 5);
	WANT(wait(&status) == -ABI_ECHILD);
	WANT(wait(nowhere) == -ABI_ECHILD);
	return 0;
}

static uint32_t data = 1;
static uint32_t many[8 * 1024];

static int child_writes(void)
{
	WANT(data == 1 && many[5000] == 5);
	data = 2;
	many[5000] = 6;
	WANT(data == 2 && many[5000] == 6);
	return 0;
}

/* The parent writes, and the child has what was there before. */
static int looks_later(int told, int tells)
{
	uint32_t local = 7, byte = 0;

	if (read(told, &byte, 1) != 1)
		return 1;
	return write(tells, &data, 4) != 4 || write(tells, &local, 4) != 4;
}

static int copy_on_write(void)
{
	int to[2], from[2], status = 0;
	uint32_t seen[2] = {0, 0};

	data = 1;
	many[5000] = 5;
	WANT(status_of(child_writes) == 0);
	WANT(data == 1 && many[5000] == 5);
	WANT(!pipe(to) && !pipe(from));
	if (!fork())
		exit(looks_later(to[0], from[1]));
	data = 3;
	WANT(write(to[1], "x", 1) == 1);
	WANT(wait(&status) > 0 && status == 0);
	WANT(read(from[0], seen, sizeof(seen)) == sizeof(seen));
	WANT(seen[0] == 1 && seen[1] == 7 && data == 3);
	return 0;
}

/* The kernel writes to memory that a program has in common with another: as the program would. */
static int kernel_writes(void)
{
	int ends[2], status = 0;

	data = 1;
	WANT(!pipe(ends));
	WANT(write(ends[1], "\5\0\0\0", 4) == 4);
	if (!fork()) {
		WANT(read(ends[0], &data, 4) == 4);
		exit(data != 5);
	}
	WANT(wait(&status) > 0 && status == 0);
	WANT(data == 1);
	return 0;
}

static int generations(void)
{
	int status = 0;

	for (uint32_t i = 0; i < 6; i++) {
		data = i;
		many[i * 1024] = i;
		if (fork()) {
			WANT(wait(&status) > 0 && status == 0);
			WANT(data == i && many[i * 1024] == i);
			return 0;
		}
		WANT(data == i && many[i * 1024] == i);
		data = 100 + i;
	}
	return 0;
}

/* ---- exec ---- */

static int exec_it(void)
{
	char *argv[] = {"checks", "as-exec", "two words", "", NULL};

	exec("checks", argv);
	return 99;
}

static int as_exec(int argc, char **argv)
{
	WANT(argc == 4 && argv[4] == NULL);
	WANT(same(argv[2], "two words") && same(argv[3], ""));
	WANT(data == 1 && many[5000] == 0);
	return 42;
}

static int exec_hello(void)
{
	char *argv[] = {"hello", "from", "exec", NULL};

	close(1);
	exec("hello", argv);
	return 99;
}

static char long_text[ABI_ARGS_N + 1];

static int exec_and_fail(void)
{
	char *none[] = {NULL}, *bad[] = {"x", nowhere, NULL};
	char *too_many[ABI_ARGS + 2], *too_long[] = {long_text, NULL};

	for (int i = 0; i <= ABI_ARGS; i++)
		too_many[i] = "x";
	too_many[ABI_ARGS + 1] = NULL;
	memset(long_text, 'x', ABI_ARGS_N);
	data = 77;
	WANT(exec("nobody", none) == -ABI_ENOENT);
	WANT(exec("a name that is longer than names of programs are", none) == -ABI_ENOENT);
	WANT(exec(nowhere, none) == -ABI_EFAULT);
	WANT(exec("hello", bad) == -ABI_EFAULT);
	WANT(exec("hello", nowhere) == -ABI_EFAULT);
	WANT(exec("hello", too_many) == -ABI_E2BIG);
	WANT(exec("hello", too_long) == -ABI_E2BIG);
	WANT(data == 77);
	return 0;
}

static int execs(void)
{
	data = 2;
	many[5000] = 3;
	WANT(status_of(exec_it) == 42);
	WANT(status_of(exec_hello) == 3);
	WANT(status_of(exec_and_fail) == 0);
	WANT(data == 2);
	return 0;
}

/* ---- files ---- */

static uint8_t bytes[PIPE_MORE], got[PIPE_MORE];

static void fill(void)
{
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static bool is_as_written(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (got[i] != bytes[i])
			return false;
	return true;
}

/* All n, in parts of this size; what comes is at most that. */
static bool read_all(int file, uint32_t n, uint32_t part)
{
	uint32_t done = 0;

	while (done < n) {
		int more = read(file, got + done, part < n - done ? part : n - done);

		if (more <= 0 || (uint32_t)more > part)
			return false;
		done += (uint32_t)more;
	}
	return true;
}

static bool write_all(int file, uint32_t n, uint32_t part)
{
	for (uint32_t done = 0; done < n; done += part)
		if (write(file, bytes + done, part < n - done ? part : n - done) !=
		    (int)(part < n - done ? part : n - done))
			return false;
	return true;
}

/* More than it holds, so both wait for each other; in parts that fit its buffer, and do not. */
static int through_pipe(uint32_t to_write, uint32_t to_read)
{
	int ends[2], status = -1;

	WANT(!pipe(ends));
	memset(got, 0, sizeof(got));
	if (!fork()) {
		close(ends[0]);
		exit(!write_all(ends[1], PIPE_MORE, to_write));
	}
	close(ends[1]);
	WANT(read_all(ends[0], PIPE_MORE, to_read));
	WANT(is_as_written(PIPE_MORE));
	WANT(read(ends[0], got, 1) == 0);
	WANT(read(ends[0], got, 1) == 0);
	WANT(wait(&status) > 0 && status == 0);
	close(ends[0]);
	return 0;
}

static int pipes(void)
{
	static const uint32_t sizes[] = {1000, 4000, PAGE, 5000, PIPE_MORE};

	fill();
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		WANT(!through_pipe(sizes[i], 777));
		WANT(!through_pipe(777, sizes[i]));
	}
	WANT(!through_pipe(3, PIPE_MORE));
	return 0;
}

static int pipe_ends(void)
{
	int ends[2], other[2];

	WANT(!pipe(ends) && ends[0] != ends[1]);
	WANT(read(ends[1], got, 1) == -ABI_EBADF);
	WANT(write(ends[0], bytes, 1) == -ABI_EBADF);
	WANT(read(ends[0], got, 0) == 0 && write(ends[1], bytes, 0) == 0);
	WANT(write(ends[1], "ab", 2) == 2 && write(ends[1], "cd", 2) == 2);
	WANT(read(ends[0], got, 3) == 3 && got[0] == 'a' && got[1] == 'b' && got[2] == 'c');
	WANT(read(ends[0], got, 3) == 1 && got[0] == 'd');
	WANT(write(ends[1], nowhere, 1) == -ABI_EFAULT);
	WANT(write(ends[1], "e", 1) == 1);
	WANT(read(ends[0], nowhere, 1) == -ABI_EFAULT);
	WANT(read(ends[0], got, 1) == 1 && got[0] == 'e');
	WANT(!pipe(other) && !close(other[0]));
	WANT(write(other[1], bytes, 1) == -ABI_EPIPE);
	WANT(write(other[1], bytes, 0) == 0 && !close(other[1]));
	WANT(pipe(nowhere) == -ABI_EFAULT);
	return 0;
}

static int waits_for_room(void)
{
	int ends[2], status = 0;

	WANT(!pipe(ends));
	if (!fork()) {
		close(ends[0]);
		exit(write(ends[1], bytes, sizeof(bytes)) >= (int)sizeof(bytes));
	}
	sleep_us(2000);
	close(ends[0]); /* nobody reads any more: it has written some, and waits for room no longer */
	WANT(wait(&status) > 0 && status == 0);
	return 0;
}

static int sockets(void)
{
	int ends[2], status = 0;

	fill();
	WANT(!socketpair(ends));
	WANT(write(ends[0], "ab", 2) == 2 && write(ends[1], "cd", 2) == 2);
	WANT(read(ends[0], got, 9) == 2 && got[0] == 'c' && got[1] == 'd');
	WANT(read(ends[1], got, 9) == 2 && got[0] == 'a' && got[1] == 'b');
	if (!fork()) {
		close(ends[0]);
		WANT(read_all(ends[1], PIPE_MORE, 5000) && is_as_written(PIPE_MORE));
		exit(!write_all(ends[1], PIPE_MORE, 3000));
	}
	close(ends[1]);
	WANT(write_all(ends[0], PIPE_MORE, 7000));
	memset(got, 0, sizeof(got));
	WANT(read_all(ends[0], PIPE_MORE, 100) && is_as_written(PIPE_MORE));
	WANT(wait(&status) > 0 && status == 0);
	WANT(read(ends[0], got, 1) == 0);
	WANT(write(ends[0], bytes, 1) == -ABI_EPIPE);
	return 0;
}

static int dups(void)
{
	int ends[2], byte = 0;

	WANT(!pipe(ends));
	WANT(dup(ends[1], 12) == 12 && dup(ends[1], ends[1]) == ends[1]);
	WANT(dup(9, 10) == -ABI_EBADF && dup(ends[1], ABI_FILES) == -ABI_EBADF);
	WANT(dup(ends[1], -1) == -ABI_EBADF);
	WANT(!close(ends[1]) && close(ends[1]) == -ABI_EBADF);
	WANT(write(12, "y", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'y');
	WANT(dup(ends[0], 12) == 12); /* the last one to write to goes by that */
	WANT(read(ends[0], &byte, 1) == 0);
	return 0;
}

static int too_many_files(void)
{
	int file = 0, ends[2], first = -1;

	while ((file = open("null")) >= 0) {
		WANT(file < ABI_FILES);
		first = first < 0 ? file : first;
	}
	WANT(file == -ABI_EMFILE && pipe(ends) == -ABI_EMFILE);
	WANT(!close(ABI_FILES - 1) && pipe(ends) == -ABI_EMFILE);
	WANT(socketpair(ends) == -ABI_EMFILE);
	WANT(open("zero") == ABI_FILES - 1 && !close(first) && !close(ABI_FILES - 1));
	WANT(!pipe(ends) && ends[0] == first && ends[1] == ABI_FILES - 1);
	return 0;
}

static int devices(void)
{
	int zero = open("zero"), null = open("null");

	got[0] = got[99] = 1;
	WANT(zero > 2 && null > 2);
	WANT(read(zero, got, 100) == 100 && !got[0] && !got[99]);
	WANT(read(null, got, 100) == 0 && write(null, bytes, 100) == 100);
	WANT(read(zero, nowhere, 1) == -ABI_EFAULT);
	WANT(read(zero, got, (size_t)-1) == -ABI_EINVAL &&
	     write(null, got, (size_t)-1) == -ABI_EINVAL);
	WANT(write(1, nowhere, 1) == -ABI_EFAULT && read(1, got, 1) == -ABI_EBADF);
	WANT(open("nothing") == -ABI_ENOENT && open("") == -ABI_ENOENT);
	WANT(open(nowhere) == -ABI_EFAULT);
	WANT(read(ABI_FILES, got, 1) == -ABI_EBADF && close(-1) == -ABI_EBADF);
	WANT(call5(SYS_CALLS, 0, 0, 0, 0, 0) == -ABI_ENOSYS &&
	     call5(~0u, 0, 0, 0, 0, 0) == -ABI_ENOSYS);
	WANT(null_call() == 0);
	return 0;
}

/* ---- memory ---- */

static volatile uint8_t *area;

static int touch_area(void)
{
	return area[0];
}

static int write_area(void)
{
	area[0] = 1;
	return 0;
}

static int run_area(void)
{
	((void (*)(void))(uint32_t)area)();
	return 0;
}

static int mapped(void)
{
	area = mmap(3 * PAGE, ABI_WRITE);
	WANT(area && !((uint32_t)area % PAGE));
	for (uint32_t i = 0; i < 3 * PAGE; i += 100) {
		WANT(!area[i]);
		area[i] = 7;
	}
	WANT(!munmap((void *)(area + PAGE), PAGE));
	WANT(area[0] == 7 && area[2 * PAGE + 8] == 7);
	area += PAGE;
	WANT(status_of(touch_area) == PF && status_of(write_area) == PF);
	area -= PAGE;
	WANT(!munmap((void *)area, 3 * PAGE));
	WANT(status_of(touch_area) == PF);
	WANT(mmap(PAGE, 8) == NULL && mmap(0, 0) == NULL && mmap(0x40000000, ABI_WRITE) == NULL);
	WANT(munmap((void *)0x1000, PAGE) == -ABI_EINVAL);
	WANT(munmap((void *)(area + 1), PAGE) == -ABI_EINVAL);
	WANT(munmap((void *)ABI_CALL, PAGE) == -ABI_EINVAL);
	WANT(munmap((void *)area, 0xfffff000) == -ABI_EINVAL);
	area = mmap(PAGE, ABI_WRITE);
	WANT(area && !area[0]); /* another one's bytes are not in it */
	return 0;
}

static int read_only(void)
{
	area = mmap(PAGE, 0);
	WANT(area && !area[0]);
	WANT(status_of(write_area) == PF);
	area = (volatile uint8_t *)(uint32_t)read_only;
	WANT(status_of(touch_area) != PF && status_of(write_area) == PF);
	area = (volatile uint8_t *)ABI_CALL;
	WANT(status_of(touch_area) != PF && status_of(write_area) == PF);
	return 0;
}

/* Whether there is NX, the kernel knows: checks.c is told. */
static int executable(void)
{
	area = mmap(PAGE, ABI_WRITE);
	WANT(area);
	area[0] = 0xc3; /* ret */
	WANT(status_of(run_area) == PF);
	area = (volatile uint8_t *)many;
	area[0] = 0xc3;
	WANT(status_of(run_area) == PF);
	return 0;
}

/* Some of it: its beginning, its code, the tables of pages, what is above programs' addresses. */
static int kernels(void)
{
	static const uint32_t at[] = {0,          0x1000,     0x100000,   0x110000,   0x200000,
				      0x3ff000,   0x400000,   0xbffff000, 0xf0000000, 0xfee00000,
				      0xffc00000, 0xfffff000, 0xefffe000, 0xc0000000};

	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		area = (volatile uint8_t *)at[i];
		WANT(status_of(touch_area) == PF);
		WANT(status_of(write_area) == PF);
	}
	return 0;
}

static int shared(void)
{
	volatile uint32_t *both = mmap(2 * PAGE, ABI_WRITE | ABI_SHARED);
	int status = 0;

	WANT(both);
	both[0] = 1;
	if (!fork()) {
		WANT(both[0] == 1);
		both[0] = 2;
		both[1024] = 3; /* a page that nobody had touched */
		if (!fork()) {
			both[1] = both[1024] + 1;
			exit(0);
		}
		exit(wait(&status) < 0);
	}
	WANT(wait(&status) > 0 && status == 0);
	WANT(both[0] == 2 && both[1024] == 3 && both[1] == 4);
	if (!fork())
		exit(both[1] != 4);
	WANT(wait(&status) > 0 && status == 0);
	return 0;
}

/* ---- faults, time ---- */

static int divides(void)
{
	asm volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
	return 0;
}

static int is_privileged(void)
{
	asm volatile("cli");
	return 0;
}

static int is_no_instruction(void)
{
	asm volatile("ud2");
	return 0;
}

static int breaks(void)
{
	asm volatile("int3");
	return 0;
}

static int is_traced(void)
{
	asm volatile("pushf; orl $0x100, (%%esp); popf; nop" : : : "memory", "cc");
	return 0;
}

static int faults(void)
{
	WANT(status_of(divides) == ABI_FAULT);
	WANT(status_of(is_privileged) == GP);
	WANT(status_of(is_no_instruction) == ABI_FAULT + 6);
	WANT(status_of(breaks) > ABI_FAULT && status_of(breaks) < ABI_KILLED);
	return 0;
}

static int traced(void)
{
	WANT(status_of(is_traced) == ABI_FAULT + 1);
	return 0;
}

static int times(void)
{
	uint64_t start = time_ns(), then;

	WANT(start > 0);
	WANT(sleep_us(2000) == 0);
	then = time_ns();
	WANT(then - start >= 2000000);
	for (int i = 0; i < 100; i++) {
		uint64_t next = time_ns();

		WANT(next >= then);
		then = next;
	}
	WANT(sleep_us(0) == 0 && yield() == 0);
	WANT(CALL(time, 8, 0, 0) == -ABI_EFAULT);
	return 0;
}

/* ---- registers ---- */

/*
 * uint32_t keeps(by_int): all registers but eax have patterns over a call of yield(), and so has esp. Returns
 * 0, or a bit for each that has not.
 */
uint32_t keeps(uint32_t by_int);
asm("keeps:	push %ebp; push %ebx; push %esi; push %edi\n"
    "	mov 20(%esp), %eax\n"
    "	mov $0x11111111, %ebx; mov $0x22222222, %ecx; mov $0x33333333, %edx\n"
    "	mov $0x44444444, %esi; mov $0x55555555, %edi\n"
    "	mov %esp, %ebp; push $0x66666666\n"
    "	test %eax, %eax\n"
    "	mov $15, %eax\n"
    "	jnz 1f\n"
    "	call *9f\n"
    "	jmp 2f\n"
    "1:	int $0x80\n"
    "2:	cmp $0, %eax; jne 3f\n"
    "	cmp $0x11111111, %ebx; jne 3f\n"
    "	cmp $0x22222222, %ecx; jne 3f\n"
    "	cmp $0x33333333, %edx; jne 3f\n"
    "	cmp $0x44444444, %esi; jne 3f\n"
    "	cmp $0x55555555, %edi; jne 3f\n"
    "	cmpl $0x66666666, (%esp); jne 3f\n"
    "	add $4, %esp; cmp %esp, %ebp; jne 4f\n"
    "	xor %eax, %eax; jmp 5f\n"
    "3:	mov %ebp, %esp\n"
    "4:	mov %ebp, %esp; mov $1, %eax\n"
    "5:	pop %edi; pop %esi; pop %ebx; pop %ebp\n"
    "	ret\n"
    "9:	.long 0xeffff000\n");
_Static_assert(SYS_yield == 15 && ABI_CALL == 0xeffff000u, "keeps() calls it");

static uint32_t gs(void)
{
	uint32_t is;

	asm volatile("mov %%gs, %0" : "=r"(is));
	return is;
}

static void set_gs(uint32_t to)
{
	asm volatile("mov %0, %%gs" : : "r"(to));
}

static int child_has_gs(void)
{
	return gs() != 0x23;
}

static int registers(void)
{
	for (int i = 0; i < 20; i++) {
		WANT(keeps(0) == 0);
		WANT(keeps(1) == 0);
	}
	WANT(gs() == 0);
	set_gs(0x23);
	WANT(status_of(child_has_gs) == 0);
	WANT(yield() == 0 && gs() == 0x23);
	if (!fork()) {
		set_gs(0x1b);
		for (int i = 0; i < 20; i++) {
			yield();
			if (gs() != 0x1b)
				exit(1);
		}
		exit(0);
	}
	for (int i = 0; i < 20; i++) {
		int status = 0;

		WANT(yield() == 0 && gs() == 0x23);
		if (i == 19)
			WANT(wait(&status) > 0 && status == 0);
	}
	WANT(gs() == 0x23);
	return 0;
}

/* What the tick comes into: no system call is made, and others want to run. */
static int spins(uint32_t seed)
{
	const uint64_t start = time_ns();
	uint32_t sum;

	do {
		uint32_t left = 100000, check;

		sum = seed;
		asm volatile("1: add %2, %0; rol $3, %0; ror $3, %0; dec %1; jnz 1b"
			     : "+&r"(sum), "+&r"(left)
			     : "r"(seed)
			     : "cc");
		check = seed * 100001;
		WANT(sum == check);
	} while (time_ns() - start < 60000000);
	return 0;
}

static int preempted(void)
{
	int status = 0;

	for (uint32_t i = 1; i <= 3; i++)
		if (!fork()) {
			set_gs(i % 2 ? 0x23 : 0);
			status = spins(i * 0x1234567);
			exit(status || gs() != (i % 2 ? 0x23 : 0));
		}
	for (int i = 0; i < 3; i++)
		WANT(wait(&status) > 0 && status == 0);
	return 0;
}

/* Many at once, each with memory of its own, files and a child. */
static int crowd_member(uint32_t number)
{
	int ends[2], status = 0, byte = 0, child;

	for (uint32_t i = 0; i < 8; i++)
		many[i * 1024] = number + i;
	WANT(!pipe(ends));
	child = fork();
	WANT(child >= 0); /* where memory is short it may fail, or the child end early */
	if (!child)
		exit(write(ends[1], &number, 1) != 1);
	WANT(!close(ends[1]));
	WANT(read(ends[0], &byte, 1) == 1 && byte == (int)(number & 255));
	WANT(wait(&status) > 0 && status == 0);
	for (uint32_t i = 0; i < 8; i++)
		WANT(many[i * 1024] == number + i);
	return 0;
}

static int crowd(void)
{
	int status = 0;

	for (uint32_t i = 0; i < 40; i++) {
		int child = fork();

		WANT(child >= 0);
		if (!child)
			exit(crowd_member(i));
	}
	for (int i = 0; i < 40; i++)
		WANT(wait(&status) > 0 && status == 0);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} checks[] = {
	{"fork", fork_and_wait},
	{"statuses", statuses},
	{"copy-on-write", copy_on_write},
	{"kernel-writes", kernel_writes},
	{"generations", generations},
	{"exec", execs},
	{"pipes", pipes},
	{"pipe-ends", pipe_ends},
	{"waits-for-room", waits_for_room},
	{"sockets", sockets},
	{"dup", dups},
	{"too-many-files", too_many_files},
	{"devices", devices},
	{"mapped", mapped},
	{"read-only", read_only},
	{"executable", executable},
	{"kernels", kernels},
	{"shared", shared},
	{"faults", faults},
	{"traced", traced},
	{"times", times},
	{"registers", registers},
	{"preempted", preempted},
	{"crowd", crowd},
	{"never", never},
};

int main(int argc, char **argv)
{
	if (argc > 1 && same(argv[1], "as-exec")) {
		now = argv[1];
		return as_exec(argc, argv);
	}
	for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (argc > 1 && same(argv[1], checks[i].name)) {
			now = checks[i].name;
			return checks[i].run();
		}
	say("checks: there is no such check\n");
	return 2;
}
