// SPDX-License-Identifier: MIT
/*
 * The least kernel for a part of pv/: a site of each family that was taken (-DSETS=...), patched
 * and used. The families' tables are not told, so there is no index.
 */
#include "tests/adopt/host.h"

#define PARAVIRT     1
#define ALTERNATIVES 2
#define LOCKS        4
#define SOFT         8
#define TRACE        16
#define KEYS         32
#define CALLS        64
#define SWITCHING    128
#define MODULES      256
#define REPLACING    512
#define FOUND        1024

#if SETS & FOUND
#define PV_SITES_RELOCS 1
#endif

#include "pv/engine.h"
#include "pv/nops.h"

_Noreturn void adopt_main(void);
extern uint8_t text[], text_end[], pv[], pv_end[];
static struct pv_image image = {
	.name = "least", .text = text, .text_end = text_end, .engine = pv, .engine_end = pv_end};
static struct pv_stats stats;

static void check(bool ok, const char *what)
{
	pv_host_say(ok ? PV_INFO : PV_ERR, "%s: %s", ok ? "ok" : "FAILED", what);
}

#if SETS & PARAVIRT
#include "pv/backend/backend.h"
#include "pv/calls.h"

extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];

static void choose(const char *name)
{
	const struct pv_backend *backend = pv_backend_find(name);

	check(backend, name);
	if (backend && pv_backend_current() != backend)
		pv_backend_install(backend);
}

static void use_paravirt(void)
{
	unsigned long flags;

	pv_irq_enable();
	check(!pv_irqs_are_off(), "interrupts are on");
	flags = pv_irq_save();
	check(pv_irqs_are_off(), "and off");
	pv_restore_fl(flags);
	check(!pv_irqs_are_off(), "and as they were");
}

#if SETS & FOUND
#include "pv/relocs.h"

extern const uint8_t __pv_relocs[], __pv_relocs_end[];
static struct pv_table found;

static void patch(void)
{
	check(pv_relocs_use(&found, __pv_relocs, __pv_relocs_end), "pvtool has made a table");
	pv_table_add(&image, &found);
	apply_paravirt(__parainstructions, __parainstructions_end); /* which are none */
	pv_apply(&pv_relocs_family, found.first, found.last, paravirt_linked(), paravirt_state(),
		 PV_STOPPED, &stats);
	check(stats.total.sites > 3 && stats.total.kind[PV_INLINE], "its sites are patched");
}
#else
static void patch(void)
{
	apply_paravirt(__parainstructions, __parainstructions_end);
	check(paravirt_stats.total.sites && !paravirt_stats.total.refused, "all sites are patched");
}
#endif

static void paravirt(void)
{
	choose(SETS & SOFT ? "soft" : SETS & TRACE ? "trace" : "native");
	check(!pv_backend_find("soft") == !(SETS & SOFT), "soft is there when it was linked");
	check(!pv_backend_find("trace") == !(SETS & TRACE), "trace is there when it was linked");
	paravirt_init();
	patch();
	use_paravirt();
}
#else
static void paravirt(void)
{
}
#endif

#if SETS & SWITCHING
#include "pv/backend/switch.h"

extern uint8_t native[], native_end[];
static struct pv_table operations = {
	.family = &paravirt_family, .first = __parainstructions, .last = __parainstructions_end};

static void switch_to(const char *name)
{
	struct pv_switched did;
	const char *why = pv_switch(name, &did);

	check(!why, why ? why : name);
	check(did.sites && pv_backend_current() == pv_backend_find(name), "it is that one");
	use_paravirt();
}

/* There and back, between what ops have in the table and in their sites. */
static void switching(void)
{
	const char *first = pv_backend_current()->name;

	image.native = native;
	image.native_end = native_end;
	pv_table_add(&image, &operations);
	switch_to("native");
	switch_to(first);
}
#else
static void switching(void)
{
}
#endif

#if SETS & ALTERNATIVES
#include "pv/alternative_types.h"

extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern uint8_t repl[], repl_end[];

static void alternatives(void)
{
	check(!pv_has_feature_likely(0), "a CPU with an FPU, before");
	alternative_state_make(&alternative_state, repl, repl_end);
	apply_alternatives(__alt_instructions, __alt_instructions_end, &stats);
	check(pv_has_feature_likely(0), "and after");
}
#else
static void alternatives(void)
{
}
#endif

#if SETS & LOCKS
#include "pv/smp_locks_types.h"

extern const int32_t __smp_locks[], __smp_locks_end[];
static uint32_t counter;

static void locks(void)
{
	smp_locks_switch(__smp_locks, __smp_locks_end, &smp_locks_up, &stats);
	asm volatile(PV_LOCK_PREFIX "incl %0" : "+m"(counter));
	check(counter == 1, "an increment");
	check(*((const uint8_t *)__smp_locks + __smp_locks[0]) == 0x3e, "without its lock");
}
#else
static void locks(void)
{
}
#endif

#if SETS & MODULES
#include "pv/module.h"

/* lock incl counter; ret: as it is linked, and there is a record of the prefix. */
static uint8_t code[] = {0xf0, 0xff, 0x05, 0, 0, 0, 0, 0xc3};
static int32_t prefix;
static uint64_t room[8];

static const void *locks_now(void *unused)
{
	(void)unused;
	return smp_locks_state();
}

static void modules(void)
{
	static struct pv_part part = {
		.table = {.family = &smp_locks_family, .first = &prefix, .last = &prefix + 1},
		.now = locks_now,
		.stats = &stats};
	static struct pv_module module = {
		.image = {.name = "module", .text = code, .text_end = code + sizeof(code)},
		.parts = &part,
		.n = 1};
	struct pv_place place;

	*(uint32_t *)(void *)(code + 3) = (uint32_t)&counter;
	prefix = (int32_t)((uint32_t)code - (uint32_t)&prefix);
	check(pv_module_room(&module) <= sizeof(room), "there is room for its index");
	check(!pv_module_add(&module, room), "a module comes");
	((void (*)(void))(uint32_t)code)();
	check(counter == 2 && code[0] == 0x3e, "and is patched as the kernel is");
	check(pv_find(code, &place) && place.record == &prefix, "and known");
	check(!pv_module_remove(&module) && !pv_find(code, &place), "and goes");
}
#else
static void modules(void)
{
}
#endif

#if SETS & REPLACING
#include "pv/replace.h"

static PV_REPLACEABLE unsigned old_way(void)
{
	return 1;
}
static unsigned new_way(void)
{
	return 2;
}

static void replacing(void)
{
	static struct pv_replacement both = {.entry = (const void *)old_way,
					     .by = (const void *)new_way};
	static struct pv_entry room[2];
	static struct pv_replacing r = {.first = &both, .n = 1, .image = &image, .room = room};

	check(!pv_replace_begin(&r) && old_way() == 1, "a function can be replaced");
	check(!pv_replace(&r, true) && old_way() == 2, "it is");
	check(!pv_replace(&r, false) && old_way() == 1, "and is not");
	check(!pv_replace_end(&r) && *(const uint8_t *)both.entry == both.linked[0], "to the byte");
}
#else
static void replacing(void)
{
}
#endif

#if SETS & KEYS
#include "pv/jump_label.h"
#include "pv/poke.h"

extern const struct jump_entry __jump_table[], __jump_table_end[];
static struct pv_table branches = {
	.family = &jump_label_family, .first = __jump_table, .last = __jump_table_end};
static DEFINE_STATIC_KEY_FALSE(key);

static void keys(void)
{
	jump_label_init(&branches);
	pv_table_add(&image, &branches);
	pv_apply(&jump_label_family, __jump_table, __jump_table_end, &jump_label_linked,
		 jump_label_family.version[pv_present], PV_STOPPED, &stats);
	jump_label_live();
	check(!static_branch_unlikely(&key), "a key is off");
	check(static_branch_enable(&key) && static_branch_unlikely(&key), "and on");
	check(static_branch_disable(&key) && !static_branch_unlikely(&key), "and off");
}
#else
static void keys(void)
{
}
#endif

#if SETS & CALLS
#include "pv/poke.h"
#include "pv/static_call.h"

extern const struct static_call_site __static_call_sites[], __static_call_sites_end[];
static struct pv_table called = {.family = &static_call_family,
				 .first = __static_call_sites,
				 .last = __static_call_sites_end};

static __attribute__((noinline)) int one(void)
{
	return 1;
}
static __attribute__((noinline)) int two(void)
{
	return 2;
}
DEFINE_STATIC_CALL(number, one);

static void calls(void)
{
	/* The trampoline's record, and those of the calls below. */
	check(__static_call_sites_end - __static_call_sites > 1, "calls were found by pvtool");
	static_call_init(&called);
	pv_table_add(&image, &called);
	pv_apply(&static_call_family, __static_call_sites, __static_call_sites_end,
		 &static_call_linked, static_call_family.version[pv_present], PV_STOPPED, &stats);
	static_call_live();
	check(static_call(number)() == 1, "a static call");
	check(static_call_update(number, two) && static_call(number)() == 2, "of another function");
	check(static_call_update(number, NULL) && !static_call_cond(number)(), "of none");
	check(static_call_update(number, one) && static_call(number)() == 1, "and back");
}
#else
static void calls(void)
{
}
#endif

_Noreturn void adopt_main(void)
{
	uint32_t a = 1, b, c;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(features));
	outb(0x21, 0xff);
	pv_image_add(&image);
	paravirt();
	switching();
	alternatives();
	locks();
	modules();
	replacing();
	keys();
	calls();
	check(!stats.total.refused, "nothing is refused");
	pv_host_say(PV_INFO, "least: %s", failed ? "FAILED" : "all is well");
	end(failed ? 0x11 : 0x10);
}
