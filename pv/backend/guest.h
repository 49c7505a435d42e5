/* SPDX-License-Identifier: MIT */
/*
 * Between a guest in ring 1 and its host (host/): what they share, and what the guest may ask for, by name in
 * hypercall.def. Everything that a guest says is checked; docs/guest.md has the whole.
 *
 *	if (pv_hypercall(PV_HYPERCALL_say, (uint32_t)text, n, 0) != PV_HYPERCALL_DONE)
 *		...
 */
#ifndef PV_BACKEND_GUEST_H
#define PV_BACKEND_GUEST_H

#define PV_HYPERCALL_VECTOR 0x1f

#define PV_GUEST_IF 0x200

/* The code segment of a guest's kernel, which the host makes. Its bit 9 is IF's: a store of cs turns that on, see lguest.S. */
#define PV_GUEST_CS 0x0201

/* In struct pv_guest. */
#define PV_GUEST_CR0 32

#ifndef __ASSEMBLER__
#include <stdint.h>

/* What a boot loader's name begins with that is a host, and the version of all this. */
#define PV_GUEST_LOADER  "Pedant, host of guest "
#define PV_GUEST_VERSION 2
#define PV_GUEST_SAY     512
#define PV_GUEST_FORGET  32

#define PV_NOTE(text)
#define PV_HYPERCALL(name, arguments, text) PV_HYPERCALL_##name,
enum pv_hypercall {
#include "pv/backend/hypercall.def"
	PV_NR_HYPERCALLS
};
#undef PV_HYPERCALL
#undef PV_NOTE

enum pv_hypercall_error {
	PV_HYPERCALL_DONE,
	PV_HYPERCALL_UNKNOWN, /* no such number, or not from a program, or not yet, or not again */
	PV_HYPERCALL_ADDRESS, /* not mapped, or not in the guest's memory */
	PV_HYPERCALL_REFUSED  /* it is not allowed */
};

/* In the guest's memory. The host reads the first part at `begin` only, and whatever is there at any time. */
struct pv_guest {
	/* the guest's */
	uint32_t version;
	uint32_t flags;          /* where its EFLAGS are, of which IF counts: a page of its own */
	uint32_t iret_pop, iret; /* of its iret: the two instructions behind the store to `flags` */
	/* the host's, which it writes */
	uint32_t tsc_khz; /* 0: not known */
	uint32_t checked; /* text changes only as records say, and nothing else runs */
	uint32_t entries; /* how often the guest was let go on */
	uint32_t
		pending; /* a bit for each interrupt that has not come yet; for the guest to look at only */
	uint32_t cr[5]; /* what control registers 0, 2, 3, 4 are to the guest */
	/* the guest's, which the host reads */
	uint32_t masked;                  /* a bit for each that is not to come */
	uint32_t forget[PV_GUEST_FORGET]; /* addresses of pages, for `forget` */
};
_Static_assert(__builtin_offsetof(struct pv_guest, cr) == PV_GUEST_CR0, "lguest.S counts on it");

static inline __attribute__((always_inline)) uint32_t pv_hypercall(uint32_t number, uint32_t a,
								   uint32_t b, uint32_t c)
{
	uint32_t result;

	asm volatile("int %[vector]"
		     : "=a"(result)
		     : "a"(number), "d"(a), "c"(b), "b"(c), [vector] "i"(PV_HYPERCALL_VECTOR)
		     : "memory");
	return result;
}
#endif

#endif
