/* SPDX-License-Identifier: MIT */
/*
 * Zydis behind insn_decode() and insn_text(). What is the same in Zydis 3 and 4 is used: the
 * mnemonic, the instruction's raw parts and its instruction set. Operands moved between the two;
 * the formatter wants them, and who asks for memory.
 */
#include "read/decode.h"
#include "pv/insn.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

/*
 * ZYDIS_VERSION holds a cast, so the preprocessor cannot compare it. Disassembler.h came with
 * version 4, Zydis.h includes it, and the compiler checks that its guard told the two apart.
 */
#ifdef ZYDIS_DISASSEMBLER_H
_Static_assert(ZYDIS_VERSION_MAJOR(ZYDIS_VERSION) >= 4, "Disassembler.h in Zydis 3");
#define DECODER_WIDTH             ZYDIS_STACK_WIDTH_32
#define decode_one(z, b, n, insn) ZydisDecoderDecodeInstruction(z, NULL, b, n, insn)

static ZyanStatus format_one(const ZydisDecoder *decoder, const ZydisFormatter *formatter,
			     const uint8_t *bytes, size_t size, char *out, uint32_t addr)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;

	ZYAN_CHECK(ZydisDecoderDecodeFull(decoder, bytes, size, &z, operands));
	return ZydisFormatterFormatInstruction(formatter, &z, operands, z.operand_count_visible,
					       out, INSN_TEXT, addr, NULL);
}

static ZyanStatus decode_operands(const ZydisDecoder *decoder, const uint8_t *bytes, size_t size,
				  ZydisDecodedInstruction *z, ZydisDecodedOperand *operands)
{
	return ZydisDecoderDecodeFull(decoder, bytes, size, z, operands);
}
#else
_Static_assert(ZYDIS_VERSION_MAJOR(ZYDIS_VERSION) == 3, "this needs Zydis 3 or 4");
#define DECODER_WIDTH             ZYDIS_ADDRESS_WIDTH_32
#define decode_one(z, b, n, insn) ZydisDecoderDecodeBuffer(z, b, n, insn)

static ZyanStatus format_one(const ZydisDecoder *decoder, const ZydisFormatter *formatter,
			     const uint8_t *bytes, size_t size, char *out, uint32_t addr)
{
	ZydisDecodedInstruction z;

	ZYAN_CHECK(ZydisDecoderDecodeBuffer(decoder, bytes, size, &z));
	return ZydisFormatterFormatInstruction(formatter, &z, out, INSN_TEXT, addr);
}

static ZyanStatus decode_operands(const ZydisDecoder *decoder, const uint8_t *bytes, size_t size,
				  ZydisDecodedInstruction *z, ZydisDecodedOperand *operands)
{
	ZYAN_CHECK(ZydisDecoderDecodeBuffer(decoder, bytes, size, z));
	memcpy(operands, z->operands, sizeof(z->operands));
	return ZYAN_STATUS_SUCCESS;
}
#endif

static const ZydisMnemonic privileged[] = {
	ZYDIS_MNEMONIC_CLI,     ZYDIS_MNEMONIC_STI,    ZYDIS_MNEMONIC_HLT,   ZYDIS_MNEMONIC_PUSHF,
	ZYDIS_MNEMONIC_PUSHFD,  ZYDIS_MNEMONIC_POPF,   ZYDIS_MNEMONIC_POPFD, ZYDIS_MNEMONIC_IRET,
	ZYDIS_MNEMONIC_IRETD,   ZYDIS_MNEMONIC_LGDT,   ZYDIS_MNEMONIC_LIDT,  ZYDIS_MNEMONIC_LLDT,
	ZYDIS_MNEMONIC_LTR,     ZYDIS_MNEMONIC_LMSW,   ZYDIS_MNEMONIC_CLTS,  ZYDIS_MNEMONIC_INVLPG,
	ZYDIS_MNEMONIC_INVD,    ZYDIS_MNEMONIC_WBINVD, ZYDIS_MNEMONIC_RDMSR, ZYDIS_MNEMONIC_WRMSR,
	ZYDIS_MNEMONIC_SYSEXIT,
};

static bool is_privileged(const ZydisDecodedInstruction *z)
{
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++) {
		if (z->mnemonic == privileged[i])
			return true;
	}
	/* mov from and to control and debug registers: 0f 20 to 0f 23 */
	return z->mnemonic == ZYDIS_MNEMONIC_MOV && z->opcode_map == ZYDIS_OPCODE_MAP_0F &&
	       z->opcode >= 0x20 && z->opcode <= 0x23;
}

/*
 * What a 486 runs, as an allowlist, so that what a newer Zydis or CPU adds is refused without a
 * change here. PAUSE (f3 90) is a NOP there; PENTIUMREAL is rdtsc, rdmsr, wrmsr and cmpxchg8b,
 * which CPUID guards at run time.
 */
static const ZydisISASet on_486[] = {
	ZYDIS_ISA_SET_I86,           ZYDIS_ISA_SET_I186,        ZYDIS_ISA_SET_I286REAL,
	ZYDIS_ISA_SET_I286PROTECTED, ZYDIS_ISA_SET_I386,        ZYDIS_ISA_SET_I486,
	ZYDIS_ISA_SET_I486REAL,      ZYDIS_ISA_SET_LAHF,        ZYDIS_ISA_SET_X87,
	ZYDIS_ISA_SET_PAUSE,         ZYDIS_ISA_SET_PENTIUMREAL,
};

/* Zydis 4.1 has a set of its own for what it counted among PPRO before. */
static const char *set_name(const ZydisDecodedInstruction *z)
{
	const char *name = ZydisISASetGetString(z->meta.isa_set);

	return strcmp(name, "FCOMI") ? name : "PPRO";
}

static const char *beyond_486(const ZydisDecodedInstruction *z)
{
	for (size_t i = 0; i < sizeof(on_486) / sizeof(on_486[0]); i++) {
		if (z->meta.isa_set == on_486[i])
			return NULL;
	}
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2: return NULL;   /* meant to trap, and they do */
	case ZYDIS_MNEMONIC_TZCNT: return NULL; /* gcc's "rep bsf": a bsf there, as it means */
	default: return set_name(z);
	}
}

/* What came with the Pentium Pro, or is a NOP there: no option of a compiler's is needed to get it.
 */
static bool is_on_686(const ZydisDecodedInstruction *z)
{
	static const char *const sets[] = {"PPRO", "CMOV", "FCMOV", "RDPMC", "FAT_NOP"};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!strcmp(set_name(z), sets[i]))
			return true;
	}
	return z->mnemonic == ZYDIS_MNEMONIC_ENDBR32 || z->mnemonic == ZYDIS_MNEMONIC_ENDBR64;
}

static void find_target(const ZydisDecodedInstruction *z, struct insn *out)
{
	bool far = z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
		   (z->opcode == 0x9a || z->opcode == 0xea);

	out->has_target = far || z->raw.imm[0].is_relative;
	out->target = (uint32_t)z->raw.imm[0].value.u;
	if (z->raw.imm[0].is_relative) {
		out->target += out->addr + out->len;
		out->rel_at = z->raw.imm[0].offset;
		out->rel_size = z->raw.imm[0].size / 8;
	}
	if (z->operand_width == 16)
		out->target &= 0xffff;
}

static void find_slot(const ZydisDecodedInstruction *z, struct insn *out)
{
	bool branch = z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && z->opcode == 0xff &&
		      z->raw.modrm.reg >= 2 && z->raw.modrm.reg <= 5;
	bool disp32 = z->raw.modrm.mod == 0 && z->raw.modrm.rm == 5;
	bool sib_disp32 = z->raw.modrm.mod == 0 && z->raw.modrm.rm == 4 && z->raw.sib.base == 5 &&
			  z->raw.sib.index == 4;

	out->has_slot = branch && z->address_width == 32 && (disp32 || sib_disp32);
	out->slot = (uint32_t)z->raw.disp.value;
}

static void find_prefixes(const ZydisDecodedInstruction *z, struct insn *out)
{
	for (uint8_t i = 0; i < z->raw.prefix_count; i++) {
		switch (z->raw.prefixes[i].value) {
		case 0xf0:
			out->has_lock = true;
			out->lock_at = i;
			break;
		case 0x26: /* es, cs, ss, ds, fs, gs */
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65: out->has_segment = true; break;
		}
	}
}

/* What is patched the kernel has to know: of this there is one list, its own. */
static bool is_known(const uint8_t *bytes, size_t size, const struct insn *insn)
{
	struct pv_insn own;

	return pv_insn_decode(bytes, size < PV_INSN_MAX ? (unsigned)size : PV_INSN_MAX, &own) &&
	       own.len == insn->len && own.rel_size == insn->rel_size &&
	       (!own.rel_size || own.rel_at == insn->rel_at);
}

static bool init_decoder(ZydisDecoder *decoder)
{
	return ZYAN_SUCCESS(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_32, DECODER_WIDTH));
}

bool insn_decode(uint32_t addr, const uint8_t *bytes, size_t size, struct insn *out)
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction z;

	if (!init_decoder(&decoder) || !ZYAN_SUCCESS(decode_one(&decoder, bytes, size, &z)))
		return false;
	*out = (struct insn){.addr = addr, .len = z.length};
	out->name = ZydisMnemonicGetString(z.mnemonic);
	out->privileged = is_privileged(&z);
	out->beyond = beyond_486(&z);
	out->on_686 = !out->beyond || is_on_686(&z);
	find_target(&z, out);
	find_slot(&z, out);
	find_prefixes(&z, out);
	out->known = is_known(bytes, size, out);
	return true;
}

/* Named in the instruction, and not what push and its like find by themselves. */
static bool is_on_stack(const ZydisDecodedOperand *operand)
{
	return operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       operand->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
	       (operand->mem.base == ZYDIS_REGISTER_ESP || operand->mem.base == ZYDIS_REGISTER_EBP);
}

bool insn_may_lead(const uint8_t *bytes, size_t size)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;
	ZydisDecoder decoder;

	if (!init_decoder(&decoder) ||
	    !ZYAN_SUCCESS(decode_operands(&decoder, bytes, size, &z, operands)) ||
	    z.raw.prefix_count || (z.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && z.opcode == 0xff))
		return false;
	for (uint8_t i = 0; i < z.operand_count; i++) {
		if (is_on_stack(&operands[i]))
			return false;
	}
	return true;
}

static bool init_formatter(ZydisFormatter *formatter)
{
	static const struct {
		ZydisFormatterProperty property;
		ZyanUPointer value;
	} as_objdump[] = {
		{ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE},
		{ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED},
		{ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE, ZYDIS_PADDING_DISABLED},
		{ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED},
		{ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED},
		{ZYDIS_FORMATTER_PROP_IMM_SIGNEDNESS, ZYDIS_SIGNEDNESS_UNSIGNED},
	};

	if (!ZYAN_SUCCESS(ZydisFormatterInit(formatter, ZYDIS_FORMATTER_STYLE_ATT)))
		return false;
	for (size_t i = 0; i < sizeof(as_objdump) / sizeof(as_objdump[0]); i++) {
		if (!ZYAN_SUCCESS(ZydisFormatterSetProperty(formatter, as_objdump[i].property,
							    as_objdump[i].value)))
			return false;
	}
	return true;
}

const char *insn_text(uint32_t addr, const uint8_t *bytes, size_t size, char out[INSN_TEXT])
{
	ZydisDecoder decoder;
	ZydisFormatter formatter;

	if (!init_decoder(&decoder) || !init_formatter(&formatter) ||
	    !ZYAN_SUCCESS(format_one(&decoder, &formatter, bytes, size, out, addr)))
		snprintf(out, INSN_TEXT, "(bad)");
	return out;
}
