/* SPDX-License-Identifier: MIT */
/*
 * Long division by hand, in base 2^32: the upper digit is one 32-bit division, whose remainder goes
 * before the lower digit. That step is bit by bit: the CPU's 64/32 division would need assembly.
 */
#include "lib/div64.h"

#include <stddef.h>

/* (*rem : low) / d, where *rem < d, so that the quotient is one digit. 32 steps. */
static uint32_t div_digit(uint32_t *rem, uint32_t low, uint32_t d)
{
	uint32_t r = *rem, q = 0;

	if (!r) {
		*rem = low % d;
		return low / d;
	}
	for (int bit = 31; bit >= 0; bit--) {
		uint32_t carry = r >> 31; /* r < d, but 2 * r may need 33 bits */

		r = r << 1 | (low >> bit & 1);
		q <<= 1;
		if (carry || r >= d) {
			r -= d;
			q |= 1;
		}
	}
	*rem = r;
	return q;
}

uint64_t div_u64_rem(uint64_t n, uint32_t d, uint32_t *rem)
{
	uint32_t high = (uint32_t)(n >> 32), r = 0;
	uint64_t q = UINT64_MAX;

	if (d) {
		r = high % d;
		q = (uint64_t)(high / d) << 32;
		q |= div_digit(&r, (uint32_t)n, d);
	}
	if (rem)
		*rem = r;
	return q;
}

uint64_t div_u64(uint64_t n, uint32_t d)
{
	return div_u64_rem(n, d, NULL);
}

uint64_t mul_div_u64(uint64_t a, uint32_t mul, uint32_t div)
{
	uint64_t low = (uint64_t)(uint32_t)a * mul;
	uint64_t high = (a >> 32) * mul + (low >> 32); /* the product is high * 2^32 + (u32)low */
	uint32_t rem;
	uint64_t q = div_u64_rem(high, div, &rem);

	if (q >> 32) /* as that of 0 is */
		return UINT64_MAX;
	return q << 32 | div_digit(&rem, (uint32_t)low, div);
}
