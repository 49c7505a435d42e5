/* SPDX-License-Identifier: MIT */
/*
 * The words for what a site holds, which scripts read in the last line of pvtool verify.
 */
#include "family/family.h"

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
