// SPDX-License-Identifier: MIT
#include "lib/crc32.h"

#define POLYNOMIAL 0xedb88320u /* the lowest bit first */

/* What the eight bits of a byte make of a CRC. */
static uint32_t byte_of(uint32_t crc)
{
	for (unsigned bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
	return crc;
}

uint32_t crc32(const void *data, size_t n)
{
	uint32_t table[256], crc = ~0u;

	for (uint32_t i = 0; i < 256; i++)
		table[i] = byte_of(i);
	for (const uint8_t *at = data; n--; at++)
		crc = crc >> 8 ^ table[(crc ^ *at) & 0xff];
	return ~crc;
}
