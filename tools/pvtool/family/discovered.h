/* SPDX-License-Identifier: MIT */
/*
 * Discovered sites: what calls the ops' plain functions, pv_NAME, which stand at pv_plain one behind the
 * other. The table .pv_relocs has their number, their addresses, and a byte of each.
 *
 *	unsigned type;
 *	if (discovered_type(&model, insn.target, &type))
 *		...
 */
#ifndef TOOLS_PVTOOL_FAMILY_DISCOVERED_H
#define TOOLS_PVTOOL_FAMILY_DISCOVERED_H

#include "family/model.h"

#define DISCOVERED_SITE  5u    /* bytes of a site: e8 or e9, rel32 */
#define DISCOVERED_PLAIN 8u    /* bytes of a plain function, and what is up to the next one */
#define DISCOVERED_JMP   0x80u /* of a record's byte, beside the op's type: a jump */

/* Whose plain function is it? False: no op's that has sites. */
bool discovered_type(const struct model *model, uint32_t function, unsigned *type);

#endif
