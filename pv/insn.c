// SPDX-License-Identifier: MIT
/*
 * The length decoder: prefixes, opcode, what the opcode says about ModRM and immediates, then
 * ModRM, SIB and displacement. It runs in the middle of a pass, over the instructions of
 * replacements. The opcode maps are one character an opcode, a row for sixteen of
 * them as in the SDM's tables, so that they can be compared by eye:
 *
 *	.  nothing follows		m  ModRM
 *	b  8-bit immediate		B  ModRM and 8-bit immediate
 *	z  16/32-bit immediate		Z  ModRM and 16/32-bit immediate
 *	w  16-bit immediate		e  16- and 8-bit immediates (enter)
 *	j  8-bit relative		J  16/32-bit relative
 *	o  address-sized offset		f  far pointer
 *	t  ModRM, and for /0 and /1 an 8-bit immediate (test)		T  the same, 16/32-bit
 *	r  ModRM that names registers, whatever its mod says
 *	v  ModRM that names memory; with registers the byte begins a VEX or EVEX prefix
 *	p  prefix			x  an escape, or not an instruction
 */
#include "pv/insn.h"
#include "pv/host.h"

/* clang-format off */
static const char one_byte_map[257] =
	/*       0123456789abcdef */
	/* 0 */ "mmmmbz..mmmmbz.x"
	/* 1 */ "mmmmbz..mmmmbz.."
	/* 2 */ "mmmmbzp.mmmmbzp."
	/* 3 */ "mmmmbzp.mmmmbzp."
	/* 4 */ "................"
	/* 5 */ "................"
	/* 6 */ "..vmppppzZbB...."
	/* 7 */ "jjjjjjjjjjjjjjjj"
	/* 8 */ "BZBBmmmmmmmmmmmm"
	/* 9 */ "..........f....."
	/* a */ "oooo....bz......"
	/* b */ "bbbbbbbbzzzzzzzz"
	/* c */ "BBw.vvBZe.w..b.."
	/* d */ "mmmmbb..mmmmmmmm"
	/* e */ "jjjjbbbbJJfj...."
	/* f */ "p.pp..tT......mm";

static const char two_byte_map[257] =
	/*       0123456789abcdef */
	/* 0 */ "mmmmx.....x.xm.B"
	/* 1 */ "mmmmmmmmmmmmmmmm"
	/* 2 */ "rrrrxxxxmmmmmmmm"
	/* 3 */ "......x.xxxxxxxx"
	/* 4 */ "mmmmmmmmmmmmmmmm"
	/* 5 */ "mmmmmmmmmmmmmmmm"
	/* 6 */ "mmmmmmmmmmmmmmmm"
	/* 7 */ "BBBBmmm.mmxxmmmm"
	/* 8 */ "JJJJJJJJJJJJJJJJ"
	/* 9 */ "mmmmmmmmmmmmmmmm"
	/* a */ "...mBmxx...mBmmm"
	/* b */ "mmmmmmmmmmBmmmmm"
	/* c */ "mmBmBBBm........"
	/* d */ "mmmmmmmmmmmmmmmm"
	/* e */ "mmmmmmmmmmmmmmmm"
	/* f */ "mmmmmmmmmmmmmmmm";
/* clang-format on */

struct cursor {
	const uint8_t *bytes;
	unsigned at, room;
	bool operand16, address16, overrun;
};

PV_TEXT_PART uint8_t next(struct cursor *c)
{
	if (c->at >= c->room) {
		c->overrun = true;
		return 0;
	}
	return c->bytes[c->at++];
}

PV_TEXT_PART uint8_t skip_prefixes(struct cursor *c)
{
	for (;;) {
		uint8_t byte = next(c);

		if (one_byte_map[byte] != 'p')
			return byte;
		c->operand16 |= byte == 0x66;
		c->address16 |= byte == 0x67;
	}
}

PV_TEXT_PART char opcode_kind(struct cursor *c)
{
	uint8_t opcode = skip_prefixes(c);

	if (opcode != 0x0f)
		return one_byte_map[opcode];
	opcode = next(c);
	if (opcode == 0x38 || opcode == 0x3a) {
		next(c);
		return opcode == 0x38 ? 'm' : 'B';
	}
	return two_byte_map[opcode];
}

/* ModRM, SIB and displacement; returns the reg field, which some opcodes use. SDM volume 2A, 2.1.5.
 */
PV_TEXT_PART unsigned skip_modrm(struct cursor *c, char kind)
{
	uint8_t modrm = next(c), mod = kind == 'r' ? 3 : modrm >> 6, rm = modrm & 7;
	unsigned displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	if (mod != 3 && c->address16) {
		displacement = mod == 2 || (mod == 0 && rm == 6) ? 2 : displacement;
	} else if (mod != 3) {
		if (rm == 4 && (next(c) & 7) == 5 && mod == 0)
			displacement = 4;
		if (rm == 5 && mod == 0)
			displacement = 4;
	}
	while (displacement--)
		next(c);
	return modrm >> 3 & 7;
}

PV_TEXT_PART unsigned immediate_size(const struct cursor *c, char kind, unsigned reg)
{
	unsigned z = c->operand16 ? 2 : 4;

	switch (kind) {
	case 'b':
	case 'B':
	case 'j': return 1;
	case 'z':
	case 'Z':
	case 'J': return z;
	case 'w': return 2;
	case 'e': return 3;
	case 'o': return c->address16 ? 2 : 4;
	case 'f': return z + 2;
	case 't': return reg < 2 ? 1 : 0;
	case 'T': return reg < 2 ? z : 0;
	default: return 0;
	}
}

PV_TEXT_PART bool has_modrm(char kind)
{
	return kind == 'm' || kind == 'B' || kind == 'Z' || kind == 't' || kind == 'T' ||
	       kind == 'r' || kind == 'v';
}

PV_TEXT bool pv_insn_decode(const uint8_t *bytes, unsigned room, struct pv_insn *insn)
{
	struct cursor c = {.bytes = bytes, .room = room < PV_INSN_MAX ? room : PV_INSN_MAX};
	char kind = opcode_kind(&c);
	unsigned reg = 0, immediate;
	bool relative;

	if (c.overrun || kind == 'x')
		return false;
	if (kind == 'v' && c.at < c.room && bytes[c.at] >= 0xc0)
		return false;
	if (has_modrm(kind))
		reg = skip_modrm(&c, kind);
	immediate = immediate_size(&c, kind, reg);
	/* A 16-bit branch, short or not, cuts EIP to 16 bits; nothing of ours has one. */
	relative = kind == 'j' || kind == 'J';
	if (c.overrun || c.at + immediate > c.room || (relative && c.operand16))
		return false;
	insn->rel_at = (uint8_t)c.at;
	insn->rel_size = relative ? (uint8_t)immediate : 0;
	insn->len = (uint8_t)(c.at + immediate);
	return true;
}

PV_TEXT uint32_t pv_insn_target(uint32_t at, const uint8_t *bytes, const struct pv_insn *insn)
{
	const uint8_t *rel = bytes + insn->rel_at;
	uint32_t displacement = (uint32_t)(int32_t)(int8_t)rel[0];

	if (insn->rel_size == 4)
		displacement = rel[0] | (uint32_t)rel[1] << 8 | (uint32_t)rel[2] << 16 |
			       (uint32_t)rel[3] << 24;
	return at + insn->len + displacement;
}

PV_TEXT bool pv_insn_retarget(uint32_t at, uint8_t *bytes, const struct pv_insn *insn,
			      uint32_t target)
{
	uint32_t displacement = target - (at + insn->len);

	if (insn->rel_size == 1 && displacement != (uint32_t)(int32_t)(int8_t)displacement)
		return false;
	for (unsigned i = 0; i < insn->rel_size; i++, displacement >>= 8)
		bytes[insn->rel_at + i] = (uint8_t)displacement;
	return true;
}
