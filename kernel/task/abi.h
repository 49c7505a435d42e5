/* SPDX-License-Identifier: MIT */
/*
 * What programs and the kernel say to each other: numbers of system calls, and of errors, which a call
 * returns as negative numbers. A program calls the code at ABI_CALL, with the number in eax and the
 * arguments in ebx, ecx, edx, esi, edi; only eax changes. Addresses are the program's, lengths are in
 * bytes, times in microseconds. Errors have Linux's numbers.
 *
 * For C on both sides; tests/user/user.h has a function for each call.
 */
#ifndef KERNEL_TASK_ABI_H
#define KERNEL_TASK_ABI_H

#define ABI_CALL 0xeffff000u

/* number, name, arguments: as text, for people */
#define ABI_CALLS(X)                                                                \
	X(0, null, "")                /* 0, and nothing is done */                  \
	X(1, exit, "status")          /* does not return; status & 255 */           \
	X(2, fork, "")                /* the child's number; 0 in the child */      \
	X(3, read, "file, to, n")     /* bytes, 0 at the end */                     \
	X(4, write, "file, from, n")  /* bytes */                                   \
	X(5, open, "name")            /* zero, null or console: a file */           \
	X(6, close, "file")           /* 0 */                                       \
	X(7, wait, "&status")         /* a child that has ended: its number */      \
	X(8, exec, "name, argv")      /* another program; argv ends with NULL */    \
	X(9, getpid, "")              /* the task's number */                       \
	X(10, pipe, "files[2]")       /* 0; to read from, to write to */            \
	X(11, socketpair, "files[2]") /* 0; each reads what the other one writes */ \
	X(12, dup, "file, as")        /* as, which is closed before */              \
	X(13, mmap, "n, rights")      /* where n bytes of zeroes are now */         \
	X(14, munmap, "start, n")     /* 0 */                                       \
	X(15, yield, "")              /* 0, after others */                         \
	X(16, sleep, "us")            /* 0 */                                       \
	X(17, time, "&ns")            /* 0; 64 bits: nanoseconds since the start */

/* What a task's end has as its status: what it said, or 256 + the vector of its exception. */
#define ABI_FAULT  256
#define ABI_KILLED 512 /* ended from outside; for want of memory it is a page fault */

/* Rights of mmap(), besides reading. */
#define ABI_WRITE  1
#define ABI_SHARED 4 /* a child that is forked has the same memory */

#define ABI_FILES  32  /* of each task */
#define ABI_NAME   32  /* bytes of a program's or a file's name, the NUL included */
#define ABI_ARGS   16  /* arguments of a program */
#define ABI_ARGS_N 512 /* bytes of all of them, NULs included */

#define ABI_ENOENT  2
#define ABI_EINTR   4 /* the task is to end */
#define ABI_E2BIG   7
#define ABI_ENOEXEC 8
#define ABI_EBADF   9
#define ABI_ECHILD  10
#define ABI_EAGAIN  11 /* too many tasks */
#define ABI_ENOMEM  12
#define ABI_EFAULT  14
#define ABI_EINVAL  22
#define ABI_ENFILE  23
#define ABI_EMFILE  24
#define ABI_EPIPE   32
#define ABI_ENOSYS  38

#define ABI_NUMBER(number, name, arguments) SYS_##name = number,
enum { ABI_CALLS(ABI_NUMBER) SYS_CALLS };
#undef ABI_NUMBER

#endif
