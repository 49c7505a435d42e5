/* SPDX-License-Identifier: MIT */
/*
 * Of the library only what its first releases had as well is used: init, update, final.
 */
#include "read/digest.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789abcdef"

const char *digest_of(const uint8_t *bytes, size_t n, char out[DIGEST_TEXT])
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, bytes, n);
	SHA256Final(sum, &context);
	for (size_t i = 0; i < sizeof(sum); i++)
		sprintf(out + 2 * i, "%02x", sum[i]);
	return out;
}

bool digest_is_valid(const char *text)
{
	return strlen(text) == DIGEST_TEXT - 1 && strspn(text, DIGITS) == DIGEST_TEXT - 1;
}
