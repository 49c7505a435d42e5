// SPDX-License-Identifier: MIT
/*
 * The length decoder against forms from the Intel SDM, volume 2: every shape of ModRM, SIB and
 * displacement (2.1.5), operand and address size prefixes, immediates of each size, the 0f maps,
 * relative branches. With less room than an instruction needs it has to say so.
 */
#include "lib/string.h"
#include "pv/insn.h"
#include "tests/kernel/engine/engine_family.h"

#define I(...)                                                                    \
	{                                                                         \
		.len = sizeof((uint8_t[]){__VA_ARGS__}), .bytes = { __VA_ARGS__ } \
	}
#define R(at, size, ...)                                                                 \
	{                                                                                \
		.len = sizeof((uint8_t[]){__VA_ARGS__}), .rel_at = at, .rel_size = size, \
		.bytes = {                                                               \
			__VA_ARGS__                                                      \
		}                                                                        \
	}

static const struct form {
	uint8_t len, rel_at, rel_size;
	uint8_t bytes[PV_INSN_MAX];
} forms[] = {
	/* no operands, registers in the opcode */
	I(0x90),
	I(0xf4),
	I(0xfa),
	I(0xc3),
	I(0xcf),
	I(0x9c),
	I(0x58),
	I(0x40),
	I(0xcc),
	I(0xf3, 0xa4),
	/* ModRM: registers, [reg], [disp32], disp8, disp32 */
	I(0x89, 0xf6),
	I(0x8b, 0x00),
	I(0x8b, 0x05, 1, 2, 3, 4),
	I(0x8d, 0x76, 0x00),
	I(0x8b, 0x80, 1, 2, 3, 4),
	I(0xff, 0x15, 1, 2, 3, 4),
	I(0xff, 0x25, 1, 2, 3, 4),
	/* SIB: plain, no base, with displacements, esp as base */
	I(0x8b, 0x04, 0x24),
	I(0x8b, 0x04, 0x85, 1, 2, 3, 4),
	I(0x8d, 0x74, 0x26, 0x00),
	I(0x8d, 0xb4, 0x26, 0, 0, 0, 0),
	I(0x89, 0x44, 0xcd, 0x10),
	I(0x8b, 0x84, 0x05, 1, 2, 3, 4),
	/* immediates of 8, 16, 32 bits; 16-bit operands; enter; ret n */
	I(0x04, 1),
	I(0x05, 1, 2, 3, 4),
	I(0x66, 0x05, 1, 2),
	I(0x6a, 1),
	I(0x68, 1, 2, 3, 4),
	I(0x66, 0x68, 1, 2),
	I(0xb0, 1),
	I(0xb8, 1, 2, 3, 4),
	I(0x66, 0xb8, 1, 2),
	I(0x83, 0xc4, 8),
	I(0x81, 0xc4, 1, 2, 3, 4),
	I(0x66, 0x81, 0xc4, 1, 2),
	I(0xc7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8),
	I(0x66, 0xc7, 0x05, 1, 2, 3, 4, 5, 6),
	I(0xc6, 0x44, 0x24, 4, 5),
	I(0x69, 0xc0, 1, 2, 3, 4),
	I(0x6b, 0xc0, 1),
	I(0xc2, 1, 2),
	I(0xc8, 1, 2, 3),
	I(0xcd, 0x80),
	I(0xe6, 0x80),
	I(0xc1, 0xe0, 4),
	/* test has an immediate where its neighbours in the group have none */
	I(0xf6, 0xc0, 1),
	I(0xf6, 0xd0),
	I(0xf7, 0xc0, 1, 2, 3, 4),
	I(0x66, 0xf7, 0xc0, 1, 2),
	I(0xf7, 0xd8),
	I(0xf7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8),
	I(0xd5, 0x0a),
	I(0x9a, 1, 2, 3, 4, 5, 6),
	I(0xd9, 0x3c, 0x24),
	/* memory offsets and far pointers, 16-bit addressing */
	I(0xa1, 1, 2, 3, 4),
	I(0x64, 0xa1, 1, 2, 3, 4),
	I(0x67, 0xa1, 1, 2),
	I(0xea, 1, 2, 3, 4, 5, 6),
	I(0x66, 0xea, 1, 2, 3, 4),
	I(0x67, 0x8b, 0x00),
	I(0x67, 0x8b, 0x06, 1, 2),
	I(0x67, 0x8b, 0x40, 1),
	I(0x67, 0x8b, 0x80, 1, 2),
	I(0x67, 0x8b, 0x04),
	/* prefixes: several, and as many as an instruction can have */
	I(0xf0, 0xff, 0x05, 1, 2, 3, 4),
	I(0x2e, 0x66, 0x90),
	I(0x66, 0x66, 0x66, 0x66, 0x90),
	I(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90),
	/* 0f maps, x87 */
	I(0x0f, 0x0b),
	I(0x0f, 0x06),
	I(0x0f, 0xa2),
	I(0x0f, 0x31),
	I(0x0f, 0x30),
	I(0x0f, 0x20, 0xc0),
	I(0x0f, 0x22, 0x05), /* mov %ebp,%cr0: its mod is ignored */
	I(0xc5, 0x45, 0xfc),
	I(0x62, 0x05, 1, 2, 3, 4),
	I(0x0f, 0x01, 0x38),
	I(0x0f, 0x01, 0x15, 1, 2, 3, 4),
	I(0x0f, 0x00, 0xd8),
	I(0x0f, 0x1f, 0x00),
	I(0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00),
	I(0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0),
	I(0x0f, 0xb6, 0xc0),
	I(0x0f, 0xba, 0xe0, 3),
	I(0x0f, 0xa4, 0xc0, 3),
	I(0x0f, 0xab, 0x05, 1, 2, 3, 4),
	I(0x0f, 0xc9),
	I(0x0f, 0xc7, 0x0f),
	I(0x0f, 0x94, 0xc0),
	I(0x0f, 0x70, 0xc0, 1),
	I(0x66, 0x0f, 0x38, 0x00, 0xc1),
	I(0x66, 0x0f, 0x3a, 0x0f, 0xc1, 4),
	I(0x0f, 0xae, 0xf0),
	I(0xdb, 0xe3),
	I(0xdd, 0x7d, 0xfe),
	/* relative branches */
	R(1, 1, 0xeb, 0x10),
	R(1, 1, 0x74, 0xfe),
	R(1, 1, 0xe3, 0x01),
	R(1, 1, 0xe2, 0xfd),
	R(1, 4, 0xe8, 1, 2, 3, 4),
	R(1, 4, 0xe9, 1, 2, 3, 4),
	R(2, 4, 0x2e, 0xe8, 1, 2, 3, 4),
	R(2, 4, 0x0f, 0x84, 1, 2, 3, 4),
	R(2, 1, 0x3e, 0x75, 0x10),
};
#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static void check_form(struct ktap *t, const struct form *form)
{
	struct pv_insn insn = {0};
	const uint8_t *b = form->bytes;

	CHECK(t, pv_insn_decode(b, PV_INSN_MAX, &insn), "%02x %02x %02x %02x... decodes", b[0],
	      b[1], b[2], b[3]);
	CHECK_EQ(t, insn.len, form->len, "%02x %02x %02x %02x... has its length", b[0], b[1], b[2],
		 b[3]);
	CHECK_EQ(t, insn.rel_size, form->rel_size, "%02x %02x...: its branch is seen", b[0], b[1]);
	if (form->rel_size)
		CHECK_EQ(t, insn.rel_at, form->rel_at, "%02x %02x...: and where", b[0], b[1]);
	CHECK(t, pv_insn_decode(b, form->len, &insn), "%02x %02x...: exact room is enough", b[0],
	      b[1]);
	for (unsigned room = 0; room < form->len; room++)
		CHECK(t, !pv_insn_decode(b, room, &insn), "%02x %02x...: %u bytes are too few",
		      b[0], b[1], room);
}

static void knows_lengths(struct ktap *t)
{
	CHECK(t, NR_FORMS >= 100, "there are at least 100 forms, found %u", (unsigned)NR_FORMS);
	for (unsigned i = 0; i < NR_FORMS; i++)
		check_form(t, &forms[i]);
}

/*
 * Not instructions, too long ones, VEX and EVEX (the third byte of vzeroupper looks like a branch),
 * and branches that would cut EIP to 16 bits.
 */
static void refuses_the_rest(struct ktap *t)
{
	static const struct form none[] = {
		I(0x0f, 0x04),
		I(0x0f, 0x0a),
		I(0x0f, 0x36),
		I(0x66, 0xe9, 1, 2),
		I(0x66, 0xe8, 1, 2),
		I(0x66, 0x0f, 0x84, 1, 2),
		I(0x66, 0xeb, 1),
		I(0x66, 0x74, 1),
		I(0x66, 0xe2, 1),
		/* transactions, XOP, SSE4a, 3DNow, members that a group has not, locks on nothing
		 */
		I(0xc7, 0xf8, 1, 2, 3, 4),
		I(0xc6, 0xf8, 1),
		I(0x8f, 0xe8, 0x78, 0xc0, 0xc1, 1),
		I(0x66, 0x0f, 0x78, 0xc0, 1, 2),
		I(0xf2, 0x0f, 0x78, 0xc1, 1, 2),
		I(0x0f, 0x0f, 0xc0, 0x9e),
		I(0xfe, 0xd0),
		I(0xff, 0xf8),
		I(0x0f, 0xba, 0xc0, 1),
		I(0x0f, 0x01, 0xc5),
		I(0x0f, 0x20, 0xc8),
		I(0xf0, 0x90),
		I(0xf0, 0xff, 0xc0),
		I(0xf0, 0x3b, 0x00),
		I(0xf0, 0x0f, 0xba, 0x20, 1),
		I(0xc5, 0xf8, 0x77),
		I(0xc4, 0xe2, 0x79, 0x18, 0x00),
		I(0x62, 0xf1, 0x7c, 0x48, 0x28, 0xc0),
		I(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		  0x66, 0x66),
	};
	uint8_t long_one[20];
	struct pv_insn insn;

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(t, !pv_insn_decode(none[i].bytes, PV_INSN_MAX, &insn),
		      "%02x %02x %02x is refused", none[i].bytes[0], none[i].bytes[1],
		      none[i].bytes[2]);
	for (unsigned i = 0; i < sizeof(long_one); i++)
		long_one[i] = i < 15 ? 0x66 : 0x90;
	CHECK(t, !pv_insn_decode(long_one, sizeof(long_one), &insn), "16 bytes are too many");
}

static void finds_targets(struct ktap *t)
{
	static const struct {
		uint8_t bytes[6];
		uint32_t at, target;
	} branches[] = {
		{{0xeb, 0x10}, 0x1000, 0x1012},
		{{0xeb, 0xfe}, 0x1000, 0x1000},
		{{0x74, 0x80}, 0x1000, 0x0f82},
		{{0xe8, 0x00, 0x10, 0x00, 0x00}, 0x1000, 0x2005},
		{{0xe9, 0xfb, 0xff, 0xff, 0xff}, 0x1000, 0x1000},
		{{0x2e, 0xe8, 0xfa, 0xef, 0xff, 0xff}, 0x1000, 0x0000},
		{{0x0f, 0x85, 0x78, 0x56, 0x34, 0x12}, 0x1000, 0x1234667e},
		{{0xe8, 0xfb, 0xff, 0xff, 0x7f}, 0x80000000, 0x00000000},
	};
	struct pv_insn insn;

	for (unsigned i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		const uint8_t *b = branches[i].bytes;

		CHECK(t, pv_insn_decode(b, 6, &insn), "%02x %02x... decodes", b[0], b[1]);
		CHECK_EQ(t, pv_insn_target(branches[i].at, b, &insn), branches[i].target,
			 "%02x %02x... goes where it says", b[0], b[1]);
	}
}

/* A branch at 0x1000, made to go elsewhere: as far as its displacement reaches, and one further. */
static void sets_targets(struct ktap *t)
{
	static const struct {
		uint8_t len, bytes[6];
		uint32_t target;
		bool reaches;
	} branches[] = {
		{2, {0xeb, 0x55}, 0x1002 + 0x7f, true},
		{2, {0xeb, 0x55}, 0x1002 + 0x80, false},
		{2, {0xeb, 0x55}, 0x1002 - 0x80, true},
		{2, {0xeb, 0x55}, 0x1002 - 0x81, false},
		{3, {0x3e, 0x75, 0x55}, 0x1000, true},
		{2, {0xe3, 0x55}, 0x1000, true},
		{2, {0xe2, 0x55}, 0x80001002, false},
		{5, {0xe8, 1, 2, 3, 4}, 0xfffffffe, true},
		{6, {0x2e, 0xe9, 1, 2, 3, 4}, 0x80000000, true},
		{6, {0x0f, 0x84, 1, 2, 3, 4}, 0, true},
	};

	for (unsigned i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		uint8_t bytes[6];
		struct pv_insn insn;
		bool whole, reached;

		memcpy(bytes, branches[i].bytes, sizeof(bytes));
		whole = pv_insn_decode(bytes, branches[i].len, &insn);
		CHECK(t, whole && insn.len == branches[i].len, "branch %u decodes", i);
		reached = pv_insn_retarget(0x1000, bytes, &insn, branches[i].target);
		CHECK_EQ(t, reached, branches[i].reaches, "branch %u reaches, or says no", i);
		if (reached)
			CHECK_EQ(t, pv_insn_target(0x1000, bytes, &insn), branches[i].target,
				 "branch %u goes there", i);
		CHECK(t, !memcmp(bytes, branches[i].bytes, reached ? insn.rel_at : sizeof(bytes)),
		      "branch %u: nothing but the displacement changes", i);
	}
}

static const struct ktap_test tests[] = {
	KTAP_TEST(knows_lengths),
	KTAP_TEST(refuses_the_rest),
	KTAP_TEST(finds_targets),
	KTAP_TEST(sets_targets),
};
KTAP_SUITE(engine_insn, tests);
