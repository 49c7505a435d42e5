// SPDX-License-Identifier: MIT
/*
 * For each family what can stand at a site, by the family's own function where that does not ask keys, which are
 * the guest's:
 *
 *	paravirt	as linked; templates and calls of the back ends that work in ring 1
 *	alternatives	as linked, with better NOPs; each record's replacement
 *	smp_locks	f0, 3e
 *	jump_label	as linked; a NOP; the jump to the record's target
 *	static_call	as linked; a call or a jump to where a function begins; nothing
 *
 * A lock prefix inside of an alternative may be either.
 */
#include "host/firewall.h"
#include "host/load.h"
#include "lib/elf.h"
#include "lib/ksyms.h"
#include "lib/string.h"
#include "pv/alternative.h"
#include "pv/backend/lguest.h"
#include "pv/facts.h"
#include "pv/image.h"
#include "pv/insn.h"
#include "pv/jump_label.h"
#include "pv/keyed.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/poke.h"
#include "pv/relocs.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"
#include <stddef.h>

#define LOCK       0xf0
#define BREAKPOINT 0xcc
#define CALL       0xe8
#define JMP        0xe9
#define JMP_SHORT  0xeb

extern const struct pv_ops pv_lguest_ops, pv_trace_ops;

#define STATES 3
static struct paravirt_state states[STATES];
static struct alternative_state all, none;

void firewall_init(void)
{
	static struct pv_ops direct;
	static bool done;

	if (done)
		return;
	done = true;
	direct = pv_lguest_ops;
	direct.init.patch = NULL;
	paravirt_state_make(&states[0], &pv_lguest_ops);
	paravirt_state_make(&states[1], &direct);
	paravirt_state_make(&states[2], &pv_trace_ops);
	all = none = alternative_state;
	memset(all.features, 0xff, sizeof(all.features));
	memset(none.features, 0, sizeof(none.features));
}

/* Its constants, which have the records, are this kernel's, byte for byte. */
bool firewall_knows(const void *image, size_t size)
{
	const struct elf_header *elf = image;
	const struct elf_segment *s = (const void *)((const uint8_t *)image + elf->phoff);
	extern uint8_t _rodata[], _rodata_end[];

	for (unsigned i = 0; load_has_table(image, size) && i < elf->phnum; i++)
		if (s[i].type == PT_LOAD && !(s[i].flags & (PF_W | PF_X)) &&
		    s[i].vaddr == (uint32_t)_rodata && s[i].offset <= size &&
		    s[i].filesz <= size - s[i].offset &&
		    s[i].filesz == (uint32_t)(_rodata_end - _rodata))
			return !memcmp((const uint8_t *)image + s[i].offset, _rodata, s[i].filesz);
	return false;
}

/* ---- what can stand there ---- */

struct question {
	uint32_t at;
	unsigned len;
	const uint8_t *linked, *bytes;
	unsigned from; /* 1: whatever the first byte is */
};

/* The kernel's own tables, and not those of its modules, which come and go. */
static const struct pv_table *tables(void)
{
	extern uint8_t _text[];
	const struct pv_image *image = pv_images;

	while (image && image->text != _text)
		image = image->next;
	return image ? image->tables : NULL;
}

/* Of a table's entries, the first of the site; as many as there are: it has none. */
static uint32_t first_at(const struct pv_table *t, uint32_t at)
{
	uint32_t i = t->n ? pv_table_reach(t, at) : 0;

	while (i < t->n && t->index[i].at < at)
		i++;
	return i < t->n && t->index[i].at == at ? i : t->n;
}

static bool is_lock(uint32_t at)
{
	for (const struct pv_table *t = tables(); t; t = t->next)
		if (t->family == &smp_locks_family)
			return first_at(t, at) < t->n;
	return false;
}

static bool are(const struct question *q, const uint8_t *bytes)
{
	for (unsigned i = q->from; i < q->len; i++)
		if (q->bytes[i] != bytes[i] &&
		    !(bytes[i] == LOCK && q->bytes[i] == PV_LEAD && is_lock(q->at + i)))
			return false;
	return true;
}

/* What a family says stands there. */
static bool says(const struct question *q, const struct pv_table *t, const void *record,
		 const void *state)
{
	struct pv_site site;

	if (t->family->bytes(record, state, &site) != PV_OK || (uint32_t)site.at != q->at ||
	    site.len != q->len || site.kind == PV_KEPT)
		return false;
	if (!t->family->pads && site.n < site.len)
		pv_nops_fill(site.bytes + site.n, site.len - site.n);
	return are(q, site.bytes);
}

static bool by_paravirt(const struct question *q, const struct pv_table *t, const void *record)
{
	for (unsigned i = 0; i < STATES; i++)
		if (says(q, t, record, &states[i]))
			return true;
	return false;
}

/* As linked, but with its last one-byte NOPs as few as can be. */
static bool is_improved(const struct question *q)
{
	const struct pv_text text = pv_text_read(q->linked, q->len);
	uint8_t bytes[PV_SITE_MAX];

	if (text.run >= q->len)
		return false;
	memcpy(bytes, q->linked, q->len);
	pv_nops_fill(bytes + text.run, q->len - text.run);
	return are(q, bytes);
}

static bool by_alternative(const struct question *q, const struct pv_table *t, const void *record)
{
	return says(q, t, record, &all) || says(q, t, record, &none) || is_improved(q);
}

static bool goes_to(const struct question *q, uint8_t opcode, uint32_t target)
{
	uint8_t bytes[PV_SITE_MAX] = {opcode};
	const uint32_t distance = target - (q->at + q->len);

	for (unsigned i = 1; i < q->len; i++)
		bytes[i] = (uint8_t)(distance >> 8 * (i - 1));
	return are(q, bytes);
}

static bool by_jump_label(const struct question *q, const struct jump_entry *e)
{
	uint8_t nop[PV_SITE_MAX];

	pv_nops_fill(nop, q->len);
	return are(q, nop) || goes_to(q, q->len == 2 ? JMP_SHORT : JMP,
				      (uint32_t)&e->target + (uint32_t)e->target);
}

static uint32_t target_of(const struct question *q)
{
	return q->at + q->len +
	       (q->bytes[1] | q->bytes[2] << 8 | q->bytes[3] << 16 | (uint32_t)q->bytes[4] << 24);
}

static bool by_static_call(const struct question *q, const struct static_call_site *site)
{
	const bool tail = pv_keyed_to(&site->key) & PV_CALL_TAIL;
	uint32_t offset;

	if (!tail && are(q, pv_return_0))
		return true;
	return (q->from || q->bytes[0] == (tail ? JMP : CALL)) && pv_is_text(target_of(q)) &&
	       ksym_lookup(target_of(q), NULL, &offset, NULL) && !offset;
}

static bool by_record(const struct question *q, const struct pv_table *t, const void *record)
{
	if (t->family == &paravirt_family || t->family == &pv_relocs_family)
		return by_paravirt(q, t, record);
	if (t->family == &alternative_family)
		return by_alternative(q, t, record);
	if (t->family == &jump_label_family)
		return by_jump_label(q, record);
	if (t->family == &static_call_family)
		return by_static_call(q, record);
	return t->family == &smp_locks_family && q->len == 1 &&
	       (*q->bytes == LOCK || *q->bytes == PV_LEAD);
}

/* Each table's records of the site, of which one has to say it. */
static bool is_legal(const struct question *q)
{
	if (are(q, q->linked))
		return true;
	for (const struct pv_table *t = tables(); t; t = t->next)
		for (uint32_t i = first_at(t, q->at); i < t->n && t->index[i].at == q->at; i++)
			if (t->index[i].record < t->n && by_record(q, t, pv_table_record(t, i)))
				return true;
	return false;
}

/* ---- a write ---- */

bool firewall_find(uint32_t byte, unsigned n, struct firewall_site *site)
{
	struct pv_site found;

	*site = (struct firewall_site){byte, 1};
	if (n == 1 && is_lock(byte))
		return true;
	for (const struct pv_table *t = tables(); t; t = t->next)
		for (uint32_t i = t->n ? pv_table_reach(t, byte) : 0;
		     i < t->n && t->index[i].at <= byte; i++) {
			pv_entry_site(t, i, &found);
			if (byte - (uint32_t)found.at >= found.len)
				continue;
			*site = (struct firewall_site){(uint32_t)found.at, found.len};
			return n <= found.len - (byte - site->at);
		}
	return false;
}

/* A site of a family that changes live. */
static bool is_live(uint32_t at)
{
	for (const struct pv_table *t = tables(); t; t = t->next)
		if (t->family->version[0] && first_at(t, at) < t->n)
			return true;
	return false;
}

/* A breakpoint, and behind it the rest of something that may stand there. */
static bool is_tail(const struct question *q)
{
	struct question tail = *q;

	tail.from = 1;
	return *q->bytes == BREAKPOINT && is_live(q->at) && is_legal(&tail);
}

enum firewall firewall_judge(const struct firewall_site *site, const uint8_t *linked,
			     const uint8_t *now, const uint8_t *then)
{
	const struct question before = {site->at, site->len, linked, now, 0},
			      after = {site->at, site->len, linked, then, 0};
	const bool same_tail = !memcmp(now + 1, then + 1, site->len - 1);

	if (!memcmp(now, then, site->len))
		return FIREWALL_SAME;
	if (site->len == 1 && !is_legal(&before))
		return FIREWALL_REFUSED; /* no lock prefix is there now: it is inside of something */
	if (is_legal(&after)) {
		if (*now != BREAKPOINT)
			return FIREWALL_DONE;
		return same_tail && is_tail(&before) ? FIREWALL_GOES : FIREWALL_REFUSED;
	}
	if (!is_tail(&after))
		return FIREWALL_REFUSED;
	if (*now == BREAKPOINT)
		return FIREWALL_MOVES;
	return same_tail ? FIREWALL_BREAKPOINT : FIREWALL_REFUSED;
}
