/* SPDX-License-Identifier: MIT */
/*
 * A guest's memory as the host sees it: by the guest's physical addresses, and by its own page tables.
 */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include "host/guest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_WRITE 1u
#define ACCESS_USER  2u
#define ACCESS_FETCH 4u

/* The error code of a page fault. */
#define FAULT_PRESENT 1u
#define FAULT_WRITE   2u
#define FAULT_USER    4u
#define FAULT_FETCH   16u

/* Where an address leads, by the guest's tables, and what else may be done there. */
struct way {
	uint32_t physical; /* the page */
	bool write, user, nx;
	bool large;  /* a part of a large page, of whatever size */
	bool beyond; /* not in its memory */
};

/* NULL: not all of it is in its memory. */
void *guest_physical(const struct guest *guest, uint32_t address, size_t n);

/*
 * As the CPU would: the accessed and dirty bits are set. False: it would fault, and *error says how, if it
 * is not beyond.
 */
bool guest_walk(struct guest *guest, uint32_t address, unsigned access, struct way *way,
		uint32_t *error);

/* By the guest's addresses, as its kernel may. False: not all of it could be; *at is where, and *error how. */
struct guest_fault {
	uint32_t at, error;
};
bool guest_read(struct guest *guest, uint32_t from, void *to, size_t n, struct guest_fault *fault);
bool guest_write(struct guest *guest, uint32_t to, const void *from, size_t n,
		 struct guest_fault *fault);

#endif
