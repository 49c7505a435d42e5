// SPDX-License-Identifier: MIT
/*
 * The range is looked at first: whole, and without a sum that could wrap. What is in it may be missing
 * or go away meanwhile: that the instructions in user_bytes.asm find out.
 */
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/trap/user.h"

/* Bytes that were not copied. */
uint32_t user_bytes(void *to, const void *from, uint32_t n);

static bool is_users(uint32_t address, size_t n)
{
	return user_owns(address) && n <= USER_END - address;
}

bool copy_from_user(void *to, uint32_t from, size_t n)
{
	return !n || (is_users(from, n) && !user_bytes(to, (const void *)from, n));
}

bool copy_to_user(uint32_t to, const void *from, size_t n)
{
	return !n || (is_users(to, n) && !user_bytes((void *)to, from, n));
}

int copy_string_from_user(char *to, uint32_t from, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		if (!copy_from_user(&to[n], from + n, 1))
			return -1;
		if (!to[n])
			return (int)n;
	}
	return (int)size;
}
