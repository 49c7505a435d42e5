/* SPDX-License-Identifier: MIT */
/*
 * To and from the memory of the program that this CPU's address space belongs to. Whatever address it
 * has given: a bad one is an answer and no fault.
 *
 *	if (!copy_from_user(&request, address, sizeof(request)))
 *		return -ABI_EFAULT;
 */
#ifndef ARCH_X86_MM_USER_COPY_H
#define ARCH_X86_MM_USER_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * False: not all of it is memory that the program may read, or write; some of it may have been
 * copied. n may be 0: nothing is touched. Interrupts are on, or memory that is not there yet is
 * brought with them off.
 */
bool copy_from_user(void *to, uint32_t from, size_t n);
bool copy_to_user(uint32_t to, const void *from, size_t n);

/*
 * A string with its NUL, into to[size]. Its length; -1: a bad address; size: it is not over within
 * `size` bytes.
 */
int copy_string_from_user(char *to, uint32_t from, size_t size);

#endif
