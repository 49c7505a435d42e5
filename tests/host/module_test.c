// SPDX-License-Identifier: MIT
/*
 * Modules on made-up text: one with branches of the kernel's keys and of its own, a static call and a
 * lock prefix comes, follows, and goes; and what is refused leaves nothing of it anywhere.
 */
#include "tests/host/host.h"

#include "pv/index.h"
#include "pv/jump_label.h"
#include "pv/module.h"
#include "pv/nops.h"
#include "pv/poke.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

static uint8_t text[128], own[128]; /* the kernel's, the module's */
static struct {
	struct static_key shared, unused; /* with a branch in the kernel, and without one */
	struct static_call_key call;
} data;
static struct {
	struct static_key key;
	struct static_call_key call;
} own_data;

static const char *cannot_gather; /* why no CPU can be brought out */
static unsigned gathered, synchronized, waited;
static bool (*inside_what)(uint32_t address);

uint64_t pv_host_sync_others(void)
{
	synchronized++;
	return 0;
}

const char *pv_host_live_begin(void)
{
	return interrupts ? NULL : "interrupts are off";
}

void pv_host_live_end(void)
{
}

const char *pv_host_gather_outside(bool (*inside)(uint32_t address),
				   uint32_t (*carry)(uint32_t flags), uint32_t *tries)
{
	ok(!carry, "no flags are carried");
	inside_what = inside;
	gathered++;
	++*tries;
	return cannot_gather;
}

/* ---- records: where, to what, of which key ---- */

static void put_branch(struct jump_entry *e, uint8_t *at, const void *key)
{
	static const uint8_t nop[] = {0x3e, 0x8d, 0x74, 0x26, 0x00};

	memcpy(at, nop, sizeof(nop));
	e->code = (int32_t)((uint32_t)at - (uint32_t)&e->code);
	e->target = (int32_t)((uint32_t)at + 40 - (uint32_t)&e->target);
	e->key = (int32_t)((uint32_t)key - (uint32_t)&e->key);
}

static void put_call(struct static_call_site *s, uint8_t *at, const struct static_call_key *key,
		     uint8_t opcode, uint32_t to)
{
	const uint32_t distance = to - ((uint32_t)at + 5);

	at[0] = opcode;
	memcpy(at + 1, &distance, 4);
	s->addr = (int32_t)((uint32_t)at - (uint32_t)&s->addr);
	s->key = (int32_t)((uint32_t)key - (uint32_t)&s->key);
}

static void put_lock(int32_t *record, uint8_t *at)
{
	static const uint8_t lock_inc[] = {0xf0, 0xff, 0x00};

	memcpy(at, lock_inc, sizeof(lock_inc));
	*record = (int32_t)((uint32_t)at - (uint32_t)record);
}

#define OLD        (text + 96)
#define NEW        (text + 104)
#define TRAMPOLINE (text + 16)

static struct jump_entry branch, own_branches[3];
static struct static_call_site trampoline, own_calls[2];
static int32_t own_lock;
static struct pv_table branches = {.family = &jump_label_family},
		       calls = {.family = &static_call_family};
static struct pv_image image = {.name = "kernel", .text = text, .text_end = text + sizeof(text)};

/* The kernel: one branch, one static call; patched. */
static void kernel(void)
{
	static struct pv_stats stats;

	memset(text, 0x40, sizeof(text));
	data.shared = data.unused = (struct static_key)STATIC_KEY_INIT_FALSE;
	data.call = (struct static_call_key){{OLD, OLD}, TRAMPOLINE, OLD, 1};
	put_branch(&branch, text, &data.shared);
	put_call(&trampoline, TRAMPOLINE, &data.call, 0xe9, (uint32_t)OLD);
	pv_images = NULL;
	image.tables = NULL;
	image.data = (uint8_t *)&data;
	image.data_end = (uint8_t *)(&data + 1);
	pv_image_add(&image);
	branches.first = &branch;
	branches.last = &branch + 1;
	calls.first = &trampoline;
	calls.last = &trampoline + 1;
	pv_static_keys.mode = PV_KEYS_NOTED;
	pv_static_calls.mode = PV_KEYS_NOTED;
	jump_label_init(&branches);
	static_call_init(&calls);
	pv_table_add(&image, &branches);
	pv_table_add(&image, &calls);
	memset(&stats, 0, sizeof(stats));
	pv_apply(&jump_label_family, branches.first, branches.last, &jump_label_linked,
		 jump_label_family.version[pv_present], PV_STOPPED, &stats);
	pv_apply(&static_call_family, calls.first, calls.last, &static_call_linked,
		 static_call_family.version[pv_present], PV_STOPPED, &stats);
	jump_label_live();
	static_call_live();
	if (stats.total.refused)
		ok(false, "the kernel is patched");
}

static const void *locks_now(void *unused)
{
	(void)unused;
	return smp_locks_state();
}

enum { KEYS, CALLS, LOCKS, PARTS };
static struct pv_stats stats[PARTS];
static struct pv_part parts[PARTS];
static struct pv_module module;
static void *room;

/* Branches out of order: of its own key, of the kernel's without a branch, of the other one. */
static void make(void)
{
	kernel();
	memset(own, 0x40, sizeof(own));
	memset(stats, 0, sizeof(stats));
	own_data.key = (struct static_key)STATIC_KEY_INIT_TRUE;
	put_branch(&own_branches[0], own, &own_data.key);
	put_branch(&own_branches[1], own + 8, &data.unused);
	put_branch(&own_branches[2], own + 16, &data.shared);
	own_data.call = (struct static_call_key){{own + 64, own + 64}, own + 40, own + 64, 1};
	put_call(&own_calls[1], own + 40, &own_data.call, 0xe9, (uint32_t)(own + 64));
	put_call(&own_calls[0], own + 24, &data.call, 0xe8, (uint32_t)TRAMPOLINE);
	put_lock(&own_lock, own + 32);
	parts[KEYS] = (struct pv_part){.table = {.family = &jump_label_family,
						 .first = own_branches,
						 .last = own_branches + 3},
				       .keyed = &pv_static_keys,
				       .stats = &stats[KEYS]};
	parts[CALLS] = (struct pv_part){
		.table = {.family = &static_call_family, .first = own_calls, .last = own_calls + 2},
		.keyed = &pv_static_calls,
		.stats = &stats[CALLS]};
	parts[LOCKS] = (struct pv_part){
		.table = {.family = &smp_locks_family, .first = &own_lock, .last = &own_lock + 1},
		.now = locks_now,
		.stats = &stats[LOCKS]};
	module = (struct pv_module){.image = {.name = "module",
					      .text = own,
					      .text_end = own + sizeof(own),
					      .data = (uint8_t *)&own_data,
					      .data_end = (uint8_t *)(&own_data + 1)},
				    .parts = parts,
				    .n = PARTS};
	cannot_gather = NULL;
	gathered = 0;
	free(room);
	room = malloc(pv_module_room(&module)); /* and not a byte more: ASan looks */
}

static bool is_known(const uint8_t *at)
{
	struct pv_place place;

	return pv_find(at, &place) && place.at == at;
}

static bool goes_to(const uint8_t *at, uint8_t opcode, const uint8_t *to)
{
	int32_t distance;

	memcpy(&distance, at + 1, 4);
	return *at == opcode && (uint32_t)at + 5 + (uint32_t)distance == (uint32_t)to;
}

static bool nothing_is_known(void)
{
	return pv_images == &image && !image.next && !is_known(own) && !is_known(own + 24) &&
	       !is_known(own + 32) && !data.unused.entries &&
	       (data.shared.type & ~3u) == (uint32_t)&branch;
}

/* ---- it comes and goes ---- */

static void comes(void)
{
	const char *why;

	make();
	ok(static_branch_enable(&data.shared) && pv_static_call_set(&data.call, NEW),
	   "a key is on, a call goes elsewhere");
	smp_locks_switch(NULL, NULL, &smp_locks_up, &stats[LOCKS]);
	why = pv_module_add(&module, room);
	ok(!why, "a module comes: %s", why ? why : "yes");
	ok(goes_to(own, 0xe9, own + 40), "its own key is on: a jump");
	ok(!memcmp(own + 8, pv_nops->bytes[5], 5), "a key that is off: the CPU's padding");
	ok(goes_to(own + 16, 0xe9, own + 56), "the kernel's key is on: a jump");
	ok(goes_to(own + 24, 0xe8, NEW), "the call is direct, and goes where it goes by now");
	ok(own[32] == 0x3e, "its lock prefix is off");
	ok(is_known(own) && is_known(own + 24) && is_known(own + 32), "its sites are known");
	ok((data.unused.type & ~3u) >= (uint32_t)own_branches &&
		   (data.unused.type & ~3u) < (uint32_t)(own_branches + 3),
	   "a key without a branch has one now");
	ok(stats[KEYS].total.sites == 3 && stats[CALLS].total.sites == 2 &&
		   stats[LOCKS].total.sites == 1,
	   "they are counted");
}

static void follows(void)
{
	ok(static_branch_disable(&data.shared) && text[0] == own[16] && own[16] != 0xe9,
	   "a key changes in both");
	ok(static_branch_enable(&data.unused) && own[8] == 0xe9, "one that is nowhere else, too");
	ok(static_branch_disable(&own_data.key) && own[0] != 0xe9, "and its own");
	ok(pv_static_call_set(&data.call, OLD) && goes_to(own + 24, 0xe8, OLD) &&
		   goes_to(TRAMPOLINE, 0xe9, OLD),
	   "a call goes back in both");
	smp_locks_switch(NULL, NULL, &smp_locks_smp, &stats[LOCKS]);
	ok(own[32] == 0xf0, "with another CPU its lock prefix is on");
	static_branch_disable(&data.unused);
}

static void goes(void)
{
	const char *why;

	cannot_gather = "CPU 1 does not come";
	why = pv_module_remove(&module);
	ok(why && !strcmp(why, cannot_gather), "a CPU is in it: %s", why ? why : "gone");
	ok(is_known(own) && static_branch_enable(&data.shared) && own[16] == 0xe9,
	   "it stays as it was, and follows");
	ok(inside_what((uint32_t)own) && inside_what((uint32_t)(own + sizeof(own) - 1)) &&
		   !inside_what((uint32_t)text) && !inside_what((uint32_t)(own + sizeof(own))),
	   "in it is its text");
	static_branch_disable(&data.shared);

	cannot_gather = NULL;
	gathered = 0;
	ok(pv_static_call_set(&data.call, own + 64), "a call of the kernel's goes into it");
	why = pv_module_remove(&module);
	ok(why && strstr(why, "static call") && is_known(own) && !gathered, "so it stays: %s",
	   why ? why : "gone");
	ok(pv_static_call_set(&data.call, OLD), "the call goes back");

	interrupts = 0;
	ok(pv_module_remove(&module) != NULL && is_known(own), "with interrupts off it stays");
	interrupts = 1;
	trace_clear();
	why = pv_module_remove(&module);
	ok(!why && nothing_is_known(), "it goes, and nothing of it is known: %s",
	   why ? why : "yes");
	ok(strchr(trace, 'E') != NULL, "and the others go on");
	ok(static_branch_enable(&data.shared) && text[0] == 0xe9 && own[16] != 0xe9 &&
		   static_branch_disable(&data.shared),
	   "keys change without it");
	ok(static_branch_enable(&data.unused) && own[8] != 0xe9, "also that of which it had all");
}

/* ---- it is refused ---- */

static void refuse(const char *what, const char *sentence)
{
	const uint8_t kernels[2] = {text[0], TRAMPOLINE[0]};
	const char *why;

	synchronized = 0;
	why = pv_module_add(&module, room);
	waited = synchronized;
	ok(why && strstr(why, sentence), "%s: %s", what, why ? why : "added");
	ok(nothing_is_known() && text[0] == kernels[0] && TRAMPOLINE[0] == kernels[1],
	   "%s: nothing is left of it", what);
	ok(static_branch_enable(&data.shared) && text[0] == 0xe9 && own[16] != 0xe9,
	   "%s: the kernel's key changes without it", what);
}

static void refusals(void)
{
	make();
	own[32] = 0x2e;
	refuse("a prefix that is none", "refused");
	ok(stats[LOCKS].total.refused == 1 && stats[LOCKS].refusal[0].at == own + 32 && waited,
	   "the site is told of, and who could have met it is waited for");

	make();
	own[16] = 0x90;
	refuse("a branch that is something else", "refused");

	make();
	put_branch(&own_branches[1], own + 18, &data.unused);
	refuse("two sites that overlap", "refused");

	make();
	own_lock = (int32_t)((uint32_t)text - (uint32_t)&own_lock);
	refuse("a site of the kernel's", "not in its text");
	make();
	own_lock = (int32_t)((uint32_t)(own + sizeof(own)) - (uint32_t)&own_lock);
	refuse("a site behind its end", "not in its text");
	make();
	own_branches[2].code = (int32_t)((uint32_t)(own + sizeof(own) - 4) -
					 (uint32_t)&own_branches[2].code);
	refuse("a site across its end", "not in its text");

	make();
	parts[KEYS].table.last = (const uint8_t *)parts[KEYS].table.last - 1;
	refuse("a table that is cut", "whole records");
	make();
	parts[LOCKS].table.last = (const uint8_t *)parts[LOCKS].table.first - 4;
	refuse("a table that ends before it starts", "whole records");

	make();
	own_branches[1].key = (int32_t)((uint32_t)own - (uint32_t)&own_branches[1].key);
	refuse("a key that is none", "refused");

	make();
	interrupts = 0;
	ok(pv_module_add(&module, room) != NULL && nothing_is_known(),
	   "with interrupts off it does not come");
	interrupts = 1;
}

static void without_tables(void)
{
	make();
	for (unsigned i = 0; i < PARTS; i++)
		parts[i].table.last = parts[i].table.first;
	ok(!pv_module_room(&module), "without tables no room is needed");
	ok(!pv_module_add(&module, NULL) && pv_images == &module.image, "it comes all the same");
	ok(pv_static_call_set(&data.call, own + 64) && pv_module_remove(&module) != NULL,
	   "and stays while a call goes into it");
	ok(pv_static_call_set(&data.call, OLD) && !pv_module_remove(&module) && nothing_is_known(),
	   "and goes");
}

/* With one small table there is no room to spare. */
static void one_table(void)
{
	make();
	module.parts = &parts[LOCKS];
	module.n = 1;
	free(room);
	room = malloc(pv_module_room(&module));
	ok(!pv_module_add(&module, room) && is_known(own + 32), "a lock prefix alone comes");
	ok(!pv_module_remove(&module) && nothing_is_known(), "and goes");
}

/* As linked for good: noreplace, or a damaged table. */
static void kept(void)
{
	make();
	jump_label_keep();
	static_call_keep();
	ok(!pv_module_add(&module, room), "it comes where keys and calls stay as linked");
	ok(own[8] == 0x3e && goes_to(own + 24, 0xe8, TRAMPOLINE), "and its sites stay so, too");
	ok(!pv_module_remove(&module), "and it goes");
}

int main(void)
{
	pv_nops_select(0, 6);
	comes();
	follows();
	goes();
	refusals();
	without_tables();
	one_table();
	kept();
	free(room);
	return tests_end();
}
