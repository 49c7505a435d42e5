/* SPDX-License-Identifier: MIT */
/*
 * What a kernel exports to modules, variables as well: a stripped kernel's own names are often those
 * of text only.
 *
 *	__ksymtab, __ksymtab_gpl	s32 value, s32 name, relative to themselves; from 5.4 on s32
 *					namespace; until 4.18 on i386 u32 value, u32 name
 *
 *	size_t n = exports_add(&image);		// image.symbols has them, too
 */
#ifndef TOOLS_PVTOOL_LINUX_EXPORTS_H
#define TOOLS_PVTOOL_LINUX_EXPORTS_H

#include "read/image.h"

/* How many were added to the image's symbols. */
size_t exports_add(struct image *image);

#endif
