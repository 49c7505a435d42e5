/* SPDX-License-Identifier: MIT */
/*
 * What the operations take and give, with sites or without, and what keeps a wrong argument from
 * being taken. Included by pv/calls.h.
 */
#ifndef PV_TYPES_H
#define PV_TYPES_H

#include <stdint.h>

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1 /* 0: bare instructions, to measure against */
#endif
#ifndef PV_SITES_RELOCS
#define PV_SITES_RELOCS 0 /* 1: calls of plain functions, found after the link (pv/relocs.h) */
#endif

#define PV_EFLAGS_IF 0x200u

/* A function of sites is part of its caller, at whatever optimization. */
#define PV_ALWAYS_INLINE static inline __attribute__((always_inline))

struct desc_ptr; /* what LGDT and LIDT load: the host's */
struct tss;

/* A page table entry: 64 bits in memory and in registers, whatever the paging mode. */
typedef struct {
	uint64_t pte;
} pv_pte_t;

/*
 * C converts arguments in silence: a 64-bit one loses its upper half. So around the function of an
 * op that takes a word there is a macro of its name (pv/made/calls.h), with PV_WORD() around the
 * word, and pv_write_cr3(pointers) is an error: "pointers is wider than the 32 bits that the op
 * takes". A pointer in place of a number, or to another type, is one too, as in newer compilers
 * anyway.
 */
#define PV_WIDTH(a) sizeof(1 ? (a) : (a)) /* as an argument: a bit field as well */
#define PV_WORD(a)                                                                 \
	({                                                                         \
		_Static_assert(PV_WIDTH(a) <= 4,                                   \
			       #a " is wider than the 32 bits that the op takes"); \
		(a);                                                               \
	})
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#pragma GCC diagnostic error "-Wint-conversion"

#define pv_barrier() asm volatile("" : : : "memory")

#endif
