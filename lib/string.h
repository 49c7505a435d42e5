/* SPDX-License-Identifier: MIT */
/*
 * Memory blocks and C strings, with the meaning that C99 7.21 gives these names; strlcpy() is
 * OpenBSD's. A freestanding compiler may call the first four on its own (structure copies), so they
 * exist even where nobody names them.
 *
 *	char name[16];
 *	if (strlcpy(name, option, sizeof(name)) >= sizeof(name))
 *		pr_warn("option %s: cut to %s\n", option, name);
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

/* n in bytes; 0 is fine and touches nothing. The blocks of memcpy() must not overlap. */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

size_t strlen(const char *s);
/* The length of s, but at most max; no byte from s[max] on is read. */
size_t strnlen(const char *s, size_t max);

/* Bytes compare as unsigned char; the result's sign is what counts. */
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* The first c in s, or NULL; c == 0 finds the terminator. */
char *strchr(const char *s, int c);

/*
 * Copies what fits into dst[size] and terminates it (size 0: writes nothing). Returns strlen(src);
 * a result >= size says that the copy was cut.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

/* The first byte equal to (unsigned char)c among the n at s, or NULL. */
void *memchr(const void *s, int c, size_t n);

#endif
