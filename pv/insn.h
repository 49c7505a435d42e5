/* SPDX-License-Identifier: MIT */
/*
 * As much of a decoder as patching needs: how long is this instruction, and does it hold a
 * displacement that changes its meaning when the instruction is copied elsewhere?
 *
 *	struct pv_insn insn;
 *	if (pv_insn_decode(p, room, &insn) && insn.rel_size)
 *		target = p + insn.len + displacement at p + insn.rel_at
 *
 * 32-bit mode, the integer, x87, MMX and SSE instructions of the Intel SDM's one- and two-byte
 * opcode maps (volume 2D, A.3), and 0f 38 / 0f 3a. No VEX.
 */
#ifndef PV_INSN_H
#define PV_INSN_H

#include <stdbool.h>
#include <stdint.h>

#define PV_INSN_MAX 15 /* bytes in an instruction, SDM volume 2A, 2.3.11 */

struct pv_insn {
	uint8_t len;
	uint8_t rel_at;   /* where the relative displacement stands */
	uint8_t rel_size; /* 0: none, 1 or 4 bytes */
	bool lock;        /* it has a lock prefix, which it may have */
	bool segment;     /* a segment prefix, or a hint of a branch */
};

/* False when the bytes are no instruction that we know, or it does not end within `room` bytes. */
bool pv_insn_decode(const uint8_t *bytes, unsigned room, struct pv_insn *insn);

/* Only how long it is, which most often takes no decoding; 0 where pv_insn_decode() says false. */
unsigned pv_insn_len(const uint8_t *bytes, unsigned room);

/*
 * From one instruction to the next, until one begins at `to` or behind it: returns where. What is no
 * instruction is one byte long.
 */
const uint8_t *pv_insn_walk(const uint8_t *from, const uint8_t *to, const uint8_t *end);

/*
 * May DS prefixes (3e) stand before the instruction, and change nothing but its length? Not where
 * it has a prefix already, or where they would mean something: for memory by esp or ebp, which is
 * SS's, and among ff, where CET has indirect branches that are not tracked. False of what does not
 * decode.
 */
bool pv_insn_may_lead(const uint8_t *bytes, unsigned room);

/* The address that the branch at `at` goes to; insn->rel_size must not be 0. */
uint32_t pv_insn_target(uint32_t at, const uint8_t *bytes, const struct pv_insn *insn);

/*
 * Make the branch in `bytes`, which will stand at `at`, go to target. False, and the bytes as they
 * were, when its displacement is one byte and does not reach.
 */
bool pv_insn_retarget(uint32_t at, uint8_t *bytes, const struct pv_insn *insn, uint32_t target);

#endif
