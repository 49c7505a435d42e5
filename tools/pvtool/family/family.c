/* SPDX-License-Identifier: MIT */
/*
 * The padding around what a site holds, and the words for that, which scripts read in the last line
 * of pvtool verify.
 */
#include "family/family.h"
#include "read/bytes.h"
#include "read/nops.h"

#include <string.h>

#define DS 0x3e

void expect_pad(struct expect *expect, const struct nops *nops)
{
	const size_t room = expect->len - expect->n;
	uint8_t *last = expect->bytes + expect->len - 4;

	if (!expect->leads || room > nops->leads) {
		nops_fill(nops, expect->bytes + expect->n, room);
		return;
	}
	expect->lead = room;
	memmove(expect->bytes + room, expect->bytes, expect->n);
	memset(expect->bytes, DS, room);
	if (expect->moves)
		bytes_put32(last, bytes_get32(last) - (uint32_t)room);
}

const char *expect_kind_name(enum expect_kind kind)
{
	static const char *const names[EXPECT_KINDS] = {
		[EXPECT_LINKED] = "as linked",
		[EXPECT_TEMPLATE] = "template",
		[EXPECT_NOTHING] = "nothing",
		[EXPECT_TRAP] = "ud2",
		[EXPECT_JMP] = "jmp",
		[EXPECT_CALL] = "call",
		[EXPECT_REPLACED] = "replaced",
		[EXPECT_KEPT] = "kept",
		[EXPECT_ZERO] = "zero",
		[EXPECT_LOCK] = "lock",
		[EXPECT_DS] = "ds",
		[EXPECT_COVERED] = "covered",
		[EXPECT_GONE] = "gone",
	};

	return names[kind];
}
