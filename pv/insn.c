// SPDX-License-Identifier: MIT
/*
 * The length decoder: prefixes, opcode, what the opcode says about ModRM and immediates, then
 * ModRM, SIB and displacement. It runs in the middle of a pass, over the instructions of
 * replacements. What it does not know it refuses: an instruction that was measured wrong, or holds
 * a displacement that nobody saw, becomes another one when it is copied.
 */
#include "pv/insn.h"
#include "pv/host.h"
#include "pv/insn_map.h"
#include "pv/types.h"

struct cursor {
	const uint8_t *bytes;
	unsigned at, room;
	uint8_t prefixes; /* 1 none, 2 66, 4 f3, 8 f2: the one that chooses */
	bool operand16, address16, lock, segment, overrun;
};

PV_TEXT_PART uint8_t next(struct cursor *c)
{
	if (c->at >= c->room) {
		c->overrun = true;
		return 0;
	}
	return c->bytes[c->at++];
}

/* Returns the byte behind them. f2 and f3 choose before 66 does, and the last of the two. */
PV_TEXT_PART uint8_t skip_prefixes(struct cursor *c)
{
	for (c->prefixes = 1;;) {
		uint8_t byte = next(c);

		switch (byte) {
		case 0x66:
			c->operand16 = true;
			c->prefixes = c->prefixes == 1 ? 2 : c->prefixes;
			break;
		case 0x67: c->address16 = true; break;
		case 0xf0: c->lock = true; break;
		case 0xf2: c->prefixes = 8; break;
		case 0xf3: c->prefixes = 4; break;
		default:
			if (one_byte_map[byte] != 'p')
				return byte;
			c->segment = true;
		}
	}
}

PV_TEXT_PART char kind_in_range(struct cursor *c, uint8_t map)
{
	uint8_t opcode = next(c);

	for (const struct range *r = ranges; r < ranges + sizeof(ranges) / sizeof(ranges[0]); r++)
		if (r->map == map && opcode >= r->first && opcode <= r->last &&
		    r->prefixes & c->prefixes)
			return r->kind;
	return 'x';
}

PV_TEXT_PART unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Sets *opcode: 0x1.. behind 0f, 0x200 behind 0f 38 and 0f 3a. */
PV_TEXT_PART char opcode_kind(struct cursor *c, unsigned *opcode)
{
	*opcode = skip_prefixes(c);
	if (*opcode != 0x0f)
		return one_byte_map[*opcode];
	*opcode = next(c);
	if (*opcode == 0x38 || *opcode == 0x3a) {
		uint8_t map = (uint8_t)*opcode;

		*opcode = 0x200;
		return kind_in_range(c, map);
	}
	if (!(digit(two_byte_prefixes[*opcode]) & c->prefixes))
		return 'x';
	*opcode |= 0x100;
	return two_byte_map[*opcode & 0xff];
}

/* Moves from and to control registers, that is, and debug registers. */
PV_TEXT_PART bool ignores_mod(unsigned opcode)
{
	return opcode >= 0x120 && opcode <= 0x123;
}

/* Where an opcode's first one stands in `groups`; 0, which is another's, where it has none. */
static uint8_t group_of[0x200];

PV_TEXT_PART bool is_in_group(const struct cursor *c, unsigned opcode, uint8_t modrm)
{
	unsigned reg = modrm >> 3 & 7;

	for (const struct group *g = &groups[group_of[opcode]];
	     g < groups + sizeof(groups) / sizeof(groups[0]) && g->opcode == opcode; g++)
		if (g->prefixes & c->prefixes)
			return modrm >= 0xc0 || ignores_mod(opcode)
				       ? g->registers[reg] >> (modrm & 7) & 1
				       : g->memory >> reg & 1;
	return false;
}

/* Is there such an instruction? What names memory, or registers, or neither, by ModRM. */
PV_TEXT_PART bool allows(const struct cursor *c, char kind, unsigned opcode, uint8_t modrm)
{
	switch (kind) {
	case 'v': return modrm < 0xc0;
	case 'n':
	case 'N': return modrm >= 0xc0;
	case 'r':
	case 'g':
	case 'G':
	case 'H': return is_in_group(c, opcode, modrm);
	default: return true;
	}
}

/* What may have a lock prefix: read, changed and written in memory (SDM volume 2A, LOCK). */
PV_TEXT_PART bool is_lockable(unsigned opcode, uint8_t modrm)
{
	unsigned reg = modrm >> 3 & 7;

	if (modrm >= 0xc0)
		return false;
	switch (opcode) {
	case 0x80 ... 0x83: return reg != 7;
	case 0x86 ... 0x87: return true;
	case 0xf6 ... 0xf7: return reg == 2 || reg == 3;
	case 0xfe ... 0xff: return reg < 2;
	case 0x1ab:
	case 0x1b0 ... 0x1b1:
	case 0x1b3:
	case 0x1bb:
	case 0x1c0 ... 0x1c1: return true;
	case 0x1ba: return reg > 4;
	case 0x1c7: return reg == 1;
	default: return opcode < 0x38 && (opcode & 7) < 2;
	}
}

/* ModRM, SIB and displacement (SDM volume 2A, 2.1.5). */
PV_TEXT_PART void skip_modrm(struct cursor *c, unsigned opcode, uint8_t modrm)
{
	uint8_t mod = ignores_mod(opcode) ? 3 : modrm >> 6, rm = modrm & 7;
	unsigned displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	c->at++;
	if (mod != 3 && c->address16) {
		displacement = mod == 0 && rm == 6 ? 2 : mod;
	} else if (mod != 3) {
		if (rm == 4 && (next(c) & 7) == 5 && mod == 0)
			displacement = 4;
		if (rm == 5 && mod == 0)
			displacement = 4;
	}
	c->at += displacement;
}

PV_TEXT_PART unsigned immediate_size(const struct cursor *c, char kind, unsigned reg)
{
	unsigned z = c->operand16 ? 2 : 4;

	switch (kind) {
	case 'b':
	case 'B':
	case 'G':
	case 'N':
	case 'j': return 1;
	case 'H':
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
	switch (kind) {
	case 'm':
	case 'B':
	case 'Z':
	case 't':
	case 'T':
	case 'v':
	case 'n':
	case 'N':
	case 'r':
	case 'g':
	case 'G':
	case 'H': return true;
	default: return false;
	}
}

/* What stands behind the opcode, and whether that makes an instruction. */
PV_TEXT_PART bool skip_operands(struct cursor *c, char kind, unsigned opcode, unsigned *immediate)
{
	uint8_t modrm = c->at < c->room ? c->bytes[c->at] : 0;
	bool has = has_modrm(kind);

	if (c->overrun || kind == 'x' || (has && !allows(c, kind, opcode, modrm)))
		return false;
	if (c->lock && !(has && is_lockable(opcode, modrm)))
		return false;
	if (has)
		skip_modrm(c, opcode, modrm);
	*immediate = immediate_size(c, kind, modrm >> 3 & 7);
	return !c->overrun && c->at + *immediate <= c->room;
}

/*
 * Lengths of what is most of all code, without a branch for each kind: a byte says what an opcode
 * adds, one what its ModRM does. Made of the maps above when they are first asked for.
 */
#define SHAPE_OTHER  0    /* ask the decoder */
#define SHAPE_LEAD   0x40 /* a prefix; else the bytes that opcode and immediate take, and: */
#define SHAPE_ZERO   0x10 /* its ModRM's /reg has to be 0 */
#define SHAPE_MEMORY 0x20 /* its ModRM has to name memory */
#define SHAPE_MODRM  -128 /* it has one */
#define MODRM_OTHER  0x10 /* beside the bytes that it takes: /reg is not 0 */
#define MODRM_REGS   0x20 /* it names registers */
#define MODRM_BASE   0x40 /* with a certain SIB it has no base, but a displacement */

static int8_t shapes[2][256]; /* the sign says that it has ModRM */
static uint8_t modrms[256];

PV_TEXT_PART uint8_t shape_of(char kind, unsigned opcode_size)
{
	static const struct cursor plain = {.bytes = NULL};

	switch (kind) {
	case 'v': return (uint8_t)(opcode_size | SHAPE_MODRM | SHAPE_MEMORY);
	case 'm':
	case 'B':
	case 'Z': return (uint8_t)((opcode_size + immediate_size(&plain, kind, 0)) | SHAPE_MODRM);
	case '.':
	case 'b':
	case 'z':
	case 'w':
	case 'e':
	case 'o':
	case 'f':
	case 'j':
	case 'J': return (uint8_t)(opcode_size + immediate_size(&plain, kind, 0));
	case 'p': return SHAPE_LEAD;
	default: return SHAPE_OTHER;
	}
}

static PV_TEXT void modrms_make(void)
{
	for (unsigned i = 256; i--;) {
		unsigned mod = i >> 6, rm = i & 7;
		unsigned displacement = mod == 1 ? 1 : mod == 2 || (!mod && rm == 5) ? 4 : 0;

		modrms[i] = (uint8_t)((1 + (mod != 3 && rm == 4) + displacement) |
				      (i >> 3 & 7 ? MODRM_OTHER : 0) | (mod == 3 ? MODRM_REGS : 0) |
				      (!mod && rm == 4 ? MODRM_BASE : 0));
	}
}

/* Another CPU may ask meanwhile, and makes the same: modrms[0] says that all is there. */
static PV_TEXT void maps_make(void)
{
	for (unsigned i = 0; i < 256; i++) {
		shapes[1][i] = digit(two_byte_prefixes[i]) & 1 ? shape_of(two_byte_map[i], 2)
							       : SHAPE_OTHER;
		shapes[0][i] = shape_of(one_byte_map[i], 1);
	}
	shapes[0][0xc6] = (1 + 1) | SHAPE_MODRM | SHAPE_ZERO; /* mov; others begin a transaction */
	shapes[0][0xc7] = (1 + 4) | SHAPE_MODRM | SHAPE_ZERO;
	for (unsigned i = sizeof(groups) / sizeof(groups[0]); i--;)
		group_of[groups[i].opcode] = (uint8_t)i;
	pv_barrier();
	modrms_make();
}

PV_TEXT bool pv_insn_decode(const uint8_t *bytes, unsigned room, struct pv_insn *insn)
{
	struct cursor c = {.bytes = bytes, .room = room < PV_INSN_MAX ? room : PV_INSN_MAX};
	unsigned opcode, immediate;
	char kind = opcode_kind(&c, &opcode);
	bool relative = kind == 'j' || kind == 'J';

	if (!modrms[0])
		maps_make();
	/* A 16-bit branch, short or not, cuts EIP to 16 bits; nothing of ours has one. */
	if (!skip_operands(&c, kind, opcode, &immediate) || (relative && c.operand16))
		return false;
	insn->rel_at = (uint8_t)c.at;
	insn->rel_size = relative ? (uint8_t)immediate : 0;
	insn->len = (uint8_t)(c.at + immediate);
	insn->lock = c.lock;
	insn->segment = c.segment;
	return true;
}

/* The base register of what ModRM names in memory is esp, or ebp (SDM volume 2A, 2.1.5). */
static bool is_based_on_stack(const uint8_t *modrm)
{
	const uint8_t mod = *modrm >> 6, rm = *modrm & 7;
	const uint8_t base = rm == 4 ? modrm[1] & 7 : rm;

	return mod != 3 && (base == 4 || (base == 5 && mod != 0));
}

bool pv_insn_may_lead(const uint8_t *bytes, unsigned room)
{
	struct cursor c = {.bytes = bytes, .room = room};
	struct pv_insn insn;
	unsigned opcode;
	char kind;

	if (!pv_insn_decode(bytes, room, &insn) || one_byte_map[*bytes] == 'p' || *bytes == 0xff)
		return false;
	kind = opcode_kind(&c, &opcode);
	return !has_modrm(kind) || ignores_mod(opcode) || !is_based_on_stack(bytes + c.at);
}

/*
 * 15 bytes can be read. 0: ask the decoder. The CPU cannot predict which comes next, and waits for
 * this to know where that begins: a branch only where most go one way.
 */
PV_TEXT_PART unsigned usual_len(const uint8_t *bytes, int shape)
{
	unsigned modrm, sib;

	if (bytes[0] == 0x0f)
		shape = shapes[1][*++bytes];
	modrm = modrms[bytes[1]];
	if (!((unsigned)shape & 0x0f) || (unsigned)shape & modrm & (SHAPE_MEMORY | SHAPE_ZERO))
		return 0;
	sib = ((bytes[2] & 7) == 5) << 2 & modrm >> 4;
	return ((unsigned)shape & 0x0f) + (((modrm & 0x0f) + sib) & (unsigned)(shape >> 7));
}

/* The same behind one prefix, if that changes no length and nothing has to be looked up. */
static PV_TEXT unsigned led_len(const uint8_t *bytes)
{
	const unsigned len = usual_len(bytes + 1, shapes[0][bytes[1]]);
	const bool two = bytes[1] == 0x0f;
	unsigned opcode = bytes[1];

	if (two)
		opcode = 0x100 | bytes[2];
	switch (bytes[0]) {
	case 0x66 ... 0x67: return 0;
	case 0xf2 ... 0xf3: return len && !two ? len + 1 : 0;
	case 0xf0: return len && is_lockable(opcode, bytes[2 + two]) ? len + 1 : 0;
	default: return len ? len + 1 : 0;
	}
}

PV_TEXT_PART unsigned len_of(const uint8_t *bytes, unsigned room)
{
	struct pv_insn insn;
	unsigned len = 0;

	if (room >= PV_INSN_MAX) {
		const int shape = shapes[0][bytes[0]];

		len = shape == SHAPE_LEAD ? led_len(bytes) : usual_len(bytes, shape);
	}
	if (!len && pv_insn_decode(bytes, room, &insn))
		len = insn.len;
	return len;
}

PV_TEXT unsigned pv_insn_len(const uint8_t *bytes, unsigned room)
{
	if (!modrms[0])
		maps_make();
	return len_of(bytes, room);
}

PV_TEXT const uint8_t *pv_insn_walk(const uint8_t *from, const uint8_t *to, const uint8_t *end)
{
	if (!modrms[0])
		maps_make();
	while (from < to) {
		const unsigned len = len_of(from, (unsigned)(end - from));

		from += len ? len : 1;
	}
	return from;
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
