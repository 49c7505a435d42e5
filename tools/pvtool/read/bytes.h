/* SPDX-License-Identifier: MIT */
/*
 * Small things that every subcommand needs of bytes: a file's, a little-endian word of them, their
 * text, and memory for them.
 *
 *	uint8_t *bytes;
 *	size_t size;
 *	char text[BYTES_TEXT];
 *	if (bytes_read_file("dump", &bytes, &size) && size >= 4)
 *		printf("%s is %#x\n", bytes_text(bytes, 4, text), bytes_get32(bytes));
 */
#ifndef TOOLS_PVTOOL_READ_BYTES_H
#define TOOLS_PVTOOL_READ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES_TEXT_MAX 15 /* the longest instruction */
#define BYTES_TEXT     (3 * BYTES_TEXT_MAX + 4)

#define BYTES_FILE_MAX (256u << 20) /* more than any image of a kernel has */

/*
 * The whole file, to be freed. False, after a line on stderr, if it cannot be read, or has more
 * than BYTES_FILE_MAX. A pipe from which nothing comes for ten seconds ends pvtool with status 2.
 */
bool bytes_read_file(const char *path, uint8_t **bytes, size_t *size);

/* The same, but so many bytes are enough: what follows is not read. */
bool bytes_read_some(const char *path, size_t enough, uint8_t **bytes, size_t *size);

/*
 * Other contents for the file, all at once: who reads it meanwhile has the old or the new one, and
 * its mode stays. False, after a line on stderr, if that cannot be, and it is as it was.
 */
bool bytes_write_file(const char *path, const uint8_t *bytes, size_t size);

/*
 * The same for a file that need not be there yet. What is there and is no regular file stays.
 */
bool bytes_put_file(const char *path, const uint8_t *bytes, size_t size);

/* The little-endian word that begins at p. */
uint32_t bytes_get32(const uint8_t *p);
void bytes_put32(uint8_t *p, uint32_t value);

/* "ff 15 00 10"; of more than BYTES_TEXT_MAX bytes that many, and "...". Returns `text`. */
const char *bytes_text(const uint8_t *bytes, size_t n, char text[BYTES_TEXT]);

/* The same where a text is needed once, as in an argument of printf(). */
#define BYTES_HEX(bytes, n) bytes_text(bytes, n, (char[BYTES_TEXT]){0})

/* What an allocation returned, unless that is NULL: then pvtool ends with a message and status 2.
 */
void *bytes_need(void *memory);

#endif
