/* SPDX-License-Identifier: MIT */
/*
 * Shell patterns for names, as the command line's selftest=GLOB uses them.
 *
 *	glob_match("pv*.irq?", "pv_table.irq0")		true
 */
#ifndef LIB_GLOB_H
#define LIB_GLOB_H

#include <stdbool.h>

/*
 * Does the whole text match? '*' stands for any run of characters, the empty one too, '?' for
 * exactly one, everything else for itself; there is no escape. Constant stack; time is linear in
 * the text for a pattern with one '*', and at worst the product of both lengths.
 */
bool glob_match(const char *pattern, const char *text);

#endif
