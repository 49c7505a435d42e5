// SPDX-License-Identifier: MIT
/*
 * The decoder beside Zydis, on every opcode of the one-, two- and three-byte maps, with every
 * ModRM, several SIBs and twenty rows of prefixes. What the decoder takes is an instruction, has
 * that length, and holds that displacement; with a lock prefix it may have one. What it refuses
 * although Zydis knows it is on a short list. A program of the build machine's own, which has
 * Zydis: TAP on stdout.
 */
#include "pv/insn.h"
#include "read/decode.h"

#include <stdio.h>
#include <string.h>

#define SHOWN 20 /* differences; more are counted */

static const char *const prefixes[] = {
	"",         "\x66",     "\x67",     "\xf2",     "\xf3",     "\xf0",     "\x2e",
	"\x36",     "\x3e",     "\x26",     "\x64",     "\x65",     "\x66\xf2", "\x66\xf3",
	"\xf2\xf3", "\xf3\xf2", "\x66\x67", "\xf0\x66", "\xf0\xf2", "\xf0\xf3",
};
static const char *const maps[] = {"", "\x0f", "\x0f\x38", "\x0f\x3a"};
static const uint8_t sibs[] = {0x00, 0x05, 0x24, 0x25, 0x65};

/*
 * Known to Zydis and refused on purpose, without a prefix: VEX and EVEX, what begins a transaction,
 * salc and aliases of x87; of the two-byte map system instructions of some CPUs, MPX, VIA's, and in
 * groups what came later than the SDM's classic members.
 */
static const char *const refused[2] = {
	"\x62\xc4\xc5\xc6\xc7\x8f\xd6\xd9\xdc\xdd\xde\xdf",
	"\x01\x0f\x1a\x1b\x38\x3a\xa7\xae\xc7",
};

static struct {
	unsigned long n, taken, wrong, too_strict;
} count;

static void show(const char *what, const uint8_t *bytes, const struct pv_insn *own,
		 const struct insn *other)
{
	if (count.wrong + count.too_strict > SHOWN)
		return;
	printf("# %s:", what);
	for (unsigned i = 0; i < 10; i++)
		printf(" %02x", bytes[i]);
	printf(": length %u and %u, displacement %u at %u and %u at %u\n", own->len, other->len,
	       own->rel_size, own->rel_at, other->rel_size, other->rel_at);
}

static bool is_same(const struct pv_insn *own, const struct insn *other)
{
	return own->len == other->len && own->rel_size == other->rel_size &&
	       (!own->rel_size || own->rel_at == other->rel_at) && own->lock == other->has_lock &&
	       own->segment == other->has_segment;
}

/* May the decoder refuse it? Behind prefixes it may, since some of these make other instructions.
 */
static bool may_refuse(unsigned map, unsigned prefix, uint8_t opcode)
{
	bool is_prefix = !map && strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3\x0f", opcode);

	return prefix || map > 1 || is_prefix || !opcode || strchr(refused[map], opcode);
}

static void compare(unsigned map, unsigned prefix, uint8_t opcode, const uint8_t *bytes)
{
	struct pv_insn own = {0};
	struct insn other = {0};
	bool taken = pv_insn_decode(bytes, PV_INSN_MAX, &own);
	bool known = insn_decode(0x100000, bytes, PV_INSN_MAX, &other);

	count.n++;
	count.taken += taken;
	if (pv_insn_len(bytes, PV_INSN_MAX) != (taken ? own.len : 0)) {
		count.wrong++;
		show("measured", bytes, &own, &other);
	}
	if (taken && (!known || !is_same(&own, &other))) {
		count.wrong++;
		show("taken", bytes, &own, &other);
	}
	if (!taken && known && !may_refuse(map, prefix, opcode)) {
		count.too_strict++;
		show("refused", bytes, &own, &other);
	}
}

static void compare_opcode(unsigned map, unsigned prefix, unsigned opcode)
{
	size_t n = strlen(prefixes[prefix]) + strlen(maps[map]);
	uint8_t bytes[32];

	for (unsigned modrm = 0; modrm < 256; modrm++)
		for (size_t sib = 0; sib < sizeof(sibs); sib++) {
			memset(bytes, 1, sizeof(bytes));
			sprintf((char *)bytes, "%s%s", prefixes[prefix], maps[map]);
			bytes[n] = (uint8_t)opcode;
			bytes[n + 1] = (uint8_t)modrm;
			bytes[n + 2] = sibs[sib];
			compare(map, prefix, (uint8_t)opcode, bytes);
		}
}

int main(void)
{
	for (unsigned map = 0; map < sizeof(maps) / sizeof(maps[0]); map++)
		for (unsigned p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++)
			for (unsigned opcode = 0; opcode < 256; opcode++)
				compare_opcode(map, p, opcode);
	printf("# %lu forms, of which it takes %lu, %lu of them wrongly; %lu are refused wrongly\n",
	       count.n, count.taken, count.wrong, count.too_strict);
	printf("%sok 1 - what the decoder takes Zydis measures the same\n",
	       count.wrong ? "not " : "");
	printf("%sok 2 - and it refuses no usual instruction\n", count.too_strict ? "not " : "");
	printf("%sok 3 - and it takes a third of all forms\n1..3\n",
	       count.taken * 3 < count.n ? "not " : "");
	return count.wrong || count.too_strict || count.taken * 3 < count.n;
}
