/* SPDX-License-Identifier: MIT */
/*
 * The names that a kernel carries for its own oopses, found in a stripped image: nothing says where
 * they are, so their own shape does. Linux 2.6.20 to 6.x:
 *
 *	addresses or offsets	u32 each, ascending; until 6.4 here, then u32 base, offsets' only
 *	num_syms		u32
 *	names			a length (from 6.1 on two bytes if its bit 7 is set), so many tokens
 *	markers			u32: where in names each 256th begins
 *	(from 6.2 on numbers of three bytes each)
 *	token_table		256 strings; a name's first character is its type
 *	token_index		u16: where in token_table each begins
 *	(from 6.5 on offsets, base)
 *
 *	if (kallsyms_read(&image))
 *		... image.symbols are the kernel's own ...
 */
#ifndef TOOLS_PVTOOL_LINUX_KALLSYMS_H
#define TOOLS_PVTOOL_LINUX_KALLSYMS_H

#include "read/image.h"

/* Gives the image these symbols. False, and it is as before: there are none, or they are damaged. */
bool kallsyms_read(struct image *image);

#endif
