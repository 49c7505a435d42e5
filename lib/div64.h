/* SPDX-License-Identifier: MIT */
/*
 * Division of 64-bit numbers, unsigned. C's '/' on uint64_t calls the compiler's run-time library
 * on i386, and a freestanding kernel has none; write these names instead.
 *
 *	ns = mul_div_u64(cycles, 1000000, tsc_khz);	cycles * 10^6 may exceed 64 bits
 *
 * Numbers that have no answer (a divisor of 0, a quotient above 64 bits) give all ones, no trap.
 */
#ifndef LIB_DIV64_H
#define LIB_DIV64_H

#include <stdint.h>

/* n / d, and the remainder in *rem unless rem is NULL. d == 0: all ones, remainder 0. */
uint64_t div_u64_rem(uint64_t n, uint32_t d, uint32_t *rem);

/* n / d. d == 0: all ones. */
uint64_t div_u64(uint64_t n, uint32_t d);

/*
 * a * mul / div, rounded down, with a product of 96 bits in between. All ones if div == 0 or if the
 * quotient does not fit 64 bits.
 */
uint64_t mul_div_u64(uint64_t a, uint32_t mul, uint32_t div);

#endif
