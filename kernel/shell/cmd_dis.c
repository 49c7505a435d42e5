// SPDX-License-Identifier: MIT
/*
 * A function as it was linked and as it is, side by side: its bytes, what those that are there now say, and whose site an
 * instruction is in.
 */
#include "kernel/shell/asm/spell.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/sites/names.h"
#include "kernel/shell/sites/spot.h"
#include "kernel/shell/term/out.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/insn.h"

#define FUNCTION_MAX 16384u /* bytes */
#define COLUMN       24     /* characters of bytes */

static uint8_t linked[FUNCTION_MAX];

/* The linked bytes over what is there. An inner site's are in the outer one's. */
static bool unpatch(const struct spot *spot, void *arg)
{
	const uint32_t from = *(const uint32_t *)arg;
	uint8_t bytes[PV_SITE_MAX + 1];
	struct spot outer;

	if (spot_is_gone(spot) || !spot_find((uint32_t)spot->at, &outer) ||
	    outer.table != spot->table || !spot_linked(spot, bytes))
		return true;
	for (unsigned i = 0; i < spot->len; i++)
		if ((uint32_t)spot->at + i - from < FUNCTION_MAX)
			linked[(uint32_t)spot->at + i - from] = bytes[i];
	return true;
}

/* One instruction, of `room` bytes at most; what is none is one byte. */
static unsigned length_of(const uint8_t *bytes, unsigned room)
{
	const unsigned n = pv_insn_len(bytes, room < PV_INSN_MAX ? room : PV_INSN_MAX);

	return n ? n : 1;
}

static void put_bytes(char text[COLUMN + 1], const uint8_t *bytes, unsigned n)
{
	text[0] = '\0';
	for (unsigned i = 0; i < n && 3 * i + 3 <= COLUMN; i++)
		snprintf(text + 3 * i, 4, i == 7 && n > 8 ? ".. " : "%02x ", bytes[i]);
}

/* A function, and how far within; or the number. */
static void put_address(uint32_t at, char *text, size_t room)
{
	char name[KSYM_NAME];
	uint32_t offset;

	if (!ksym_lookup(at, name, &offset, NULL))
		snprintf(text, room, "0x%x", at);
	else
		snprintf(text, room, offset ? "%s+0x%x" : "%s", name, offset);
}

struct side {
	const uint8_t *bytes;
	unsigned n, at; /* of the site, or the instruction; how far it is told */
};

/* The next instruction of one side, and its address if both are at the same. */
static unsigned step(struct side *side, char text[COLUMN + 1])
{
	const unsigned n = side->at < side->n
				   ? length_of(side->bytes + side->at, side->n - side->at)
				   : 0;

	put_bytes(text, side->bytes + side->at, n);
	return n;
}

static void row(uint32_t at, struct side *file, struct side *now, const char *name)
{
	const unsigned offset = file->at < now->at ? file->at : now->at;
	char left[COLUMN + 1] = "", right[COLUMN + 1] = "", words[SPELL_MAX] = "";
	unsigned n = 0, m = 0;

	if (file->at <= now->at)
		n = step(file, left);
	if (now->at <= offset) {
		m = step(now, right);
		spell(now->bytes + now->at, m, at + now->at, words, put_address);
	}
	say(*name ? "  %08x  %-24s %-24s %-34s %s\n" : "  %08x  %-24s %-24s %s%s\n", at + offset,
	    left, right, words, name);
	file->at += n;
	now->at += m;
}

/* All of a site, or one instruction without one. */
static void rows(uint32_t at, const uint8_t *file_bytes, unsigned n, const char *name)
{
	struct side file = {file_bytes, n, 0}, now = {(const uint8_t *)at, n, 0};

	while ((file.at < n || now.at < n) && !out_stopped()) {
		row(at, &file, &now, name);
		name = "";
	}
}

static unsigned dis_at(uint32_t from, uint32_t at, uint32_t end)
{
	char what[SPOT_WHAT], name[SPOT_WHAT + 40];
	struct spot spot;
	unsigned n;

	if (spot_find(at, &spot) && (uint32_t)spot.at == at && spot.len > 1 &&
	    at + spot.len <= end) {
		spot_what(&spot, what);
		snprintf(name, sizeof(name), "# %s %s", spot.table->family->name, what);
		rows(at, linked + (at - from), spot.len, name);
		return spot.len;
	}
	n = length_of((const uint8_t *)at, end - at);
	rows(at, linked + (at - from), n,
	     spot_find(at, &spot) && spot.len == 1 ? "# smp_locks" : "");
	return n;
}

bool cmd_dis(unsigned n, char **words)
{
	uint32_t at, offset, size;

	(void)n;
	if (!names_address(words[1], &at) || !ksym_lookup(at, NULL, &offset, &size))
		return fail("dis: %s is no function and no address in one", words[1]);
	at -= offset;
	if (size > FUNCTION_MAX)
		return fail("dis: %pS has %u bytes: more than %u", (void *)at, size, FUNCTION_MAX);
	if (!pv_is_text(at) || !pv_is_text(at + size - 1))
		return fail("dis: the text of %pS was given up", (void *)at);
	memcpy(linked, (const void *)at, size);
	spots_each(at, at + size, unpatch, &at);
	say("  %-8s  %-24s %-24s\n", "address", "as linked", "as it is");
	for (uint32_t i = at; i < at + size && !out_stopped();)
		i += dis_at(at, i, at + size);
	return true;
}
