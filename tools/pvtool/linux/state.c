/* SPDX-License-Identifier: MIT */
/*
 * The vendor's name ends the words, the two levels begin them.
 */
#include "linux/state.h"
#include "read/bytes.h"

#include <ctype.h>

#define CPUINFO \
	512u /* bytes of struct cpuinfo_x86 that are looked at, as far as the dump has them */
#define VENDOR    12u /* characters that CPUID leaf 0 returns */
#define WORDS_MIN 4u
#define WORDS_MAX 48u

static bool is_vendor(const uint8_t *p)
{
	for (unsigned i = 0; i < VENDOR; i++) {
		if (!isprint(p[i]))
			return false;
	}
	return !p[VENDOR] && isalpha(p[0]) && isalpha(p[VENDOR - 1]);
}

/*
 * The level of extended leaves may be anything on a CPU that has none; what stands around the levels
 * tells them: bits of addresses before, a CPU with an FPU behind.
 */
static bool are_levels(const uint8_t *p)
{
	bool bits = p[-4] <= 64 && p[-3] >= 32 && p[-3] <= 52 && p[-2] <= 32;

	return bits && bytes_get32(p + 4) < 256 && p[8] & 1;
}

const uint8_t *state_features(const struct kernel *kernel, const struct dump *dump, unsigned *n)
{
	uint32_t at = kernel_symbol(kernel, "boot_cpu_data"), levels, vendor;
	const uint8_t *p = at ? dump_bytes(dump, at, CPUINFO) : NULL;

	*n = 0;
	if (!p)
		return NULL;
	for (levels = 8; levels < 64 && !are_levels(p + levels);)
		levels += 4;
	for (vendor = levels + 8 + 4 * WORDS_MIN;
	     vendor <= levels + 8 + 4 * WORDS_MAX && vendor + VENDOR < CPUINFO; vendor += 4) {
		if (levels < 64 && is_vendor(p + vendor)) {
			*n = (vendor - levels - 8) / 4;
			return p + levels + 8;
		}
	}
	return NULL;
}
