/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own function names, for "%pS", backtraces and reports about sites.
 *
 * The table is made after the link: tools/ksyms.awk turns `nm -n` into the object that defines the
 * symbols below, and the kernel is linked a second time with it. They are weak, so the first
 * link needs no table, and an empty table and none look the same: nothing is known.
 *
 *	char name[KSYM_NAME];
 *	uint32_t offset, size;
 *	if (ksym_lookup(eip, name, &offset, &size))
 *		pr_info("%s+0x%x/0x%x\n", name, offset, size);
 */
#ifndef LIB_KSYMS_H
#define LIB_KSYMS_H

#include <stdbool.h>
#include <stdint.h>

#define KSYM_NAME 80 /* a name's room, its NUL included; tools/ksyms.awk refuses longer ones */

/*
 * Names are most of it, so they are packed. Each 64 symbols, in the order of their addresses, are a block: where the first
 * begins, and its records. A record is the distance to the next symbol, u8, or 255 and a u16, and the name up to a 0.
 * A byte from 0x80 on, and one below '.' but 0, stands for two others, which in turn may stand for two:
 *
 *	10 01 't' fe	a function of 16 bytes, smp_stop: 01 is 02 '_', 02 's' 'm' and so on; fe is 'o' ff, ff 'p' 00
 *
 * A block's last symbol ends where the next block begins, so its own distance is not looked at.
 */
struct ksym_block {
	uint32_t addr;
	uint32_t at; /* offset into ksyms_names */
};
_Static_assert(sizeof(struct ksym_block) == 8, "tools/ksyms.awk writes two dwords a block");

/*
 * The last block is the end of all text and has no records. Weak has a second use: a compiler takes
 * two ordinary arrays for different addresses and may fold "start == end" into false.
 */
extern const struct ksym_block ksyms_start[] __attribute__((weak));
extern const struct ksym_block ksyms_end[] __attribute__((weak));
extern const uint8_t ksyms_names[] __attribute__((weak));
/*
 * Of the bytes from 0x80 on, of 0, and so on up to '.'. 0 itself stands for no two: there is the first of those bytes, up to
 * 0xff, in which there is the end of a name.
 */
extern const uint8_t ksyms_pairs[][2] __attribute__((weak));

/*
 * The function that addr lies in; false if it lies before the first or after the last one.
 * *offset (bytes from the function's start) and *size (bytes up to the next symbol, so with its
 * padding) are set only when it is known; each pointer may be NULL. For a return address
 * look up addr - 1: the call may be the function's last instruction.
 */
bool ksym_lookup(uint32_t addr, char name[KSYM_NAME], uint32_t *offset, uint32_t *size);

/* Asked for addresses that are none of the kernel's own, as ksym_lookup(): whose text it is. NULL: nobody is. */
typedef bool ksym_others_fn(uint32_t addr, char name[KSYM_NAME], uint32_t *offset, uint32_t *size);
extern ksym_others_fn *ksym_others;

/* The address of the first function with exactly this name, 0 if there is none. A linear search. */
uint32_t ksym_address(const char *name);

#endif
