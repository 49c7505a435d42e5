// SPDX-License-Identifier: MIT
/*
 * The integer instructions of the Intel SDM's opcode maps (volume 2D, A.3 and A.4), and those of the system; of x87 and what
 * came behind it only what this kernel has.
 */
#include "kernel/shell/asm/opcodes.h"
#include <stddef.h>

/* clang-format off */
#define NAMED(name) name " Gb,Eb", name " Gv,Ev", name " Eb,Gb", name " Ev,Gv", name " Ib,%al", name " Iv,A"
#define EIGHT(row)  row, row, row, row, row, row, row, row
#define BRANCHES(width)                                                                               \
	"jo " width, "jno " width, "jb " width, "jae " width, "je " width, "jne " width, "jbe " width, "ja " width, \
	"js " width, "jns " width, "jp " width, "jnp " width, "jl " width, "jge " width, "jle " width, "jg " width
#define GROUP(n) "\x01" n /* the ModRM byte's middle chooses out of groups[n] */

static const char *const one[256] = {
	/* 00 */ NAMED("add"), "push %es", "pop %es", NAMED("or"), "push %cs", NULL,
	/* 10 */ NAMED("adc"), "push %ss", "pop %ss", NAMED("sbb"), "push %ds", "pop %ds",
	/* 20 */ NAMED("and"), NULL, "daa", NAMED("sub"), NULL, "das",
	/* 30 */ NAMED("xor"), NULL, "aaa", NAMED("cmp"), NULL, "aas",
	/* 40 */ EIGHT("inc Zv"), EIGHT("dec Zv"),
	/* 50 */ EIGHT("push Zv"), EIGHT("pop Zv"),
	/* 60 */ "pusha", "popa", "bound Gv,M", "arpl Gw,Ew", NULL, NULL, NULL, NULL,
	/* 68 */ "push Iv", "imul Iv,Ev,Gv", "push Is", "imul Is,Ev,Gv",
	/* 6c */ "insb (%dx),%es:(%edi)", "ins~ (%dx),%es:(%edi)", "outsb %ds:(%esi),(%dx)", "outs~ %ds:(%esi),(%dx)",
	/* 70 */ BRANCHES("Jb"),
	/* 80 */ GROUP("0"), GROUP("1"), NULL, GROUP("2"), "test Gb,Eb", "test Gv,Ev", "xchg Gb,Eb", "xchg Gv,Ev",
	/* 88 */ "mov Gb,Eb", "mov Gv,Ev", "mov Eb,Gb", "mov Ev,Gv", "mov Sw,Ev", "lea M,Gv", "mov Ev,Sw", "pop Ev",
	/* 90 */ "nop", "xchg A,Zv", "xchg A,Zv", "xchg A,Zv", "xchg A,Zv", "xchg A,Zv", "xchg A,Zv", "xchg A,Zv",
	/* 98 */ "cwtl", "cltd", "lcall F", "fwait", "pushf", "popf", "sahf", "lahf",
	/* a0 */ "mov Ob,%al", "mov Ov,A", "mov %al,Ob", "mov A,Ov",
	/* a4 */ "movsb %ds:(%esi),%es:(%edi)", "movs~ %ds:(%esi),%es:(%edi)",
	/* a6 */ "cmpsb %es:(%edi),%ds:(%esi)", "cmps~ %es:(%edi),%ds:(%esi)",
	/* a8 */ "test Ib,%al", "test Iv,A", "stos %al,%es:(%edi)", "stos A,%es:(%edi)",
	/* ac */ "lods %ds:(%esi),%al", "lods %ds:(%esi),A", "scas %es:(%edi),%al", "scas %es:(%edi),A",
	/* b0 */ EIGHT("mov Ib,Zb"), EIGHT("mov Iv,Zv"),
	/* c0 */ GROUP("3"), GROUP("4"), "ret Iw", "ret", "les M,Gv", "lds M,Gv", GROUP("F"), GROUP("G"),
	/* c8 */ "enter Iw,Ib", "leave", "lret Iw", "lret", "int3", "int Ib", "into", "iret",
	/* d0 */ GROUP("5"), GROUP("6"), GROUP("7"), GROUP("8"), "aam Ib", "aad Ib", NULL, "xlat %ds:(%ebx)",
	/* d8 */ NULL, NULL, NULL, NULL, NULL, GROUP("D"), NULL, GROUP("E"),
	/* e0 */ "loopne Jb", "loope Jb", "loop Jb", "jecxz Jb", "in Ib,%al", "in Ib,A", "out %al,Ib", "out A,Ib",
	/* e8 */ "call Jv", "jmp Jv", "ljmp F", "jmp Jb", "in (%dx),%al", "in (%dx),A", "out %al,(%dx)", "out A,(%dx)",
	/* f0 */ NULL, "int1", NULL, NULL, "hlt", "cmc", GROUP("9"), GROUP(":"),
	/* f8 */ "clc", "stc", "cli", "sti", "cld", "std", GROUP(";"), GROUP("<"),
};

#define SETS(cc)  "set" cc " Eb"
#define MOVES(cc) "cmov" cc " Ev,Gv"
#define CONDITIONS(of)                                                                                \
	of("o"), of("no"), of("b"), of("ae"), of("e"), of("ne"), of("be"), of("a"),                   \
	of("s"), of("ns"), of("p"), of("np"), of("l"), of("ge"), of("le"), of("g")

/* Behind 0f. */
static const char *const two[256] = {
	[0x00] = GROUP("="), GROUP(">"), "lar Ew,Gv", "lsl Ew,Gv", NULL, "syscall", "clts", "sysret",
	[0x08] = "invd", "wbinvd", NULL, "ud2", NULL, GROUP("?"),
	[0x18] = GROUP("@"), [0x1f] = "nop. Ev",
	[0x20] = "mov Cd,Rd", "mov Dd,Rd", "mov Rd,Cd", "mov Rd,Dd",
	[0x30] = "wrmsr", "rdtsc", "rdmsr", "rdpmc", "sysenter", "sysexit",
	[0x40] = CONDITIONS(MOVES),
	[0x77] = "emms",
	[0x80] = BRANCHES("Jv"), CONDITIONS(SETS),
	[0xa0] = "push %fs", "pop %fs", "cpuid", "bt Gv,Ev", "shld Ib,Gv,Ev", "shld %cl,Gv,Ev",
	[0xa8] = "push %gs", "pop %gs", "rsm", "bts Gv,Ev", "shrd Ib,Gv,Ev", "shrd %cl,Gv,Ev", GROUP("A"), "imul Ev,Gv",
	[0xb0] = "cmpxchg Gb,Eb", "cmpxchg Gv,Ev", "lss M,Gv", "btr Gv,Ev", "lfs M,Gv", "lgs M,Gv", "movzb~ Eb,Gv", "movzw~ Ew,Gv",
	[0xba] = GROUP("B"), "btc Gv,Ev", "bsf Ev,Gv", "bsr Ev,Gv", "movsb~ Eb,Gv", "movsw~ Ew,Gv",
	[0xc0] = "xadd Gb,Eb", "xadd Gv,Ev",
	[0xc7] = GROUP("C"), EIGHT("bswap Zv"),
};

#define ARITHMETIC(operands)                                                                          \
	{"add. " operands, "or. " operands,  "adc. " operands, "sbb. " operands,                      \
	 "and. " operands, "sub. " operands, "xor. " operands, "cmp. " operands}
#define SHIFTS(operands)                                                                              \
	{"rol. " operands, "ror. " operands, "rcl. " operands, "rcr. " operands,                      \
	 "shl. " operands, "shr. " operands, "shl. " operands, "sar. " operands}
#define UNARY(immediate, operand)                                                                     \
	{"test. " immediate "," operand, "test. " immediate "," operand, "not. " operand,             \
	 "neg. " operand, "mul. " operand, "imul. " operand, "div. " operand, "idiv. " operand}

static const char *const groups[][8] = {
	/* 0 */ ARITHMETIC("Ib,Eb"), ARITHMETIC("Iv,Ev"), ARITHMETIC("Is,Ev"),
	/* 3 */ SHIFTS("Ib,Eb"), SHIFTS("Ib,Ev"), SHIFTS("$1,Eb"), SHIFTS("$1,Ev"), SHIFTS("%cl,Eb"), SHIFTS("%cl,Ev"),
	/* 9 */ UNARY("Ib", "Eb"), UNARY("Iv", "Ev"),
	/* ; */ {"inc. Eb", "dec. Eb"},
	/* < */ {"inc. Ev", "dec. Ev", "call *Ev", "lcall *M", "jmp *Ev", "ljmp *M", "push Ev"},
	/* = */ {"sldt Ew", "str Ew", "lldt Ew", "ltr Ew", "verr Ew", "verw Ew"},
	/* > */ {"sgdtl M", "sidtl M", "lgdtl M", "lidtl M", "smsw Ew", NULL, "lmsw Ew", "invlpg M"},
	/* ? */ {"prefetch M", "prefetchw M"},
	/* @ */ {"prefetchnta M", "prefetcht0 M", "prefetcht1 M", "prefetcht2 M"},
	/* A */ {"fxsave M", "fxrstor M", "ldmxcsr M", "stmxcsr M", "xsave M", "xrstor M", NULL, "clflush M"},
	/* B */ {NULL, NULL, NULL, NULL, "bt. Ib,Ev", "bts. Ib,Ev", "btr. Ib,Ev", "btc. Ib,Ev"},
	/* C */ {NULL, "cmpxchg8b M"},
	/* D */ {NULL, NULL, NULL, NULL, NULL, NULL, NULL, "fnstsw M"},
	/* E */ {NULL, NULL, NULL, NULL, NULL, "fildll M", NULL, "fistpll M"},
	/* F */ {"mov. Ib,Eb"},
	/* G */ {"mov. Iv,Ev"},
};
/* clang-format on */

/* Those whose ModRM byte is a part of the opcode, and those that f3 makes another one. */
struct whole {
	uint8_t bytes[3], n, repeat;
	const char *name;
};
static const struct whole wholes[] = {
	{{0x90}, 1, 0xf3, "pause"},
	{{0x0f, 0x01, 0xc1}, 3, 0, "vmcall"},
	{{0x0f, 0x01, 0xca}, 3, 0, "clac"},
	{{0x0f, 0x01, 0xcb}, 3, 0, "stac"},
	{{0x0f, 0x01, 0xd0}, 3, 0, "xgetbv"},
	{{0x0f, 0x01, 0xd1}, 3, 0, "xsetbv"},
	{{0x0f, 0x01, 0xd9}, 3, 0, "vmmcall"},
	{{0x0f, 0x01, 0xf9}, 3, 0, "rdtscp"},
	{{0x0f, 0xae, 0xe8}, 3, 0, "lfence"},
	{{0x0f, 0xae, 0xf0}, 3, 0, "mfence"},
	{{0x0f, 0xae, 0xf8}, 3, 0, "sfence"},
	{{0xdb, 0xe3}, 2, 0, "fninit"},
	{{0xdf, 0xe0}, 2, 0, "fnstsw %ax"},
	{{0x0f, 0xb8}, 2, 0xf3, "popcnt Ev,Gv"},
	{{0x0f, 0xbc}, 2, 0xf3, "tzcnt Ev,Gv"},
	{{0x0f, 0xbd}, 2, 0xf3, "lzcnt Ev,Gv"},
};

static const char *whole(const uint8_t *at, unsigned *n, uint8_t *repeat)
{
	for (unsigned i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		unsigned same = 0;

		while (same < wholes[i].n && at[same] == wholes[i].bytes[same])
			same++;
		if (same == wholes[i].n && (!wholes[i].repeat || wholes[i].repeat == *repeat)) {
			*n = same;
			if (wholes[i].repeat)
				*repeat = 0;
			return wholes[i].name;
		}
	}
	return NULL;
}

const char *opcode_pattern(const uint8_t *at, unsigned *n, uint8_t *repeat)
{
	const char *pattern = whole(at, n, repeat);

	if (pattern)
		return pattern;
	*n = at[0] == 0x0f ? 2 : 1;
	pattern = *n == 2 ? two[at[1]] : one[at[0]];
	return pattern && pattern[0] == 1 ? groups[pattern[1] - '0'][at[*n] >> 3 & 7] : pattern;
}
