/* SPDX-License-Identifier: MIT */
/*
 * Copying more than a few bytes by what the CPU is best at: REP MOVSB where the CPU says that it is
 * fast (ERMS, Intel optimization manual, 3.7.6), four bytes at a time elsewhere.
 *
 *	copy_bytes(shadow, shadow + COLUMNS, sizeof(shadow) - ROW);
 *
 * Upwards: the two may overlap when dst is the lower one.
 */
#ifndef ARCH_X86_CPU_COPY_H
#define ARCH_X86_CPU_COPY_H

#include <stddef.h>
#include <stdint.h>

void copy_bytes(void *dst, const void *src, size_t n);

/* n bytes, a multiple of 4, become copies of a word. */
void fill_words(void *dst, uint32_t word, size_t n);

#endif
