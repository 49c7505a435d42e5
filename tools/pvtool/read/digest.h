/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of bytes, as text. Source: FIPS 180-4; the work is libmd's.
 *
 *	char digest[DIGEST_TEXT];
 *	puts(digest_of(page, 4096, digest));	// ad7facb2586fc6e9...
 */
#ifndef TOOLS_PVTOOL_READ_DIGEST_H
#define TOOLS_PVTOOL_READ_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT 65 /* 32 bytes, hexadecimal, and the end */

/* Returns `out`. */
const char *digest_of(const uint8_t *bytes, size_t n, char out[DIGEST_TEXT]);

/* Is it 64 digits, as digest_of() writes them? */
bool digest_is_valid(const char *text);

#endif
