// SPDX-License-Identifier: MIT
#include "kernel/module/link.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/relocs.h"

#define CALL_TABLE  ".static_call_sites"
#define TRAMPOLINE  "__SCT__"
#define KEY         "__SCK__"
#define PREFIX      7 /* of both, characters */
#define PLAIN       "pv_"
#define CALL_RECORD 8 /* bytes */
#define OP_RECORD   5 /* an address, and a byte behind all of them */
#define INT3        0xcc
#define NAME_MAX    128 /* of a static call's key */
#define SHOWN       64  /* of a name, in a sentence */

#define SAY(why, ...) (snprintf(why, OBJECT_WHY, __VA_ARGS__), false)

/* ---- where things go ---- */

enum part { TEXT, RODATA, DATA, NOWHERE };

static enum part part_of(const struct elf_section *s)
{
	if (!(s->flags & SHF_ALLOC))
		return NOWHERE;
	return s->flags & SHF_EXEC ? TEXT : s->flags & SHF_WRITE ? DATA : RODATA;
}

static uint32_t align(uint32_t at, uint32_t to)
{
	return to ? (at + to - 1) & ~(to - 1) : at;
}

static bool is_call_table(const struct object *o, unsigned section)
{
	return part_of(&o->sections[section]) == RODATA &&
	       strcmp(object_name(o, section), CALL_TABLE) == 0;
}

static uint32_t place(const struct object *o, struct link_plan *plan, enum part part, uint32_t at)
{
	for (unsigned i = 1; i < o->n; i++) {
		const struct elf_section *s = &o->sections[i];

		if (part_of(s) != part || is_call_table(o, i))
			continue;
		at = align(at, s->addralign);
		plan->at[i] = at;
		at += s->size;
	}
	return at;
}

/* A relocation of a section that is loaded; all 0 before the first one. */
struct relocation {
	unsigned table, n;
	unsigned target;
	const struct elf_rel *rel;
};

static bool next_relocation(const struct object *o, struct relocation *r)
{
	for (; r->table < o->n; r->table++, r->n = 0) {
		const struct elf_section *s = &o->sections[r->table];

		if (s->type != SHT_REL || part_of(&o->sections[s->info]) == NOWHERE ||
		    r->n == s->size / sizeof(*r->rel))
			continue;
		r->rel = (const struct elf_rel *)object_bytes(o, r->table) + r->n++;
		r->target = s->info;
		return true;
	}
	return false;
}

static const struct elf_symbol *symbol_of(const struct object *o, const struct elf_rel *rel)
{
	return &o->symbols[rel->info >> 8];
}

/* What a relocation is of: a call or a jump, of five bytes, of a static call, or perhaps of an op. */
enum callee { NOTHING, STATIC_CALL, OP, CALLEES };

static enum callee callee(const struct object *o, const struct relocation *r)
{
	const struct elf_rel *rel = r->rel;
	const uint8_t *at = object_bytes(o, r->target) + rel->offset;
	const unsigned type = rel->info & 0xff;
	const char *name;

	if ((type != R_386_PC32 && type != R_386_PLT32) || !rel->offset ||
	    (at[-1] != 0xe8 && at[-1] != 0xe9) || memcmp(at, "\374\377\377\377", 4) != 0 ||
	    part_of(&o->sections[r->target]) != TEXT)
		return NOTHING;
	name = object_symbol(o, symbol_of(o, rel));
	if (strncmp(name, TRAMPOLINE, PREFIX) == 0)
		return STATIC_CALL;
	return strncmp(name, PLAIN, strlen(PLAIN)) == 0 && symbol_of(o, rel)->section == SHN_UNDEF
		       ? OP
		       : NOTHING;
}

static void count_callees(const struct object *o, uint32_t n[CALLEES])
{
	struct relocation r = {0};

	for (unsigned i = 0; i < CALLEES; i++)
		n[i] = 0;
	while (next_relocation(o, &r))
		n[callee(o, &r)]++;
}

/* Those that are linked and those that are found. */
static uint32_t place_calls(const struct object *o, struct link_plan *plan, uint32_t found,
			    uint32_t at)
{
	plan->calls = at = align(at, 4);
	for (unsigned i = 1; i < o->n; i++)
		if (is_call_table(o, i) && o->sections[i].size) {
			plan->at[i] = at;
			at += o->sections[i].size;
		}
	plan->calls_size = at - plan->calls;
	return at + found * CALL_RECORD;
}

static uint32_t place_ops(struct link_plan *plan, uint32_t found, uint32_t at)
{
	plan->ops = align(at, 4);
	plan->ops_n = 0;
	plan->ops_room = found;
	return found ? plan->ops + sizeof(struct pv_relocs) + OP_RECORD * found : plan->ops;
}

void link_plan(const struct object *o, struct link_plan *plan)
{
	uint32_t n[CALLEES];

	for (unsigned i = 0; i < OBJECT_SECTIONS; i++)
		plan->at[i] = LINK_NONE;
	count_callees(o, n);
	plan->text = place(o, plan, TEXT, 0);
	plan->rodata = align(plan->text, LINK_PAGE);
	plan->data = place_calls(o, plan, n[STATIC_CALL], place(o, plan, RODATA, plan->rodata));
	plan->data = align(place_ops(plan, n[OP], plan->data), LINK_PAGE);
	plan->size = align(place(o, plan, DATA, plan->data), LINK_PAGE);
}

/* ---- what is where ---- */

uint32_t link_address(const struct object *o, const struct link_plan *plan, const uint8_t *base,
		      const char *name)
{
	const struct elf_symbol *s = object_find(o, name);

	if (!s || s->section >= o->n || plan->at[s->section] == LINK_NONE)
		return 0;
	return (uint32_t)(uintptr_t)base + plan->at[s->section] + s->value;
}

struct link_section link_section(const struct object *o, const struct link_plan *plan,
				 uint8_t *base, const char *name)
{
	const unsigned i = object_section(o, name);

	if (!i || plan->at[i] == LINK_NONE)
		return (struct link_section){base, 0};
	return (struct link_section){base + plan->at[i], o->sections[i].size};
}

/* ---- the bytes ---- */

static void copy_sections(const struct object *o, const struct link_plan *plan, uint8_t *base)
{
	memset(base, INT3, plan->rodata);
	for (unsigned i = 1; i < o->n; i++)
		if (plan->at[i] != LINK_NONE && o->sections[i].type != SHT_NOBITS)
			memcpy(base + plan->at[i], object_bytes(o, i), o->sections[i].size);
		else if (plan->at[i] != LINK_NONE)
			memset(base + plan->at[i], 0, o->sections[i].size);
}

/* Symbols that were asked for are remembered, each in its place, until another one takes it. */
#define KNOWN 64

struct linker {
	const struct object *o;
	struct link_plan *plan;
	uint8_t *base;
	const struct link_symbols *symbols;
	char *why;
	struct {
		const struct elf_symbol *symbol;
		uint32_t value;
	} known[KNOWN];
};

/* What is not defined may be weak, and then is 0. */
static bool value_of(const struct linker *l, const struct elf_symbol *s, uint32_t *value)
{
	const char *name = object_symbol(l->o, s);

	*value = s->value;
	if (s == l->o->symbols || s->section == SHN_ABS)
		return true;
	if (s->section == SHN_UNDEF) {
		*value = 0;
		return l->symbols->find(l->symbols->arg, name, value) || s->info >> 4 == STB_WEAK ||
		       SAY(l->why, "nobody has the symbol %.*s", SHOWN, name);
	}
	if (s->section >= l->o->n || l->plan->at[s->section] == LINK_NONE)
		return SAY(l->why, "symbol %.*s is in a section that is not loaded", SHOWN, name);
	*value += (uint32_t)(uintptr_t)l->base + l->plan->at[s->section];
	return true;
}

static bool find_value(struct linker *l, const struct elf_symbol *s, uint32_t *value)
{
	const unsigned i = (unsigned)(s - l->o->symbols) % KNOWN;

	if (l->known[i].symbol != s) {
		if (!value_of(l, s, &l->known[i].value))
			return false;
		l->known[i].symbol = s;
	}
	*value = l->known[i].value;
	return true;
}

static bool relocate(struct linker *l, const struct relocation *r)
{
	uint8_t *at = l->base + l->plan->at[r->target] + r->rel->offset;
	const unsigned type = r->rel->info & 0xff;
	uint32_t word, value = 0;

	memcpy(&word, at, sizeof(word));
	switch (type) {
	case R_386_NONE: return true;
	case R_386_32: break;
	case R_386_PC32:
	case R_386_PLT32: word -= (uint32_t)(uintptr_t)at; break;
	default:
		return SAY(l->why, "a relocation of section %.*s is of type %u: not 1, 2 or 4",
			   SHOWN, object_name(l->o, r->target), type);
	}
	if (!find_value(l, symbol_of(l->o, r->rel), &value))
		return false;
	word += value;
	memcpy(at, &word, sizeof(word));
	return true;
}

/* Its key's address; 0: nobody has it, and the call goes by the trampoline. */
static uint32_t key_of(const struct linker *l, const char *trampoline)
{
	char name[NAME_MAX] = KEY;
	uint32_t key;

	if (strlcpy(name + PREFIX, trampoline + PREFIX, sizeof(name) - PREFIX) >=
	    sizeof(name) - PREFIX)
		return 0;
	key = link_address(l->o, l->plan, l->base, name);
	if (!key && !l->symbols->find(l->symbols->arg, name, &key))
		return 0;
	return key;
}

static void put_word(uint8_t *at, uint32_t to)
{
	const uint32_t word = to - (uint32_t)(uintptr_t)at;

	memcpy(at, &word, sizeof(word));
}

/* The flags are noted when the table is taken. */
static void add_call(const struct linker *l, const struct relocation *r)
{
	uint8_t *record = l->base + l->plan->calls + l->plan->calls_size;
	const uint32_t key = key_of(l, object_symbol(l->o, symbol_of(l->o, r->rel)));

	if (!key)
		return;
	put_word(record,
		 (uint32_t)(uintptr_t)l->base + l->plan->at[r->target] + r->rel->offset - 1);
	put_word(record + 4, key);
	l->plan->calls_size += CALL_RECORD;
}

/* Bytes are behind the room of all addresses until it is known how many there are. */
static void add_op(const struct linker *l, const struct relocation *r)
{
	struct link_plan *plan = l->plan;
	struct pv_relocs *ops = (struct pv_relocs *)(void *)(l->base + plan->ops);
	uint8_t *at = l->base + plan->at[r->target] + r->rel->offset, *bytes;
	const uint32_t next = (uint32_t)(uintptr_t)at + 4;
	uint32_t word;
	unsigned op;

	memcpy(&word, at, sizeof(word));
	op = l->symbols->op ? l->symbols->op(next + word) : PV_RELOC_JMP;
	if (op >= PV_RELOC_JMP)
		return;
	bytes = (uint8_t *)(ops->at + plan->ops_room);
	bytes[plan->ops_n] = (uint8_t)(op | (at[-1] == 0xe9 ? PV_RELOC_JMP : 0));
	ops->at[plan->ops_n++] = (uint32_t)(uintptr_t)at - 1;
}

static void end_ops(const struct linker *l)
{
	const struct link_plan *plan = l->plan;
	struct pv_relocs *ops = (struct pv_relocs *)(void *)(l->base + plan->ops);

	if (!plan->ops_room)
		return;
	ops->n = plan->ops_n;
	memmove(ops->at + plan->ops_n, ops->at + plan->ops_room, plan->ops_n);
}

bool link_object(const struct object *o, struct link_plan *plan, uint8_t *base,
		 const struct link_symbols *symbols, char why[OBJECT_WHY])
{
	struct linker l = {o, plan, base, symbols, why, {{NULL, 0}}};
	struct relocation r = {0};

	copy_sections(o, plan, base);
	while (next_relocation(o, &r)) {
		if (!relocate(&l, &r))
			return false;
		switch (callee(o, &r)) {
		case STATIC_CALL: add_call(&l, &r); break;
		case OP: add_op(&l, &r); break;
		default: break;
		}
	}
	end_ops(&l);
	return true;
}
