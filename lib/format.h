/* SPDX-License-Identifier: MIT */
/*
 * printf-style formatting into a buffer, and reading numbers from text.
 *
 *	char line[64];
 *	int n = snprintf(line, sizeof(line), "%pS: %-8s %02x", site, family, byte);
 *	if ((size_t)n >= sizeof(line))
 *		... cut: n is the length that it would have had
 *
 * Conversions are C99's: %d %i %u %x %X %c %s %p %%, flags "-0+ #", width and precision (also '*'),
 * lengths hh h l ll z. Different here:
 *	%p	0x and eight digits, always
 *	%pS	"name+0x12/0x40" from lib/ksyms.h, or as %p where no symbol is known
 *	%s	of NULL is "(null)"
 * Any other conversion, and a width or precision above FORMAT_MAX, is copied as it stands and takes
 * no further argument (those of its '*' are gone): a mistake shows, and reads no wild memory.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_MAX 4096 /* columns */

/*
 * At most size bytes go to buf, the last of them a NUL if size > 0 (size 0: buf may be NULL).
 * Returns the length without the NUL that the whole text has; a result >= size says that it was
 * cut.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The whole of s as a number, decimal or 0x and hexadecimal, into *out. Returns 0, or -1 and leaves
 * *out alone if s is NULL, empty, holds anything else (signs and spaces too) or exceeds 32 bits.
 */
int parse_u32(const char *s, uint32_t *out);

#endif
