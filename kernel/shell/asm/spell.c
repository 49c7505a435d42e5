// SPDX-License-Identifier: MIT
/*
 * A pattern's operands out of the instruction's bytes: prefixes, ModRM and SIB bytes, displacement, immediates, in the
 * order in which they stand.
 */
#include "kernel/shell/asm/spell.h"
#include "kernel/shell/asm/opcodes.h"
#include "lib/format.h"
#include "lib/string.h"

struct speller {
	const uint8_t *bytes;
	unsigned n, at; /* of the instruction; the next byte that nobody has read */
	uint32_t address;
	bool words;          /* operands have 16 bits: prefix 66 */
	const char *segment; /* of memory, by the last prefix; NULL: none, or said */
	uint8_t opcode, modrm;
	unsigned modrm_end; /* behind the ModRM byte */
	bool bad;
	char *text;
	spell_address_fn *name;
};

static const char *const bytes_of[] = {"%al", "%cl", "%dl", "%bl", "%ah", "%ch", "%dh", "%bh"};
static const char *const words_of[] = {"%ax", "%cx", "%dx", "%bx", "%sp", "%bp", "%si", "%di"};
static const char *const longs_of[] = {"%eax", "%ecx", "%edx", "%ebx",
				       "%esp", "%ebp", "%esi", "%edi"};
static const char *const segments[] = {"%es", "%cs", "%ss", "%ds", "%fs", "%gs", "%?", "%?"};

static void put(struct speller *s, const char *word)
{
	const size_t n = strlen(s->text);

	strlcpy(s->text + n, word, SPELL_MAX - n);
}

static void put_number(struct speller *s, const char *format, uint32_t number)
{
	char text[24];

	snprintf(text, sizeof(text), format, number);
	put(s, text);
}

static void put_signed(struct speller *s, int32_t number)
{
	put_number(s, number < 0 ? "-0x%x" : "0x%x",
		   number < 0 ? 0u - (uint32_t)number : (uint32_t)number);
}

/* A number of so many bytes, sign-extended; what is not there is 0, and bad. */
static int32_t take(struct speller *s, unsigned size)
{
	uint32_t number = 0;

	if (s->at + size > s->n) {
		s->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		number |= (uint32_t)s->bytes[s->at + i] << 8 * i;
	s->at += size;
	return size == 1 ? (int8_t)number : size == 2 ? (int16_t)number : (int32_t)number;
}

static const char *general(const struct speller *s, unsigned number, char size)
{
	if (size == 'b')
		return bytes_of[number];
	return size == 'w' || (size == 'v' && s->words) ? words_of[number] : longs_of[number];
}

static void put_segment(struct speller *s)
{
	if (s->segment) {
		put(s, s->segment);
		put(s, ":");
	}
}

/* Base and index behind the displacement, which was not said yet. */
static void put_scaled(struct speller *s, unsigned mod)
{
	const uint8_t sib = (uint8_t)take(s, 1);
	const bool none = (sib & 7) == 5 && mod == 0;
	const int32_t displacement = mod == 1 ? take(s, 1) : mod == 2 || none ? take(s, 4) : 0;
	const unsigned index = sib >> 3 & 7;

	if (mod || none)
		put_signed(s, displacement);
	put(s, "(");
	put(s, none ? "" : longs_of[sib & 7]);
	if (index != 4 || (sib & 7) != 4) {
		put(s, ",");
		put(s, index == 4 ? "%eiz" : longs_of[index]);
		put_number(s, ",%u", 1u << (sib >> 6));
	}
	put(s, ")");
}

static void put_memory(struct speller *s)
{
	const unsigned mod = s->modrm >> 6, rm = s->modrm & 7;
	int32_t displacement;

	put_segment(s);
	if (mod == 0 && rm == 5) {
		put_number(s, "0x%x", (uint32_t)take(s, 4));
	} else if (rm == 4) {
		put_scaled(s, mod);
	} else {
		displacement = mod == 1 ? take(s, 1) : mod == 2 ? take(s, 4) : 0;
		if (mod)
			put_signed(s, displacement);
		put(s, "(");
		put(s, longs_of[rm]);
		put(s, ")");
	}
}

/* Memory is said out of its place, since an immediate behind it may come first in the text. */
static void put_rm(struct speller *s, char size)
{
	const unsigned at = s->at;

	s->at = s->modrm_end;
	if (s->modrm >> 6 == 3)
		put(s, general(s, s->modrm & 7, size));
	else
		put_memory(s);
	if (at > s->at)
		s->at = at;
}

/* Where the bytes behind ModRM, SIB and displacement begin. */
static unsigned behind_rm(const struct speller *s)
{
	const unsigned mod = s->modrm >> 6, rm = s->modrm & 7;
	const bool sib = mod != 3 && rm == 4;
	const bool none = sib && mod == 0 && s->modrm_end < s->n &&
			  (s->bytes[s->modrm_end] & 7) == 5;
	const unsigned displacement = mod == 1                                    ? 1
				      : mod == 2 || (mod == 0 && rm == 5) || none ? 4
										  : 0;

	return s->modrm_end + sib + displacement;
}

static void put_immediate(struct speller *s, char size)
{
	const bool words = s->words;

	if (size == 'b')
		put_number(s, "$0x%x", (uint8_t)take(s, 1));
	else if (size == 'w')
		put_number(s, "$0x%x", (uint16_t)take(s, 2));
	else if (size == 's')
		put_number(s, "$0x%x", words ? (uint16_t)take(s, 1) : (uint32_t)take(s, 1));
	else
		put_number(s, "$0x%x", words ? (uint16_t)take(s, 2) : (uint32_t)take(s, 4));
}

static void put_branch(struct speller *s, char size)
{
	char text[SPELL_MAX];
	const int32_t distance = take(s, size == 'b' ? 1 : 4);

	s->name(s->address + s->n + (uint32_t)distance, text, sizeof(text));
	put(s, text);
}

static void put_far(struct speller *s)
{
	const uint32_t offset = (uint32_t)take(s, 4);

	put_number(s, "$0x%x", (uint16_t)take(s, 2));
	put_number(s, ", $0x%x", offset);
}

/* Up to the comma behind it; those within brackets are its own. */
static size_t operand_length(const char *p)
{
	size_t n = 0;

	for (unsigned open = 0; p[n] && (p[n] != ',' || open); n++)
		open += (p[n] == '(') - (p[n] == ')');
	return n;
}

/* One operand of the pattern; returns what is behind it. */
static const char *operand(struct speller *s, const char *p)
{
	const unsigned reg = s->modrm >> 3 & 7;
	const size_t n = operand_length(p);
	char numbered[8], as_is[SPELL_MAX];

	if (*p == '*') {
		put(s, "*");
		p++;
		return operand(s, p);
	}
	switch (p[0]) {
	case 'E': put_rm(s, p[1]); break;
	case 'M':
		s->bad |= s->modrm >> 6 == 3;
		put_rm(s, 'v');
		break;
	case 'G': put(s, general(s, reg, p[1])); break;
	case 'R': put(s, longs_of[s->modrm & 7]); break;
	case 'Z': put(s, general(s, s->opcode & 7, p[1])); break;
	case 'A': put(s, general(s, 0, 'v')); break;
	case 'I': put_immediate(s, p[1]); break;
	case 'J': put_branch(s, p[1]); break;
	case 'F': put_far(s); break;
	case 'S': put(s, segments[reg]); break;
	case 'O':
		put_segment(s);
		put_number(s, "0x%x", (uint32_t)take(s, 4));
		break;
	case 'C':
	case 'D':
		snprintf(numbered, sizeof(numbered), p[0] == 'C' ? "%%cr%u" : "%%db%u", reg);
		put(s, numbered);
		break;
	default: strlcpy(as_is, p, n + 1 < sizeof(as_is) ? n + 1 : sizeof(as_is)); put(s, as_is);
	}
	return p + n;
}

/* Has it an operand that begins with one of these letters? */
static bool has(const char *pattern, const char *letters)
{
	for (const char *p = strchr(pattern, ' '); p && *p; p++)
		if (strchr(letters, *p) && (p[-1] == ' ' || p[-1] == ',' || p[-1] == '*'))
			return true;
	return false;
}

static bool has_bytes(const char *pattern)
{
	for (const char *p = pattern; *p; p++)
		if (p[0] == 'E' && p[1] == 'b')
			return true;
	return false;
}

/* The name with its size, up to the operands. */
static const char *put_name(struct speller *s, const char *p)
{
	const char size = has_bytes(p) ? 'b' : s->words ? 'w' : 'l';
	char letter[2] = "";

	for (; *p && *p != ' '; p++) {
		letter[0] = *p;
		if (*p == '~')
			letter[0] = s->words ? 'w' : 'l';
		else if (*p == '.')
			letter[0] = s->modrm >> 6 == 3 ? '\0' : size;
		put(s, letter);
	}
	return p;
}

static const struct {
	uint8_t byte;
	const char *segment, *word;
} prefixes[] = {
	{0x26, "%es", "es "}, {0x2e, "%cs", "cs "}, {0x36, "%ss", "ss "},
	{0x3e, "%ds", "ds "}, {0x64, "%fs", "fs "}, {0x65, "%gs", "gs "},
};

/* The prefixes are read; those of memory that is not there are words before the instruction. */
struct prefix {
	const char *segments[16];
	unsigned n;
	uint8_t repeat;
	bool lock, far;
};

static void take_prefixes(struct speller *s, struct prefix *p)
{
	for (; s->at < s->n; s->at++) {
		const uint8_t byte = s->bytes[s->at];
		unsigned i = 0;

		while (i < sizeof(prefixes) / sizeof(prefixes[0]) && prefixes[i].byte != byte)
			i++;
		if (i < sizeof(prefixes) / sizeof(prefixes[0])) {
			if (p->n < sizeof(p->segments) / sizeof(p->segments[0]))
				p->segments[p->n++] = prefixes[i].word;
			s->segment = prefixes[i].segment;
		} else if (byte == 0x66) {
			s->words = true;
		} else if (byte == 0x67) {
			p->far = true; /* addresses of 16 bits: not told */
		} else if (byte == 0xf0) {
			p->lock = true;
		} else if (byte == 0xf2 || byte == 0xf3) {
			p->repeat = byte;
		} else {
			break;
		}
	}
}

static void put_prefixes(struct speller *s, const struct prefix *p, bool memory)
{
	for (unsigned i = 0; i + memory < p->n; i++)
		put(s, p->segments[i]);
	if (p->lock)
		put(s, "lock ");
	if (p->repeat)
		put(s, p->repeat == 0xf2 ? "repnz "
		       : s->opcode == 0xa6 || s->opcode == 0xa7 || s->opcode == 0xae ||
				       s->opcode == 0xaf
			       ? "repz "
			       : "rep ");
}

/* What operand size alone makes of the names without operands. */
static const char *narrow(const struct speller *s, const char *pattern)
{
	if (!s->words)
		return pattern;
	if (!strcmp(pattern, "cwtl"))
		return "cbtw";
	if (!strcmp(pattern, "cltd"))
		return "cwtd";
	return strcmp(pattern, "nop") ? pattern : "xchg %ax,%ax";
}

bool spell(const uint8_t *bytes, unsigned n, uint32_t at, char text[SPELL_MAX],
	   spell_address_fn *address)
{
	struct speller s = {.bytes = bytes, .n = n, .address = at, .text = text, .name = address};
	struct prefix prefix = {.n = 0};
	const char *pattern;
	unsigned opcode_n;
	bool modrm, memory;
	uint8_t opcode[3] = "";

	text[0] = '\0';
	take_prefixes(&s, &prefix);
	for (unsigned i = 0; i < 3 && s.at + i < n; i++)
		opcode[i] = bytes[s.at + i];
	pattern = opcode_pattern(opcode, &opcode_n, &prefix.repeat);
	if (!pattern || s.at + opcode_n > n || prefix.far)
		return false;
	pattern = narrow(&s, pattern);
	s.opcode = opcode[opcode_n - 1];
	s.at += opcode_n;
	modrm = has(pattern, "EGMSCDR");
	if (modrm) {
		s.modrm = (uint8_t)take(&s, 1);
		s.modrm_end = s.at;
		s.at = behind_rm(&s);
	}
	memory = s.segment && ((modrm && s.modrm >> 6 != 3) || has(pattern, "O"));
	put_prefixes(&s, &prefix, memory);
	if (!memory)
		s.segment = NULL;
	pattern = put_name(&s, pattern);
	if (*pattern)
		put(&s, " ");
	while (*pattern) {
		pattern = operand(&s, pattern + 1);
		if (*pattern)
			put(&s, ", ");
	}
	if (s.bad || s.at > n)
		text[0] = '\0';
	return text[0] != '\0';
}
