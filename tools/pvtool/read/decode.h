/* SPDX-License-Identifier: MIT */
/*
 * One i386 instruction: how long it is, where it goes, and what our rules say of it. A thin skin
 * over Zydis that hides which version of it the build machine has; nothing else includes Zydis.
 *
 *	struct insn insn;
 *	if (insn_decode(0x100000, bytes, n_bytes, &insn) && insn.privileged)
 *		printf("%s, %u bytes\n", insn.name, insn.len);
 */
#ifndef TOOLS_PVTOOL_READ_DECODE_H
#define TOOLS_PVTOOL_READ_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_TEXT 160 /* room for any instruction's text */

struct insn {
	uint32_t addr;      /* first: arrays of these are searched by it */
	uint8_t len;        /* bytes, 1 to 15 */
	bool privileged;    /* one that a back end may want to replace */
	bool has_target;    /* a direct call, jump or conditional jump ... */
	bool has_slot;      /* a call or jump through memory at a constant address ... */
	uint32_t target;    /* ... to here */
	uint32_t slot;      /* ... and this is it */
	uint8_t rel_at;     /* where in the instruction a displacement to the target stands ... */
	uint8_t rel_size;   /* ... and its bytes: 1, 2 or 4; 0 if there is none */
	bool has_lock;      /* a lock prefix, f0 ... */
	uint8_t lock_at;    /* ... and where in the instruction it stands */
	bool has_segment;   /* a prefix for another segment than the instruction's own */
	bool known;         /* the kernel's decoder takes it, too, and measures the same */
	const char *name;   /* mnemonic, never NULL */
	const char *beyond; /* the instruction set that a 486 lacks, or NULL ... */
	bool on_686;        /* ... and every 686 has it */
};

/*
 * Decodes the instruction at `bytes`, of which `size` may be read, as 32-bit code that runs at
 * `addr`. False, and *out is unspecified, if the bytes are no whole instruction.
 */
bool insn_decode(uint32_t addr, const uint8_t *bytes, size_t size, struct insn *out);

/*
 * Does the instruction mean the same with DS prefixes (3e) before it? Not so with prefixes of its
 * own, with an operand in the stack's segment, and of the opcode ff, where a branch would get
 * another meaning (notrack). False also if the bytes are no whole instruction.
 */
bool insn_may_lead(const uint8_t *bytes, size_t size);

/*
 * The same instruction as text, in the syntax of objdump and gdb: "call *0x111690". Returns `out`,
 * which is "(bad)" if the bytes are no whole instruction.
 */
const char *insn_text(uint32_t addr, const uint8_t *bytes, size_t size, char out[INSN_TEXT]);

#endif
