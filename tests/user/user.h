/* SPDX-License-Identifier: MIT */
/*
 * Programs for Pedant: a function for each system call, and the little that programs of one file need.
 *
 *	int main(int argc, char **argv)
 *	{
 *		say("hello\n");
 *		return 0;
 *	}
 *
 * Errors are negative numbers, kernel/task/abi.h. fs is the kernel's, and there is no FPU.
 */
#ifndef TESTS_USER_USER_H
#define TESTS_USER_USER_H

#include "kernel/task/abi.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int main(int argc, char **argv);

/* By the code at ABI_CALL, which knows the CPU's best way. */
static inline int call5(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	int result;

	asm volatile("call *%[at]"
		     : "=a"(result)
		     : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d),
		       "D"(e), [at] "m"((const uint32_t){ABI_CALL})
		     : "memory", "cc");
	return result;
}

#define CALL(name, a, b, c) call5(SYS_##name, (uint32_t)(a), (uint32_t)(b), (uint32_t)(c), 0, 0)

static inline int null_call(void)
{
	return CALL(null, 0, 0, 0);
}

static inline _Noreturn void exit(int status)
{
	CALL(exit, status, 0, 0);
	__builtin_unreachable();
}

static inline int fork(void)
{
	return CALL(fork, 0, 0, 0);
}

static inline int read(int file, void *to, size_t n)
{
	return CALL(read, file, to, n);
}

static inline int write(int file, const void *from, size_t n)
{
	return CALL(write, file, from, n);
}

static inline int open(const char *name)
{
	return CALL(open, name, 0, 0);
}

static inline int close(int file)
{
	return CALL(close, file, 0, 0);
}

static inline int wait(int *status)
{
	return CALL(wait, status, 0, 0);
}

static inline int exec(const char *name, char *const *argv)
{
	return CALL(exec, name, argv, 0);
}

static inline int getpid(void)
{
	return CALL(getpid, 0, 0, 0);
}

static inline int pipe(int files[2])
{
	return CALL(pipe, files, 0, 0);
}

static inline int socketpair(int files[2])
{
	return CALL(socketpair, files, 0, 0);
}

static inline int dup(int file, int as)
{
	return CALL(dup, file, as, 0);
}

/* NULL: no memory. */
static inline void *mmap(size_t n, unsigned rights)
{
	int at = CALL(mmap, n, rights, 0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

static inline int munmap(void *start, size_t n)
{
	return CALL(munmap, start, n, 0);
}

static inline int yield(void)
{
	return CALL(yield, 0, 0, 0);
}

static inline int sleep_us(uint32_t us)
{
	return CALL(sleep, us, 0, 0);
}

static inline uint64_t time_ns(void)
{
	uint64_t ns = 0;

	CALL(time, &ns, 0, 0);
	return ns;
}

static inline size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static inline void say(const char *text)
{
	write(1, text, strlen(text));
}

static inline uint32_t number(const char *text)
{
	uint32_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (uint32_t)(*text - '0');
	return n;
}

#endif
