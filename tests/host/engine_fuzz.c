// SPDX-License-Identifier: MIT
/*
 * A libFuzzer target for the engine and the decoder. The input is a program: text, records that
 * point anywhere near it, templates, functions in slots, and a list of passes. Whatever it says,
 * after every pass
 *
 *	only text changed, and of it only sites that were accepted, to the bytes that were announced
 *	the dry run before it changed nothing and foretold each refusal, with its reason
 *	the counts add up, the maps are a model's, and accepted sites are disjoint
 *	back in the linked state, every byte is what it was
 *
 * Two families: paravirt, and "raw", whose sites have any length and whose padding is the engine's.
 * All memory is of the exact size, so ASan sees each byte beside it that is touched.
 *
 * Known limit (see undone()): a record that was refused may be taken for the site's own on the way
 * back when both have the same bytes in the state that is left. The build's check has refused such
 * tables long before.
 *
 *	-DPEDANT_BREAK_OVERLAP: the maps are forgotten at each write; the fuzzer must notice.
 */
#include "pv/engine.c"
#include "pv/group.c"
#include "pv/insn.c"
#include "pv/nops.c"
#include "pv/paravirt.c"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 24
#define STEPS_MAX   8
#define IMAGES      2
#define STATES      3  /* linked and two others */
#define ROOM        10 /* bytes of a template, at most */

struct input {
	const uint8_t *at, *end;
};

static uint8_t take8(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint32_t take32(struct input *in)
{
	uint32_t value = take8(in);

	for (unsigned i = 1; i < 4; i++)
		value |= (uint32_t)take8(in) << (8 * i);
	return value;
}

__attribute__((format(printf, 2, 3))) static void must(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return;
	va_start(args, format);
	fprintf(stderr, "engine_fuzz: must be: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

/* The images, each with what its text was at first and before the pass, and who owns its bytes. */
static struct area {
	struct pv_image image;
	size_t size;
	uint8_t *first, *before;
	bool *owned, *touched;
} areas[IMAGES];

static void *exact(size_t size)
{
	void *p = calloc(1, size);

	must(p, "%u bytes of memory", (unsigned)size);
	return p;
}

/* Few different bytes, so that text and what is announced agree by chance now and then. */
static uint8_t text_byte(struct input *in)
{
	uint8_t byte = take8(in);

	return byte < 0xc0 ? byte & 3 : byte;
}

static void area_make(struct area *a, size_t size, struct input *in)
{
	*a = (struct area){.size = size};
	a->image.text = exact(size);
	a->image.text_end = a->image.text + size;
	a->image.map = exact(PV_MAP_SIZE(size));
	a->image.scratch = exact(PV_MAP_SIZE(size));
	a->first = exact(size);
	a->before = exact(size);
	a->owned = exact(size * sizeof(bool));
	a->touched = exact(size * sizeof(bool));
	for (size_t i = 0; i < size; i++)
		a->image.text[i] = text_byte(in);
}

/* The engine's own section: usually elsewhere, but nothing says that it may not lie in the text. */
static void area_own(struct area *a, uint8_t *elsewhere, struct input *in)
{
	size_t start = take8(in), n = 1 + take8(in) % 8;

	a->image.own = elsewhere;
	a->image.own_end = elsewhere + 16;
	if (start + n < a->size) {
		a->image.own = a->image.text + start;
		a->image.own_end = a->image.own + n;
	}
}

static void area_free(struct area *a)
{
	free(a->image.text);
	free(a->image.map);
	free(a->image.scratch);
	free(a->first);
	free(a->before);
	free(a->owned);
	free(a->touched);
}

/* Numbers and no pointers: hostile ones wrap around. */
static struct area *area_of(const uint8_t *at, size_t len)
{
	for (unsigned i = 0; i < IMAGES; i++) {
		uintptr_t offset = (uintptr_t)at - (uintptr_t)areas[i].image.text;

		if (offset <= areas[i].size && len <= areas[i].size - offset)
			return &areas[i];
	}
	return NULL;
}

/* What pv/ wants of its host. */

static bool interrupts_off;
static unsigned syncs;

uint32_t pv_host_irq_save(void)
{
	interrupts_off = true;
	return 1;
}

void pv_host_irq_restore(uint32_t flags)
{
	must(flags == 1, "the flags that were saved, not %u", flags);
	interrupts_off = false;
}

void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	must(interrupts_off, "interrupts off at a write");
	must(area_of(at, n), "a write within text, not %u bytes at %p", (unsigned)n, (void *)at);
	memcpy(at, bytes, n);
#ifdef PEDANT_BREAK_OVERLAP
	for (unsigned i = 0; i < IMAGES; i++)
		memset(areas[i].image.map, 0, PV_MAP_SIZE(areas[i].size));
#endif
}

void pv_host_sync_self(void)
{
	must(interrupts_off, "interrupts off at the serialization");
	syncs++;
}

/* One CPU: nobody to wait for. */
void pv_host_gather(void)
{
}

void pv_host_release(void)
{
}

uint64_t pv_host_time(void)
{
	return 0;
}

bool pv_host_has(unsigned feature)
{
	(void)feature;
	return false;
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	must(false, "no panic: %s", format);
	abort();
}

/* Paravirt: templates and slots from the input. */

struct pv_ops pv_ops;

static void missing(void)
{
}

void (*const pv_missing[PV_NR_TYPES])(void) = {[0 ... PV_NR_TYPES - 1] = missing};

static struct template
{
	uint8_t *bytes;
	size_t n;
}
templates[PV_NR_TYPES];

static bool patch_hook(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	const struct template *t = &templates[type];

	(void)ops;
	return paravirt_patch_insns(out, type, t->bytes, t->bytes + t->n);
}

static uint32_t any_function(struct input *in)
{
	uint8_t choice = take8(in);

	switch (choice % 6) {
	case 0: return 0;
	case 1: return (uint32_t)missing;
	case 2: return (uint32_t)paravirt_nop;
	case 3: return (uint32_t)paravirt_ident_64;
	case 4: return (uint32_t)areas[0].image.text + choice;
	default: return take32(in);
	}
}

static void templates_make(struct input *in)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		struct template *t = &templates[type];
		uint8_t how = take8(in);

		t->n = how % (2 * ROOM);
		if (t->n > ROOM)
			t->n = 0;
		t->bytes = exact(t->n ? t->n : 1);
		for (size_t i = 0; i < t->n; i++)
			t->bytes[i] = take8(in);
		if (how & 0x80 && t->n > 4)
			t->bytes[0] = 0xe8; /* a call */
	}
}

static void templates_free(void)
{
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		free(templates[type].bytes);
}

static struct paravirt_state patched[STATES - 1];
static uint32_t functions[STATES - 1][PV_NR_TYPES];

static void paravirt_states(struct input *in)
{
	uint32_t *slot = (uint32_t *)(void *)&pv_ops;

	pv_nops_select(take8(in) % 3, take8(in) % 20);
	templates_make(in);
	paravirt_init();
	for (unsigned i = 0; i < STATES - 1; i++) {
		for (unsigned type = 0; type < PV_NR_TYPES; type++)
			slot[type] = pv_op_has_sites(type) ? any_function(in) : 0;
		memcpy(functions[i], slot, sizeof(functions[i]));
		pv_ops.init.patch = i ? NULL : patch_hook;
		paravirt_state_make(&patched[i], &pv_ops);
	}
	templates_free();
}

/* A direct call or jump goes to the function in the slot, and nothing is lost that the site keeps.
 */
static void paravirt_check(const struct paravirt_patch_site *record, const struct pv_site *site,
			   unsigned state)
{
	const struct pv_insns *insns = &patched[state - 1].op[record->type];
	struct pv_insn insn;
	uint32_t displacement;

	must(!(insns->clobbers & ~record->clobbers), "no register lost: %x, of %x", insns->clobbers,
	     record->clobbers);
	memcpy(&displacement, site->bytes + insns->rel_at, sizeof(displacement));
	must(!insns->rel_at || record->instr + insns->rel_at + 4 + displacement == insns->target,
	     "a branch to %x in the template's copy at %x", insns->target, record->instr);
	if (site->kind != PV_CALL && site->kind != PV_JMP)
		return;
	must(pv_insn_decode(site->bytes, site->len, &insn) && insn.rel_size == 4 &&
		     pv_insn_target(record->instr, site->bytes, &insn) ==
			     functions[state - 1][record->type],
	     "a branch to %x at %x", functions[state - 1][record->type], record->instr);
}

static uint8_t *any_place(struct input *in)
{
	const struct area *a = &areas[take8(in) % IMAGES];
	uint8_t choice = take8(in);

	if (choice >= 0xf8)
		return (uint8_t *)(uintptr_t)take32(in);
	return (uint8_t *)((uintptr_t)a->image.text + choice - 8);
}

/* A record; now and then a good one, or there would be nothing but refusals. */
static void paravirt_record(struct paravirt_patch_site *site, struct input *in)
{
	uint8_t *at = any_place(in), how = take8(in);

	*site = (struct paravirt_patch_site){(uint32_t)at, take8(in) % (PV_NR_TYPES + 2),
					     PV_SITE_LEN, PV_CLOBBER_ANY};
	if ((how & 7) == 0)
		site->len = take8(in);
	if ((how >> 3 & 7) == 0)
		site->clobbers = take8(in) % (PV_CLOBBER_ANY + 2);
	if (how & 0x40 && site->type < PV_NR_TYPES && area_of(at, PV_SITE_LEN))
		memcpy(at, linked.op[site->type].bytes, PV_SITE_LEN);
}

/* The raw family: any length, any bytes; a record may even contradict itself (n, odd). */
struct raw {
	uint8_t *at;
	uint8_t len, n, salt, odd;
};

static const uint8_t raw_state[STATES] = {0, 1, 2};

/* In the linked state, what is there; of what is not, anything. */
static void raw_linked(const struct raw *raw, uint8_t *bytes)
{
	for (unsigned i = 0; i < raw->len; i++) {
		const uint8_t *at = (uint8_t *)((uintptr_t)raw->at + i);
		const struct area *a = area_of(at, 1);

		bytes[i] = a ? a->first[at - a->image.text] : 0;
	}
}

static enum pv_why raw_family_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct raw *raw = record;
	unsigned which = *(const uint8_t *)state;

	out->at = (uint8_t *)((uintptr_t)raw->at + (which && raw->odd == 1));
	out->len = (uint8_t)(raw->len + (which && raw->odd == 2));
	out->n = which ? raw->n : raw->len;
	out->kind = which ? PV_INLINE : PV_KEPT;
	out->row = 0;
	if (raw->odd == 3)
		return PV_WHY_TYPE;
	for (unsigned i = 0; i < out->n; i++)
		out->bytes[i] = (uint8_t)(raw->salt & 1 ? raw->salt * which + (i & 3) : which);
	if (!which)
		raw_linked(raw, out->bytes);
	return PV_OK;
}

static struct pv_family raw_family = {
	.name = "raw",
	.record_size = sizeof(struct raw),
	.rows = 1,
	.linked = &raw_state[0],
	.bytes = raw_family_bytes,
};

static void raw_record(struct raw *raw, struct input *in)
{
	uint8_t how = take8(in);

	raw->at = any_place(in);
	raw->len = how & 1 ? take8(in) : take8(in) % 16;
	raw->n = how & 2 ? take8(in) : raw->len / 2;
	raw->salt = how >> 4;
	raw->odd = (how >> 2 & 3) == 3 ? 1 + take8(in) % 3 : 0;
}

/* What is patched: a table, its family and states, and what became of each record in the end. */
static struct table {
	struct pv_family *family;
	const void *state[STATES];
	uint8_t *records;
	size_t n;
	unsigned current; /* the state that the sites are in */
	bool tainted;     /* somebody took another's site: text cannot be put back */
	bool accepted[RECORDS_MAX];
} table;

static const void *record_at(size_t i)
{
	return table.records + i * table.family->record_size;
}

static void table_make(struct input *in)
{
	bool raw = take8(in) & 1;

	table = (struct table){.family = raw ? &raw_family : &paravirt_family};
	table.n = take8(in) % (RECORDS_MAX + 1);
	table.records = exact(table.n * table.family->record_size + 1);
	if (!raw)
		paravirt_states(in);
	for (size_t i = 0; i < table.n; i++)
		if (raw)
			raw_record((void *)record_at(i), in);
		else
			paravirt_record((void *)record_at(i), in);
	for (unsigned i = 0; i < STATES; i++)
		table.state[i] = raw ? (const void *)&raw_state[i]
				 : i ? (const void *)&patched[i - 1]
				     : (const void *)&linked;
}

/* What a dry run said of each record. */
static struct said {
	enum pv_why why;
	struct pv_site new_site;
} said[RECORDS_MAX];
static size_t said_n;

static void hear(const void *record, enum pv_why why, const struct pv_site *old_site,
		 const struct pv_site *new_site, void *arg)
{
	(void)old_site;
	(void)arg;
	must(record == record_at(said_n), "records in their order");
	said[said_n].why = why;
	if (!why)
		said[said_n].new_site = *new_site;
	said_n++;
}

static void remember(void)
{
	for (unsigned i = 0; i < IMAGES; i++) {
		memcpy(areas[i].before, areas[i].image.text, areas[i].size);
		memset(areas[i].touched, 0, areas[i].size * sizeof(bool));
	}
}

static void nothing_changed(const char *when)
{
	for (unsigned i = 0; i < IMAGES; i++)
		must(!memcmp(areas[i].before, areas[i].image.text, areas[i].size),
		     "the same text of image %u after %s", i, when);
}

static void counts_add_up(const struct pv_stats *stats)
{
	const struct pv_count *total = &stats->total;
	uint32_t sum = total->refused, rows = 0;

	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		sum += total->kind[kind];
	for (unsigned row = 0; row < table.family->rows; row++)
		rows += stats->row[row].sites;
	must(total->sites == table.n && sum == table.n, "%u records counted: %u, in sum %u",
	     (unsigned)table.n, total->sites, sum);
	must(rows == total->sites - total->refused, "%u sites in rows, not %u",
	     total->sites - total->refused, rows);
	must(stats->listed == total->refused, "%u refusals listed, not %u", total->refused,
	     stats->listed);
	must(stats->pad <= stats->bytes, "no more padding than bytes: %u, %u", stats->pad,
	     stats->bytes);
}

/* The refusals of a pass are those that the listing said. */
static void as_said(const struct pv_stats *stats)
{
	unsigned next = 0;

	for (size_t i = 0; i < table.n; i++) {
		const struct pv_refusal *refusal = &stats->refusal[next];

		if (!said[i].why)
			continue;
		must(next < stats->listed && refusal->record == record_at(i) &&
			     refusal->why == said[i].why,
		     "record %u refused, \"%s\"; %u are, the next: \"%s\"", (unsigned)i,
		     pv_why_text(said[i].why), stats->listed, pv_why_text(refusal->why));
		next++;
	}
	must(next == stats->listed, "%u refusals, not %u", next, stats->listed);
}

static struct pv_stats run(const void *from, const void *to, enum pv_mode mode)
{
	static struct pv_count rows[PV_NR_TYPES];
	struct pv_stats stats = {.row = rows};

	memset(rows, 0, sizeof(rows));
	syncs = 0;
	pv_apply(table.family, record_at(0), record_at(table.n), from, to, mode, &stats);
	must(syncs == (mode == PV_STOPPED) && !interrupts_off, "one serialization, not %u", syncs);
	counts_add_up(&stats);
	as_said(&stats);
	return stats;
}

static void owns(const struct pv_site *site, bool from_linked, bool to_linked)
{
	struct area *a = area_of(site->at, site->len);

	must(a, "an accepted site in text");
	must(!memcmp(site->at, site->bytes, site->len), "the announced bytes at %p",
	     (void *)site->at);
	for (size_t i = (size_t)(site->at - a->image.text), n = site->len; n; i++, n--) {
		must(!a->touched[i], "byte %u of text in one accepted site", (unsigned)i);
		must(a->owned[i] != from_linked, "byte %u of text %s", (unsigned)i,
		     from_linked ? "free" : "owned");
		must(&a->image.text[i] < a->image.own || &a->image.text[i] >= a->image.own_end,
		     "byte %u of text outside the engine's own", (unsigned)i);
		a->touched[i] = true;
	}
	if (from_linked == to_linked)
		return;
	for (size_t i = (size_t)(site->at - a->image.text), n = site->len; n; i++, n--)
		a->owned[i] = from_linked;
}

static void area_check(const struct area *a)
{
	for (size_t i = 0; i < a->size; i++) {
		must(a->touched[i] || a->image.text[i] == a->before[i],
		     "byte %u, in no accepted site, as before", (unsigned)i);
		must(pv_owned(a->image.text + i) == a->owned[i], "byte %u %sowned", (unsigned)i,
		     a->owned[i] ? "" : "not ");
	}
	for (size_t i = a->size; i < 8 * PV_MAP_SIZE(a->size) / 2; i++)
		must(!(a->image.map[i / 8] >> (i % 8) & 1), "no bit beyond the text");
	must(!pv_owned(a->image.text - 1) && !pv_owned(a->image.text_end),
	     "nothing beside the text");
}

/*
 * Leaving a patched state, the records that entered it must be accepted again, and nobody else.
 * Somebody else is possible when he has the same bytes in that state: see above.
 */
static void undone(unsigned from, unsigned to)
{
	for (size_t i = 0; i < table.n && from; i++) {
		table.tainted |= !said[i].why && !table.accepted[i];
		must(table.tainted || !said[i].why == table.accepted[i],
		     "record %u accepted again and not \"%s\"", (unsigned)i,
		     pv_why_text(said[i].why));
	}
	for (size_t i = 0; i < table.n; i++)
		table.accepted[i] = !said[i].why;
	for (unsigned i = 0; i < IMAGES && !to && !table.tainted; i++)
		must(!memcmp(areas[i].image.text, areas[i].first, areas[i].size),
		     "the text of image %u as linked", i);
}

static void step(struct input *in)
{
	uint8_t how = take8(in);
	unsigned from = table.current, to = (how & 3) % STATES;
	const struct pv_family *family = table.family;
	struct pv_stats dry, early;

	if ((how >> 4) == 15) { /* a caller who is mistaken about the state */
		from = (how >> 2 & 3) % STATES;
		table.tainted = true;
	}
	remember();
	said_n = 0;
	pv_list(family, record_at(0), record_at(table.n), table.state[from], table.state[to], hear,
		NULL);
	must(said_n == table.n, "%u records listed, not %u", (unsigned)table.n, (unsigned)said_n);
	dry = run(table.state[from], table.state[to], PV_DRY);
	nothing_changed("a dry run");
	if ((how >> 4) == 14)
		return;
	early = run(table.state[from], table.state[to], PV_STOPPED);
	must(dry.bytes == early.bytes && dry.pad == early.pad, "the bytes that were foretold");
	for (size_t i = 0; i < table.n; i++) {
		if (said[i].why)
			continue;
		owns(&said[i].new_site, !from, !to);
		if (to && family == &paravirt_family)
			paravirt_check(record_at(i), &said[i].new_site, to);
	}
	for (unsigned i = 0; i < IMAGES; i++)
		area_check(&areas[i]);
	undone(from, to);
	table.current = to;
}

static void fuzz_engine(struct input *in)
{
	uint8_t *own = exact(16);

	pv_images = NULL;
	for (unsigned i = 0; i < IMAGES; i++) {
		area_make(&areas[i], 1u + (i ? 40 : take8(in)), in);
		area_own(&areas[i], own, in);
		pv_image_add(&areas[i].image);
	}
	table_make(in);
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(areas[i].first, areas[i].image.text, areas[i].size);
	for (unsigned i = 0; i < STEPS_MAX && in->at < in->end; i++)
		step(in);
	free(table.records);
	for (unsigned i = 0; i < IMAGES; i++)
		area_free(&areas[i]);
	free(own);
}

static void fuzz_decoder(struct input *in)
{
	unsigned room = (unsigned)(in->end - in->at);
	uint8_t *bytes = exact(room ? room : 1);
	struct pv_insn insn = {0}, again;

	memcpy(bytes, in->at, room);
	if (pv_insn_decode(bytes, room, &insn)) {
		must(insn.len >= 1 && insn.len <= PV_INSN_MAX && insn.len <= room,
		     "a length of 1 to %u, not %u", room, insn.len);
		must(insn.rel_size == 0 || insn.rel_size == 1 || insn.rel_size == 4,
		     "a displacement of 0, 1 or 4 bytes, not %u", insn.rel_size);
		must(insn.rel_at + insn.rel_size <= insn.len, "a displacement in the instruction");
		must(!pv_insn_decode(bytes, insn.len - 1u, &again), "nothing in a byte less");
		must(pv_insn_decode(bytes, insn.len, &again) && again.len == insn.len,
		     "the same in just enough room");
		if (insn.rel_size)
			(void)pv_insn_target((uint32_t)bytes, bytes, &insn);
	}
	free(bytes);
}

/* Padding is instructions, and as few as there can be. */
static void fuzz_nops(struct input *in)
{
	unsigned n, done = 0, count = 0;
	uint8_t *bytes;
	struct pv_insn insn;

	pv_nops_select(take8(in) % 3, take8(in) % 20);
	n = take8(in);
	bytes = exact(n ? n : 1);
	pv_nops_fill(bytes, n);
	for (; done < n; done += insn.len, count++)
		must(pv_insn_decode(bytes + done, n - done, &insn), "a NOP at %u of %u", done, n);
	must(count == (n + pv_nops->max - 1) / pv_nops->max, "few NOPs for %u bytes, not %u", n,
	     count);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	switch (take8(&in) % 8) {
	case 0: fuzz_decoder(&in); break;
	case 1: fuzz_nops(&in); break;
	default: fuzz_engine(&in); break;
	}
	return 0;
}
