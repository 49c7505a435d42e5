// SPDX-License-Identifier: MIT
/*
 * Alternatives.
 */
#include "arch/x86/cpu/cpu.h"
#include "kernel/museum/exhibit.h"
#include "kernel/patch/image.h"
#include "pv/group.h"
#include "pv/insn.h"
#include <stddef.h>

static bool no_retarget(uint32_t at, uint8_t *bytes, const struct pv_insn *insn, uint32_t target)
{
	(void)at;
	(void)bytes;
	(void)insn;
	(void)target;
	return true;
}

/* What follows an instruction that was looked at is only measured. */
static bool first_instruction_only(const uint8_t *bytes, unsigned room, struct pv_insn *insn)
{
	static const uint8_t *behind;
	const bool is = RIGHT(pv_insn_decode)(bytes, room, insn);

	if (is && bytes == behind)
		insn->rel_size = 0;
	behind = is ? bytes + insn->len : NULL;
	return is;
}

static void first_of_group(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t at, unsigned len)
{
	(void)n;
	RIGHT(pv_sweep_group)(s, i, 1, at, len);
}

/* The first of several records for one site, whose own replacement is not the longest. */
static const void *padded_record(void)
{
	for (const struct alt_instr *alt = kernel_tables.alternatives;
	     alt + 1 < kernel_tables.alternatives_end; alt++)
		if (alt->replacementlen && alt->replacementlen < alt[1].replacementlen &&
		    alt->instrlen == alt[1].replacementlen)
			return &alt->instrlen;
	return NULL;
}

static void pad_for_the_first(const uint8_t *old, uint8_t *bytes)
{
	bytes[0] = old[1]; /* the site's length is that of its own replacement */
}

static int nothing_is_missing(const uint32_t features[PV_FEATURE_WORDS])
{
	(void)features;
	return -1;
}

const struct exhibit museum_alternatives[] = {
	{
		.name = "call-not-moved",
		.mistake = 21,
		.title =
			"a relative call in a replacement is copied without moving its displacement",
		.what = "pv_insn_retarget() does nothing",
		.expected =
			"a branch that leaves its replacement goes to the same place from the site",
		.test = "alternative.branches_and_operands",
		.see = "make break M=114",
		.watched = true,
		.changes = {MUSEUM_JUMP(pv_insn_retarget, no_retarget)},
	},
	{
		.name = "first-instruction",
		.mistake = 22,
		.title = "only the first instruction of a replacement is looked at",
		.what = "pv_insn_decode() sees no branch in an instruction behind another one",
		.expected = "each instruction of a replacement is decoded, up to the last one",
		.test = "alternative.branches_and_operands",
		.see = "make break M=117",
		.watched = true,
		.changes = {MUSEUM_JUMP_RIGHT(pv_insn_decode, first_instruction_only)},
	},
	{
		.name = "first-record-wins",
		.mistake = 24,
		.title = "of several records for one site the first is taken",
		.what = "pv_sweep_group() looks at the first record of each group",
		.expected = "the last one that applies wins, and only its bytes are ever written",
		.test = "alternative.last_that_applies_wins",
		.see = "make break M=096",
		.changes = {MUSEUM_JUMP_RIGHT(pv_sweep_group, first_of_group)},
	},
	{
		.name = "padded-for-the-first",
		.mistake = 25,
		.title =
			"padding is computed for the first of several replacements, not for the longest",
		.what = "the record of a site with several says the length of the first one's",
		.expected = "a site is as long as the longest of all that may stand there",
		.test = "alternative.sites_are_as_long_as_the_longest",
		.see = "make break M=139",
		.changes = {MUSEUM_MADE_AT(padded_record, 2, pad_for_the_first)},
	},
	{
		.name = "feature-of-one",
		.mistake = 27,
		.title = "a feature is taken that the boot CPU has and another CPU lacks",
		.what = "cpu_missing() finds that no CPU lacks anything",
		.expected = "a CPU that lacks what is in use stays off, and the feature is named",
		.test = "smp.features",
		.changes = {MUSEUM_JUMP(cpu_missing, nothing_is_missing)},
	},
	{.name = NULL},
};
