// SPDX-License-Identifier: MIT
/*
 * The family. Forms by enum pv_kind, as live_sites.asm has them in its records; as linked all sites are
 * one-byte NOPs.
 */
#include "tests/kernel/live/live_family.h"
#include "arch/x86/cpu/atomic.h"
#include "kernel/patch/image.h"
#include "pv/host.h"
#include "pv/index.h"

#define KEYS 2

struct live_record {
	uint8_t *at;
	uint8_t len, kind[2], key;
	uint32_t target[2];
};
extern const struct live_record live_records[], live_records_end[];

unsigned live_branch(void), live_short(void), live_call(void), live_target(void), live_tail(void),
	live_return(void), live_line(void), live_page(void);
unsigned (*const live_function[LIVE_SITES])(void) = {live_branch, live_short, live_call,
						     live_target, live_tail,  live_return,
						     live_line,   live_page};
const char *const live_name[LIVE_SITES] = {"NOP and jmp",   "NOP and short jmp", "NOP and call",
					   "two calls",     "two jumps",         "ret and NOP",
					   "across a line", "across a page"};
struct pv_stats live_stats;
uint32_t live_refused, live_overlaps;

extern uint8_t live_spare[];
static bool on[2][KEYS];
static atomic_t inside; /* CPUs that have the turn */
static const uint8_t versions[2] = {0, 1}, as_linked = 2;

static PV_TEXT void put_branch(struct pv_site *out, uint8_t opcode, uint32_t target)
{
	uint32_t displacement = target - ((uint32_t)out->at + out->len);

	out->n = out->len;
	out->bytes[0] = opcode;
	for (unsigned i = 1; i < out->len; i++, displacement >>= 8)
		out->bytes[i] = (uint8_t)displacement;
}

static PV_TEXT enum pv_why live_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct live_record *live = record;
	unsigned form;

	out->at = live->at;
	out->len = live->len;
	out->n = out->row = 0;
	if (!state)
		return PV_OK;
	if (state == &as_linked) {
		out->kind = PV_KEPT;
		for (out->n = 0; out->n < out->len; out->n++)
			out->bytes[out->n] = 0x90;
		return PV_OK;
	}
	form = on[*(const uint8_t *)state][live->key];
	out->kind = live->kind[form];
	if (out->kind == PV_CALL)
		put_branch(out, 0xe8, live->target[form]);
	else if (out->kind == PV_JMP)
		put_branch(out, out->len == 2 ? 0xeb : 0xe9, live->target[form]);
	else if (out->kind == PV_INLINE)
		out->bytes[out->n++] = 0xc3;
	return PV_OK;
}

static const struct pv_family live_family = {
	.name = "live",
	.record_size = sizeof(struct live_record),
	.linked = &as_linked,
	.version = {&versions[0], &versions[1]},
	.bytes = live_bytes,
};
static struct pv_table table;
static struct pv_entry entries[LIVE_SITES], spare[LIVE_SITES];

/* All sites, while nobody else runs. */
static void go(struct ktap *t, const void *from, const void *to)
{
	pv_stats_begin(&live_stats, NULL);
	pv_apply(&live_family, live_records, live_records_end, from, to, PV_STOPPED, &live_stats);
	CHECK(t, live_stats.total.sites == LIVE_SITES && !live_stats.total.refused,
	      "all %u live sites are there", LIVE_SITES);
}

void live_begin(struct ktap *t)
{
	table = (struct pv_table){
		.family = &live_family, .first = live_records, .last = live_records_end};
	pv_index_make(&table, entries, spare);
	pv_table_add(&kernel_image, &table);
	go(t, &as_linked, &versions[pv_present]);
}

void live_end(struct ktap *t)
{
	live_set_both(false);
	go(t, &versions[pv_present], &as_linked);
	pv_table_remove(&kernel_image, &table);
}

/* In this CPU's turn. */
static const char *commit_keys(unsigned first, unsigned end, bool value)
{
	const struct live_record *split = &live_records[LIVE_FIRST];
	const struct pv_change changes[KEYS] = {
		{.family = &live_family, .first = live_records, .last = split},
		{.family = &live_family, .first = split, .last = live_records_end}};
	const char *why;

	pv_stats_begin(&live_stats, NULL);
	for (unsigned key = first; key < end; key++)
		on[!pv_present][key] = value;
	why = pv_commit(&changes[first], end - first, &live_stats);
	for (unsigned key = first; key < end; key++)
		on[!pv_present][key] = on[pv_present][key];
	live_refused += live_stats.total.refused;
	return why;
}

static const char *commit(unsigned first, unsigned end, bool value)
{
	const char *why = first < end && end <= KEYS ? pv_live_begin() : "no such key";

	if (why)
		return why;
	live_overlaps += atomic_add_return(1, &inside) != 1;
	why = commit_keys(first, end, value);
	atomic_add(-1u, &inside);
	pv_live_end();
	return why;
}

const char *live_set(unsigned key, bool value)
{
	return commit(key, key + 1, value);
}

const char *live_set_both(bool value)
{
	return commit(0, KEYS, value);
}

static const char *commit_one(const struct live_record *record, bool value)
{
	const struct pv_change change = {
		.family = &live_family, .first = record, .last = record + 1};
	const char *why = pv_live_begin();

	if (why)
		return why;
	pv_stats_begin(&live_stats, NULL);
	on[!pv_present][0] = value;
	why = pv_commit(&change, 1, &live_stats);
	on[!pv_present][0] = on[pv_present][0];
	pv_live_end();
	return why;
}

enum pv_why live_try(uint8_t len, uint8_t kind)
{
	static struct live_record record;
	enum pv_why why = PV_OK;

	record = (struct live_record){
		live_spare, len, {PV_NOP, kind}, 0, {0, (uint32_t)live_spare}};
	pv_stats_begin(&live_stats, NULL);
	pv_apply(&live_family, &record, &record + 1, &as_linked, &versions[pv_present], PV_STOPPED,
		 &live_stats);
	if (commit_one(&record, true) || live_stats.total.refused)
		why = live_stats.refusal[0].why;
	commit_one(&record, false);
	pv_apply(&live_family, &record, &record + 1, &versions[pv_present], &as_linked, PV_STOPPED,
		 &live_stats);
	return why;
}

uint8_t *live_site(unsigned i)
{
	return live_records[i].at;
}
