/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own function names, for "%pS", backtraces and reports about sites.
 *
 * The table is made after the link: tools/ksyms.awk turns `nm -n` into the object that defines the
 * three symbols below, and the kernel is linked a second time with it. They are weak, so the first
 * link needs no table, and an empty table and none look the same: nothing is known.
 *
 *	uint32_t offset, size;
 *	const char *name = ksym_lookup(eip, &offset, &size);
 *	if (name)
 *		pr_info("%s+0x%x/0x%x\n", name, offset, size);
 */
#ifndef LIB_KSYMS_H
#define LIB_KSYMS_H

#include <stdint.h>

struct ksym {
	uint32_t addr;
	uint32_t name; /* offset into ksyms_names */
};
_Static_assert(sizeof(struct ksym) == 8, "tools/ksyms.awk writes two dwords a symbol");

/*
 * Sorted by address, each address once. The last entry is the end of all text and has an empty
 * name: it only gives the last function its size. Weak has a second use: a compiler takes two
 * ordinary arrays for different addresses and may fold "start == end" into false.
 */
extern const struct ksym ksyms_start[] __attribute__((weak));
extern const struct ksym ksyms_end[] __attribute__((weak));
extern const char ksyms_names[] __attribute__((weak));

/*
 * The function that addr lies in, or NULL if it lies before the first or after the last one.
 * *offset (bytes from the function's start) and *size (bytes up to the next symbol, so with its
 * padding) are set only when a name is returned; either pointer may be NULL. For a return address
 * look up addr - 1: the call may be the function's last instruction.
 */
const char *ksym_lookup(uint32_t addr, uint32_t *offset, uint32_t *size);

/* Asked for addresses that are none of the kernel's own, as ksym_lookup(): whose text it is. NULL: nobody is. */
typedef const char *ksym_others_fn(uint32_t addr, uint32_t *offset, uint32_t *size);
extern ksym_others_fn *ksym_others;

/* The address of the first function with exactly this name, 0 if there is none. A linear search. */
uint32_t ksym_address(const char *name);

#endif
