/* SPDX-License-Identifier: MIT */
/*
 * An instruction as the models see it. The decoder's own answer: that it is right, and refuses what
 * it does not know, another test shows beside Zydis (tests/insn/insn_test.c), form by form.
 *
 *	struct slow_insn insn = slow_insn(bytes, room);
 *	if (!insn.len) ... none, or it does not end within `room` bytes
 */
#ifndef TESTS_HOST_SLOW_INSN_H
#define TESTS_HOST_SLOW_INSN_H

#include "pv/insn.h"

struct slow_insn {
	unsigned len, opcode; /* of a branch, the last byte of the opcode */
	unsigned rel;         /* bytes of relative displacement, the last ones of the instruction */
};

static struct slow_insn slow_insn(const uint8_t *bytes, unsigned room)
{
	struct pv_insn insn;

	if (!pv_insn_decode(bytes, room, &insn))
		return (struct slow_insn){0, 0, 0};
	return (struct slow_insn){insn.len, insn.rel_size ? bytes[insn.rel_at - 1] : 0,
				  insn.rel_size};
}

#endif
