/* SPDX-License-Identifier: MIT */
/*
 * Rules for alternatives: the site, each replacement, and the section that those lie in. A
 * replacement may use any instructions that its feature brings, but no privileged ones: those are
 * the back ends'.
 */
#include "command/rules.h"
#include "family/alternatives.h"
#include "family/move.h"
#include "read/bytes.h"
#include "read/feature.h"

#include <string.h>

/* ---- the site ---- */

/* Instructions from the site's begin to its end, as the code around it is to be read. */
static void check_boundaries(struct check *c, const struct site *site)
{
	const struct insn *insn = check_insn_at(c, site->addr);
	uint32_t at = site->addr, end = site->addr + site->len;

	if (!insn) {
		check_finding_of(c, site, site->records, "no instruction begins there");
		return;
	}
	for (; at - site->addr < site->len; at += insn->len) {
		insn = check_insn_at(c, at);
		if (!insn)
			break;
		if (!insn->known)
			check_finding_of(c, site, site->records, "the kernel cannot measure its %s",
					 insn->name);
	}
	if (at != end)
		check_finding_of(c, site, site->records,
				 "its %u bytes end at 0x%08x, where no instruction does", site->len,
				 end);
}

/* ---- a replacement ---- */

static void check_branch(struct check *c, const struct site *site, const struct record *r,
			 const struct insn *insn)
{
	const struct section *to = image_section_at(&c->model.image, insn->target);
	const struct site *into = model_site_at(&c->model, insn->target);

	if (insn->rel_size == 1)
		check_finding_of(c, site, r, "the replacement's short %s to 0x%08x cannot be moved",
				 insn->name, insn->target);
	if (!to || !to->exec)
		check_finding_of(c, site, r, "the replacement's %s to 0x%08x goes into %s, no code",
				 insn->name, insn->target, to ? to->name : "no section");
	if (into && insn->target != into->addr)
		check_finding_of(c, site, r,
				 "the replacement's %s to 0x%08x goes into the middle of the %s "
				 "site at 0x%08x",
				 insn->name, insn->target, into->family->name, into->addr);
}

static void check_replaced_insn(struct check *c, const struct site *site, const struct record *r,
				const struct insn *insn, const uint8_t *bytes)
{
	if (insn->privileged)
		check_finding_of(c, site, r, "%s (%s) in the replacement", insn->name,
				 BYTES_HEX(bytes, insn->len));
	if (!insn->known)
		check_finding_of(c, site, r, "the kernel cannot measure the replacement's %s (%s)",
				 insn->name, BYTES_HEX(bytes, insn->len));
	if (insn->rel_size == 2)
		check_finding_of(c, site, r, "the replacement's %s (%s) is a branch of 16 bits",
				 insn->name, BYTES_HEX(bytes, insn->len));
	if (move_leaves(insn, r->replacement, r->replacement_len))
		check_branch(c, site, r, insn);
}

static void check_replacement(struct check *c, const struct site *site, const struct record *r)
{
	const uint8_t *bytes = alternatives_replacement(&c->model, r);
	struct insn insn;

	if (!bytes) {
		check_finding_of(c, site, r,
				 "replacement of %u bytes at 0x%08x, not in " ALTERNATIVES_SECTION,
				 r->replacement_len, r->replacement);
		return;
	}
	for (uint32_t at = 0; at < r->replacement_len; at += insn.len) {
		if (!insn_decode(r->replacement + at, bytes + at, r->replacement_len - at, &insn)) {
			check_finding_of(c, site, r,
					 "the replacement is not whole instructions: %s",
					 BYTES_HEX(bytes + at, (size_t)r->replacement_len - at));
			return;
		}
		check_replaced_insn(c, site, r, &insn, bytes + at);
	}
}

void check_alternative(struct check *c, const struct site *site)
{
	if (site->len)
		check_boundaries(c, site);
	else
		check_finding_of(c, site, site->records, "length 0");
	for (size_t i = 0; i < site->n; i++) {
		const struct record *r = &site->records[i];

		if (feature_number(r->feature) > FEATURE_LAST)
			check_finding_of(c, site, r, "feature %u, the last is %u",
					 feature_number(r->feature), FEATURE_LAST);
		if (r->replacement_len > site->len)
			check_finding_of(c, site, r, "replacement of %u bytes for a site of %u",
					 r->replacement_len, site->len);
		check_replacement(c, site, r);
	}
}

/* ---- the section ---- */

static bool is_in_replacements(const struct section *s, uint32_t addr)
{
	return addr >= s->addr && addr - s->addr < s->size;
}

/* Replacements are copied from and never run where they are: data, to the CPU and to all code. */
void check_replacements(struct check *c)
{
	const struct image *image = &c->model.image;
	const struct section *s = image_section(image, ALTERNATIVES_SECTION);

	if (!s)
		return;
	if (s->exec)
		check_finding(c, "section %s: executable, but nothing in it runs there", s->name);
	for (size_t i = 0; i < image->n_symbols; i++) {
		if (image->symbols[i].func && is_in_replacements(s, image->symbols[i].addr))
			check_finding_at(c, image->symbols[i].addr, "a function in %s", s->name);
	}
	for (size_t i = 0; i < c->n_insns; i++) {
		const struct insn *insn = &c->insns[i];

		if (insn->has_target && is_in_replacements(s, insn->target) &&
		    !is_in_replacements(s, insn->addr))
			check_finding_at(c, insn->addr, "%s to 0x%08x, into %s", insn->name,
					 insn->target, s->name);
	}
}
