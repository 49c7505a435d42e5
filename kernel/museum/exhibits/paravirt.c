// SPDX-License-Identifier: MIT
/*
 * Paravirt sites.
 */
#include "kernel/museum/exhibit.h"
#include "pv/patch.h"
#include <stddef.h>

static enum pv_why any_register(const void *record, const void *state, struct pv_site *out)
{
	struct paravirt_patch_site site = *(const struct paravirt_patch_site *)record;

	site.clobbers = PV_CLOBBER_ANY;
	return RIGHT(paravirt_family.bytes)(&site, state, out);
}

static bool a_byte_too_long(struct pv_insns *out, uint8_t type, const void *start, const void *end)
{
	const uint8_t *first = start, *last = end;

	if (last - first == PV_SITE_LEN + 1)
		last--;
	return RIGHT(paravirt_patch_insns)(out, type, first, last);
}

static bool branch_as_it_is(struct pv_insns *out, uint8_t type, const void *start, const void *end)
{
	const uint8_t *bytes = start;

	if (!RIGHT(paravirt_patch_insns)(out, type, start, end))
		return false;
	for (unsigned i = 0; i < out->n && i < sizeof(out->bytes); i++)
		out->bytes[i] = bytes[i];
	out->rel_at = 0;
	return true;
}

/* What the option says is asked afterwards. */
static void apply_all_the_same(const struct paravirt_patch_site *start,
			       const struct paravirt_patch_site *end)
{
	static struct paravirt_state patched;

	paravirt_state_make(&patched, &pv_ops);
	pv_stats_begin(&paravirt_stats, paravirt_rows);
	pv_apply(&paravirt_family, start, end, paravirt_linked(), &patched, PV_STOPPED,
		 &paravirt_stats);
}

static bool nothing_for_missing(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	const bool is = RIGHT(paravirt_patch_default)(type, ops, out);

	if (out->kind == PV_TRAP) {
		out->kind = PV_NOP;
		out->n = 0;
	}
	return is;
}

const struct exhibit museum_paravirt[] = {
	{
		.name = "register-lost",
		.mistake = 12,
		.title = "a direct call is put where the site said that a register must survive",
		.what = "paravirt_family.bytes takes every record for one that may lose eax, edx and ecx",
		.expected = "what the new bytes change is held against what the site may lose",
		.test = "engine_records.refuses_records",
		.see = "make break M=029",
		.changes = {MUSEUM_SLOT_RIGHT(paravirt_family.bytes, any_register)},
	},
	{
		.name = "template-too-long",
		.mistake = 14,
		.title = "a template is one byte too long for the site",
		.what = "paravirt_patch_insns() takes one of 7 bytes, and its first 6",
		.expected = "what does not fit into the 6 bytes of a site is called",
		.test = "engine_paravirt.template_lengths",
		.see = "make break M=024",
		.changes = {MUSEUM_JUMP_RIGHT(paravirt_patch_insns, a_byte_too_long)},
	},
	{
		.name = "template-branch",
		.mistake = 15,
		.title = "a template that contains a relative branch is copied as it is",
		.what = "paravirt_patch_insns() keeps the displacement that the template has",
		.expected =
			"a branch that leaves the template goes to the same place from the site",
		.test = "engine_paravirt.moves_branches",
		.see = "make break M=025",
		.changes = {MUSEUM_JUMP_RIGHT(paravirt_patch_insns, branch_as_it_is)},
	},
	{
		.name = "option-too-late",
		.mistake = 19,
		.title = "noreplace-paravirt is obeyed, but after the pass",
		.what = "apply_paravirt() patches whatever paravirt_keep() has said",
		.expected = "with noreplace-paravirt no byte changes",
		.test = "engine_text.undoes_the_kernel",
		.options = "noreplace-paravirt",
		.see = "make break M=039",
		.changes = {MUSEUM_JUMP(apply_paravirt, apply_all_the_same)},
	},
	{
		.name = "missing-op",
		.mistake = 20,
		.title = "a function that is missing in the table is nothing",
		.what = "paravirt_patch_default() makes NOPs of an empty slot's sites",
		.expected =
			"ud2, and a trap that says which op it was, when it is called and not before",
		.test = "engine_records.functions_by_default",
		.see = "make break M=034",
		.changes = {MUSEUM_JUMP_RIGHT(paravirt_patch_default, nothing_for_missing)},
	},
	{.name = NULL},
};
