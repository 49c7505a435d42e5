// SPDX-License-Identifier: MIT
/*
 * One site for all copies:
 *
 *	as linked	89 c8 c1 e9 02 f3 a5 89 c1 83 e1 03 f3 a4	words, then the tail
 *	with ERMS	f3 a4 and padding				rep movsb
 */
#include "arch/x86/cpu/copy.h"
#include "pv/alternative.h"

void copy_bytes(void *dst, const void *src, size_t n)
{
	size_t all;

	alternative_io("mov %[n], %[all]\n"
		       "shr $2, %[n]\n"
		       "rep movsl\n"
		       "mov %[all], %[n]\n"
		       "and $3, %[n]\n"
		       "rep movsb",
		       "rep movsb", X86_FEATURE_ERMS,
		       ASM_OUTPUT2("+D"(dst), "+S"(src), [n] "+c"(n), [all] "=&r"(all)),
		       ASM_NO_INPUT_CLOBBER("memory"));
}

void fill_words(void *dst, uint32_t word, size_t n)
{
	n /= 4;
	asm volatile("rep stosl" : "+D"(dst), "+c"(n) : "a"(word) : "memory");
}
