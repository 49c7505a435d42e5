// SPDX-License-Identifier: MIT
/*
 * The decoder beside Zydis, on every opcode of the one-, two- and three-byte maps, with every
 * ModRM, several SIBs and twenty rows of prefixes. What the decoder takes is an instruction, has
 * that length, and holds that displacement; with a lock prefix it may have one. What it refuses
 * although Zydis knows it is on a short list. What takes DS prefixes is the same for both, and with
 * them one instruction that does the same. A program of the build machine's own, which has Zydis:
 * TAP on stdout.
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

/* Of which no form is taken, by whatever prefix: salc, MPX, VIA's, VMX's, key locker, GFNI, shadow stacks, RAO-INT. */
static const char *const never[] = {
	"\xd6",
	"\x1a\x1b\xa6\xa7",
	"\x80\x81\x82\xcf\xd8\xf5\xf6\xf8\xf9\xfa\xfb\xfc",
	"\xce\xcf\xf0",
};
static struct {
	bool known, taken;
} any[4][256];

static struct {
	unsigned long n, taken, wrong, too_strict, leads, lead_wrong;
} count;

static void show(const char *what, const uint8_t *bytes, const struct pv_insn *own,
		 const struct insn *other)
{
	if (count.wrong + count.too_strict + count.lead_wrong > SHOWN)
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
	any[map][opcode].known |= known;
	any[map][opcode].taken |= taken;
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

/* Without what says that it is DS's, or a hint. */
static void plain_text(const uint8_t *bytes, unsigned n, unsigned lead, char out[INSN_TEXT])
{
	static const char *const marks[] = {"ds ", "%ds:", ",pt"};

	insn_text(0x100000 - lead, bytes, n, out);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const size_t len = strlen(marks[i]);
		char *at = strstr(out, marks[i]);

		if (at)
			memmove(at, at + len, strlen(at + len) + 1);
	}
}

/*
 * With 1 to 5 prefixes it is one instruction, as many bytes longer, and reads the same. What has no
 * room for one in a site of six bytes is left out: Zydis reads `notrack` before a far call.
 */
static bool leads_well(const uint8_t *bytes, const struct pv_insn *own)
{
	char alone[INSN_TEXT], led[INSN_TEXT];
	uint8_t longer[32];

	plain_text(bytes, own->len, 0, alone);
	for (unsigned lead = 1; lead <= 5 && own->len < 6; lead++) {
		struct insn insn;

		memset(longer, 0x3e, lead);
		memcpy(longer + lead, bytes, own->len);
		if (!insn_decode(0x100000, longer, lead + own->len, &insn) || !insn.known ||
		    insn.len != lead + own->len)
			return false;
		plain_text(longer, insn.len, lead, led);
		if (strcmp(alone, led)) {
			if (count.lead_wrong < SHOWN)
				printf("# %s: %s\n", alone, led);
			return false;
		}
	}
	return true;
}

static void compare_lead(const uint8_t *bytes)
{
	struct pv_insn own = {0};
	struct insn other = {0};
	const bool leads = pv_insn_may_lead(bytes, PV_INSN_MAX);

	if (!pv_insn_decode(bytes, PV_INSN_MAX, &own)) {
		count.lead_wrong += leads;
		return;
	}
	count.leads += leads;
	if (leads == insn_may_lead(bytes, PV_INSN_MAX) && (!leads || leads_well(bytes, &own)))
		return;
	insn_decode(0x100000, bytes, PV_INSN_MAX, &other);
	show(leads ? "leads" : "does not lead", bytes, &own, &other);
	count.lead_wrong++;
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
			compare_lead(bytes);
		}
}

/* Opcodes that Zydis knows in some form and the decoder in none, but for those that are listed. */
static unsigned left_out(void)
{
	unsigned n = 0;

	for (unsigned map = 0; map < 4; map++)
		for (unsigned opcode = 0; opcode < 256; opcode++) {
			if (!any[map][opcode].known || any[map][opcode].taken ||
			    strchr(never[map], (int)opcode))
				continue;
			printf("# no form of opcode %02x of map %u is taken\n", opcode, map);
			n++;
		}
	return n;
}

int main(void)
{
	unsigned left;

	for (unsigned map = 0; map < sizeof(maps) / sizeof(maps[0]); map++)
		for (unsigned p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++)
			for (unsigned opcode = 0; opcode < 256; opcode++)
				compare_opcode(map, p, opcode);
	printf("# %lu forms, of which it takes %lu, %lu of them wrongly; %lu are refused wrongly\n",
	       count.n, count.taken, count.wrong, count.too_strict);
	printf("%sok 1 - what the decoder takes Zydis measures the same\n",
	       count.wrong ? "not " : "");
	printf("%sok 2 - and it refuses no usual instruction\n", count.too_strict ? "not " : "");
	printf("%sok 3 - and it takes a third of all forms\n",
	       count.taken * 3 < count.n ? "not " : "");
	printf("# %lu of them take prefixes, %lu wrongly, or not\n", count.leads, count.lead_wrong);
	printf("%sok 4 - what takes DS prefixes stays one instruction that does the same\n",
	       count.lead_wrong || !count.leads ? "not " : "");
	left = left_out();
	printf("%sok 5 - it takes some form of each opcode\n", left ? "not " : "");
	printf("1..5\n");
	return left || count.wrong || count.too_strict || count.taken * 3 < count.n ||
	       count.lead_wrong || !count.leads;
}
