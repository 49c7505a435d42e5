/* SPDX-License-Identifier: MIT */
/*
 * Which word of data is the key of a static call's trampoline, whose function the trampoline jumps
 * to. With names it is the symbol __SCK__name for __SCT__name. A stripped kernel has names of
 * text only, and of what it exports; then these are asked, in this order:
 *
 *	a struct tracepoint	..., key, trampoline, ...	two words of data
 *	static_call_update()	code that hands on both the key and the trampoline, next to each other,
 *				or writes to the key not far from where it hands the trampoline on
 *
 * Near code there may be several such words, as of calls that are updated together.
 */
#ifndef TOOLS_PVTOOL_LINUX_KEYS_H
#define TOOLS_PVTOOL_LINUX_KEYS_H

#include "linux/kernel.h"

/*
 * Adds a record for each trampoline to kernel->tables[KIND_CALLS]: target: where its keys begin in
 * kernel->keys, clobbers: how many they are. Records of .static_call_sites are there before.
 */
void keys_find(struct kernel *kernel);

#endif
