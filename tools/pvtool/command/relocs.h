/* SPDX-License-Identifier: MIT */
/*
 * Who has the address of an op's plain function, by the relocations of an image.
 *
 *	struct uses uses;
 *
 *	uses_find(&uses, c);
 *	printf("%zu sites\n", uses.n);
 *	uses_free(&uses);
 */
#ifndef TOOLS_PVTOOL_COMMAND_RELOCS_H
#define TOOLS_PVTOOL_COMMAND_RELOCS_H

#include "command/roles.h"

enum use {
	USE_CALL,
	USE_JUMP,
	USE_CONDITIONAL, /* a jump that is none of five bytes */
	USE_ADDRESS,     /* taken, in data or in an instruction */
	USE_ELSEWHERE,   /* a call or jump where sites must not be */
	USES
};

struct uses {
	size_t of[USES];
	uint32_t *site; /* of calls and jumps, ascending ... */
	uint8_t *byte;  /* ... and what .pv_relocs says of each */
	size_t n;
};

void uses_find(struct uses *uses, const struct check *c);
void uses_free(struct uses *uses);

/* .pv_relocs, to be freed; returns how many bytes that is. */
size_t uses_table(const struct uses *uses, uint8_t **out);

#endif
