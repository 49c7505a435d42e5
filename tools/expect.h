/* SPDX-License-Identifier: MIT */
/*
 * What must stand at a site, worked out from the rules in the design and from the image's tables,
 * with no line of pv/: what agrees here was understood the same way twice.
 *
 *	back end's template	fa 0f 1f 44 00 00	cli, padding
 *	does nothing		66 0f 1f 44 00 00	padding
 *	missing			0f 0b 0f 1f 40 00	ud2, padding
 *	does not come back	e9 <rel32> 90		jmp, padding
 *	any other function	2e e8 <rel32>		call
 */
#ifndef TOOLS_EXPECT_H
#define TOOLS_EXPECT_H

#include "model.h"
#include "nops.h"

enum expect_kind {
	EXPECT_LINKED, /* as in the file */
	EXPECT_TEMPLATE,
	EXPECT_NOTHING,
	EXPECT_TRAP,
	EXPECT_JMP,
	EXPECT_CALL,
	EXPECT_KINDS
};

struct expect {
	enum expect_kind kind;
	size_t n; /* bytes before the padding */
	uint8_t bytes[MODEL_SITE];
};

/* "template", "call" and so on. */
const char *expect_kind_name(enum expect_kind kind);

/*
 * The bytes of the record's site under a back end when the op's slot of pv_ops holds `slot`, padded
 * with `nops`. The record is one without a fault (model_record_fault()).
 */
void expect_site(const struct model *model, const struct backend *backend, uint32_t slot,
		 const struct record *record, const struct nops *nops, struct expect *out);

/* The bytes of the file. */
void expect_linked(const struct model *model, const struct record *record, struct expect *out);

#endif
