/* SPDX-License-Identifier: MIT */
/*
 * Memory blocks and C strings in plain C, small rather than fast.
 *
 * An optimizer that recognizes the loop in memset() as a memset() would make it call itself. Two
 * flags keep it from that, and this file must never be built without them: -ffreestanding (enough
 * for clang) and -fno-tree-loop-distribute-patterns (gcc, which looks for the pattern even there).
 */
#include "lib/string.h"

#include <stdint.h>

void *memcpy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s)
		return memcpy(dst, src, n); /* ours goes upwards, so a lower dst may overlap */
	while (n--)
		d[n] = s[n];
	return dst;
}

/* By words, of any alignment, since it clears pages. */
void *memset(void *dst, int byte, size_t n)
{
	typedef uint32_t __attribute__((may_alias, aligned(1))) word;
	const uint32_t four = 0x01010101u * (unsigned char)byte;
	char *d = dst;

	for (; n >= sizeof(word); n -= sizeof(word), d += sizeof(word))
		*(word *)d = four;
	while (n--)
		*d++ = (char)byte;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	while (*s != (char)c) {
		if (!*s++)
			return NULL;
	}
	return (char *)s;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t fits = n < size ? n : size - 1;

		memcpy(dst, src, fits);
		dst[fits] = '\0';
	}
	return n;
}

void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}
