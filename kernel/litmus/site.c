// SPDX-License-Identifier: MIT
/*
 * The places, and a stub wherever a mixture leads.
 *
 *	site	0f 1f 44 00 01
 *	+5	eb 06		jmp +13		the NOP of seven bytes eats these two
 *	+7	b8 ... c3	torn		and goes on here
 *	+13	b8 ... c3	LITMUS_NOP
 */
#include "kernel/litmus/site.h"

#define BEHIND   LITMUS_BYTES
#define EATEN    2
#define STUB     6
#define BETWEEN  0xcc
#define LONG_NOP 2u /* what stubs return, where it is not a text */
#define WRONG    3u

const uint8_t litmus_bytes[2][LITMUS_BYTES] = {[LITMUS_NOP] = {0x0f, 0x1f, 0x44, 0x00, 0x01},
					       [LITMUS_JMP] = {0xe9, 0x0b, 0x80, 0x00, 0x00}};
const char *const litmus_place_name[LITMUS_PLACES] = {"in a line", "across a line",
						      "across a page"};

uint32_t litmus_offset(enum litmus_place place)
{
	static const uint32_t offset[LITMUS_PLACES] = {0x200, 0x13e, 0xffe};

	return offset[place];
}

static uint8_t byte(unsigned mask, unsigned i)
{
	return litmus_bytes[mask >> i & 1][i];
}

static uint32_t displacement(unsigned mask)
{
	uint32_t value = 0;

	for (unsigned i = LITMUS_BYTES - 1; i > 0; i--)
		value = value << 8 | byte(mask, i);
	return value;
}

/* mov $value, %eax; ret */
static void stub(uint8_t *at, uint32_t value)
{
	*at++ = 0xb8;
	for (unsigned i = 0; i < 4; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	*at = 0xc3;
}

static void build(uint8_t *site)
{
	uint8_t *behind = site + BEHIND;

	for (unsigned i = 0; i < LITMUS_BYTES; i++)
		site[i] = litmus_bytes[LITMUS_NOP][i];
	behind[0] = 0xeb;
	behind[1] = STUB;
	stub(behind + EATEN, LONG_NOP);
	stub(behind + EATEN + STUB, LITMUS_NOP);
	for (unsigned mask = 1; mask < 1 << LITMUS_BYTES; mask += 2)
		stub(behind + displacement(mask),
		     litmus_mixture(mask) == LITMUS_AS_JMP ? LITMUS_JMP : WRONG + mask);
}

void litmus_build(uint8_t *memory)
{
	for (uint32_t i = 0; i < LITMUS_NEAR; i++)
		memory[i] = memory[LITMUS_FAR + i] = BETWEEN;
	for (unsigned place = 0; place < LITMUS_PLACES; place++)
		build(memory + litmus_offset(place));
}

enum litmus_does litmus_mixture(unsigned mask)
{
	if (byte(mask, 0) == 0xe9)
		return displacement(mask) == displacement(~0u) ? LITMUS_AS_JMP : LITMUS_TORN;
	if (byte(mask, 1) == 0x0b)
		return LITMUS_FAULTS;
	return byte(mask, 2) == 0x44 ? LITMUS_AS_NOP : LITMUS_TORN;
}
