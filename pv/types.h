/* SPDX-License-Identifier: MIT */
/*
 * What the operations take and give, with sites or without: for pv/site_ops.h and pv/bare_ops.h.
 */
#ifndef PV_TYPES_H
#define PV_TYPES_H

#include <stdint.h>

#define X86_EFLAGS_IF 0x200u

struct desc_ptr; /* what LGDT and LIDT load: the host's */
struct tss;

/* A page table entry: 64 bits in memory and in registers, whatever the paging mode. */
typedef struct {
	uint64_t pte;
} pte_t;

#endif
