/* SPDX-License-Identifier: MIT */
/*
 * How long is this instruction? A second answer, for comparing: written from the Intel SDM (volume
 * 2A, 2.1; volume 2D, A.3) opcode range by opcode range, with nothing of pv/insn.c in it. 32-bit
 * mode. Not in it: VEX and EVEX, and branches with a 66 prefix, which cut EIP to 16 bits (volume
 * 2A, JMP: "tempEIP AND 0000FFFFH").
 *
 *	struct slow_insn insn = slow_insn(bytes, room);
 *	if (!insn.len) ... none, or it does not end within `room` bytes
 */
#ifndef TESTS_HOST_SLOW_INSN_H
#define TESTS_HOST_SLOW_INSN_H

#include <stdbool.h>
#include <stdint.h>

struct slow_insn {
	unsigned len, opcode; /* the last byte of the opcode */
	unsigned rel;         /* bytes of relative displacement, the last ones of the instruction */
};

/* What follows an opcode. */
struct slow_shape {
	bool none, modrm, relative;
	bool test;      /* the immediate is for /0 and /1 only */
	bool memory;    /* ModRM names memory; with registers it is another instruction's prefix */
	bool no_memory; /* ModRM names registers, whatever its mod says */
	unsigned immediate;
};

#define SLOW(...) ((struct slow_shape){__VA_ARGS__})

/* z: bytes of an immediate of operand size; offset: of an address. */
static struct slow_shape slow_one(uint8_t op, unsigned z, unsigned offset)
{
	switch (op) {
	case 0x00 ... 0x3f:
		return SLOW(.modrm = (op & 7) < 4, .immediate = (op & 7) == 4   ? 1
								: (op & 7) == 5 ? z
										: 0);
	case 0x62: /* or EVEX */
	case 0xc4 ... 0xc5: /* or VEX */ return SLOW(.modrm = true, .memory = true);
	case 0x63:
	case 0x84 ... 0x8f:
	case 0xd0 ... 0xd3:
	case 0xd8 ... 0xdf:
	case 0xfe ... 0xff: return SLOW(.modrm = true);
	case 0x68:
	case 0xa9:
	case 0xb8 ... 0xbf: return SLOW(.immediate = z);
	case 0x6a:
	case 0xa8:
	case 0xb0 ... 0xb7:
	case 0xcd:
	case 0xd4 ... 0xd5:
	case 0xe4 ... 0xe7: return SLOW(.immediate = 1);
	case 0x69:
	case 0x81:
	case 0xc7: return SLOW(.modrm = true, .immediate = z);
	case 0x6b:
	case 0x80:
	case 0x82 ... 0x83:
	case 0xc0 ... 0xc1:
	case 0xc6: return SLOW(.modrm = true, .immediate = 1);
	case 0x70 ... 0x7f:
	case 0xe0 ... 0xe3:
	case 0xeb: return SLOW(.relative = true, .immediate = 1);
	case 0xe8 ... 0xe9: return SLOW(.relative = true, .immediate = 4);
	case 0x9a:
	case 0xea: return SLOW(.immediate = z + 2);
	case 0xa0 ... 0xa3: return SLOW(.immediate = offset);
	case 0xc2:
	case 0xca: return SLOW(.immediate = 2);
	case 0xc8: return SLOW(.immediate = 3);
	case 0xf6: return SLOW(.modrm = true, .test = true, .immediate = 1);
	case 0xf7: return SLOW(.modrm = true, .test = true, .immediate = z);
	default: return SLOW(.none = false);
	}
}

/* Behind 0f. */
static struct slow_shape slow_two(uint8_t op)
{
	switch (op) {
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x24 ... 0x27:
	case 0x36:
	case 0x38 ... 0x3f:
	case 0x7a ... 0x7b:
	case 0xa6 ... 0xa7: return SLOW(.none = true);
	case 0x05 ... 0x09:
	case 0x0b:
	case 0x0e:
	case 0x30 ... 0x35:
	case 0x37:
	case 0x77:
	case 0xa0 ... 0xa2:
	case 0xa8 ... 0xaa:
	case 0xc8 ... 0xcf: return SLOW(.none = false);
	case 0x20 ... 0x23: return SLOW(.modrm = true, .no_memory = true);
	case 0x80 ... 0x8f: return SLOW(.relative = true, .immediate = 4);
	case 0x0f:
	case 0x70 ... 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4 ... 0xc6: return SLOW(.modrm = true, .immediate = 1);
	default: return SLOW(.modrm = true);
	}
}

/* ModRM, SIB and displacement at p: how many bytes? 0: not within `room`. */
static unsigned slow_modrm(const uint8_t *p, unsigned room, bool address16)
{
	unsigned mod = p[0] >> 6, rm = p[0] & 7, n = 1;

	if (mod == 3)
		return n;
	if (address16)
		return n + (mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0);
	if (rm == 4) {
		if (room < 2)
			return 0;
		n = 2;
		rm = p[1] & 7;
	}
	return n + (mod == 1 ? 1 : mod == 2 || rm == 5 ? 4 : 0);
}

static bool slow_is_prefix(uint8_t byte)
{
	return byte == 0xf0 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x36 ||
	       byte == 0x3e || byte == 0x26 || byte == 0x64 || byte == 0x65 || byte == 0x66 ||
	       byte == 0x67;
}

/* Opcode, from p[*i] on: *i is behind it. False: it ends too late. */
static bool slow_opcode(const uint8_t *p, unsigned room, unsigned *i, bool operand16,
			bool address16, struct slow_shape *shape)
{
	uint8_t op = p[(*i)++];

	*shape = slow_one(op, operand16 ? 2 : 4, address16 ? 2 : 4);
	if (op != 0x0f)
		return true;
	if (*i == room)
		return false;
	op = p[(*i)++];
	*shape = slow_two(op);
	if (op != 0x38 && op != 0x3a)
		return true;
	*shape = SLOW(.modrm = true, .immediate = op == 0x3a);
	return ++*i <= room;
}

/* What is behind the opcode: 0 bytes or more, 99 when it does not end or is another instruction. */
static unsigned slow_operands(const uint8_t *p, unsigned room, const struct slow_shape *shape,
			      bool address16)
{
	unsigned n = 0;

	if (!shape->modrm)
		return shape->immediate;
	if (!room || (shape->memory && p[0] >= 0xc0))
		return 99;
	n = shape->no_memory ? 1 : slow_modrm(p, room, address16);
	if (!n)
		return 99;
	return shape->test && (p[0] >> 3 & 7) > 1 ? n : n + shape->immediate;
}

static struct slow_insn slow_insn(const uint8_t *p, unsigned room)
{
	bool operand16 = false, address16 = false;
	struct slow_shape shape;
	unsigned i = 0, opcode;

	room = room < 15 ? room : 15;
	for (; i < room && slow_is_prefix(p[i]); i++) {
		operand16 |= p[i] == 0x66;
		address16 |= p[i] == 0x67;
	}
	if (i == room || !slow_opcode(p, room, &i, operand16, address16, &shape))
		return (struct slow_insn){0, 0, 0};
	opcode = p[i - 1];
	i += slow_operands(p + i, room - i, &shape, address16);
	if (shape.none || i > room || (shape.relative && operand16))
		return (struct slow_insn){0, 0, 0};
	return (struct slow_insn){i, opcode, shape.relative ? shape.immediate : 0};
}

#endif
