/* SPDX-License-Identifier: MIT */
/*
 * The instructions of an image and the rules for each. Executable sections are decoded from symbol
 * to symbol, so that data between them must be an object (NASM: `global name:data (end - name)`).
 */
#include "command/roles.h"
#include "command/rules.h"
#include "family/discovered.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

/* ---- the sweep ---- */

static void add_insn(struct check *c, const struct insn *insn)
{
	if (c->n_insns == c->insns_room) {
		c->insns_room = c->insns_room ? 2 * c->insns_room : 4096;
		c->insns = bytes_need(realloc(c->insns, c->insns_room * sizeof(*insn)));
	}
	c->insns[c->n_insns++] = *insn;
}

/* Decodes from `at` to `stop`; zeros at the end are padding and not `add %al,(%eax)`. */
static void sweep_code(struct check *c, const struct section *s, uint64_t at, uint64_t stop)
{
	uint64_t end = s->addr + (uint64_t)s->size, padding = stop;
	const uint8_t *bytes;
	struct insn insn;

	while (padding > at && s->bytes[padding - 1 - s->addr] == 0)
		padding--;
	for (; at < padding; at += insn.len) {
		bytes = s->bytes + (at - s->addr);
		if (!insn_decode((uint32_t)at, bytes, end - at, &insn)) {
			check_finding_at(c, (uint32_t)at, "%s does not decode",
					 BYTES_HEX(bytes, stop - at < 8 ? stop - at : 8));
			return;
		}
		if (at + insn.len > stop) {
			check_finding_at(c, (uint32_t)at, "%s (%s) does not end before 0x%08x",
					 insn.name, BYTES_HEX(bytes, insn.len), (uint32_t)stop);
			return;
		}
		add_insn(c, &insn);
	}
	c->data += stop - at;
}

static void sweep_section(struct check *c, const struct section *s)
{
	uint64_t end = (uint64_t)s->addr + s->size, at = s->addr;

	while (at < end) {
		struct span span = code_span(&c->code, s, at);

		if (span.data)
			c->data += span.end - at;
		else
			sweep_code(c, s, at, span.end);
		at = span.end;
	}
	c->text += s->size;
}

static int by_addr(const void *left, const void *right)
{
	const struct insn *a = left, *b = right;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

void check_sweep(struct check *c)
{
	for (size_t i = 0; i < c->model.image.n_sections; i++) {
		const struct section *s = &c->model.image.sections[i];

		if (s->alloc && s->exec && s->bytes)
			sweep_section(c, s);
	}
	if (!c->n_insns)
		check_finding(c, "no instruction in any executable section");
	else
		qsort(c->insns, c->n_insns, sizeof(*c->insns), by_addr);
}

/* ---- rules for each instruction ---- */

/* May half-written text be left for this place? Only to stop the machine. */
static bool never_returns(const struct image *image, uint32_t addr)
{
	size_t i = image_symbols_from(image, addr);

	for (; i < image->n_symbols && image->symbols[i].addr == addr; i++) {
		const char *name = image->symbols[i].name;
		size_t len = strlen(name);

		if (strcmp(name, "panic") == 0 || strcmp(name, "pv_host_panic") == 0 ||
		    (len >= 6 && strcmp(name + len - 6, "_fatal") == 0))
			return true;
	}
	return false;
}

static void check_leaving(struct check *c, const struct insn *insn, const struct section *s)
{
	const struct section *to = image_section_at(&c->model.image, insn->target);
	char where[IMAGE_WHERE];

	if (!check_is(c, s, ROLE_PASS) || check_is(c, to, ROLE_IN_PASS) ||
	    never_returns(&c->model.image, insn->target))
		return;
	check_finding_at(c, insn->addr,
			 "%s to 0x%08x %s leaves %s for %s, which may be half written", insn->name,
			 insn->target, image_where(&c->model.image, insn->target, where), s->name,
			 to ? to->name : "no section");
}

/* A site's bytes change: nobody from outside may know where its second instruction begins. */
static void check_entering(struct check *c, const struct insn *insn)
{
	const struct site *site = model_site_at(&c->model, insn->target);

	if (site && insn->target != site->addr && insn->addr - site->addr >= site->len)
		check_finding_at(c, insn->addr,
				 "%s to 0x%08x, into the middle of the %s site at 0x%08x",
				 insn->name, insn->target, site->family->name, site->addr);
}

/* An op's plain function, which is called where no site can be, is a jump through its slot. */
static bool is_plain(const struct check *c, const struct insn *insn)
{
	unsigned type;

	return discovered_type(&c->model, insn->addr, &type) &&
	       insn->slot == c->model.ops + 4 * type;
}

static void check_slot(struct check *c, const struct insn *insn)
{
	const struct symbol *ops = c->model.ops_symbol;
	const struct site *site = model_site_at(&c->model, insn->addr);

	if (!ops || insn->slot - ops->addr >= ops->size || is_plain(c, insn))
		return;
	if (!site || site->addr != insn->addr || site->family != &paravirt_family)
		check_finding_at(c, insn->addr, "%s through pv_ops+%#x has no record", insn->name,
				 insn->slot - ops->addr);
}

/* The engine fetches ahead (0f 18) only where the CPU can; it cannot have a site that knows that.
 */
static bool is_asked_for(const struct section *s, const uint8_t *bytes)
{
	return strcmp(s->name, ".pv.text") == 0 && bytes[0] == 0x0f && bytes[1] == 0x18;
}

/* Does the oldest CPU that the kernel is for lack it? A 586 has no more than what a 486 is allowed.
 */
static bool is_beyond(const struct check *c, const struct insn *insn)
{
	return insn->beyond && !(c->options->cpu >= 6 && insn->on_686);
}

static void check_insn(struct check *c, const struct insn *insn)
{
	const struct section *s = image_section_at(&c->model.image, insn->addr);
	const uint8_t *bytes = image_bytes(&c->model.image, insn->addr, insn->len);

	if (!s || !bytes) /* sections that overlap, in a damaged file */
		return;
	if (insn->privileged && !check_is(c, s, ROLE_EXEMPT))
		check_finding_at(c, insn->addr, "%s (%s) outside the native functions", insn->name,
				 BYTES_HEX(bytes, insn->len));
	if (is_beyond(c, insn) && check_is(c, s, ROLE_ALL_CPUS) && !is_asked_for(s, bytes))
		check_finding_at(c, insn->addr, "%s (%s) is %s, which a %u86 lacks", insn->name,
				 BYTES_HEX(bytes, insn->len), insn->beyond, c->options->cpu);
	if (insn->has_slot && check_is(c, s, ROLE_SITES))
		check_slot(c, insn);
	if (insn->has_target) {
		check_leaving(c, insn, s);
		check_entering(c, insn);
	}
}

void check_insns(struct check *c)
{
	for (size_t i = 0; i < c->n_insns; i++)
		check_insn(c, &c->insns[i]);
}
