/* SPDX-License-Identifier: MIT */
/*
 * Selectors: one of two functions, by what the CPU has. As arm64's KVM has them:
 *
 *	static hyp_alternate_select(compare_exchange, slow_cmpxchg64, fast_cmpxchg64,
 *				    X86_FEATURE_CX8);
 *	...
 *	old = compare_exchange()(&counter, old, new);
 *
 * defines compare_exchange(), which returns `orig`, or `alt` where the feature is there; it may be
 * an ALT_NOT(). Both are functions of the same type. What it returns is an immediate operand that
 * was patched: nothing is loaded or tested, and no branch is taken to choose.
 *
 *	text:		b8 <orig>	mov $slow_cmpxchg64, %eax
 *	patched:	b8 <alt>	mov $fast_cmpxchg64, %eax
 *
 * Before its site is patched, and where that is refused, it returns `orig`; and so it does always
 * with CONFIG_PARAVIRT=0.
 */
#ifndef PV_SELECT_H
#define PV_SELECT_H

#include "pv/alternative.h"

/* A function, and not a pointer to one: of a pointer p, &*p has the same type. */
#define PV_SELECT_IS_FUNCTION(f) (!__builtin_types_compatible_p(__typeof__(f), __typeof__(&*(f))))
#define PV_SELECT_CHECK(orig, alt)                                                              \
	_Static_assert(PV_SELECT_IS_FUNCTION(orig) && PV_SELECT_IS_FUNCTION(alt) &&             \
			       __builtin_types_compatible_p(__typeof__(orig), __typeof__(alt)), \
		       "a selector is between two functions of the same type")

/* The user writes `static` before it and `;` behind it, which ends the check. */
#if CONFIG_PARAVIRT
#define hyp_alternate_select(fname, orig, alt, cond)                                           \
	__typeof__(orig) *fname(void)                                                          \
	{                                                                                      \
		__typeof__(orig) *function;                                                    \
                                                                                               \
		asm __inline volatile(                                                         \
			PV_ALTERNATIVE("mov %[old], %[result]", "mov %[new], %[result]", cond) \
			: [result] "=r"(function)                                              \
			: [old] "i"(orig), [new] "i"(alt));                                    \
		return function;                                                               \
	}                                                                                      \
	PV_SELECT_CHECK(orig, alt)
#else
#define hyp_alternate_select(fname, orig, alt, cond) \
	__typeof__(orig) *fname(void)                \
	{                                            \
		return orig;                         \
	}                                            \
	PV_SELECT_CHECK(orig, alt)
#endif

#endif
