/* SPDX-License-Identifier: MIT */
/*
 * The tables of records and the sites: what holds for all families, for paravirt sites and for lock
 * prefixes. Alternatives have a file of their own.
 */
#include "command/roles.h"
#include "command/rules.h"
#include "family/calls.h"
#include "family/paravirt.h"
#include "family/site_index.h"
#include "read/bytes.h"

#include <string.h>

/* ---- tables ---- */

/*
 * Who has no pv_ops has other families only, and who has sites that were found needs no annotated ones; but some table
 * there has to be.
 */
static bool is_required(const struct check *c, const struct family *family)
{
	bool any = false;

	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		any |= c->model.tables[i].size != 0;
	return family->required && (c->model.ops_symbol || !any) &&
	       !model_count(&c->model, &discovered_family);
}

/* The linker keeps no section without bytes; then the symbols alone are there. */
static void check_extent(struct check *c, const struct family *family,
			 const struct family_table *table)
{
	const struct section *s = image_section(&c->model.image, family->section);
	const uint32_t at = table->begin->addr, size = table->end->addr - at;

	if ((s ? s->size : 0) != size || (s && size && s->addr != at))
		check_finding(c, "%s: %u bytes at %#x, but its symbols hold %u at %#x",
			      family->section, s ? s->size : 0, s ? s->addr : 0, size, at);
	if (family->counted && !table->bytes)
		check_finding(c, "%s: has no such number of records, or no bytes", family->section);
	if (is_required(c, family) && (!table->bytes || table->size < family->record_size))
		check_finding(c, "%s: %u bytes at %#x: empty", family->begin,
			      table->bytes ? table->size : 0, table->addr);
	if (table->size % family->record_size)
		check_finding(c, "%s: %u bytes are no whole number of %u-byte records",
			      family->begin, table->size, family->record_size);
}

static void check_table(struct check *c, const struct family *family,
			const struct family_table *table)
{
	const struct symbol *begin = table->begin, *end = table->end;
	const struct section *s = image_section(&c->model.image, family->section);

	if (!is_required(c, family) && !begin && !end && (!s || !s->size))
		return;
	if (!begin || !end || end->addr < begin->addr)
		check_finding(c, "%s at %#x, %s at %#x: no table", family->begin,
			      begin ? begin->addr : 0, family->end, end ? end->addr : 0);
	else
		check_extent(c, family, table);
}

void check_tables(struct check *c)
{
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		check_table(c, model_families[i], &c->model.tables[i]);
}

/* ---- paravirt ---- */

static void check_paravirt(struct check *c, const struct site *site)
{
	const struct symbol *ops = c->model.ops_symbol;
	const struct record *r = site->records;
	uint32_t slot = (ops ? ops->addr : 0) + 4u * r->type;
	const uint8_t *bytes = image_bytes(&c->model.image, site->addr, PARAVIRT_SITE);

	if (site->len != PARAVIRT_SITE)
		check_finding_of(c, site, r, "length %u, not %u", site->len, PARAVIRT_SITE);
	if (!ops || 4u * r->type >= ops->size)
		check_finding_of(c, site, r, "type %u, but pv_ops has %u slots", r->type,
				 ops ? ops->size / 4 : 0);
	if (!bytes)
		check_finding_of(c, site, r, "no bytes there");
	else if (bytes[0] != 0xff || (bytes[1] != 0x15 && bytes[1] != 0x25))
		check_finding_of(c, site, r, "neither ff 15 nor ff 25 but %s",
				 BYTES_HEX(bytes, PARAVIRT_SITE));
	else if (bytes_get32(bytes + 2) != slot)
		check_finding_of(c, site, r, "type %u is slot %#x, the bytes say %#x", r->type,
				 slot, bytes_get32(bytes + 2));
	if (!check_insn_at(c, site->addr))
		check_finding_of(c, site, r, "no instruction begins there");
}

/* ---- lock prefixes ---- */

static void check_lock(struct check *c, const struct site *site)
{
	const struct insn *insn = check_insn_around(c, site->addr);
	const uint8_t *byte = image_bytes(&c->model.image, site->addr, 1);

	if (!insn || !insn->has_lock || insn->addr + insn->lock_at != site->addr)
		check_finding_of(c, site, site->records, "%s is no lock prefix of an instruction",
				 BYTES_HEX(byte, 1));
	else if (insn->has_segment)
		check_finding_of(c, site, site->records,
				 "%s has a segment prefix, and 3e would be a second one",
				 insn->name);
}

/* ---- branches and calls of keys ---- */

static void check_keyed(struct check *c, const struct site *site)
{
	const struct record *r = site->records;
	unsigned flags = site->family->flags(&c->model, r);
	bool has_index = image_section(&c->model.image, SITE_INDEX_SECTION) != NULL;

	if (!check_insn_at(c, site->addr))
		check_finding_of(c, site, r, "no instruction begins there");
	if (has_index && r->flags != flags)
		check_finding_of(c, site, r,
				 "flags %#x of its key, should be %#x: pvtool index sets "
				 "them",
				 r->flags, flags);
}

static void check_branch(struct check *c, const struct site *site)
{
	const struct record *r = site->records;
	const struct section *target = image_section_at(&c->model.image, r->target);

	check_keyed(c, site);
	if (!check_is(c, target, ROLE_SITES))
		check_finding_of(c, site, r,
				 "its target is in %s, it must be in .text or .init.text",
				 target ? target->name : "no section");
	else if (!check_insn_at(c, r->target))
		check_finding_of(c, site, r, "no instruction begins at its target %#x", r->target);
}

/* Whatever is called, and what calls are linked to, has to be what a site may go to. */
static void check_call(struct check *c, const struct site *site)
{
	const struct record *r = site->records;
	uint32_t names[CALL_KEY_NAMES];

	check_keyed(c, site);
	for (unsigned i = 0; i < CALL_KEY_NAMES && calls_key(&c->model, r->key, names); i++) {
		const struct section *s = image_section_at(&c->model.image, names[i]);

		if (names[i] && !check_is(c, s, ROLE_SITES))
			check_finding_of(c, site, r,
					 "its key names %#x in %s, it must be in .text or "
					 ".init.text",
					 names[i], s ? s->name : "no section");
	}
}

/* ---- all sites ---- */

static const struct {
	const struct family *family;
	void (*check)(struct check *c, const struct site *site);
} rules[] = {
	{&paravirt_family, check_paravirt}, {&alternatives_family, check_alternative},
	{&smp_locks_family, check_lock},    {&branches_family, check_branch},
	{&calls_family, check_call},
};

/* What holds for the sites of this family only. */
static void check_by_family(struct check *c, const struct site *site)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].family == site->family)
			rules[i].check(c, site);
}

/* What the kernel would refuse is a finding, said by a rule in more detail or not. */
static void check_site(struct check *c, const struct site *site)
{
	const struct section *s = image_section_at(&c->model.image, site->addr);
	size_t before = c->findings;

	if (!check_is(c, s, ROLE_SITES))
		check_finding_of(c, site, site->records,
				 "site in %s, it must be in .text or .init.text",
				 s ? s->name : "no section");
	if (image_bytes(&c->model.image, site->addr, site->len ? site->len : 1))
		check_by_family(c, site);
	else
		check_finding_of(c, site, site->records, "no bytes there");
	if (c->findings == before && site->fault)
		check_finding_of(c, site, site->bad, "%s", site->fault);
}

/*
 * Of sites that begin before this one, the one that ends last is the one to overlap. One with a
 * finding would be refused, and so have no bytes: it is in nobody's way.
 */
static void check_overlap(struct check *c, const struct site *site, const struct site *before)
{
	if (!before || site->addr - before->addr >= before->len || site->outer == before)
		return;
	if (site->addr == before->addr && site->len == before->len &&
	    site->family == before->family)
		check_finding_of(c, site, site->records, "the same site as record %zu",
				 before->records->index);
	else
		check_finding_of(c, site, site->records, "overlaps %s record %zu at 0x%08x",
				 before->family->name, before->records->index, before->addr);
}

void check_sites(struct check *c)
{
	const struct site *last = NULL, *lock = NULL;

	for (size_t i = 0; i < c->model.n_sites; i++) {
		const struct site *site = &c->model.sites[i];
		size_t findings = c->findings;

		check_site(c, site);
		check_overlap(c, site, last);
		if (site->outer)
			check_overlap(c, site, lock);
		if (c->findings > findings)
			continue;
		if (site->outer)
			lock = site;
		else if (!last ||
			 (uint64_t)site->addr + site->len > (uint64_t)last->addr + last->len)
			last = site;
	}
}
