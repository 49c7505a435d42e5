/* SPDX-License-Identifier: MIT */
#include "read/put.h"

void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void put_address(FILE *out, uint32_t addr)
{
	fprintf(out, "\"0x%08x\"", addr);
}

void put_bytes(FILE *out, const uint8_t *bytes, size_t n, unsigned open)
{
	fputc('"', out);
	for (size_t i = 0; i < n; i++) {
		if (open && i >= open && i < open + 4)
			fputs("..", out);
		else
			fprintf(out, "%02x", bytes[i]);
	}
	fputc('"', out);
}
